"""Trouble with the store: a refusal, never a yes, and nothing is counted."""

import contextlib
import os
import resource
import socket
import sqlite3
import subprocess

import grpc
import pytest

from helpers import (StartError, create_account, eventually, fails, log_in,
                     outcome, register)
from software_tokens import Hotp, Motp, Totp, Yubikey

LOGIN = "anna@example.org"


def undecided():
    """The server lives and says that nobody knows."""
    return fails("UNAVAILABLE", containing="could not be decided")


class Person:
    """An account, its token and the code it types next."""

    def __init__(self, pawld):
        self.pawld = pawld
        self.device = Hotp("a")
        account = create_account(pawld.local, pin="1234")
        self.token = register(pawld.local, self.device, account=account)
        self.credential = "1234" + self.device.press()

    def log_in(self):
        return outcome(log_in(self.pawld.local, self.credential))

    def rows(self):
        """Account and token as the server sees them."""
        admin = self.pawld.local
        return (admin.GetAccount(login=LOGIN),
                admin.GetToken(token_id=self.token.id))


@pytest.fixture
def person(pawld):
    return Person(pawld)


def health(pawld, service=""):
    answer = pawld.tcp().HealthCheck(service=service)
    return type(answer).ServingStatus.Name(answer.status)


def wait_until_ready(pawld, ready):
    expected = "SERVING" if ready else "NOT_SERVING"
    eventually(lambda: health(pawld) == expected, expected)
    status = pawld.local.GetStatus()
    assert status.ready == ready
    assert bool(status.problem) != ready
    assert health(pawld, "liveness") == "SERVING"


def check_recovered(person):
    """The code that could not be decided is good once."""
    wait_until_ready(person.pawld, True)
    assert person.log_in() == "GOOD_CODE"
    assert person.log_in() == "REPLAYED"


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
    used = len(os.listdir(f"/proc/{pawld.pid}/fd"))
    soft, hard = resource.prlimit(pawld.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pawld.pid, resource.RLIMIT_NOFILE, (used + 3, hard))
    with contextlib.ExitStack() as connections:
        for _ in range(20):
            door = connections.enter_context(socket.socket(socket.AF_UNIX))
            door.settimeout(10)
            door.connect(str(pawld.socket))
        eventually(lambda: len(os.listdir(f"/proc/{pawld.pid}/fd"))
                   == used + 3, "no free descriptor")
    resource.prlimit(pawld.pid, resource.RLIMIT_NOFILE, (soft, hard))
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

    def run(self, *command):
        subprocess.run([*self.inside, *command], check=True, timeout=20)

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
    disk.run("mount", "-o", "remount,ro", str(disk.place))
    start_fails(on_disk, "ead-only")
    disk.run("mount", "-o", "remount,rw", str(disk.place))
    on_disk.start(*on_disk.flags)
    check_recovered(person)


# Files that are not what they should be.


def start_fails(pawld, *containing):
    """The start fails with exit code 1 and says why."""
    with pytest.raises(StartError) as caught:
        pawld.start(*pawld.flags)
    assert caught.value.exit_code == 1, caught.value
    *_, complaint = caught.value.log.splitlines()
    assert complaint.startswith("pawld: ")
    for text in containing:
        assert text in complaint


def test_wrong_master_key_is_refused_at_the_start(pawld, pawlds, person):
    other = pawlds("other").start()
    assert pawld.stop() == other.stop() == 0
    key = pawld.data / "master.key"
    kept = key.read_bytes()
    key.write_bytes((other.data / "master.key").read_bytes())
    start_fails(pawld, "master key")
    key.write_bytes(kept)
    pawld.start()
    assert person.log_in() == "GOOD_CODE"


@pytest.mark.parametrize("contents", [
    b"", b"\n", b"0" * 63, b"0" * 65 + b"\n", b"g" * 64, b"\0" * 32,
    b"00" * 100000], ids=["empty", "blank", "short", "long", "no hex", "raw",
                          "huge"])
def test_master_key_that_is_none_is_refused(pawld, contents):
    assert pawld.stop() == 0
    (pawld.data / "master.key").write_bytes(contents)
    start_fails(pawld, "master")


def test_missing_master_key_of_a_used_database_is_not_made_anew(
        pawld, person):
    assert pawld.stop() == 0
    key = pawld.data / "master.key"
    kept = key.read_bytes()
    key.unlink()
    start_fails(pawld, "master key")
    assert not key.exists()
    key.write_bytes(kept)
    key.chmod(0o600)
    pawld.start()
    assert person.log_in() == "GOOD_CODE"


def test_newer_schema_is_refused_at_the_start(pawld):
    assert pawld.stop() == 0
    with pawld.raw_database() as raw:
        version, = raw.execute("PRAGMA user_version").fetchone()
        raw.execute(f"PRAGMA user_version = {version + 1}")
    start_fails(pawld, f"schema {version + 1}")
    with pawld.raw_database() as raw:
        raw.execute(f"PRAGMA user_version = {version}")
    pawld.start()


