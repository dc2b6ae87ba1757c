"""bench/run: every engine, population, form and load beside the echo."""

import argparse
import contextlib
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

from servers import ENGINES, SEED, BenchError, Echo, run

# Codes a client asks for in a second at the most.
CODES_AT_ONE = 30_000
CODES_PER_SECOND = {"unary": 120_000, "stream": 250_000}
# A code for each call, codes on streams, a device password for each call, the
# same where one account has 500 devices and 50 tokens.
FORMS = {"unary": [], "stream": ["--stream"], "device": ["--devices"],
         "crowd": ["--devices"]}
COLUMNS = {"engine": "", "tokens": "", "form": "", "outstanding": "",
           "batch": ".1f", "rate": ".0f", "p50_us": ".0f", "p99_us": ".0f", "p999_us": ".0f",
           "cpu_us": ".1f", "ratio_to_echo": ".2f", "ratio_p99": ".2f",
           "ratio_cpu": ".2f", "resident_kib": ".0f"}
MEASURED = ("batch", "rate", "p50_us", "p99_us", "p999_us", "cpu_us", "client_cpu_us",
            "resident_kib")


def say(text):
    print(f"-- {text}", file=sys.stderr, flush=True)


def options():
    parser = argparse.ArgumentParser(prog="bench/run")
    parser.add_argument("--quick", action="store_true",
                        help="fewer and shorter runs, smaller populations")
    parser.add_argument("--json", help="write the rows to this file")
    parser.add_argument("--engines", nargs="+", choices=ENGINES,
                        default=list(ENGINES))
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=FORMS)
    parser.add_argument("--tokens", nargs="+", type=int)
    parser.add_argument("--outstanding", nargs="+", type=int)
    parser.add_argument("--pairs", type=int)
    parser.add_argument("--seconds", type=float, help="of each run")
    chosen = parser.parse_args()
    usual = {"tokens": [1_000, 100_000], "outstanding": [1, 64], "pairs": 3,
             "seconds": 1.0} if chosen.quick else {
                 "tokens": [1_000, 1_000_000], "outstanding": [1, 16, 64, 256],
                 "pairs": 5, "seconds": 3.0}
    for name, value in usual.items():
        if getattr(chosen, name) is None:
            setattr(chosen, name, value)
    return chosen


def load(server, tokens, form, outstanding, seconds, row_file):
    """One run; its row."""
    per_second = (CODES_AT_ONE if outstanding == 1
                  else CODES_PER_SECOND.get(form, CODES_PER_SECOND["unary"]))
    warm_up = seconds / 3
    row_file.unlink(missing_ok=True)
    before = server.commit_counts()
    run("pawl-bench", "load", *server.load_flags(tokens), "--seed", SEED,
        "--tokens", tokens, "--outstanding", outstanding, "--seconds", seconds,
        "--warm-up", warm_up, "--prepare",
        int(per_second * (seconds + warm_up)), "--engine", server.name,
        "--json", row_file, *FORMS[form])
    commits, batches = (after - earlier for after, earlier in
                        zip(server.commit_counts(), before))
    return {**json.loads(row_file.read_text()),
            "batch": commits / batches if batches else 0.0}


def ratio(pairs, field):
    """The median of the ratios to the echo of the same pair."""
    return statistics.median(
        row[field] / echo[field] if echo[field] else float("nan")
        for echo, row in pairs)


def summary(rows):
    """One row with the medians of many."""
    medians = {field: statistics.median(row[field] for row in rows)
               for field in MEASURED}
    return {**rows[0], **medians}


def measure(server, echo, case, chosen, row_file):
    """Echo and server in turn; the server's row and the echo's runs."""
    pairs = [tuple(load(each, *case, chosen.seconds, row_file)
                   for each in (echo, server)) for _ in range(chosen.pairs)]
    row = summary([row for _, row in pairs])
    row["form"] = case[1]
    row["ratio_to_echo"] = ratio(pairs, "rate")
    row["ratio_p99"] = ratio(pairs, "p99_us")
    row["ratio_cpu"] = ratio(pairs, "cpu_us")
    show(row)
    return row, [row for row, _ in pairs]


