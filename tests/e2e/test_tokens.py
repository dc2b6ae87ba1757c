"""Every kind of token, enrolled and used through the API."""

import base64
import contextlib
import hashlib
import time
import urllib.parse

import grpc
import pytest

from helpers import (create_account, fails, hints, log_in, outcome,
                     position_of, register)
from software_tokens import (Hotp, Motp, Totp, Yubikey, hotp, modhex, motp,
                             secret, through_dvorak)

RFC_KEY = b"12345678901234567890"
ALGORITHMS = {"sha1": 20, "sha256": 32, "sha512": 64}  # and seed sizes
IDENTIFIER = "ubhe00004711"
# How far a resynchronisation looks for a HOTP counter.
HOTP_RESYNC = 1000


def present(api, token, code):
    """One code alone, for a token that is named beside it."""
    return api.ValidateOtp(otp=code, token_id=token.id)


def mid_step(device):
    """Moves step 0 so that now is the middle of a step; returns that step.

    So no step ends while a test runs.
    """
    device.start = int(time.time()) - device.period * 1000
    device.start -= device.period // 2
    return 1000


# Yubico OTP.

TYPED = {
    "as typed": (lambda code: code, set()),
    "line feed": (lambda code: code + "\n", set()),
    "carriage return": (lambda code: code + "\r", set()),
    "both": (lambda code: code + "\r\n", set()),
    "caps lock": (str.upper, {"UPPER_CASE"}),
    "mixed case": (str.title, {"UPPER_CASE"}),
    "dvorak": (through_dvorak, {"KEYBOARD_LAYOUT"}),
    "dvorak and caps lock": (lambda code: through_dvorak(code).upper(),
                             {"KEYBOARD_LAYOUT", "UPPER_CASE"}),
    "dvorak and line end": (lambda code: through_dvorak(code) + "\r\n",
                            {"KEYBOARD_LAYOUT"}),
}


@pytest.mark.parametrize("typed, noticed", TYPED.values(), ids=TYPED)
@pytest.mark.parametrize("id_size", [0, 6, 16])
def test_yubico_code_is_accepted_once_however_it_is_typed(
        admin, id_size, typed, noticed):
    key = Yubikey("a", public_id=secret("id", id_size))
    token = register(admin, key)
    text = typed(key.press())

    answer = present(admin, token, text)
    assert outcome(answer) == "GOOD_CODE"
    assert hints(answer) == noticed
    assert answer.token_id == token.id
    assert answer.public_id == modhex(key.public_id)
    assert outcome(present(admin, token, text)) == "REPLAYED"


@pytest.mark.parametrize("typed, noticed", TYPED.values(), ids=TYPED)
def test_yubico_code_in_a_login_may_be_typed_in_many_ways(
        admin, typed, noticed):
    key = Yubikey("a")
    create_account(admin, pin="1234", tokens=[key])
    text = "1234" + typed(key.press())

    answer = log_in(admin, text)
    assert outcome(answer) == "GOOD_CODE"
    assert hints(answer) == noticed
    assert outcome(log_in(admin, text)) == "REPLAYED"


@pytest.mark.parametrize("id_size", [6, 16])
def test_public_id_finds_the_token(admin, id_size):
    keys = [Yubikey(f"k{i}", public_id=secret(f"id{i}", id_size))
            for i in range(3)]
    tokens = [register(admin, key) for key in keys]
    for key, token in zip(keys, tokens):
        answer = admin.ValidateOtp(otp=key.press())
        assert (outcome(answer), answer.token_id) == ("GOOD_CODE", token.id)


def test_unknown_public_id_is_an_unknown_token(admin):
    register(admin, Yubikey("known"))
    answer = admin.ValidateOtp(otp=Yubikey("stranger").press())
    assert outcome(answer) == "UNKNOWN_TOKEN"


def test_white_space_around_a_bare_code_is_cut_off(admin):
    key = Yubikey("a")
    register(admin, key)
    answer = admin.ValidateOtp(otp=f" \t{key.press()}\t \r\n")
    assert outcome(answer) == "GOOD_CODE"


