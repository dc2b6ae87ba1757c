"""The Yubico validation protocol: once is once, who may ask, and outages."""

import collections
import concurrent.futures
import http.client
import itertools
import signal
import threading

import pytest

from helpers import (audit_entries, create_account, fails, outcome, register,
                     wait_until_ready)
from software_tokens import Yubikey
from wsapi import (HTTP, Client, http_address, make_client, more_connections,
                   quoted, signature)

pytestmark = pytest.mark.flags(HTTP)
NONCE = "N" * 32
THREADS, OTPS = 8, 200


@pytest.fixture
def client(pawld):
    return make_client(pawld)


@pytest.fixture
def key(admin):
    """A registered YubiKey."""
    key = Yubikey("a")
    key.token = register(admin, key)
    return key


# Replays.


def test_same_otp_and_nonce_is_the_same_request(client, key):
    otp = key.press()
    first = client.verify_signed(otp, nonce=NONCE, timestamp=1)
    assert first.status == "OK"
    for ask in (client.verify, client.verify_signed):  # with and without h
        again = ask(otp, nonce=NONCE, timestamp=1)
        assert again.status == "REPLAYED_REQUEST"
        assert again.signed_with == "client-key"
        assert list(again.lines) == ["h", "t", "otp", "nonce", "status"]
        assert again.lines["otp"] == otp and again.lines["nonce"] == NONCE
    assert client.status(otp) == "REPLAYED_OTP"
    assert client.status(otp, nonce=NONCE) == "REPLAYED_REQUEST"


def test_a_nonce_alone_is_no_key(client, key):
    for _ in range(3):
        assert client.status(key.press(), nonce=NONCE) == "OK"
    assert client.status(key.at(1, 0), nonce="M" * 32) == "REPLAYED_OTP"


def test_other_spellings_are_the_same_request(client, key):
    otp = key.press()
    assert client.status(otp, nonce=NONCE) == "OK"
    for spelled in (otp.upper(), f" {otp}\r\n"):
        again = client.verify(spelled, nonce=f" {NONCE}\t")
        assert again.status == "REPLAYED_REQUEST"
        assert again.lines["otp"] == otp and again.lines["nonce"] == NONCE


def test_what_was_refused_stays_refused_with_the_same_nonce(client, key):
    assert client.status(key.at(5)) == "OK"
    wrong = Yubikey("b", public_id=key.public_id).press()
    for otp, status in ((key.at(4), "REPLAYED_OTP"), (wrong, "BAD_OTP"),
                        ("c" * 44, "BAD_OTP")):
        for _ in range(10):
            assert client.status(otp, nonce=NONCE) == status
    # It counted once: no gate has closed.
    assert client.status(key.at(4)) == "REPLAYED_OTP"


def test_a_request_whose_key_was_disabled_since_is_refused(client, admin):
    key, account = Yubikey("a"), create_account(admin)
    token = register(admin, key, account=account)
    otp = key.press()
    assert client.status(otp, nonce=NONCE) == "OK"
    for disable, enable in (
            (lambda: admin.DisableAccount(account_id=account.id),
             lambda: admin.EnableAccount(account_id=account.id)),
            (lambda: admin.DisableToken(token_id=token.id),
             lambda: admin.EnableToken(token_id=token.id))):
        disable()
        assert client.status(otp, nonce=NONCE) == "BAD_OTP"
        assert client.status(otp) == "BAD_OTP"
        enable()
        assert client.status(otp, nonce=NONCE) == "REPLAYED_REQUEST"
        assert client.status(otp) == "REPLAYED_OTP"


def test_a_request_is_known_until_the_next_otp_of_its_key(client, key):
    first = key.press()
    assert client.status(first, nonce=NONCE) == "OK"
    assert client.status(key.press(), nonce="M" * 32) == "OK"
    assert client.status(first, nonce=NONCE) == "REPLAYED_OTP"


def test_a_request_is_known_whichever_client_sent_it_before(
        pawld, client, key):
    otp = key.press()
    assert client.status(otp, nonce=NONCE) == "OK"
    other = make_client(pawld, 2)
    assert other.status(otp, nonce=NONCE) == "REPLAYED_REQUEST"


def test_a_request_that_used_the_key_elsewhere_is_another(
        client, admin, key):
    otp = key.press()
    assert client.status(otp, nonce=NONCE) == "OK"
    answer = admin.ValidateOtp(otp=key.press())
    assert outcome(answer) == "GOOD_CODE"
    assert client.status(otp, nonce=NONCE) == "REPLAYED_OTP"