def test_database_of_another_program_is_refused(pawld):
    assert pawld.stop() == 0
    for file in pawld.data.glob("pawl.db*"):
        file.unlink()
    with contextlib.closing(sqlite3.connect(pawld.database)) as raw:
        raw.execute("CREATE TABLE t (x)")
    pawld.database.chmod(0o600)
    start_fails(pawld, "not a database of Pawl")


def test_file_that_is_no_database_is_refused(pawld):
    assert pawld.stop() == 0
    for file in pawld.data.glob("pawl.db*"):
        file.unlink()
    pawld.database.write_bytes(b"This is not a database. " * 1000)
    pawld.database.chmod(0o600)
    start_fails(pawld, "not a database")


# Rows that are not what they should be.


def flip_sealed_byte(pawld, place):
    """Flips one bit of the token's sealed secret while nobody looks."""
    assert pawld.stop() == 0
    with pawld.raw_database() as raw:
        sealed, = raw.execute("SELECT sealed_secret FROM token").fetchone()
        spoiled = bytearray(sealed)
        spoiled[place] ^= 1
        raw.execute("UPDATE token SET sealed_secret = ?", [bytes(spoiled)])
    pawld.start()
    return sealed


def restore_sealed(pawld, sealed):
    assert pawld.stop() == 0
    with pawld.raw_database() as raw:
        raw.execute("UPDATE token SET sealed_secret = ?", [sealed])
    pawld.start()


@pytest.mark.parametrize("place", [0, 10, -1])
def test_corrupt_secret_is_no_wrong_code(pawld, person, place):
    sealed = flip_sealed_byte(pawld, place)
    before = person.rows()
    for credential in (person.credential, "1234000000"):
        with undecided():
            log_in(pawld.local, credential)
    with undecided():
        pawld.local.ValidateOtp(otp="000000", token_id=person.token.id)
    with undecided():
        pawld.local.ResyncToken(token_id=person.token.id,
                                first_code="000000", second_code="111111")
    assert person.rows() == before
    restore_sealed(pawld, sealed)
    check_recovered(person)


def test_secret_of_another_token_is_no_wrong_code(pawld, person):
    other = Hotp("other")
    register(pawld.local, other)
    assert pawld.stop() == 0
    with pawld.raw_database() as raw:
        rows = raw.execute("SELECT id, sealed_secret FROM token").fetchall()
        for (token, _), (_, sealed) in zip(rows, rows[::-1]):
            raw.execute("UPDATE token SET sealed_secret = ? WHERE id = ?",
                        [sealed, token])
    pawld.start()
    for code in (person.credential, "1234" + other.press()):
        with undecided():
            log_in(pawld.local, code)


IMPOSSIBLE = {
    Hotp: ["kind = 1", "kind = 3", "kind = 4", "kind = 9", "hash = 9",
           "digits = 0", "digits = 9", "digits = 40", "window_steps = -1",
           "version = 9223372036854775807", "failures = -1", "enabled = 7"],
    Totp: ["period = 0", "period = -1", "digits = 0", "kind = 2",
           "drift = 9223372036854775807", "t0 = 9223372036854775807",
           "t0 = -9223372036854775807"],
    Motp: ["period = 0", "kind = 3"],
    Yubikey: ["kind = 2", "kind = 3", "kind = 4", "digits = 0"],
}


@pytest.mark.parametrize("kind, change", [
    (kind, change) for kind, changes in IMPOSSIBLE.items()
    for change in changes])
def test_impossible_row_lets_nobody_in_and_harms_nobody(pawld, kind, change):
    device, other = kind("a"), Yubikey("other")
    token = register(pawld.local, device)
    register(pawld.local, other)
    account = create_account(pawld.local, pin="")
    pawld.local.AssignToken(account_id=account.id, token_id=token.id)
    assert pawld.stop() == 0
    with pawld.raw_database() as raw:
        raw.execute(f"UPDATE token SET {change} WHERE account_id > 0")
    pawld.start()
    for code in ("000000", other.at(1, 1), "0" * 12):
        for call in (
                lambda: log_in(pawld.local, code),
                lambda: pawld.local.ValidateOtp(otp=code, token_id=token.id),
                lambda: pawld.local.ResyncToken(
                    token_id=token.id, first_code=code, second_code=code)):
            with contextlib.suppress(grpc.RpcError):
                assert outcome(call()) != "GOOD_CODE"
    answer = pawld.local.ValidateOtp(otp=other.at(2))
    assert outcome(answer) == "GOOD_CODE"
    assert pawld.is_alive()


def test_database_in_no_directory_is_refused_by_its_name(pawlds):
    server = pawlds()
    server.flags = ("--store=sqlite:/nonexistent/pawl.db",)
    start_fails(server, "/nonexistent/pawl.db")
