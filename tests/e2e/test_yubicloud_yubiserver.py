"""Debian's yubiserver as the server that is asked about keys.

Its signature leaves out the counters of a key, so that its OK proves nothing
about them: it is an outage, and nobody gets in (ADR 0021).
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import urllib.request

import pytest

from helpers import create_account, failures, log_in, position_of, undecided
from pawld import eventually
from software_tokens import Yubikey, modhex
from yubicloud import key_file

EMPTY_DATABASE = "/etc/yubiserver/yubiserver.sqlite.init"


class Yubiserver:
    """A yubiserver with one client, number 1, and one key."""

    def __init__(self, directory, key):
        directory.mkdir()
        self.database = directory / "yubiserver.sqlite"
        shutil.copy(EMPTY_DATABASE, self.database)
        self.client_key = secrets.token_hex(10)
        subprocess.run(
            ["yubiserver-admin", "-b", self.database, "--api", "--add",
             "pawl", self.client_key], check=True, timeout=20,
            capture_output=True)
        with contextlib.closing(sqlite3.connect(self.database)) as database:
            database.execute(
                "INSERT INTO yubikeys VALUES (?, ?, '', ?, ?, '1', 0, 0)",
                (modhex(key.public_id), modhex(key.public_id),
                 key.private_id.hex(), key.aes_key.hex()))
            database.commit()
        if os.geteuid() == 0:  # it becomes this user
            for path in (directory, self.database):
                shutil.chown(path, "yubiserver", "yubiserver")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        subprocess.run(["yubiserver", "-d", self.database, "-p",
                        str(self.port), "-l", directory / "log"],
                       check=True, timeout=20, capture_output=True)
        self.pid = eventually(self._find, "yubiserver")
        eventually(self._listens, "yubiserver listens")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/wsapi/2.0/verify"

    def _find(self):
        found = subprocess.run(["pgrep", "-f", f"^yubiserver -d {self.database} "],
                               capture_output=True, text=True, check=False)
        return int(found.stdout.split()[0]) if found.stdout else None

    def _listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)


@pytest.fixture
def key():
    return Yubikey("k")


@pytest.fixture
def yubiserver(public_directory, key):
    server = Yubiserver(public_directory / "yubiserver", key)
    yield server
    server.stop()


def test_its_ok_is_no_answer(pawlds, directory, yubiserver, key):
    with urllib.request.urlopen(
            f"{yubiserver.url}?id=1&otp={key.at(1)}&nonce={'a' * 20}",
            timeout=20) as answer:
        assert b"status=OK" in answer.read()
    # It takes the text itself for the key.
    file = key_file(directory, yubiserver.client_key.encode())
    server = pawlds().start(
        f"--yubicloud-urls={yubiserver.url}", "--yubicloud-client=1",
        f"--yubicloud-key-file={file}")
    account = create_account(server.local, pin="1234")
    token = server.local.RegisterToken(
        yubicloud={"public_id": modhex(key.public_id)},
        account_id=account.id).token
    with undecided():
        log_in(server.local, "1234" + key.at(2))
    assert "not signed with our key" in server.log
    assert failures(server.local) == 0
    assert position_of(server.local, token) is None
