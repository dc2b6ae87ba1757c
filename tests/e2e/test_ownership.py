"""One server for each database, and nobody else reads its files."""

import os
import stat

import pytest

from helpers import create_account, log_in, outcome, register
from pawld import start_fails
from software_tokens import Hotp, Yubikey


@pytest.fixture
def occupied(pawld):
    """A serving server that must not notice what the others try."""
    device = Hotp("a")
    create_account(pawld.local, pin="", tokens=[device])
    yield pawld
    assert outcome(log_in(pawld.local, device.press())) == "GOOD_CODE"


def refused_as_locked(server, owner, *flags):
    start_fails(server, *flags,
                containing=f"is locked by process {owner.pid}")


def test_second_server_on_the_same_data_is_refused(occupied, pawlds):
    refused_as_locked(pawlds(), occupied)


def test_second_server_through_a_linked_directory_is_refused(
        occupied, pawlds, directory):
    (directory / "link").symlink_to(occupied.data)
    refused_as_locked(pawlds("link"), occupied)


@pytest.mark.parametrize("how", ["path", "symbolic link", "dots", "relative"])
def test_second_server_with_another_directory_is_refused(
        occupied, pawlds, directory, how):
    path = occupied.database
    if how == "symbolic link":
        path = directory / "link.db"
        path.symlink_to(occupied.database)
    if how == "dots":
        path = f"{occupied.data}/../{occupied.data.name}//./pawl.db"
    other = pawlds("other", cwd=occupied.data)
    if how == "relative":
        path = "pawl.db"
    refused_as_locked(other, occupied, f"--store=sqlite:{path}")


def test_second_server_through_a_hard_link_is_refused(
        occupied, pawlds, directory):
    # Two names of one file mean two write-ahead logs and a broken database.
    os.link(occupied.database, directory / "hard.db")
    start_fails(pawlds("other"), f"--store=sqlite:{directory}/hard.db",
                containing="hard.db")


def test_second_server_with_the_same_socket_is_refused(occupied, pawlds):
    start_fails(pawlds("other"), f"--socket={occupied.socket}",
                containing=str(occupied.socket))


def test_freed_database_may_be_taken_over(pawld, pawlds):
    key = Yubikey("a")
    register(pawld.local, key)
    used = key.press()
    assert outcome(pawld.local.ValidateOtp(otp=used)) == "GOOD_CODE"
    pawld.kill9()
    other = pawlds("other").start(
        f"--store=sqlite:{pawld.database}",
        f"--master-key={pawld.data}/master.key")
    assert outcome(other.local.ValidateOtp(otp=used)) == "REPLAYED"
    assert outcome(other.local.ValidateOtp(otp=key.press())) == "GOOD_CODE"


# Modes of files.


def modes(folder):
    return {path.name: stat.S_IMODE(path.lstat().st_mode)
            for path in folder.iterdir()}


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_all_files_are_private_whatever_the_umask(pawlds, umask):
    server = pawlds(umask=umask).start()
    register(server.local, Hotp("a"))
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    seen = modes(server.data)
    assert {"master.key", "pawl.db", "pawl.db-wal", "pawl.db-shm",
            "pawld.sock"} <= set(seen)
    assert set(seen.values()) == {0o600}, seen
    server.restart()
    assert set(modes(server.data).values()) == {0o600}


@pytest.mark.parametrize("name, mode", [
    ("", 0o750), ("", 0o701), ("master.key", 0o640), ("master.key", 0o604),
    ("pawl.db", 0o640), ("pawl.db", 0o606)])
def test_what_others_may_read_is_refused_at_the_start(pawld, name, mode):
    assert pawld.stop() == 0
    (pawld.data / name).chmod(mode)
    start_fails(pawld, containing=str(pawld.data / name))
    assert "chmod" in pawld.log


def test_master_key_may_lie_elsewhere(pawlds, directory):
    key = directory / "keys" / "pawl.key"
    key.parent.mkdir(mode=0o700)
    server = pawlds().start(f"--master-key={key}")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert not (server.data / "master.key").exists()
