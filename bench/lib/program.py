"""What the programs of bench have in common: whatever they start ends with
them, and what they measure is shown and kept in the same way."""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile

WAIT_SECONDS = 120
IN_MEMORY = ("tmpfs", "ramfs")

# What is done on every way out, the last thing first.
at_end = contextlib.ExitStack()


class BenchError(Exception):
    """Something failed; the message says what."""


def say(text):
    print(f"-- {text}", file=sys.stderr, flush=True)


def _bound(command):
    """The same command; the kernel ends it when this program was killed."""
    return ["setpriv", "--pdeathsig", "TERM", *map(str, command)]


def run(*command):
    """Runs a program to its end; its output."""
    done = subprocess.run(_bound(command), text=True, stdout=subprocess.PIPE,
                          check=False)
    if done.returncode != 0:
        raise BenchError(f"exit {done.returncode}: {' '.join(map(str, command))}")
    return done.stdout


def spawn(*command, **files):
    """Starts a program that ends with this one at the latest."""
    process = subprocess.Popen(_bound(command), text=True, **files)
    at_end.callback(end, process)
    return process


def end(process):
    """Ends it, unless it has ended."""
    process.terminate()
    try:
        process.wait(WAIT_SECONDS)
    finally:
        process.kill()


def count(text):
    """An argument: a number from 1 on."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def arguments(name):
    """A parser with what every table needs."""
    parser = argparse.ArgumentParser(prog=name)
    parser.add_argument("--json", help="write the rows to this file")
    return parser


def medians(rows, names):
    return {name: statistics.median(row[name] for row in rows)
            for name in names}


class Table:
    """Rows on the standard output. `columns` are format specs by name."""

    def __init__(self, columns, width):
        self._columns = {name: (spec, max(len(name), width))
                         for name, spec in columns.items()}
        self._print(name.rjust(wide)
                    for name, (_, wide) in self._columns.items())

    @staticmethod
    def _print(cells):
        print("  ".join(cells), flush=True)

    def show(self, row):
        self._print(format(row[name], spec).rjust(wide)
                    for name, (spec, wide) in self._columns.items())


def _leave(number, _frame):
    sys.exit(128 + number)


def _measure(measure, json_file):
    # Better known now than after an hour.
    if json_file and not os.access(pathlib.Path(json_file).absolute().parent,
                                   os.W_OK):
        raise BenchError(f"{json_file} cannot be written")
    with tempfile.TemporaryDirectory(prefix="pawl-bench-") as directory, at_end:
        if run("stat", "-f", "-c", "%T", directory).strip() in IN_MEMORY:
            raise BenchError(f"{directory} is in memory, where a commit costs "
                             "nothing: let TMPDIR name a directory on a disk")
        rows = measure(pathlib.Path(directory))
    if json_file:
        pathlib.Path(json_file).write_text(json.dumps(rows, indent=1) + "\n",
                                           encoding="utf-8")


def main(name, measure, json_file=None):
    """Calls `measure` with a directory for its files; the rows that it returns
    go to `json_file`."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as with nohup
            signal.signal(number, _leave)
    try:
        _measure(measure, json_file)
    except (BenchError, OSError, subprocess.SubprocessError) as error:
        sys.exit(f"{name}: {error}")
