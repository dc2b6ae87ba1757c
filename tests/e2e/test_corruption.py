"""Files and rows that are not what they should be."""

import contextlib
import sqlite3

import grpc
import pytest

from helpers import (check_recovered, create_account, log_in, outcome,
                     register, undecided)
from pawld import start_fails
from software_tokens import Hotp, Motp, Totp, Yubikey

# Files that are not what they should be.


def test_wrong_master_key_is_refused_at_the_start(pawld, pawlds, person):
    other = pawlds("other").start()
    assert pawld.stop() == other.stop() == 0
    key = pawld.data / "master.key"
    kept = key.read_bytes()
    key.write_bytes((other.data / "master.key").read_bytes())
    start_fails(pawld, containing="master key")
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
    start_fails(pawld, containing="master")


def test_missing_master_key_of_a_used_database_is_not_made_anew(
        pawld, person):
    assert pawld.stop() == 0
    key = pawld.data / "master.key"
    kept = key.read_bytes()
    key.unlink()
    start_fails(pawld, containing="master key")
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
    start_fails(pawld, containing=f"schema {version + 1}")
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
    start_fails(pawld, containing="not a database of Pawl")


def test_file_that_is_no_database_is_refused(pawld):
    assert pawld.stop() == 0
    for file in pawld.data.glob("pawl.db*"):
        file.unlink()
    pawld.database.write_bytes(b"This is not a database. " * 1000)
    pawld.database.chmod(0o600)
    start_fails(pawld, containing="not a database")


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
    start_fails(pawlds(), "--store=sqlite:/nonexistent/pawl.db",
                containing="/nonexistent/pawl.db")
