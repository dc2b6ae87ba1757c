"""The Yubico validation protocol: what yubikey-val answers, to the byte.

tests/vectors/wsapi_behaviour.json was recorded from the reference server. Its
requests are sent here as they are, with the same keys, one after another.
"""

import base64
import datetime

import pytest

from helpers import position_of, register
from software_tokens import Yubikey, modhex, through_dvorak
from wsapi import (HTTP, PATH, make_client, quoted, read_answer, signature,
                   vectors)

pytestmark = pytest.mark.flags(HTTP)

RECORDED = vectors("wsapi_behaviour.json")
SIGNED = vectors("wsapi_signature.json")
SIGNING_KEY = base64.b64decode("mG5be6ZJU1qBGz24yPh/ESM3UdU=")


@pytest.fixture
def client(pawld):
    return make_client(pawld, 1, SIGNING_KEY)


@pytest.fixture
def key(admin):
    """A registered YubiKey."""
    key = Yubikey("a")
    key.token = register(admin, key)
    return key


# The recording.

# What the recorded server had accepted before a request and the file leaves
# out: key, use counter, session use, caps lock.
BEFORE = {
    "prec: bad signature + replayed otp": ("cccccccccccb", 298, 0, False),
    "ctr 10 use 1, other rnd": ("dteffujehknhdtef", 10, 1, False),
    "ctr 0x7fff use 0xff again": ("dteffujehknhdtef", 0x7FFF, 255, False),
    "ctr 0x000d after caps-lock OTP": ("dteffujehknhdtef", 12, 0, True),
}


def recorded_key(name):
    fields = RECORDED["keys"][name]
    return Yubikey(name, public_id=yubico_bytes(name),
                   aes_key=bytes.fromhex(fields["aes"]),
                   private_id=bytes.fromhex(fields["private_id"]))


def yubico_bytes(text):
    return bytes.fromhex(text.translate(
        str.maketrans("cbdefghijklnrtuv", "0123456789abcdef")))


def replay(client, case):
    """What is answered to a recorded request, in the recording's words."""
    method, target = case["request"].split(" ", 1)
    status, headers, body = client.request(method, target, case.get("body"))
    assert headers["Content-Type"] == "text/plain"
    told = {"http_status": status, "status": None, "line_order": [],
            "signed_with": "none", "echo": {}}
    if body:
        answer = read_answer(body, client.key)
        told.update(
            status=answer.status, line_order=list(answer.lines),
            signed_with=answer.signed_with,
            echo={name: value for name, value in answer.lines.items()
                  if name not in ("h", "t", "status")})
    return told


def as_recorded(case):
    told = {name: case[name] for name in (
        "http_status", "status", "line_order", "signed_with", "echo")}
    if "sl" in told["echo"]:
        # One database answers for all servers; the recorded one stood alone.
        assert told["echo"]["sl"] == "0"
        told["echo"] = {**told["echo"], "sl": "100"}
    return told


def test_every_recorded_request_is_answered_as_recorded(client, admin):
    keys = {name: recorded_key(name) for name in RECORDED["keys"]
            if name != "empty"}
    for key in keys.values():
        register(admin, key)
    before, told, recorded = dict(BEFORE), {}, {}
    for case in RECORDED["cases"]:
        name = case["name"]
        if name in before:
            key, counter, use, caps_lock = before.pop(name)
            client.verify(keys[key].at(counter, use, caps_lock=caps_lock,
                                       timestamp=65537))
        told[name] = replay(client, case)
        recorded[name] = as_recorded(case)
    assert told == recorded
    assert len(told) == 58 and not before


# Answers, to the byte. read_lines() in wsapi.py checks form and order of each.


def test_answers_with_and_without_what_may_be_asked_for(client, key):
    otp, nonce = key.at(3, 1, timestamp=0x123456), "N" * 16
    answer = client.verify_signed(otp, nonce=nonce, timestamp=1)
    when = answer.lines["t"]
    text = (f"nonce={nonce}&otp={otp}&sessioncounter=3&sessionuse=1&sl=100"
            f"&status=OK&t={when}&timestamp={0x123456}")
    fields = dict(pair.split("=", 1) for pair in text.split("&"))
    assert answer.body.decode() == (
        f"h={signature(SIGNING_KEY, fields)}\r\nt={when}\r\notp={otp}\r\n"
        f"nonce={nonce}\r\nsl=100\r\ntimestamp=1193046\r\nsessioncounter=3\r\n"
        "sessionuse=1\r\nstatus=OK\r\n\r\n")
    replayed = client.verify_signed(otp, nonce="M" * 40, timestamp=1)
    assert list(replayed.lines) == ["h", "t", "otp", "nonce", "status"]
    bad = client.verify_signed("c" * 44, timestamp=1)
    assert list(bad.lines) == ["h", "t", "status"]


def test_time_is_utc_with_a_zero_before_the_milliseconds(client):
    def now():
        return datetime.datetime.now(datetime.timezone.utc)
    before = now()
    text = client.verify("").lines["t"]
    seconds, millis = text.split("Z0")
    told = datetime.datetime.fromisoformat(f"{seconds}.{millis}+00:00")
    millisecond = datetime.timedelta(milliseconds=1)
    assert before - millisecond <= told <= now() + millisecond


