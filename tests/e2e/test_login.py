"""PIN and code in one field: CheckLogin as a web login calls it."""

import time
import unicodedata

import pytest

from helpers import (LOGIN, attempt, audit_entries, create_account, fails,
                     failures, log_in, outcome, position_of, register, wrong)
from software_tokens import Hotp, Motp, Totp, Yubikey, secret

RFC_KEY = b"12345678901234567890"

# PIN and code.


def code_now(device):
    """The next code of any software token."""
    if isinstance(device, (Totp, Motp)):
        return device.at(device.step(time.time()))
    return device.press()


@pytest.mark.parametrize("device", [
    Yubikey("a"), Hotp("a"), Hotp("a", digits=8), Totp("a"), Motp("a")],
    ids=["yubico", "hotp", "hotp 8", "totp", "motp"])
def test_pin_directly_followed_by_the_code_lets_in_once(admin, device):
    account = create_account(admin, pin="1234", tokens=[device])
    credential = "1234" + code_now(device)
    answer = log_in(admin, credential)
    assert outcome(answer) == "GOOD_CODE"
    assert answer.account_id == account.id
    assert [answer.token_id] == list(
        admin.GetAccount(account_id=account.id).account.token_ids)
    assert outcome(log_in(admin, credential)) == "REPLAYED"


@pytest.mark.parametrize("between", [" ", "\t", "-", "\n"])
def test_nothing_stands_between_pin_and_code(admin, between):
    device = Hotp("a")
    create_account(admin, tokens=[device])
    answer = log_in(admin, "1234" + between + device.press())
    assert outcome(answer) == "WRONG_PIN"
    assert outcome(log_in(admin, "1234" + device.press())) == "GOOD_CODE"


@pytest.mark.parametrize("spoil", [
    lambda code: " " + code, lambda code: code + " ", lambda code: code[:-1],
    lambda code: code + "0", lambda code: ""])
def test_what_is_no_code_at_the_end_is_refused(admin, spoil):
    device = Hotp("a")
    create_account(admin, pin="1234", tokens=[device])
    code = device.press()
    assert outcome(log_in(admin, "1234" + spoil(code))) in (
        "MALFORMED", "WRONG_CODE", "WRONG_PIN")


@pytest.mark.parametrize("pin", ["0000", "123", "12345", "", "x" * 200])
def test_wrong_pin_burns_the_code(admin, pin):
    device = Hotp("a")
    account = create_account(admin, pin="1234", tokens=[device])
    code = device.press()
    answer = log_in(admin, pin + code)
    assert outcome(answer) == "WRONG_PIN"
    assert outcome(log_in(admin, "1234" + code)) == "REPLAYED"
    assert failures(admin) == 1
    token_id, = admin.GetAccount(account_id=account.id).account.token_ids
    assert admin.GetToken(token_id=token_id).token.position == 0
    assert outcome(log_in(admin, "1234" + device.press())) == "GOOD_CODE"


def test_old_code_tells_nothing_about_the_pin(admin):
    device = Hotp("a")
    create_account(admin, pin="1234", tokens=[device])
    code = device.press()
    log_in(admin, "1234" + code)
    for pin in ("1234", "0000", ""):
        assert outcome(log_in(admin, pin + code)) == "REPLAYED"


def test_wrong_code_uses_up_nothing(admin):
    device = Hotp("a")
    create_account(admin, pin="1234", tokens=[device])
    code = device.press()
    assert outcome(log_in(admin, "1234" + wrong(code))) == "WRONG_CODE"
    assert outcome(log_in(admin, "1234" + code)) == "GOOD_CODE"


def test_account_without_pin_takes_the_code_alone(admin):
    device = Hotp("a")
    account = create_account(admin, pin="", tokens=[device])
    assert not account.has_pin
    assert outcome(log_in(admin, "1234" + device.press())) == "WRONG_PIN"
    assert outcome(log_in(admin, device.press())) == "GOOD_CODE"


def test_new_pin_counts_from_the_next_login_on(admin):
    device = Hotp("a")
    account = create_account(admin, pin="1234", tokens=[device])
    admin.SetPin(account_id=account.id, pin="9876")
    assert outcome(log_in(admin, "1234" + device.press())) == "WRONG_PIN"
    assert outcome(log_in(admin, "9876" + device.press())) == "GOOD_CODE"
    admin.SetPin(account_id=account.id, pin="")
    assert outcome(log_in(admin, "9876" + device.press())) == "WRONG_PIN"
    assert outcome(log_in(admin, device.press())) == "GOOD_CODE"