@pytest.mark.parametrize("spoil", [
    lambda code: code[:-1] + ("c" if code[-1] != "c" else "b"),
    lambda code: code[:20] + ("c" if code[20] != "c" else "b") + code[21:],
])
def test_one_changed_letter_makes_a_wrong_code(admin, spoil):
    key = Yubikey("a")
    register(admin, key)
    code = key.press()
    assert outcome(admin.ValidateOtp(otp=spoil(code))) == "WRONG_CODE"
    assert outcome(admin.ValidateOtp(otp=code)) == "GOOD_CODE"


@pytest.mark.parametrize("wrong", ["private_id", "aes_key"])
def test_another_key_with_the_same_public_id_is_refused(admin, wrong):
    key = Yubikey("a")
    register(admin, key)
    forged = Yubikey("a", **{wrong: secret("x", len(getattr(key, wrong)))})
    assert outcome(admin.ValidateOtp(otp=forged.press())) == "WRONG_CODE"
    assert outcome(admin.ValidateOtp(otp=key.press())) == "GOOD_CODE"


# (use counter, session use) in the order they are presented.
YUBICO_COUNTERS = [
    ((1, 0), "GOOD_CODE"),
    ((1, 1), "GOOD_CODE"),
    ((1, 1), "REPLAYED"),
    ((1, 0), "REPLAYED"),
    ((1, 200), "GOOD_CODE"),
    ((2, 0), "GOOD_CODE"),
    ((1, 255), "REPLAYED"),
    ((2, 7), "GOOD_CODE"),
    ((2, 6), "REPLAYED"),
    ((0x7FFF, 254), "GOOD_CODE"),
    ((0x7FFF, 255), "GOOD_CODE"),
    ((0x7FFE, 255), "REPLAYED"),
]


def test_yubico_counters_only_go_forward(admin):
    key = Yubikey("a")
    token = register(admin, key)
    for (counter, session), expected in YUBICO_COUNTERS:
        answer = admin.ValidateOtp(otp=key.at(counter, session))
        assert outcome(answer) == expected, (counter, session)
        if expected == "GOOD_CODE":
            assert (position_of(admin, token)
                    == Yubikey.position(counter, session))


def test_first_code_of_a_used_yubikey_may_have_any_counter(admin):
    key = Yubikey("a")
    register(admin, key)
    answer = admin.ValidateOtp(otp=key.at(4711, 3))
    assert (outcome(answer), hints(answer)) == ("GOOD_CODE", set())


def test_counter_jump_of_a_yubikey_is_noticed(admin):
    key = Yubikey("a")
    register(admin, key)
    admin.ValidateOtp(otp=key.at(1))
    answer = admin.ValidateOtp(otp=key.at(1000))
    assert (outcome(answer), hints(answer)) == ("GOOD_CODE", {"COUNTER_JUMP"})


def test_caps_lock_bit_in_the_counter_is_no_part_of_the_position(admin):
    key = Yubikey("a")
    token = register(admin, key)
    answers = [
        admin.ValidateOtp(otp=key.at(12, caps_lock=True)),
        admin.ValidateOtp(otp=key.at(12)),
        admin.ValidateOtp(otp=key.at(13)),
        admin.ValidateOtp(otp=key.at(13, caps_lock=True)),
    ]
    assert [outcome(answer) for answer in answers] == [
        "GOOD_CODE", "REPLAYED", "GOOD_CODE", "REPLAYED"]
    assert position_of(admin, token) == Yubikey.position(13, 0)


# HOTP.


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("digits", [6, 7, 8])
def test_hotp_codes_are_accepted_in_order_once_each(admin, digits, algorithm):
    device = Hotp("a", digits=digits, algorithm=algorithm,
                  key=secret(algorithm, ALGORITHMS[algorithm]))
    token = register(admin, device)
    assert token.digits == digits
    for counter in range(4):
        code = device.press()
        assert outcome(present(admin, token, code)) == "GOOD_CODE"
        assert outcome(present(admin, token, code)) == "REPLAYED"
        assert position_of(admin, token) == counter