@pytest.mark.parametrize("path", [
    "/wsapi/verify", "/wsapi/1.0/verify", "/wsapi/1.1/verify"])
def test_version_1_has_no_nonce_and_repeats_are_replays(client, key, path):
    otp = key.at(2, 0, timestamp=9)
    answer = client.verify_signed(otp, path, nonce="short", sl="?", timeout="?",
                                  timestamp=1)
    assert answer.status == "OK" and answer.signed_with == "client-key"
    assert list(answer.lines) == ["h", "t", "timestamp", "sessioncounter",
                                  "sessionuse", "status"]
    for nonce in (None, "N" * 16):
        again = client.verify(otp, path, nonce=nonce)
        assert again.status == "REPLAYED_OTP"
        assert list(again.lines) == ["h", "t", "status"]


@pytest.mark.parametrize("path", ["/wsapi/2.0/verify", "/wsapi/2.1/verify",
                                  "/wsapi/3.0/verify"])
def test_version_2_and_above_need_a_nonce(client, key, path):
    otp = key.press()
    assert client.verify(otp, path, nonce=None).status == "MISSING_PARAMETER"
    assert client.verify(otp, path).status == "OK"


@pytest.mark.parametrize("path", [
    "/wsapi", "/wsapi/", "/wsapi/2.0/", "/wsapi/2.0/verify/", "/wsapi/2/verify",
    "/wsapi/2.0/sync", "/wsapi/decrypt", "/wsapi/revoke", "/WSAPI/2.0/verify",
    "/wsapi/2.0/../2.0/verify", "//wsapi/2.0/verify"])
def test_other_paths_are_not_found_and_use_nothing_up(client, key, path):
    fields = {"id": 1, "otp": key.press(), "nonce": client.nonce()}
    status, _, _ = client.request("GET", f"{path}?{quoted(fields)}")
    assert status == 404
    assert client.status(fields["otp"]) == "OK"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_not_allowed_and_use_nothing_up(client, key, method):
    fields = {"id": 1, "otp": key.press(), "nonce": client.nonce()}
    status, headers, _ = client.request(method, f"{PATH}?{quoted(fields)}")
    assert status == 405
    assert headers["Allow"] == "GET, HEAD, POST"
    assert client.status(fields["otp"]) == "OK"


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_a_form_is_read_where_there_is_no_query(client, key):
    fields = {"id": 1, "otp": key.press(), "nonce": client.nonce()}
    form = quoted(fields)
    for target, expected in ((PATH + "?id=1", "MISSING_PARAMETER"),
                             (PATH + "?", "OK"),
                             (PATH, "REPLAYED_REQUEST")):
        _, _, body = client.request("POST", target, form, FORM)
        assert read_answer(body, client.key).status == expected


@pytest.mark.parametrize("fields, expected", [
    ({"sl": "0"}, "MISSING_PARAMETER"), ({"sl": "secure"}, "OK"),
    ({"sl": "50abc"}, "OK"), ({"sl": "101"}, "OK"), ({"sl": "-"}, None),
    ({"sl": "99999999999999999999999"}, "OK"), ({"timeout": "1.5"}, None),
    ({"timeout": "9" * 40}, "OK"), ({"id": "01"}, "OK"), ({"id": ""}, None),
    ({"id": None}, None), ({"id": "-1"}, None), ({"id": "1 1"}, None),
    ({"id": "+1"}, None), ({"nonce": "0"}, None), ({"nonce": "N" * 41}, None),
    ({"nonce": "N" * 16}, "OK"), ({"nonce": "N" * 15 + "ä"}, None),
    ({"unknown": "x" * 2000}, "OK"), ({"h": ""}, "OK"), ({"h": "  "}, "OK"),
], ids=str)
def test_parameters_at_their_limits(client, key, fields, expected):
    otp = key.press()
    answer = client.verify(otp, **fields)
    assert answer.status == (expected or "MISSING_PARAMETER")
    if answer.status != "OK":
        assert answer.signed_with == "empty-key"
        assert client.status(otp) == "OK"  # not used up


# Signatures.


@pytest.mark.parametrize("vector", SIGNED["responses"],
                         ids=lambda vector: vector["desc"])
def test_these_tests_read_answers_as_yubico_writes_them(vector):
    key = base64.b64decode(vector["api_key_base64"])
    answer = read_answer(vector["body"].encode(), key)
    assert answer.lines["h"] == vector["h"] == signature(key, answer.lines)


@pytest.mark.parametrize("vector", SIGNED["requests"],
                         ids=lambda vector: vector["desc"])
