"""bench/flamegraph: one flame graph for each engine at 64 outstanding."""

import pathlib
import subprocess
import sys
import tempfile
import time

from flame_svg import to_svg
from servers import ENGINES, SEED, BenchError, run

TOKENS = 100_000
SECONDS = 10
FREQUENCY = 199  # samples in a second
STACK_BYTES = 8_192


def record(server, directory):
    """The samples of a server under load, as `perf script` prints them."""
    data = pathlib.Path(directory) / "perf.data"
    load = subprocess.Popen(
        [str(word) for word in
         ("pawl-bench", "load", *server.load_flags(TOKENS), "--seed", SEED,
          "--tokens", TOKENS, "--warm-up", 2, "--seconds", SECONDS + 4)])
    time.sleep(4)  # the codes are made first
    subprocess.run(
        ["perf", "record", "-q", "-e", "cpu-clock", "-F", str(FREQUENCY),
         "--call-graph", f"dwarf,{STACK_BYTES}", "-o", data, "-p",
         str(server.process.pid), "--", "sleep", str(SECONDS)], check=True)
    if load.wait() != 0:
        raise BenchError("the load failed")
    return run("perf", "script", "-i", data, "--no-inline").splitlines()


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    try:
        for name in sys.argv[2:] or ENGINES:
            with tempfile.TemporaryDirectory(prefix="pawl-bench-") as directory:
                server = ENGINES[name](directory, TOKENS)
                server.wait_warm()
                svg = to_svg(f"pawld on {name}", record(server, directory))
                server.stop()
            (out / f"{name}.svg").write_text(svg, encoding="utf-8")
            print(out / f"{name}.svg")
    except (BenchError, subprocess.CalledProcessError, KeyError) as error:
        sys.exit(f"bench/flamegraph: {error}")


if __name__ == "__main__":
    main()
