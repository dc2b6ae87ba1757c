"""Programs that ask Pawl over HTTP whom to let in: the real ones of Debian,
run with the files of docs/examples, as a user that is not root.
"""

import grp
import os
import pathlib
import pwd
import re
import shutil
import socket
import subprocess

from helpers import LOGIN, create_account, create_device, wrong
from pawl.v1 import account_pb2
from pawld import OTHER_USER, WAIT_SECONDS, clean_environment, eventually

EXAMPLES = pathlib.Path(__file__).parents[2] / "docs" / "examples"
PAWLD_ADDRESS = "127.0.0.1:7296"  # what the examples say

DELEGATING = "delegating@example.org"
IN, REFUSED, OUTAGE = "let in", "refused", "outage"


def example(name, changes):
    """An example's text with every change of `changes` made; none is idle."""
    text = (EXAMPLES / name).read_text()
    for old in changes:
        assert old in text, (name, old)
    longest_first = sorted(changes, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)),
                  lambda found: changes[found.group()], text)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(address):
    """Whether somebody does, at a port of this host or a Unix socket."""
    family = socket.AF_INET if isinstance(address, int) else socket.AF_UNIX
    with socket.socket(family) as probe:
        return probe.connect_ex(("127.0.0.1", address)
                                if family == socket.AF_INET
                                else str(address)) == 0


def consumer_user():
    """Name and group of the user that consumers run as."""
    if OTHER_USER:
        return OTHER_USER["user"], OTHER_USER["group"]
    return (pwd.getpwuid(os.geteuid()).pw_name,
            grp.getgrgid(os.getegid()).gr_name)


def write_private(path, text):
    """A file that only the consumer's user may read."""
    path.touch()
    path.chmod(0o600)
    path.write_text(text)
    if OTHER_USER:
        shutil.chown(path, OTHER_USER["user"])
    return path


def make_directory(path):
    path.mkdir()
    if OTHER_USER:
        shutil.chown(path, OTHER_USER["user"])
    return path


class Daemon:
    """A program in the foreground, as a user that is not root."""

    def __init__(self, directory, *command, **environment):
        self.directory = directory
        self._log_path = directory / "log"
        with open(self._log_path, "ab") as log:
            self._process = subprocess.Popen(
                command, cwd=directory, env=clean_environment(**environment),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,  # some end their whole group
                **OTHER_USER)

    @property
    def log(self):
        return self._log_path.read_text(errors="replace")

    def wait_for(self, condition, what):
        def ready():
            assert self._process.poll() is None, self.log
            return condition()
        try:
            eventually(ready, what)
        except AssertionError:
            self.stop()
            raise

    def stop(self):
        self._process.terminate()
        try:
            self._process.wait(WAIT_SECONDS)
        finally:
            self._process.kill()
            self._process.wait(WAIT_SECONDS)
            print(self.log)  # pytest shows it when the test failed


class Site:
    """A pawld with HTTP, a person, and the key of a consumer of `service`.

    `scope` is a type of device that opens the service.
    """

    def __init__(self, pawld, service, scope, login=LOGIN):
        self.pawld, self.scope, self.login = pawld, scope, login
        # It must come back where the consumer looks for it.
        self.address = f"127.0.0.1:{free_port()}"
        self._flags = [f"--http-listen={self.address}",
                       f"--http-basic-paths=/auth/bound={service}"]
        self.start()
        self.key = pawld.local.CreateClient(
            name="consumer", roles=["ROLE_LOGIN"], services=[service]).key
        self.account = create_account(
            pawld.local, login=login,
            policy=account_pb2.POLICY_OTP_WEB_DEVICE_PASSWORDS)
        # Whose password Pawl does not keep: it says DELEGATED.
        create_account(pawld.local, login=DELEGATING, pin="",
                       policy=account_pb2.POLICY_PASSWORD)
        self.secrets = [self.key]

    def start(self):
        self.pawld.start(*self._flags)

    def device(self, type=None):
        made = create_device(self.pawld.local, self.account,
                             type=type or self.scope)
        self.secrets.append(made.password)
        return made

    def check(self, ask, *, by_device_id=IN, outage=OUTAGE):
        """What is promised of every consumer; `ask(user, password)` tells
        whether it lets in."""
        right, deleted = self.device(), self.device()
        other_scope = self.device("contacts")
        assert ask(self.login, right.password) == IN
        assert ask(right.user_name, right.password) == by_device_id
        assert ask(self.login, wrong(right.password)) == REFUSED
        assert ask(self.login, other_scope.password) == REFUSED
        assert ask(DELEGATING, "their password") == REFUSED
        assert ask("nobody", right.password) == REFUSED

        assert ask(self.login, deleted.password) == IN
        self.pawld.local.DeleteDevice(device_id=deleted.device.id)
        assert ask(self.login, deleted.password) == REFUSED

        self.pawld.stop()
        assert ask(self.login, right.password) == outage
        self.start()
        eventually(lambda: ask(self.login, right.password) == IN,
                   "let in again")

    def check_log(self, log):
        """No secret is in it, not even without its dashes."""
        for secret in self.secrets:
            assert secret not in log
            assert secret.replace("-", "") not in log