def test_signed_requests_are_verified(pawld, vector):
    key = base64.b64decode(vector["api_key_base64"])
    fields = dict(vector["parameters"])
    assert signature(key, fields) == vector["h"]
    # Keys that nobody should use are not taken; the text is signed all the
    # same.
    if not 16 <= len(key) <= 64:
        key = SIGNING_KEY
    client = make_client(pawld, int(fields["id"]), key)
    path = PATH if "nonce" in fields else "/wsapi/1.1/verify"
    right = signature(key, fields)
    for h, status in ((right, "BAD_OTP"), ("A" + right[1:], "BAD_SIGNATURE"),
                      (right[:-4], "BAD_SIGNATURE"), ("?", "BAD_SIGNATURE")):
        answer = client.get(quoted({**fields, "h": h}), path)
        assert (answer.status, answer.signed_with) == (status, "client-key")


def test_what_must_not_verify(client, key):
    for _ in range(200):  # until the signature has a plus sign
        otp = key.press()
        fields = {"id": 1, "nonce": client.nonce(), "otp": otp}
        right = signature(SIGNING_KEY, fields)
        if "+" in right:
            break
    assert "+" in right
    text = base64.b64encode(SIGNING_KEY)
    for wrong in (quoted({**fields, "unsigned": "x", "h": right}),
                  quoted(fields) + "&h=" + right,  # the plus is a blank
                  quoted({**fields, "nonce": "N" * 16, "h": right}),
                  quoted({**fields, "h": signature(text, fields)}),
                  quoted({**fields, "h": signature(b"", fields)})):
        assert client.get(wrong).status == "BAD_SIGNATURE", wrong
    answer = client.get(quoted({**fields, "h": f" {right}\n"}))
    assert answer.status == "OK"  # nothing of that used it up


# Intended differences: what is done, the reference server's answers and Pawl's.
# Others are `sl` (above), outages (test_wsapi_replay.py), bytes that nobody
# means and too many parameters (test_wsapi_input.py).


def test_difference_caps_lock_does_not_lock_the_key_out(client, key):
    # A press with caps lock on sets the top bit of the counter. The reference
    # server takes it for part of the position: REPLAYED_OTP from then on.
    answer = client.verify(key.at(7, caps_lock=True), timestamp=1)
    assert answer.status == "OK"
    assert answer.lines["sessioncounter"] == "7"  # theirs: 32775
    assert client.status(key.at(8)) == "OK"
    assert client.status(key.at(7, 1, caps_lock=True)) == "REPLAYED_OTP"


def test_difference_modhex_is_tried_before_dvorak(client, admin):
    # Modhex that could also come from a Dvorak keyboard: theirs BAD_OTP.
    vector = next(vector for vector in vectors("yubico_otp.json")["vectors"]
                  if vector.get("trap") == "dvorak-ambiguous")
    register(admin, Yubikey(
        "d", public_id=yubico_bytes(vector["public_id"]),
        aes_key=bytes.fromhex(vector["aes_key"]),
        private_id=bytes.fromhex(vector["private_id"])))
    assert client.status(vector["input"]) == "OK"
    key = Yubikey("e")
    register(admin, key)
    assert client.status(through_dvorak(key.press())) == "OK"


def test_difference_head_uses_nothing_up(client, key):
    # Theirs validates and says nothing, so that the code is lost.
    fields = {"id": 1, "otp": key.press(), "nonce": client.nonce()}
    status, headers, body = client.request("HEAD", f"{PATH}?{quoted(fields)}")
    assert (status, body) == (200, b"")
    assert headers["Content-Type"] == "text/plain"
    assert client.status(fields["otp"]) == "OK"


def test_difference_disabled_keys_keep_their_position(client, admin, key):
    # Theirs is BAD_OTP, too; what is disabled here uses up nothing.
    otp = key.press()
    admin.DisableToken(token_id=key.token.id)
    answer = client.verify(otp)
    assert (answer.status, answer.signed_with) == ("BAD_OTP", "client-key")
    assert position_of(admin, key.token) is None
    admin.EnableToken(token_id=key.token.id)
    assert client.status(otp) == "OK"


def test_difference_the_owner_is_not_asked_for(client, admin):
    # The protocol knows no accounts: a key is good with or without one.
    account = admin.CreateAccount(login="kim", pin="1234").account
    key = Yubikey("owned")
    register(admin, key, account=account)
    assert client.status(key.press()) == "OK"


@pytest.mark.parametrize("size", [1, 4, 6, 8])
def test_public_ids_of_other_lengths(client, admin, size):
    key = Yubikey(f"id {size}", public_id=bytes(range(1, size + 1)))
    register(admin, key)
    assert modhex(key.public_id) == key.press()[:-32]
    assert client.status(key.press()) == "OK"


def test_difference_a_key_without_public_id_is_not_found(client, admin):
    # Only its owner's name could find it. Theirs is BACKEND_ERROR, which
    # clients take for an outage.
    key = Yubikey("no id", public_id=b"")
    register(admin, key)
    answer = client.verify(key.press())
    assert (answer.status, answer.signed_with) == ("BAD_OTP", "client-key")


def test_otp_of_another_key_with_this_id_is_bad(client, key):
    impostor = Yubikey("b", public_id=key.public_id)
    assert client.status(impostor.at(100)) == "BAD_OTP"
    other = Yubikey("c", public_id=key.public_id, aes_key=key.aes_key)
    assert client.status(other.at(100)) == "BAD_OTP"
    assert client.status(key.press()) == "OK"