def test_restarts_forget_nothing(pawld, client, key):
    otp = key.press()
    assert client.status(otp, nonce=NONCE) == "OK"
    pawld.kill9()
    pawld.start(*pawld.flags)
    client = Client(http_address(pawld), client.number, client.key)
    assert client.status(otp, nonce=NONCE) == "REPLAYED_REQUEST"
    assert client.status(otp) == "REPLAYED_OTP"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_was_answered_before_the_end_holds_after_it(
        pawld, client, admin, number):
    keys = [Yubikey(f"end {each}") for each in range(THREADS)]
    for each in keys:
        register(admin, each)
    busy = threading.Barrier(THREADS + 1)

    def ask_on(connection, key):
        """The OTPs that were accepted, and the one without an answer."""
        accepted = []
        while True:
            otp = key.press()
            try:
                assert connection.status(otp) == "OK"
            except (OSError, http.client.HTTPException):
                return accepted, otp
            accepted.append(otp)
            if len(accepted) == 5:
                busy.wait()

    connections = more_connections(client, http_address(pawld), THREADS)
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        asked = pool.map(ask_on, connections, keys)
        busy.wait()
        assert pawld.stop(number) == (0 if number == signal.SIGTERM
                                      else -number)
        asked = list(asked)
    pawld.start(*pawld.flags)
    client = Client(http_address(pawld), client.number, client.key)
    for accepted, unanswered in asked:
        assert {client.status(otp) for otp in accepted} == {"REPLAYED_OTP"}
        # It may have counted; it counts no second time.
        assert client.status(unanswered) in ("OK", "REPLAYED_OTP")
        assert client.status(unanswered) == "REPLAYED_OTP"


def test_what_one_door_accepted_no_other_does(pawld, client, key):
    otp, other = key.press(), key.press()
    caller = pawld.client("ROLE_LOGIN")
    assert outcome(caller.ValidateOtp(otp=otp)) == "GOOD_CODE"
    assert client.status(otp) == "REPLAYED_OTP"
    assert client.status(other) == "OK"
    assert outcome(caller.ValidateOtp(otp=other)) == "REPLAYED"


def race(pawld, client, ask):
    """Presents each OTP on all connections at once; counts the answers."""
    connections = more_connections(client, http_address(pawld), THREADS)
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        return [collections.Counter(pool.map(ask, connections, itertools.repeat(
            number))) for number in range(OTPS)]


def test_each_of_many_otps_is_accepted_exactly_once(pawld, client, key):
    otps = [key.press() for _ in range(OTPS)]
    counted = race(pawld, client, lambda connection, number:
                   connection.status(otps[number]))
    assert counted == [{"OK": 1, "REPLAYED_OTP": THREADS - 1}] * OTPS
    positions = [entry.position for entry in audit_entries(pawld.local)
                 if entry.HasField("position")]
    assert len(positions) == OTPS and positions == sorted(set(positions))


def test_each_of_many_requests_is_accepted_exactly_once(pawld, client, key):
    # The same nonce on every connection: retries that overtake each other.
    otps = [key.press() for _ in range(OTPS)]
    counted = race(pawld, client, lambda connection, number: connection.status(
        otps[number], nonce=f"{number:032d}"))
    assert counted == [{"OK": 1, "REPLAYED_REQUEST": THREADS - 1}] * OTPS


# Who may ask.


def test_unknown_and_deleted_clients(pawld, client, key):
    otp = key.press()
    stranger = Client(http_address(pawld), 2, client.key)
    for ask in (stranger.verify, stranger.verify_signed):
        answer = ask(otp)
        assert answer.status == "NO_SUCH_CLIENT"
        assert answer.signed_with == "empty-key"
        assert list(answer.lines) == ["h", "t", "status"]
    pawld.local.DeleteClient(client_id=client.id)
    assert client.status(otp) == "NO_SUCH_CLIENT"
    assert make_client(pawld, 3).status(otp) == "OK"


def test_unsigned_signed_and_wrongly_signed_requests(pawld, client, key):
    other = make_client(pawld, 2)
    assert other.key != client.key
    otp = key.press()
    forged = Client(http_address(pawld), client.number, other.key)
    fields = {"id": client.number, "otp": otp, "nonce": NONCE}
    answer = client.get(quoted({**fields, "h": signature(other.key, fields)}))
    assert answer.status == "BAD_SIGNATURE"
    assert answer.signed_with == "client-key"
    with pytest.raises(AssertionError):  # signed, but not for the forger
        forged.verify_signed(otp)
    assert client.status(otp) == "OK"  # unsigned
    assert other.verify_signed(key.press()).status == "OK"


def test_a_wrong_signature_tells_nothing_about_the_otp(client, key):
    used = key.press()
    assert client.status(used) == "OK"
    for otp in (used, key.press(), "c" * 44):
        assert client.status(otp, h="AAAA") == "BAD_SIGNATURE"


def test_two_clients_ask_about_one_key(pawld, client, key):
    other = make_client(pawld, 9999999999)
    for asker in (client, other, client):
        assert asker.verify_signed(key.press()).status == "OK"


def decoded(client_id):
    """The number that an id stands for."""
    number = 0
    for letter in client_id.removeprefix("cli_"):
        number = number * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(letter)
    return number


