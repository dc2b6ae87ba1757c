"""RegisterToken: secrets made here, secrets given twice, deleted tokens."""

import base64
import contextlib
import hashlib
import time
import urllib.parse

import grpc
import pytest

from helpers import (create_account, fails, log_in, outcome, position_of,
                     present, register)
from software_tokens import Hotp, Motp, Totp, Yubikey, hotp, motp, secret

ALGORITHMS = {"sha1": 20, "sha256": 32, "sha512": 64}  # and seed sizes
IDENTIFIER = "ubhe00004711"

# Generated secrets.


def otpauth(uri):
    """Kind and parameters of an otpauth:// text."""
    parts = urllib.parse.urlsplit(uri)
    assert parts.scheme == "otpauth"
    fields = dict(urllib.parse.parse_qsl(parts.query, strict_parsing=True))
    key = fields["secret"]
    fields["secret"] = base64.b32decode(key + "=" * (-len(key) % 8))
    return parts.netloc, fields


def test_generated_yubikey_works(admin):
    made = admin.RegisterToken(yubico={}, generate=True)
    assert len(made.token.public_id) == 12
    assert not made.generated.uri
    public_id = bytes("cbdefghijklnrtuv".index(a) << 4
                      | "cbdefghijklnrtuv".index(b) for a, b in
                      zip(*[iter(made.token.public_id)] * 2))
    key = Yubikey("", public_id=public_id, aes_key=made.generated.secret,
                  private_id=made.generated.private_id)
    assert outcome(admin.ValidateOtp(otp=key.press())) == "GOOD_CODE"


def test_generated_yubikey_keeps_a_given_public_id(admin):
    made = admin.RegisterToken(yubico={"public_id": "vvccccbd"}, generate=True)
    assert made.token.public_id == "vvccccbd"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("digits", [6, 8])
def test_generated_hotp_works(admin, digits, algorithm):
    made = admin.RegisterToken(generate=True, hotp={
        "digits": digits, "counter": 3,
        "hash": "HASH_ALGORITHM_" + algorithm.upper()})
    kind, fields = otpauth(made.generated.uri)
    assert kind == "hotp"
    assert fields["secret"] == made.generated.secret
    assert int(fields["counter"]) == 3
    assert int(fields.get("digits", 6)) == digits
    assert fields.get("algorithm", "SHA1").lower() == algorithm
    code = hotp(made.generated.secret, 3, digits, algorithm)
    assert outcome(present(admin, made.token, code)) == "GOOD_CODE"


