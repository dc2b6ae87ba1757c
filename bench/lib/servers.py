"""The servers under load: started, filled, stopped, killed, started again."""

import functools
import json
import os
import pathlib
import subprocess
import sys
import time

from program import WAIT_SECONDS, BenchError, at_end, end, run, spawn

SEED = "bench"


class Echo:
    """The yardstick."""

    name = "echo"

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.process = spawn("pawl-echo", stdout=subprocess.PIPE)
        port = self.process.stdout.readline().strip()
        if not port:
            raise BenchError("pawl-echo does not start")
        self.address = f"127.0.0.1:{port}"

    def load_flags(self, tokens):
        return ["--server", self.address, "--cpu-of", self.process.pid,
                "--state", self.directory / f"echo-{tokens}.state"]

    @staticmethod
    def commit_counts():
        """It commits nothing."""
        return 0, 0

    def stop(self):
        end(self.process)


class Pawld:
    """A pawld with `tokens` tokens on a store of its own."""

    cpu_of = ()  # processes besides pawld that work for it
    filled_by_calls = False

    def __init__(self, directory, tokens, crowd=False):
        self.crowd = crowd
        self.directory = pathlib.Path(directory) / self._title(tokens)
        self.directory.mkdir(mode=0o700)
        self.tokens = tokens
        self.key = self.directory / "key"
        self.listen = "127.0.0.1:0"
        self.process = None
        if not self.filled_by_calls:
            self._fill("--store", self.store(), "--master-key",
                       self.directory / "master.key")
        self.start()
        if self.filled_by_calls:
            self._fill("--server", f"unix:{self.socket}")

    def _title(self, tokens):
        return f"{self.name}-{tokens}{'-crowd' if self.crowd else ''}"

    def _fill(self, *where):
        run("pawl-bench", "seed", *where, "--seed", SEED, "--tokens",
            self.tokens, "--key-out", self.key,
            *(["--crowd"] if self.crowd else []))

    @property
    def socket(self):
        return self.directory / "pawld.sock"

    @property
    def log(self):
        return self.directory / "log"

    def start(self):
        """Starts and waits until it is ready; the seconds that took."""
        begin = time.monotonic()
        with open(self.log, "w", encoding="utf-8") as out:
            self.process = spawn(*self._command(), stdout=out, stderr=out)
        while self._status() is None:
            if self.process.poll() is not None:
                raise BenchError(f"pawld ended:\n{self.log.read_text()}")
            if time.monotonic() - begin > WAIT_SECONDS:
                raise BenchError("pawld does not become ready")
        seconds = time.monotonic() - begin
        self.listen = self._logged("serving")["listen"]
        return seconds

    def _command(self):
        return ["pawld", "--data-dir", self.directory, "--store", self.store(),
                "--listen", self.listen]

    def wait_warm(self):
        """Waits until its cache is filled; the seconds that took."""
        end = time.monotonic() + WAIT_SECONDS
        while (warm := self._logged("cache_warm")) is None:
            if time.monotonic() > end:
                raise BenchError("pawld's cache does not fill")
            time.sleep(0.05)
        return warm["millis"] / 1000

    def _logged(self, event):
        """The last line with this event."""
        found = None
        for line in self.log.read_text().splitlines():
            if f'"event":"{event}"' in line:
                found = json.loads(line)
        return found

    def _status(self):
        """What `pawl status` says; None while it is not ready."""
        done = subprocess.run(
            ["pawl", "--server", f"unix:{self.socket}", "status"], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            return None
        return dict(line.split(": ", 1) for line in done.stdout.splitlines())

    def commit_counts(self):
        """Checks written so far, and in how many batches."""
        status = self._status()
        if status is None:
            raise BenchError("pawld is not ready any more")
        # What is zero is not printed.
        return (int(status.get("committed_checks", 0)),
                int(status.get("commit_batches", 0)))

    def load_flags(self, _tokens):
        cpu_of = ",".join([str(self.process.pid), *self.cpu_of])
        return ["--server", self.listen, "--key-file", self.key, "--cpu-of",
                cpu_of, "--state", self.directory / "state"]

    def resident_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def stop(self):
        end(self.process)


class Memory(Pawld):
    name = "memory"
    filled_by_calls = True

    def store(self):
        return "memory:"


class Sqlite(Pawld):
    name = "sqlite"

    def store(self):
        return f"sqlite:{self.directory / 'pawl.db'}"


@functools.cache
def make_cluster():
    """A throw-away PostgreSQL that the environment names. It is dropped when its
    `cat` reads the end of a pipe, so also when this program was killed."""
    names = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD")
    told, tell = os.pipe()
    # pg_virtualenv turns fsync off unless told. -t: where the files of the other
    # servers are. A Ctrl-C is not for it.
    cluster = subprocess.Popen(
        ["pg_virtualenv", "-t", "-o", "fsync=on", "-o", "shared_buffers=1GB", "sh",
         "-c", f"printenv {' '.join(names)} >/dev/fd/{tell}; exec cat"],
        stdin=subprocess.PIPE, stdout=sys.stderr, pass_fds=[tell],
        start_new_session=True)
    at_end.callback(cluster.communicate)
    os.close(tell)
    with open(told, encoding="utf-8") as values:
        for name in names:
            os.environ[name] = values.readline().strip()
            if not os.environ[name]:
                raise BenchError("pg_virtualenv makes no cluster")
    for name in ("fsync", "synchronous_commit"):
        if run("psql", "-Atc", f"SHOW {name}").strip() != "on":
            raise BenchError(f"{name} is off")


class Postgresql(Pawld):
    """On the cluster of make_cluster()."""

    name = "postgresql"
    cpu_of = ("name:postgres",)

    def __init__(self, directory, tokens, crowd=False):
        make_cluster()
        self.crowd = crowd
        run("createdb", self._database(tokens))
        super().__init__(directory, tokens, crowd)

    def _database(self, tokens):
        return self._title(tokens).replace("-", "_")

    def store(self):
        user = f"{os.environ['PGUSER']}:{os.environ['PGPASSWORD']}"
        host = f"{os.environ['PGHOST']}:{os.environ['PGPORT']}"
        return f"postgresql://{user}@{host}/{self._database(self.tokens)}"


ENGINES = {engine.name: engine for engine in (Memory, Sqlite, Postgresql)}
