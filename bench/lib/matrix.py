"""bench/run: every engine, population, form and load beside the echo."""

import json
import statistics
import subprocess
import time

from program import (BenchError, Table, arguments, count, main, medians, run,
                     say, spawn)
from servers import ENGINES, SEED, Echo

# Codes a client asks for in a second at the most.
CODES_AT_ONE = 30_000
CODES_PER_SECOND = {"unary": 120_000, "stream": 250_000}
BETWEEN_LOOKS = 0.002  # seconds
# A code for each call, codes on streams, a device password for each call, the
# same where one account has 500 devices and 50 tokens.
FORMS = {"unary": [], "stream": ["--stream"], "device": ["--devices"],
         "crowd": ["--devices"]}
COLUMNS = {"engine": "", "tokens": "", "form": "", "outstanding": "",
           "batch": ".1f", "rate": ".0f", "p50_us": ".0f", "p99_us": ".0f", "p999_us": ".0f",
           "cpu_us": ".1f", "ratio_to_echo": ".2f", "ratio_p99": ".2f",
           "ratio_cpu": ".2f", "resident_kib": ".0f"}
CASE = ("engine", "tokens", "form", "loop", "outstanding")
MEASURED = ("batch", "rate", "p50_us", "p99_us", "p999_us", "max_us", "cpu_us",
            "client_cpu_us", "resident_kib", "seconds", "verdicts", "made_late",
            "yubico", "hotp", "totp", "motp")


def options():
    parser = arguments("bench/run")
    parser.add_argument("--quick", action="store_true",
                        help="fewer and shorter runs, smaller populations")
    parser.add_argument("--engines", nargs="+", choices=ENGINES,
                        default=list(ENGINES))
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=FORMS)
    parser.add_argument("--tokens", nargs="+", type=count)
    parser.add_argument("--outstanding", nargs="+", type=count)
    parser.add_argument("--pairs", type=count)
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
    row = json.loads(row_file.read_text())
    if row["made_late"]:
        say(f"{server.name}, {form}, {outstanding} outstanding: "
            f"{row['made_late']} codes were made inside the run, which slows "
            "the client")
    return {**row, "form": form,  # pawl-bench knows how calls are sent only
            "batch": commits / batches if batches else 0.0}


def ratio(pairs, field):
    """The median of the ratios to the echo of the same pair."""
    return statistics.median(
        row[field] / echo[field] if echo[field] else float("nan")
        for echo, row in pairs)


def summary(rows):
    """One row with the medians of many."""
    return {**{field: rows[0][field] for field in CASE}, "runs": len(rows),
            **medians(rows, MEASURED)}


def measure(server, echo, case, chosen, row_file):
    """Echo and server in turn; the server's row and the echo's runs."""
    pairs = []
    for pair in range(chosen.pairs):
        # What one of them leaves behind must not fall to the same one always.
        turns = (echo, server) if pair % 2 == 0 else (server, echo)
        rows = {each: load(each, *case, chosen.seconds, row_file)
                for each in turns}
        pairs.append((rows[echo], rows[server]))
    row = {**summary([row for _, row in pairs]),
           "ratio_to_echo": ratio(pairs, "rate"),
           "ratio_p99": ratio(pairs, "p99_us"),
           "ratio_cpu": ratio(pairs, "cpu_us")}
    return row, [row for row, _ in pairs]


def recovery(server, tokens):
    """kill -9 at full load; what pawl-bench says of it."""
    flags = list(server.load_flags(tokens))
    cut = flags.index("--cpu-of")
    del flags[cut:cut + 2]
    bench = spawn(
        "pawl-bench", "recover", *flags, "--seed", SEED, "--tokens", tokens,
        "--outstanding", 64, "--seconds", 3, "--kill", server.process.pid,
        stdout=subprocess.PIPE)
    while server.process.poll() is None and bench.poll() is None:
        time.sleep(BETWEEN_LOOKS)
    if bench.poll() is None:
        server.start()
    output, _ = bench.communicate()
    if bench.returncode != 0:
        raise BenchError(f"recovery: pawl-bench says {bench.returncode}")
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


def run_matrix(chosen, directory):
    table = Table(COLUMNS, width=8)
    row_file = directory / "row"
    echo = Echo(directory)
    rows, echo_runs, restarts = [], {}, []

    def measure_form(server, form):
        for outstanding in chosen.outstanding:
            case = (server.tokens, form, outstanding)
            row, runs = measure(server, echo, case, chosen, row_file)
            table.show(row)
            rows.append(row)
            echo_runs.setdefault(case, []).extend(runs)

    for name in chosen.engines:
        for tokens in chosen.tokens:
            say(f"{name}: {tokens} tokens")
            server = ENGINES[name](directory, tokens)
            server.wait_warm()
            for form in usual_forms(chosen.forms, server):
                measure_form(server, form)
            if not server.filled_by_calls and tokens == max(chosen.tokens):
                restarts.append(restart(server))
            server.stop()
            if "crowd" in chosen.forms and not server.filled_by_calls:
                crowd = ENGINES[name](directory, tokens, crowd=True)
                crowd.wait_warm()
                measure_form(crowd, "crowd")
                crowd.stop()
    echo.stop()
    for runs in echo_runs.values():
        rows.append({**summary(runs), "ratio_to_echo": 1.0, "ratio_p99": 1.0,
                     "ratio_cpu": 1.0})
        table.show(rows[-1])
    print("\n".join(restarts))
    return rows


if __name__ == "__main__":
    CHOSEN = options()
    main("bench/run", lambda directory: run_matrix(CHOSEN, directory),
         CHOSEN.json)
