"""Trouble with the store: a refusal, never a yes, and nothing is counted."""

import contextlib
import os
import resource
import socket
import subprocess

import pytest

from helpers import (LOGIN, Person, check_recovered, fails, log_in, outcome,
                     register, undecided, wait_until_ready)
from pawld import eventually, start_fails
from software_tokens import Yubikey

# A database that cannot be written for a while.


@pytest.mark.parametrize("begin", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_locked_database_is_a_refusal_that_counts_nothing(
        pawld, person, begin):
    before = person.rows()
    with pawld.raw_database() as other:
        other.execute(begin)
        for credential in (person.credential, "1234000000", "?"):
            with undecided():
                log_in(pawld.local, credential)
        with fails("UNAVAILABLE"):
            pawld.local.CreateAccount(login="bert")
        wait_until_ready(pawld, False)
        other.execute("ROLLBACK")
    assert person.rows() == before
    check_recovered(person)


def test_unanswered_attempt_is_not_remembered_as_a_refusal(pawld, person):
    asked = {"account": LOGIN, "service": "webmail",
             "credential": person.credential, "attempt_id": "a" * 16}
    with pawld.raw_database() as other:
        other.execute("BEGIN IMMEDIATE")
        with undecided():
            pawld.local.CheckLogin(**asked)
        other.execute("ROLLBACK")
    assert outcome(pawld.local.CheckLogin(**asked)) == "GOOD_CODE"
    assert person.log_in() == "REPLAYED"


def test_retry_after_a_missed_deadline_learns_the_truth(pawld, person):
    asked = {"account": LOGIN, "service": "webmail",
             "credential": person.credential, "attempt_id": "a" * 16}
    with pawld.raw_database() as other:
        other.execute("BEGIN IMMEDIATE")
        with fails("DEADLINE_EXCEEDED"):
            pawld.local.CheckLogin.within(0.3, **asked)
        other.execute("ROLLBACK")
    # Used up or not: nobody knows. The same attempt is let in, once.
    assert outcome(pawld.local.CheckLogin(**asked)) == "GOOD_CODE"
    assert outcome(pawld.local.CheckLogin(**asked)) == "GOOD_CODE"
    assert person.log_in() == "REPLAYED"


def test_lock_that_is_soon_released_is_waited_for(pawld, person):
    with pawld.raw_database() as other:
        other.execute("BEGIN IMMEDIATE")
        call = pawld.local.CheckLogin.start(
            account=LOGIN, service="webmail", credential=person.credential)
        other.execute("ROLLBACK")
        assert outcome(call.result()) == "GOOD_CODE"


def test_moved_database_is_not_written_any_more(pawld, person):
    aside = pawld.database.with_name("aside.db")
    pawld.database.rename(aside)
    with undecided():
        person.log_in()
    wait_until_ready(pawld, False)
    aside.rename(pawld.database)
    check_recovered(person)


def test_replaced_database_is_not_used(pawld, person):
    copy = pawld.database.with_name("copy.db")
    with pawld.raw_database() as raw:
        raw.execute("VACUUM INTO ?", [str(copy)])
    copy.chmod(0o600)
    assert person.log_in() == "GOOD_CODE"
    original = pawld.database.with_name("original.db")
    pawld.database.rename(original)
    copy.rename(pawld.database)
    with undecided():
        person.log_in()
    original.rename(pawld.database)
    wait_until_ready(pawld, True)
    assert person.log_in() == "REPLAYED"


def test_database_put_back_in_time_does_not_bring_back_codes(pawld, person):
    # Rows written behind the server's back, as a restored backup would.
    assert person.log_in() == "GOOD_CODE"
    with pawld.raw_database() as raw:
        raw.execute("DROP TRIGGER token_moves_forward")
        raw.execute("UPDATE token SET position = NULL")
    with undecided():
        person.log_in()


# No more file descriptors.


def test_server_without_free_descriptors_recovers(pawld, person):
    _, hard = limits = resource.prlimit(pawld.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pawld.pid, resource.RLIMIT_NOFILE, (5, hard))
    with contextlib.ExitStack() as connections:
        for _ in range(20):
            door = connections.enter_context(socket.socket(socket.AF_UNIX))
            door.connect(str(pawld.socket))
        door.settimeout(0.5)
        with pytest.raises(TimeoutError):  # it waits in front of the door
            door.recv(1)
    assert pawld.is_alive()
    resource.prlimit(pawld.pid, resource.RLIMIT_NOFILE, limits)
    check_recovered(person)


# A disk that is full. Both ways give the server the error in a write.


@contextlib.contextmanager
def limited_file_size(pawld):
    """No file of the server may grow: its writes fail with EFBIG."""
    soft, hard = resource.prlimit(pawld.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pawld.pid, resource.RLIMIT_FSIZE, (1024, hard))
    yield
    resource.prlimit(pawld.pid, resource.RLIMIT_FSIZE, (soft, hard))


def test_file_that_cannot_grow_is_a_refusal_that_counts_nothing(
        pawld, person):
    before = person.rows()
    with limited_file_size(pawld):
        for credential in (person.credential, "1234000000", "?"):
            with undecided():
                log_in(pawld.local, credential)
        assert pawld.process.poll() is None, "killed by SIGXFSZ?"
        wait_until_ready(pawld, False)
    assert person.rows() == before
    check_recovered(person)


class SmallDisk:
    """A file system in memory, seen only inside its own mount namespace."""

    KIBIBYTES = 2048

    def __init__(self, place):
        self.place = place
        place.mkdir()
        script = (f"mount -t tmpfs -o mode=700,size={self.KIBIBYTES}k"
                  f" tmpfs {place} && echo mounted && exec cat")
        self.holder = subprocess.Popen(
            ["unshare", "--map-root-user", "--mount", "sh", "-c", script],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.holder.stdout.readline() == "mounted\n", (
            "these tests need mount namespaces")
        self.inside = ["nsenter", f"--target={self.holder.pid}", "--user",
                       "--preserve-credentials", "--mount"]

    @property
    def seen(self):
        """The place as it is seen from outside."""
        return f"/proc/{self.holder.pid}/root{self.place}"

    def remount(self, option):
        subprocess.run([*self.inside, "mount", "-o", f"remount,bind,{option}",
                        str(self.place)], check=True, timeout=20)

    def fill(self):
        free = os.statvfs(self.seen)
        with open(f"{self.seen}/filler", "wb") as filler:
            filler.write(bytes(free.f_bfree * free.f_bsize))

    def drain(self):
        os.unlink(f"{self.seen}/filler")

    def unmount(self):
        self.holder.stdin.close()
        self.holder.wait(20)
        self.holder.stdout.close()


@pytest.fixture
def disk(directory):
    disk = SmallDisk(directory / "disk")
    yield disk
    disk.unmount()


@pytest.fixture
def on_disk(disk, pawlds):
    """A server with its database on the small disk."""
    server = pawlds(wrapper=disk.inside)
    server.start(f"--store=sqlite:{disk.place}/pawl.db")
    yield server
    server.cleanup()  # before the disk goes


def test_full_disk_is_a_refusal_that_counts_nothing(on_disk, disk):
    person = Person(on_disk)
    before = person.rows()
    disk.fill()
    # The log may still have room: write until it has not.
    eventually(lambda: is_unavailable(on_disk), "full")
    with undecided():
        person.log_in()
    wait_until_ready(on_disk, False)
    assert on_disk.is_alive()
    assert person.rows()[1] == before[1]
    disk.drain()
    check_recovered(person)


def is_unavailable(pawld):
    with contextlib.suppress(Exception):
        log_in(pawld.local, "?", login="nobody")
        return False
    return True


def test_full_disk_does_not_lose_what_was_accepted(on_disk, disk):
    key = Yubikey("a")
    register(on_disk.local, key)
    disk.fill()
    accepted = []

    def use_one():
        with contextlib.suppress(Exception):
            code = key.press()
            assert outcome(on_disk.local.ValidateOtp(otp=code)) == "GOOD_CODE"
            accepted.append(code)
            return False
        return True

    eventually(use_one, "full")
    on_disk.kill9()
    disk.drain()
    on_disk.start(*on_disk.flags)
    for code in accepted:
        answer = on_disk.local.ValidateOtp(otp=code)
        assert outcome(answer) == "REPLAYED"
    assert outcome(on_disk.local.ValidateOtp(otp=key.press())) == "GOOD_CODE"


def test_read_only_disk_is_refused_at_the_start(on_disk, disk):
    person = Person(on_disk)
    assert on_disk.stop() == 0
    disk.remount("ro")
    start_fails(on_disk, containing="ead-only")
    disk.remount("rw")
    on_disk.start(*on_disk.flags)
    check_recovered(person)