PINS = {
    "case": ("aBcD", ["abcd", "ABCD", "AbCd"]),
    "modhex letters": ("cbde", ["CBDE", "cbd"]),
    "like a code": ("755224", ["755225"]),
    "blanks": ("a b c", ["abc", " a b c"]),
    "64 characters": ("x" * 64, ["x" * 63, "x" * 65]),
    "four emoji": ("🔑🔒🔓🗝", ["🔑🔒🔓"]),
    "cyrillic": ("пароль", ["Пароль"]),
}


@pytest.mark.parametrize("pin, others", PINS.values(), ids=PINS)
def test_pin_is_taken_as_typed(admin, pin, others):
    key = Yubikey("a")
    create_account(admin, pin=pin, tokens=[key])
    for other in others:
        assert outcome(log_in(admin, other + key.press())) == "WRONG_PIN"
    assert outcome(log_in(admin, pin + key.press().upper())) == "GOOD_CODE"


@pytest.mark.parametrize("stored", ["NFC", "NFD"])
@pytest.mark.parametrize("typed", ["NFC", "NFD"])
@pytest.mark.parametrize("text", ["Zoë-Ångström", "각하각하", "ộộộộ"])
def test_pin_is_the_same_composed_and_decomposed(admin, text, stored, typed):
    device = Hotp("a")
    create_account(admin, pin=unicodedata.normalize(stored, text),
                   tokens=[device])
    pin = unicodedata.normalize(typed, text)
    assert outcome(log_in(admin, pin + device.press())) == "GOOD_CODE"


def test_look_alike_characters_stay_different(admin):
    device = Hotp("a")
    create_account(admin, pin="ﬁve5", tokens=[device])  # a ligature
    assert outcome(log_in(admin, "five5" + device.press())) == "WRONG_PIN"


# Several tokens on one account.


@pytest.mark.parametrize("pin, long_key, short_key", [
    ("1234", RFC_KEY, secret("other")),
    ("123484", secret("other"), RFC_KEY)],
    ids=["pin and eight digits", "longer pin and six digits"])
def test_both_ways_to_split_123484755224(admin, pin, long_key, short_key):
    long, short = Hotp("", digits=8, key=long_key), Hotp("", key=short_key)
    account = create_account(admin, pin=pin, tokens=[])
    long_token = register(admin, long, account=account)
    short_token = register(admin, short, account=account)
    used = long_token if pin == "1234" else short_token
    other = short_token if pin == "1234" else long_token

    answer = log_in(admin, "123484755224")
    assert (outcome(answer), answer.token_id) == ("GOOD_CODE", used.id)
    assert position_of(admin, other) is None
    assert outcome(log_in(admin, "123484755224")) == "REPLAYED"


def test_every_token_of_an_account_lets_in(admin):
    devices = [Yubikey("a"), Yubikey("b"), Hotp("c", digits=8), Hotp("d"),
               Totp("e", digits=7), Motp("f"),
               Hotp("g", identifier="ubhe00004711")]
    create_account(admin, pin="1234", tokens=devices)
    for _ in range(2):
        for device in devices:
            if isinstance(device, (Totp, Motp)):
                continue
            credential = "1234" + device.press()
            assert outcome(log_in(admin, credential)) == "GOOD_CODE"
            assert outcome(log_in(admin, credential)) == "REPLAYED"
    for device in devices[4:6]:
        answer = log_in(admin, "1234" + code_now(device))
        assert outcome(answer) == "GOOD_CODE"


def test_wrong_pin_burns_codes_of_every_token_it_may_be(admin):
    # Found by search: one text is a fresh code of both tokens.
    long, short = Hotp("a63", digits=8, counter=1908), Hotp("b")
    create_account(admin, pin="1234", tokens=[long, short])
    text = long.press()
    assert text.endswith(short.press())
    assert outcome(log_in(admin, "0000" + text)) == "WRONG_PIN"
    for code in (text, text[2:]):
        assert outcome(log_in(admin, "1234" + code)) == "REPLAYED"


def test_used_token_of_another_account_does_not_let_in(admin):
    anna, bert = Hotp("anna"), Hotp("bert")
    create_account(admin, tokens=[anna])
    create_account(admin, login="bert", tokens=[bert])
    code = bert.press()
    assert outcome(log_in(admin, "1234" + code)) == "WRONG_CODE"
    assert outcome(log_in(admin, "1234" + code, login="bert")) == "GOOD_CODE"


