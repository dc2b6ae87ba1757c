"""Every kind of token: which of its codes are accepted."""

import time

import pytest

from helpers import (create_account, hints, log_in, outcome, position_of,
                     present, register)
from software_tokens import (Hotp, Motp, Totp, Yubikey, hotp, modhex, motp,
                             secret, through_dvorak)

RFC_KEY = b"12345678901234567890"
ALGORITHMS = {"sha1": 20, "sha256": 32, "sha512": 64}  # and seed sizes
IDENTIFIER = "ubhe00004711"

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
    now = device.begin_mid_step()
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
    now = device.begin_mid_step()
    token = register(admin, device, window=2)
    answer = present(admin, token, device.at(now + offset))
    assert outcome(answer) == expected
    if expected == "GOOD_CODE":
        assert admin.GetToken(token_id=token.id).token.drift == offset


def test_each_totp_step_is_used_once_and_in_order(admin):
    device = Totp("a")
    now = device.begin_mid_step()
    token = register(admin, device, window=10)
    expected = {-5: "GOOD_CODE", -4: "GOOD_CODE", -2: "GOOD_CODE",
                -3: "REPLAYED", 0: "GOOD_CODE", -1: "REPLAYED"}
    for offset, reason in expected.items():
        answer = present(admin, token, device.at(now + offset))
        assert outcome(answer) == reason, offset


def test_window_follows_the_clock_of_the_token(admin):
    device = Totp("a", period=60)
    now = device.begin_mid_step()
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
    number = device.begin_mid_step() if kind is Totp else 0
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
