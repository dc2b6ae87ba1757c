"""The server process: started, stopped, killed and started again."""

import contextlib
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import time

import grpc
import pytest

from api import Api

PAWLD = pathlib.Path(os.environ["PAWL_BIN_DIR"]) / "pawld"
WAIT_SECONDS = 20

# For subprocess: a user that is not root. Tests that are not run by root
# already are such a user.
OTHER_USER = ({"user": "nobody", "group": "nogroup", "extra_groups": []}
              if os.geteuid() == 0 else {})


def eventually(condition, what, seconds=WAIT_SECONDS):
    """The first true value of `condition()`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"still not: {what}"
        time.sleep(0.02)


class StartError(Exception):
    """The server ended instead of serving."""

    def __init__(self, exit_code, log):
        super().__init__(f"exit code {exit_code}\n{log}")
        self.exit_code = exit_code
        self.log = log


def clean_environment(**more):
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("PAWL_", "GRPC_"))}
    return {**kept, **more}


class Pawld:
    """A pawld process and its data directory, started any number of times.

    `wrapper` is a command that runs another one, such as ["unshare", "-m"].
    """

    def __init__(self, data, *, environment=None, wrapper=(), **popen):
        self.data = pathlib.Path(data)
        self.socket = self.data / "pawld.sock"
        self.database = self.data / "pawl.db"
        self.process = None
        self.serving = None
        self.flags = ()
        self._environment = environment or {}
        self._wrapper = list(wrapper)
        self._popen = popen
        self._channels = []
        self._log_path = self.data.parent / (self.data.name + ".log")

    def start(self, *flags):
        """Starts and waits until it serves; StartError when it ends."""
        log_begins = len(self.log)
        self.launch(*flags)
        self.serving = eventually(
            lambda: self._look_for_start(log_begins), "serving")
        self.socket = pathlib.Path(self.serving["socket"])
        return self

    def launch(self, *flags):
        """Starts without waiting; returns the process."""
        assert self.process is None
        self.flags = flags
        environment = {"PAWL_DATA_DIR": str(self.data),
                       "PAWL_LISTEN": "127.0.0.1:0", **self._environment}
        with open(self._log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self._wrapper, PAWLD, *flags],
                env=clean_environment(**environment), stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, **self._popen)
        return self.process

    def _look_for_start(self, log_begins):
        ended = self.process.poll()
        if ended is not None:
            self.process = None
            raise StartError(ended, self.log[log_begins:])
        for line in self.log[log_begins:].splitlines(keepends=True):
            if '"event":"serving"' in line and line.endswith("\n"):
                return json.loads(line)
        return None

    @property
    def log(self):
        if not self._log_path.exists():
            return ""
        return self._log_path.read_text(errors="replace")

    @property
    def address(self):
        return self.serving["listen"]

    @property
    def pid(self):
        return self.process.pid

    @property
    def local(self):
        """Calls over the Unix socket, as local administrator."""
        return self.api(f"unix:{self.socket}")

    def tcp(self, key=None, credentials=None):
        """Calls over TCP, with a bearer key."""
        return self.api(self.address, key, credentials)

    def api(self, target, key=None, credentials=None):
        options = [("grpc.use_local_subchannel_pool", 1),
                   ("grpc.enable_retries", 0)]
        channel = (
            grpc.secure_channel(target, credentials, options) if credentials
            else grpc.insecure_channel(target, options))
        self._channels.append(channel)
        return Api(channel, key)

    def client(self, *roles, see_reasons=True, name=None):
        """Makes an API client; returns calls over TCP with its key."""
        made = self.local.CreateClient(
            name=name or f"client {len(self._channels)}",
            roles=roles or ("ROLE_LOGIN",), see_reasons=see_reasons)
        api = self.tcp(made.key)
        api.id = made.client.id
        return api

    def stop(self, number=signal.SIGTERM):
        """Asks it to stop; returns the exit code."""
        self._close_channels()
        self.process.send_signal(number)
        return self.wait()

    def kill9(self):
        self.process.kill()
        return self.wait()

    def wait(self):
        """Waits until it has ended; returns the exit code."""
        self._close_channels()  # open ones would keep it for its grace time
        try:
            return self.process.wait(WAIT_SECONDS)
        finally:
            self.process.kill()
            self.process.wait(WAIT_SECONDS)
            self.process = None

    def restart(self, *flags):
        """Stops it and starts it on the same data, with the same flags."""
        assert self.stop() == 0
        return self.start(*(flags or self.flags))

    def is_alive(self):
        return self.process.poll() is None

    @contextlib.contextmanager
    def raw_database(self):
        """The database itself, behind the server's back."""
        connection = sqlite3.connect(self.database, isolation_level=None)
        with contextlib.closing(connection):
            yield connection

    def cleanup(self):
        if self.process is not None and self.is_alive():
            self.kill9()

    def _close_channels(self):
        for channel in self._channels:
            channel.close()
        self._channels.clear()


def run_pawld(*flags, **environment):
    """Runs pawld to its end; returns exit code and output."""
    done = subprocess.run(
        [PAWLD, *flags], env=clean_environment(**environment), text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=WAIT_SECONDS, check=False)
    return done.returncode, done.stdout


def start_fails(pawld, *flags, containing):
    """The start fails with exit code 1 and one line that says why."""
    with pytest.raises(StartError) as caught:
        pawld.start(*(flags or pawld.flags))
    assert caught.value.exit_code == 1, caught.value
    *_, complaint = caught.value.log.splitlines()
    assert complaint.startswith("pawld: "), complaint
    assert containing in complaint