def test_code_used_up_by_one_service_is_used_up_for_the_other(admin):
    device = Hotp("a")
    account = create_account(admin, pin="1234", tokens=[device])
    token_id, = admin.GetAccount(account_id=account.id).account.token_ids
    first, second = device.press(), device.press()
    assert outcome(log_in(admin, "1234" + first)) == "GOOD_CODE"
    assert outcome(admin.ValidateOtp(otp=first, token_id=token_id)
                   ) == "REPLAYED"
    assert outcome(admin.ValidateOtp(otp=second, token_id=token_id)
                   ) == "GOOD_CODE"
    assert outcome(log_in(admin, "1234" + second)) == "REPLAYED"


# Accounts.


@pytest.mark.parametrize("typed", ["Anna@Example.ORG", "ANNA@EXAMPLE.ORG"])
def test_login_name_matches_in_either_case(admin, typed):
    device = Hotp("a")
    create_account(admin, login="anna@Example.org", tokens=[device])
    answer = log_in(admin, "1234" + device.press(), login=typed)
    assert outcome(answer) == "GOOD_CODE"
    assert admin.GetAccount(login=typed).account.login == LOGIN


def test_rename_keeps_id_pin_tokens_and_used_codes(admin):
    device = Hotp("a")
    account = create_account(admin, tokens=[device])
    used = "1234" + device.press()
    log_in(admin, used)
    renamed = admin.RenameAccount(account_id=account.id,
                                  login="Anna.New@example.org").account
    assert (renamed.id, renamed.login) == (account.id, "anna.new@example.org")
    assert outcome(log_in(admin, used, login=renamed.login)) == "REPLAYED"
    answer = log_in(admin, "1234" + device.press(), login=renamed.login)
    assert (outcome(answer), answer.account_id) == ("GOOD_CODE", account.id)
    assert outcome(log_in(admin, used)) == "UNKNOWN_ACCOUNT"


def test_login_names_are_unique_also_after_a_rename(admin):
    anna = create_account(admin)
    create_account(admin, login="bert")
    with fails("ALREADY_EXISTS"):
        create_account(admin, login="Anna@EXAMPLE.org")
    with fails("ALREADY_EXISTS"):
        admin.RenameAccount(account_id=anna.id, login="BERT")
    admin.RenameAccount(account_id=anna.id, login="carla")
    create_account(admin)  # the old name is free


def test_disabled_account_lets_nobody_in_and_uses_up_nothing(admin):
    device = Hotp("a")
    account = create_account(admin, tokens=[device])
    credential = "1234" + device.press()
    admin.DisableAccount(account_id=account.id)
    assert outcome(log_in(admin, credential)) == "ACCOUNT_DISABLED"
    assert failures(admin) == 0
    admin.EnableAccount(account_id=account.id)
    assert outcome(log_in(admin, credential)) == "GOOD_CODE"


def test_disabled_token_is_refused_by_both_services(admin):
    device, other = Hotp("a"), Yubikey("b")
    account = create_account(admin, tokens=[other])
    token = register(admin, device, account=account)
    admin.DisableToken(token_id=token.id)
    code = device.press()
    assert outcome(log_in(admin, "1234" + code)) == "TOKEN_DISABLED"
    answer = admin.ValidateOtp(otp=code, token_id=token.id)
    assert outcome(answer) == "TOKEN_DISABLED"
    assert outcome(log_in(admin, "1234" + other.press())) == "GOOD_CODE"
    admin.EnableToken(token_id=token.id)
    assert outcome(log_in(admin, "1234" + code)) == "GOOD_CODE"


def test_account_without_a_token_lets_nobody_in(admin):
    create_account(admin, pin="")
    assert outcome(log_in(admin, "755224")) == "NO_TOKEN"


def test_token_can_be_taken_away_and_given_to_another(admin):
    device = Hotp("a")
    anna = create_account(admin)
    bert = create_account(admin, login="bert")
    token = register(admin, device, account=anna)
    used = "1234" + device.press()
    log_in(admin, used)
    with fails("FAILED_PRECONDITION"):
        admin.AssignToken(account_id=bert.id, token_id=token.id)
    with fails("FAILED_PRECONDITION"):
        admin.UnassignToken(account_id=bert.id, token_id=token.id)
    admin.UnassignToken(account_id=anna.id, token_id=token.id)
    assert outcome(log_in(admin, "1234" + device.press())) == "NO_TOKEN"
    admin.AssignToken(account_id=bert.id, token_id=token.id)
    assert outcome(log_in(admin, used, login="bert")) == "REPLAYED"
    answer = log_in(admin, "1234" + device.press(), login="bert")
    assert outcome(answer) == "GOOD_CODE"