def test_generated_totp_works(admin):
    made = admin.RegisterToken(generate=True, totp={"period": {"seconds": 60}})
    kind, fields = otpauth(made.generated.uri)
    assert (kind, int(fields["period"])) == ("totp", 60)
    code = hotp(fields["secret"], int(time.time()) // 60)
    assert outcome(present(admin, made.token, code)) == "GOOD_CODE"


def test_generated_motp_works(admin):
    made = admin.RegisterToken(generate=True, motp={"pin": "2468"})
    text = made.generated.secret.decode()
    assert text in made.generated.uri
    code = motp(text, "2468", int(time.time()) // 10)
    assert outcome(present(admin, made.token, code)) == "GOOD_CODE"


KINDS = {
    "yubico": {"yubico": {}},
    "hotp": {"hotp": {}},
    "totp": {"totp": {}},
    "motp": {"motp": {"pin": "1234"}},
}


@pytest.mark.parametrize("kind", KINDS)
def test_generated_secret_is_shown_once_and_always_another(admin, kind):
    made = [admin.RegisterToken(generate=True, **KINDS[kind])
            for _ in range(3)]
    secrets = {one.generated.secret for one in made}
    assert len(secrets) == 3
    again = [admin.GetToken(token_id=one.token.id) for one in made]
    listed = admin.ListTokens()
    for text in (listed, *again):
        seen = text.SerializeToString()
        assert not any(one in seen for one in secrets)


@pytest.mark.parametrize("kind", KINDS)
def test_secret_must_be_given_or_generated(admin, kind):
    with fails("INVALID_ARGUMENT"):
        admin.RegisterToken(**KINDS[kind])


@pytest.mark.parametrize("device", [
    Yubikey("a"), Hotp("a"), Totp("a"), Motp("a")],
    ids=lambda device: type(device).__name__)
def test_secret_is_not_given_and_generated_at_once(admin, device):
    with fails("INVALID_ARGUMENT", "generate"):
        admin.RegisterToken(generate=True, **device.enrolment())


# The same secret twice, and what a deleted token leaves behind.

LONG_KEY = secret("long", 100)  # HMAC hashes a key longer than its block
TWINS = {
    "yubico": (Yubikey("a"), Yubikey("a")),
    "yubico, other ids": (
        Yubikey("a"), Yubikey("b", aes_key=Yubikey("a").aes_key)),
    "hotp": (Hotp("a"), Hotp("a")),
    "hotp, other digits": (Hotp("a"), Hotp("a", digits=8)),
    "hotp, other hash": (Hotp("a"), Hotp("a", algorithm="sha256")),
    "hotp, other counter": (Hotp("a"), Hotp("a", counter=7)),
    "hotp, other identifier": (Hotp("a"), Hotp("a", identifier=IDENTIFIER)),
    "totp": (Totp("a"), Totp("a")),
    "totp, other digits": (Totp("a"), Totp("a", digits=8)),
    "motp": (Motp("a"), Motp("a")),
    "motp, upper case": (Motp("a", text="ab" * 8), Motp("a", text="AB" * 8)),
    # Other enrolments whose codes are the same.
    "totp, other start": (Totp("a"), Totp("a", start=30)),
    "totp, other period": (Totp("a"), Totp("a", period=60)),
    "totp, then hotp": (Totp("a"), Hotp("a")),
    "hotp, then totp": (Hotp("a"), Totp("a")),
    "hotp, zero byte added": (Hotp("a"), Hotp("a", key=secret("a") + b"\0")),
    "hotp, hash of a long key": (
        Hotp("a", key=LONG_KEY),
        Hotp("a", key=hashlib.sha1(LONG_KEY).digest())),
    "motp, digit moved to the pin": (
        Motp("a", text="0123456789abcdef12", pin="34"),
        Motp("a", text="0123456789abcdef", pin="1234")),
}


@pytest.mark.parametrize("first, second", TWINS.values(), ids=TWINS)
def test_same_secret_is_not_registered_twice(admin, first, second):
    register(admin, first)
    with fails("ALREADY_EXISTS"):
        register(admin, second)


def test_same_public_id_is_not_registered_twice(admin):
    register(admin, Yubikey("a"))
    with fails("ALREADY_EXISTS"):
        register(admin, Yubikey("b", public_id=Yubikey("a").public_id))


def twins_now():
    """Pairs that show the same code at this moment, and its number."""
    totp = Totp("a")
    now = totp.begin_mid_step()
    slow = Totp("a", period=60, start=totp.start + 30 * now - 60 * now)
    slot = Motp.step(time.time())
    return {
        "start": (totp, Totp("a", start=totp.start + 30), now),
        "period": (totp, slow, now),
        "hotp": (totp, Hotp("a", counter=now), now),
        "zero byte": (*TWINS["hotp, zero byte added"], 0),
        "long key": (*TWINS["hotp, hash of a long key"], 0),
        "motp": (*TWINS["motp, digit moved to the pin"], slot),
    }


@pytest.mark.parametrize("name", [
    "start", "period", "hotp", "zero byte", "long key", "motp"])
def test_code_is_not_accepted_again_through_a_twin(admin, name):
    first, second, number = twins_now()[name]
    code = first.at(number)
    assert second.at(number) == code
    account = create_account(admin, pin="", tokens=[first])
    with contextlib.suppress(grpc.RpcError):  # to refuse it is right
        register(admin, second, account=account)
    answers = [outcome(log_in(admin, code)) for _ in range(3)]
    assert answers == ["GOOD_CODE", "REPLAYED", "REPLAYED"]


@pytest.mark.parametrize("later", [
    Totp("a"), Totp("a", digits=8), Totp("a", start=-30), Hotp("a")],
    ids=["the same", "digits", "start", "hotp"])
def test_deleted_and_new_totp_does_not_bring_back_used_codes(admin, later):
    first = Totp("a", start=0)
    token = register(admin, first)
    now = first.step(time.time())
    assert outcome(present(admin, token, first.at(now + 1))) == "GOOD_CODE"
    admin.DeleteToken(token_id=token.id)
    if isinstance(later, Hotp):
        later.counter = now
    try:
        again = register(admin, later)
    except grpc.RpcError:
        return  # to refuse is right too
    for step in (now, now + 1):
        answer = present(admin, again, later.at(step))
        assert outcome(answer) != "GOOD_CODE"


@pytest.mark.parametrize("device", [
    Yubikey("a"), Hotp("a"), Hotp("a", identifier=IDENTIFIER)],
    ids=["yubico", "hotp", "hotp with identifier"])
def test_deleted_and_new_token_continues_where_it_was(admin, device):
    token = register(admin, device)
    used = [device.press() for _ in range(3)]
    for code in used:
        assert outcome(present(admin, token, code)) == "GOOD_CODE"
    position = position_of(admin, token)
    admin.DeleteToken(token_id=token.id)
    with fails("NOT_FOUND"):
        admin.GetToken(token_id=token.id)
    assert outcome(present(admin, token, device.press())) == "UNKNOWN_TOKEN"

    if isinstance(device, Hotp):
        device.counter = 0  # as its enrolment data say
    again = register(admin, device)
    assert position_of(admin, again) == position
    for code in used:
        assert outcome(present(admin, again, code)) != "GOOD_CODE"


def test_deleted_token_takes_its_codes_from_the_account(admin):
    device = Hotp("a")
    account = create_account(admin, pin="", tokens=[device])
    token_id, = admin.GetAccount(account_id=account.id).account.token_ids
    admin.DeleteToken(token_id=token_id)
    assert not admin.GetAccount(account_id=account.id).account.token_ids
    assert outcome(log_in(admin, device.press())) == "NO_TOKEN"