def test_hotp_accepts_the_codes_of_rfc_4226(admin):
    token = register(admin, Hotp("", key=RFC_KEY))
    for code in ("755224 287082 359152 969429 338314 "
                 "254676 287922 162583 399871 520489").split():
        assert outcome(present(admin, token, code)) == "GOOD_CODE"


@pytest.mark.parametrize("ahead, expected", [
    (0, "GOOD_CODE"), (1, "GOOD_CODE"), (3, "GOOD_CODE"),
    (4, "WRONG_CODE"), (100, "WRONG_CODE")])
def test_hotp_looks_as_far_ahead_as_its_window(admin, ahead, expected):
    device = Hotp("a", counter=50)
    token = register(admin, device, window=3)
    answer = present(admin, token, device.at(50 + ahead))
    assert outcome(answer) == expected
    assert ("COUNTER_JUMP" in hints(answer)) == (0 < ahead <= 3)


def test_hotp_looks_ten_ahead_when_nothing_is_said(admin):
    device = Hotp("a")
    token = register(admin, device)
    assert token.window == 10
    assert outcome(present(admin, token, device.at(11))) == "WRONG_CODE"
    assert outcome(present(admin, token, device.at(10))) == "GOOD_CODE"


def test_hotp_never_looks_behind(admin):
    device = Hotp("a", digits=8, counter=5)
    token = register(admin, device)
    assert outcome(present(admin, token, device.at(4))) != "GOOD_CODE"
    assert outcome(present(admin, token, device.at(9))) == "GOOD_CODE"
    for counter in (9, 8, 5, 4):
        answer = present(admin, token, device.at(counter))
        assert outcome(answer) != "GOOD_CODE", counter
    assert position_of(admin, token) == 9


def test_changed_window_counts_at_once(admin):
    device = Hotp("a")
    token = register(admin, device, window=1)
    assert outcome(present(admin, token, device.at(50))) == "WRONG_CODE"
    admin.UpdateToken(token={"id": token.id, "window": 100},
                      update_mask={"paths": ["window"]})
    assert outcome(present(admin, token, device.at(50))) == "GOOD_CODE"


def test_leading_zeros_are_part_of_a_code(admin):
    counter = next(n for n in range(10000)
                   if hotp(RFC_KEY, n).startswith("00"))
    code = hotp(RFC_KEY, counter)
    token = register(admin, Hotp("", key=RFC_KEY, counter=counter))
    for text in (code.lstrip("0"), "0" + code, "+" + code[1:],
                 code[:3] + " " + code[3:]):
        assert outcome(present(admin, token, text)) == "MALFORMED", text
    assert outcome(present(admin, token, code)) == "GOOD_CODE"


def test_digits_of_other_scripts_are_no_digits(admin):
    device = Hotp("a")
    token = register(admin, device)
    code = device.press()
    wide = "".join(chr(ord(digit) - ord("0") + 0xFF10) for digit in code)
    assert outcome(present(admin, token, wide)) == "MALFORMED"
    assert outcome(present(admin, token, code)) == "GOOD_CODE"


@pytest.mark.parametrize("counter", [2**32 + 7, 2**62])
def test_hotp_counters_are_64_bits_wide(admin, counter):
    device = Hotp("a", counter=counter)
    token = register(admin, device)
    assert outcome(present(admin, token, device.press())) == "GOOD_CODE"
    assert position_of(admin, token) == counter


def test_last_hotp_counter_does_not_wrap(pawld, admin):
    last = 2**63 - 1
    device = Hotp("a", counter=last, digits=8)
    token = register(admin, device)
    assert outcome(present(admin, token, device.at(0))) == "WRONG_CODE"
    assert outcome(present(admin, token, device.at(last))) == "GOOD_CODE"
    for counter in (last, 0, 1):
        assert outcome(present(admin, token, device.at(counter))) in (
            "REPLAYED", "WRONG_CODE")
    assert pawld.is_alive()