def show(row):
    print("  ".join(format(row[name], form).rjust(max(len(name), 8))
                    for name, form in COLUMNS.items()), flush=True)


def recovery(server, tokens):
    """kill -9 at full load; what pawl-bench says of it."""
    flags = list(server.load_flags(tokens))
    cut = flags.index("--cpu-of")
    del flags[cut:cut + 2]
    bench = subprocess.Popen(
        [str(word) for word in
         ("pawl-bench", "recover", *flags, "--seed", SEED, "--tokens", tokens,
          "--outstanding", 64, "--seconds", 3, "--kill", server.process.pid)],
        stdout=subprocess.PIPE, text=True)
    server.process.wait()
    server.start()
    output, _ = bench.communicate()
    if bench.returncode != 0:
        raise BenchError(f"recovery: {output}")
    return json.loads(output)


def restart(server):
    """A planned start and one after kill -9; a line about both."""
    server.stop()
    ready = server.start()
    warm = server.wait_warm()
    resident = server.resident_kib()
    killed = recovery(server, server.tokens)
    return (f"{server.name}, {server.tokens} tokens: ready {ready:.2f} s after "
            f"the start; all cached {warm:.2f} s later, with "
            f"{resident / 1024:.0f} MiB; accepts again "
            f"{killed['down_ms'] / 1000:.2f} s after kill -9 at full load "
            f"({killed['presented_again']} codes presented again, "
            f"{killed['accepted_again']} accepted)")


def usual_forms(forms, server):
    """Those that a store of persons serves; filled by calls it has no devices."""
    return [form for form in forms if form in ("unary", "stream")
            or (form == "device" and not server.filled_by_calls)]


def run_matrix(chosen, directory, at_end):
    """`at_end` is an ExitStack: no server is left running by an error."""
    row_file = pathlib.Path(directory) / "row"
    echo = Echo(directory)
    at_end.callback(echo.stop)
    rows, echo_runs, restarts = [], {}, []

    def measure_form(server, form):
        for outstanding in chosen.outstanding:
            case = (server.tokens, form, outstanding)
            row, runs = measure(server, echo, case, chosen, row_file)
            rows.append(row)
            echo_runs.setdefault(case, []).extend(runs)

    print("  ".join(name.rjust(8) for name in COLUMNS))
    for name in chosen.engines:
        for tokens in chosen.tokens:
            say(f"{name}: {tokens} tokens")
            server = ENGINES[name](directory, tokens)
            at_end.callback(server.stop)
            server.wait_warm()
            for form in usual_forms(chosen.forms, server):
                measure_form(server, form)
            if not server.filled_by_calls and tokens == max(chosen.tokens):
                restarts.append(restart(server))
            server.stop()
            if "crowd" in chosen.forms and not server.filled_by_calls:
                crowd = ENGINES[name](directory, tokens, crowd=True)
                at_end.callback(crowd.stop)
                crowd.wait_warm()
                measure_form(crowd, "crowd")
                crowd.stop()
    echo.stop()
    for runs in echo_runs.values():
        rows.append({**summary(runs), "ratio_to_echo": 1.0, "ratio_p99": 1.0,
                     "ratio_cpu": 1.0})
        show(rows[-1])
    print("\n".join(restarts))
    return rows


def main():
    chosen = options()
    with tempfile.TemporaryDirectory(prefix="pawl-bench-") as directory:
        try:
            with contextlib.ExitStack() as at_end:
                rows = run_matrix(chosen, directory, at_end)
        except BenchError as error:
            sys.exit(f"bench/run: {error}")
    if chosen.json:
        pathlib.Path(chosen.json).write_text(json.dumps(rows, indent=1) + "\n",
                                             encoding="utf-8")


if __name__ == "__main__":
    main()