def test_clients_of_one_door_are_none_of_the_other(pawld, client, key):
    caller = pawld.client("ROLE_LOGIN")
    assert decoded(client.id) == client.number
    assert decoded(caller.id) > 9999999999
    for number in (caller.id, decoded(caller.id)):  # too long for a client
        assert client.status(key.press(), id=number) == "MISSING_PARAMETER"
    secret = caller.key.partition(caller.id.removeprefix("cli_"))[2]
    assert secret
    borrowed = caller.key.replace(caller.id.removeprefix("cli_"),
                                  client.id.removeprefix("cli_"))
    assert borrowed != caller.key
    with fails("UNAUTHENTICATED"):
        pawld.tcp(borrowed).ValidateOtp(otp=key.press())


def test_the_key_of_a_disabled_account_opens_nothing(pawld, client, admin):
    account = create_account(admin)
    owned = Yubikey("owned")
    register(admin, owned, account=account)
    assert client.status(owned.press()) == "OK"
    otp = owned.press()
    admin.DisableAccount(account_id=account.id)
    assert client.status(otp) == "BAD_OTP"
    answer = admin.ValidateOtp(otp=owned.press())
    assert outcome(answer) == "ACCOUNT_DISABLED"
    # It was not used up by that.
    admin.EnableAccount(account_id=account.id)
    assert client.status(otp) == "OK"
    assert client.status(otp) == "REPLAYED_OTP"


def test_a_key_bound_to_services_checks_no_bare_codes(pawld, client, key):
    bound = pawld.local.CreateClient(name="mail", roles=["ROLE_LOGIN"],
                                     services=["imap"])
    otp = key.press()
    with fails("PERMISSION_DENIED"):
        pawld.tcp(bound.key).ValidateOtp(otp=otp)
    with fails("INVALID_ARGUMENT", "services"):
        pawld.local.CreateClient(name="keys", roles=["ROLE_LOGIN"],
                                 services=["imap"], wsapi={"number": 7})
    assert client.status(otp) == "OK"


def test_a_client_with_a_bearer_key_is_no_client_here(pawld, client, key):
    # Their numbers are too long to be written; one that is not, by force.
    caller = pawld.client("ROLE_LOGIN")
    assert pawld.stop() == 0
    with pawld.raw_database() as raw:
        raw.execute("UPDATE client SET id = 7 WHERE id = ?",
                    (decoded(caller.id),))
        assert raw.execute("SELECT changes()").fetchone() == (1,)
    pawld.start(*pawld.flags)
    bearer = Client(http_address(pawld), 7, b"")
    for key_guess in (b"", caller.key.encode()):
        fields = {"id": 7, "otp": key.press(), "nonce": bearer.nonce()}
        fields["h"] = signature(key_guess, fields)
        answer = bearer.get(quoted(fields))
        assert answer.status == "NO_SUCH_CLIENT"
    assert bearer.status(key.press()) == "NO_SUCH_CLIENT"


# Trouble.


@pytest.mark.parametrize("begin", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_a_locked_database_is_a_backend_error_that_uses_nothing_up(
        pawld, client, key, begin):
    # Theirs takes some outages for a bad OTP.
    otp = key.press()
    with pawld.raw_database() as other:
        other.execute(begin)
        answer = client.verify(otp, nonce=NONCE)
        assert answer.status == "BACKEND_ERROR"
        assert answer.signed_with == "client-key"
        assert list(answer.lines) == ["h", "t", "status"]
        assert client.status("c" * 44) == "BACKEND_ERROR"
        # What needs no store is answered all the same.
        assert client.status("short") == "BAD_OTP"
        other.execute("ROLLBACK")
    wait_until_ready(pawld, True)
    assert client.status(otp, nonce=NONCE) == "OK"
    assert client.status(otp, nonce=NONCE) == "REPLAYED_REQUEST"


SLOW = ("--throttle-free-failures=2", "--throttle-first-delay=1h",
        "--throttle-max-delay=1h")


@pytest.mark.flags(HTTP, *SLOW)
def test_who_knows_a_public_id_cannot_keep_the_owner_out(client, key):
    # All people of a web server have its address; 128 bits are not guessed.
    impostor = Yubikey("b", public_id=key.public_id)
    otp = key.press()
    for counter in range(20):
        answer = client.verify(impostor.at(counter))
        assert (answer.status, answer.signed_with) == ("BAD_OTP", "client-key")
    assert client.status(otp, nonce=NONCE) == "OK"
    for counter in range(20):
        client.status(impostor.at(counter))
    # A used one stays used.
    assert client.status(otp, nonce=NONCE) == "REPLAYED_REQUEST"
    assert client.status(otp) in ("REPLAYED_OTP", "BAD_OTP")
    assert client.status(key.press()) == "OK"


def test_unknown_keys_do_not_stop_known_ones(client, key):
    # All people of a web server have its address.
    for number in range(60):
        stranger = Yubikey(f"stranger {number}")
        assert client.status(stranger.press()) == "BAD_OTP"
    assert client.status(key.press()) == "OK"


def test_the_audit_knows_the_client(pawld, client, key):
    client.status(key.press())
    entry = audit_entries(pawld.local)[-1]
    assert entry.caller == client.id
    assert entry.token_id == key.token.id
    assert entry.client_address == "127.0.0.1"