# TOTP.


def rfc_6238_rows():
    codes = {
        59: "94287082 46119246 90693936",
        1111111109: "07081804 68084774 25091201",
        1111111111: "14050471 67062674 99943326",
        1234567890: "89005924 91819424 93441116",
        2000000000: "69279037 90698825 38618901",
        20000000000: "65353130 77737706 47863826",
    }
    return [(when, algorithm, code) for when, row in codes.items()
            for algorithm, code in zip(ALGORITHMS, row.split())]


@pytest.mark.parametrize("when, algorithm, code", rfc_6238_rows())
def test_totp_accepts_the_codes_of_rfc_6238(admin, when, algorithm, code):
    # The clock cannot be set, so the start of step 0 is moved instead.
    start = int(time.time()) - when // 30 * 30 - 15
    key = (RFC_KEY * 4)[:ALGORITHMS[algorithm]]
    device = Totp("", key=key, digits=8, algorithm=algorithm, start=start)
    token = register(admin, device)
    assert outcome(present(admin, token, code)) == "GOOD_CODE"
    assert position_of(admin, token) == when // 30


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("digits", [6, 7, 8])
@pytest.mark.parametrize("period", [30, 60])
def test_totp_code_is_accepted_once(admin, digits, algorithm, period):
    device = Totp("a", digits=digits, algorithm=algorithm, period=period)
    now = mid_step(device)
    token = register(admin, device)
    assert token.period.seconds == period
    answers = [present(admin, token, device.at(now)) for _ in range(3)]
    assert [outcome(answer) for answer in answers] == [
        "GOOD_CODE", "REPLAYED", "REPLAYED"]
    assert position_of(admin, token) == now


@pytest.mark.parametrize("offset, expected", [
    (-3, "WRONG_CODE"), (-2, "GOOD_CODE"), (-1, "GOOD_CODE"),
    (0, "GOOD_CODE"), (1, "GOOD_CODE"), (2, "GOOD_CODE"), (3, "WRONG_CODE")])
def test_totp_window_goes_to_both_sides(admin, offset, expected):
    device = Totp("a", period=60)
    now = mid_step(device)
    token = register(admin, device, window=2)
    answer = present(admin, token, device.at(now + offset))
    assert outcome(answer) == expected
    if expected == "GOOD_CODE":
        assert admin.GetToken(token_id=token.id).token.drift == offset


def test_each_totp_step_is_used_once_and_in_order(admin):
    device = Totp("a")
    now = mid_step(device)
    token = register(admin, device, window=10)
    expected = {-5: "GOOD_CODE", -4: "GOOD_CODE", -2: "GOOD_CODE",
                -3: "REPLAYED", 0: "GOOD_CODE", -1: "REPLAYED"}
    for offset, reason in expected.items():
        answer = present(admin, token, device.at(now + offset))
        assert outcome(answer) == reason, offset


def test_window_follows_the_clock_of_the_token(admin):
    device = Totp("a", period=60)
    now = mid_step(device)
    token = register(admin, device, window=2)
    assert outcome(present(admin, token, device.at(now + 2))) == "GOOD_CODE"
    answer = present(admin, token, device.at(now + 4))
    assert outcome(answer) == "GOOD_CODE"
    assert hints(answer) == {"CLOCK_DRIFT"}
    assert admin.GetToken(token_id=token.id).token.drift == 4
    assert outcome(present(admin, token, device.at(now + 7))) == "WRONG_CODE"


def test_totp_that_begins_in_the_future_accepts_nothing(admin):
    device = Totp("a", start=int(time.time()) + 3600)
    token = register(admin, device)
    assert outcome(present(admin, token, device.at(0))) == "WRONG_CODE"