def test_deleted_account_is_unknown_and_its_tokens_stay(admin):
    device = Hotp("a")
    account = create_account(admin)
    token = register(admin, device, account=account)
    admin.DeleteAccount(account_id=account.id)
    answer = log_in(admin, "1234" + device.press())
    assert outcome(answer) == "UNKNOWN_ACCOUNT"
    assert not admin.GetToken(token_id=token.id).token.account_id
    again = create_account(admin)
    assert again.id != account.id
    admin.AssignToken(account_id=again.id, token_id=token.id)
    assert outcome(log_in(admin, "1234" + device.press())) == "GOOD_CODE"


# What a caller without the right to see reasons learns.


def bare(call, **fields):
    """All that a caller sees of an answer: message, code and metadata."""
    answer, rpc = call.with_call(**fields)
    return answer, rpc.code(), rpc.details(), rpc.trailing_metadata()


@pytest.mark.flags("--throttle-lock-after=3", "--throttle-free-failures=3")
def test_every_refusal_is_the_same_without_the_right_to_see_reasons(
        pawld, admin):
    client = pawld.client("ROLE_LOGIN", see_reasons=False)
    device, off = Hotp("a"), Hotp("off")
    create_account(admin, pin="1234", tokens=[device])
    create_account(admin, login="none")
    create_account(admin, login="locked", pin="9999", tokens=[Hotp("l")])
    for _ in range(3):
        log_in(admin, "9999000000", login="locked")
    disabled = create_account(admin, login="disabled", tokens=[off])
    admin.DisableAccount(account_id=disabled.id)
    used = "1234" + device.press()
    log_in(admin, used)
    reused = attempt()
    log_in(client, used, attempt_id=reused)

    refusals = {
        "unknown account": bare_login(client, "1234755224", login="nobody"),
        "unknown, like a YubiKey": bare_login(
            client, Yubikey("x").press(), login="nobody"),
        "wrong code": bare_login(client, wrong(used)),
        "wrong pin": bare_login(client, "0000" + device.press()),
        "replayed": bare_login(client, used),
        "malformed": bare_login(client, "?"),
        "no token": bare_login(client, used, login="none"),
        "locked": bare_login(client, used, login="locked"),
        "disabled": bare_login(client, used, login="disabled"),
        "malformed again": bare_login(client, "??"),
        "attempt reused": bare_login(client, "other", attempt_id=reused),
        "not for this service": bare_login(client, "1234", service="imap"),
        "device password": bare_login(
            client, "123456-123456-123456-123456-123456-123456",
            service="imap"),
        "throttled": bare_login(client, "1234" + device.press()),
    }
    expected = refusals["unknown account"]
    assert outcome(expected[0]) == "REFUSED"
    for name, seen in refusals.items():
        assert seen == expected, name
    reasons = {entry.reason for entry in audit_entries(admin)}
    assert len(reasons) >= 9  # they were different indeed


def bare_login(client, credential, login=LOGIN, service="webmail", **more):
    return bare(client.CheckLogin, account=login, service=service,
                credential=credential, **more)


def test_yes_names_account_and_token_also_without_reasons(pawld, admin):
    client = pawld.client("ROLE_LOGIN", see_reasons=False)
    key = Yubikey("a")
    account = create_account(admin, pin="", tokens=[key])
    token_id, = admin.GetAccount(account_id=account.id).account.token_ids

    login = log_in(client, key.press().upper())
    assert outcome(login) == "ACCEPTED"
    assert (login.account_id, login.hints) == (account.id, [])
    otp = client.ValidateOtp(otp=key.press())
    assert outcome(otp) == "ACCEPTED"
    assert (otp.token_id, otp.public_id) == (token_id, key.press()[:12])


def test_no_of_a_bare_code_names_nothing_without_reasons(pawld, admin):
    client = pawld.client("ROLE_LOGIN", see_reasons=False)
    key = Yubikey("a")
    register(admin, key)
    used = key.press()
    admin.ValidateOtp(otp=used)
    forged = Yubikey("a", aes_key=secret("x", 16)).press()
    expected = bare(client.ValidateOtp, otp=Yubikey("stranger").press())
    assert outcome(expected[0]) == "REFUSED"
    for otp in (used, forged, "?", "755224", ""):
        assert bare(client.ValidateOtp, otp=otp) == expected, otp
