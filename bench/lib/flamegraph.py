"""bench/flamegraph: one flame graph for each engine at 64 outstanding."""

import argparse
import pathlib
import time

from flame_svg import to_svg
from program import BenchError, main, run, spawn
from servers import ENGINES, SEED

TOKENS = 100_000
SECONDS = 10
FREQUENCY = 199  # samples in a second
STACK_BYTES = 8_192


def record(server, directory):
    """The samples of a server under load, as `perf script` prints them."""
    data = directory / "perf.data"
    before = server.commit_counts()
    load = spawn(
        "pawl-bench", "load", *server.load_flags(TOKENS), "--seed", SEED,
        "--tokens", TOKENS, "--warm-up", 2, "--seconds", SECONDS + 2)
    while server.commit_counts() == before:  # the codes are made first
        if load.poll() is not None:
            raise BenchError("the load failed")
        time.sleep(0.1)
    run("perf", "record", "-q", "-e", "cpu-clock", "-F", FREQUENCY,
        "--call-graph", f"dwarf,{STACK_BYTES}", "-o", data, "-p",
        server.process.pid, "--", "sleep", SECONDS)
    if load.wait() != 0:
        raise BenchError("the load failed")
    return run("perf", "script", "-i", data, "--no-inline").splitlines()


def draw(chosen, directory):
    chosen.out.mkdir(parents=True, exist_ok=True)
    for name in chosen.engines:
        server = ENGINES[name](directory, TOKENS)
        server.wait_warm()
        file = chosen.out / f"{name}.svg"
        file.write_text(to_svg(f"pawld on {name}", record(server, directory)),
                        encoding="utf-8")
        server.stop()
        print(file)


def engine(name):
    """An argument."""
    if name not in ENGINES:
        raise ValueError
    return name


def options():
    parser = argparse.ArgumentParser(prog="bench/flamegraph")
    parser.add_argument("out", type=pathlib.Path, metavar="DIRECTORY")
    parser.add_argument("engines", type=engine, nargs="*", metavar="ENGINE",
                        default=list(ENGINES))
    return parser.parse_args()


if __name__ == "__main__":
    CHOSEN = options()
    main("bench/flamegraph", lambda directory: draw(CHOSEN, directory))