@pytest.mark.parametrize("typed", [str.lower, str.upper, str.title])
@pytest.mark.parametrize("kind", [Hotp, Totp])
def test_token_identifier_may_stand_in_front_in_either_case(
        admin, kind, typed):
    device = kind("a", identifier=IDENTIFIER)
    number = mid_step(device) if kind is Totp else 0
    account = create_account(admin, pin="1234")
    token = register(admin, device, account=account)
    assert token.public_id == IDENTIFIER

    with_name = typed(device.at(number))
    answer = admin.ValidateOtp(otp=with_name)
    assert (outcome(answer), answer.token_id) == ("GOOD_CODE", token.id)
    login = log_in(admin, "1234" + typed(device.at(number + 1)) + "\r\n")
    assert outcome(login) == "GOOD_CODE"


def test_code_without_its_token_identifier_is_malformed(admin):
    device = Hotp("a", identifier=IDENTIFIER)
    token = register(admin, device)
    code = device.press()
    for text in (code[len(IDENTIFIER):], "x" + code[1:]):
        assert outcome(present(admin, token, text)) == "MALFORMED"
    assert outcome(present(admin, token, code)) == "GOOD_CODE"


# mOTP. Its slots are of 10 seconds and cannot be moved, so the offsets tried
# are two away from the edge of the window.


@pytest.mark.parametrize("offset, expected", [
    (-7, "WRONG_CODE"), (-3, "GOOD_CODE"), (0, "GOOD_CODE"), (3, "GOOD_CODE"),
    (7, "WRONG_CODE")])
@pytest.mark.parametrize("pin", ["1", "1234", "1234567890123456"])
def test_motp_code_is_accepted_once_within_its_window(
        admin, pin, offset, expected):
    app = Motp("a", pin=pin)
    token = register(admin, app, window=5)
    code = app.at(app.step(time.time()) + offset)
    assert outcome(present(admin, token, code)) == expected
    if expected == "GOOD_CODE":
        assert outcome(present(admin, token, code)) == "REPLAYED"


def test_motp_code_may_be_typed_in_upper_case(admin):
    app = Motp("a")
    token = register(admin, app)
    now = app.step(time.time())
    code = next(code for code in (app.at(now + i) for i in range(10))
                if code.upper() != code)
    answer = present(admin, token, code.upper())
    assert (outcome(answer), hints(answer)) == ("GOOD_CODE", {"UPPER_CASE"})


@pytest.mark.parametrize("text", [
    "0123456789ABCDEF", "fedcba9876543210" * 4, "0123456789abcdef01"])
def test_motp_secret_is_hashed_as_lower_case_text(admin, text):
    app = Motp("a", text=text)
    token = register(admin, app)
    code = motp(text.lower(), "1234", app.step(time.time()))
    assert outcome(present(admin, token, code)) == "GOOD_CODE"


def test_motp_with_another_app_pin_is_a_wrong_code(admin):
    app = Motp("a", pin="1234")
    token = register(admin, app)
    code = motp(app.text, "4321", app.step(time.time()))
    assert outcome(present(admin, token, code)) == "WRONG_CODE"


def test_older_motp_slot_is_refused_after_a_newer_one(admin):
    app = Motp("a")
    token = register(admin, app)
    now = app.step(time.time())
    assert outcome(present(admin, token, app.at(now))) == "GOOD_CODE"
    assert outcome(present(admin, token, app.at(now - 1))) == "REPLAYED"
    assert outcome(present(admin, token, app.at(now + 1))) == "GOOD_CODE"


# Resynchronisation.

DEVICES = {
    "hotp": lambda: Hotp("a", digits=8),
    "totp": lambda: Totp("a", digits=8),
    "motp": lambda: Motp("a"),
}
# Codes further ahead than any window, for a token that was never used.
LOST = 300


def out_of_step(admin, kind):
    """(software token, token, number of its present code): far ahead."""
    device = DEVICES[kind]()
    number = LOST
    if kind == "totp":
        number += mid_step(device)
    if kind == "motp":
        number += device.step(time.time())
    return device, register(admin, device, window=3), number


def resync(admin, token, first, second):
    return admin.ResyncToken(token_id=token.id, first_code=first,
                             second_code=second)


@pytest.mark.parametrize("kind", DEVICES)
def test_resync_finds_a_token_that_ran_away(admin, kind):
    device, token, number = out_of_step(admin, kind)
    assert (outcome(present(admin, token, device.at(number)))
            == "WRONG_CODE")
    answer = resync(admin, token, device.at(number - 1), device.at(number))
    assert outcome(answer) == "GOOD_CODE"
    assert position_of(admin, token) == number
    for used in (number - 1, number):
        assert outcome(present(admin, token, device.at(used))) != "GOOD_CODE"
    assert (outcome(present(admin, token, device.at(number + 1)))
            == "GOOD_CODE")


# What is typed, relative to the present code.
NOT_CONSECUTIVE = {
    "wrong order": (1, 0),
    "the same twice": (0, 0),
    "a gap": (0, 2),
    "second wrong": (0, 1000000),
    "first wrong": (1000000, 1),
}


@pytest.mark.parametrize("pair", NOT_CONSECUTIVE.values(), ids=NOT_CONSECUTIVE)
@pytest.mark.parametrize("kind", DEVICES)
def test_resync_needs_two_codes_that_follow_each_other(admin, kind, pair):
    device, token, number = out_of_step(admin, kind)
    answer = resync(admin, token, *(device.at(number + i) for i in pair))
    assert outcome(answer) == "NOT_CONSECUTIVE"
    assert position_of(admin, token) is None
    assert admin.GetToken(token_id=token.id).token.failures == 1
    answer = resync(admin, token, device.at(number), device.at(number + 1))
    assert outcome(answer) == "GOOD_CODE"


@pytest.mark.parametrize("kind", DEVICES)
def test_resync_never_goes_back(admin, kind):
    device, token, number = out_of_step(admin, kind)
    resync(admin, token, device.at(number + 4), device.at(number + 5))
    for first in (number, number + 3, number + 4, number + 5):
        answer = resync(admin, token, device.at(first), device.at(first + 1))
        assert outcome(answer) == "NOT_CONSECUTIVE", first - number
    assert position_of(admin, token) == number + 5
    answer = resync(admin, token, device.at(number + 6),
                    device.at(number + 7))
    assert outcome(answer) == "GOOD_CODE"


def test_resync_learns_the_clock_of_the_token(admin):
    device, token, number = out_of_step(admin, "totp")
    resync(admin, token, device.at(number - 1), device.at(number))
    # The second code is the one the token shows now.
    assert admin.GetToken(token_id=token.id).token.drift == LOST


def test_resync_of_hotp_has_a_limit(admin):
    device = Hotp("a", digits=8)
    token = register(admin, device)
    far = HOTP_RESYNC + 1
    answer = resync(admin, token, device.at(far), device.at(far + 1))
    assert outcome(answer) == "NOT_CONSECUTIVE"
    answer = resync(admin, token, device.at(far - 1), device.at(far))
    assert outcome(answer) == "GOOD_CODE"


def test_yubico_token_needs_no_resync(admin):
    key = Yubikey("a")
    token = register(admin, key)
    with fails("FAILED_PRECONDITION"):
        resync(admin, token, "755224", "287082")


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
        assert not any(secret in seen for secret in secrets)


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


def same_code_now():
    """Pairs of enrolments that show the same code at this moment."""
    totp = Totp("a")
    now = mid_step(totp)
    slow = Totp("a", period=60, start=totp.start + 30 * now - 60 * now)
    yield "start", totp, Totp("a", start=totp.start + 30), now
    yield "period", totp, slow, now
    yield "hotp", totp, Hotp("a", counter=now), now
    yield "zero byte", *TWINS["hotp, zero byte added"], 0
    yield "long key", *TWINS["hotp, hash of a long key"], 0
    yield "motp", *TWINS["motp, digit moved to the pin"], Motp.step(time.time())


@pytest.mark.parametrize("change", ["start", "period", "hotp", "zero byte",
                                    "long key", "motp"])
def test_code_is_not_accepted_again_through_a_twin(admin, change):
    first, second, number = next(
        row[1:] for row in same_code_now() if row[0] == change)
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
