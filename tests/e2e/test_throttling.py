"""Failures in a row cost time, and then a visit to the administrator."""

import pytest

from helpers import (LOGIN, attempt, create_account, failures, hints, log_in,
                     outcome, register, wrong)
from pawld import eventually
from software_tokens import Hotp

SLOW = ("--throttle-free-failures=2", "--throttle-first-delay=2s",
        "--throttle-max-delay=4s")


def seconds(duration):
    return duration.seconds + duration.nanos / 1e9


def fail_once_open(admin, login=LOGIN):
    """One wrong code, as soon as it is looked at; then how long it closes."""
    eventually(lambda: outcome(log_in(admin, "?", login=login)) != "THROTTLED",
               "open again")
    answer = log_in(admin, "?", login=login)
    assert outcome(answer) == "THROTTLED"
    return seconds(answer.retry_after)


@pytest.mark.flags(*SLOW)
def test_delay_grows_up_to_its_maximum(admin, device):
    assert outcome(log_in(admin, "?")) == "MALFORMED"  # costs nothing
    assert 0 < fail_once_open(admin) <= 2
    assert 2 < fail_once_open(admin) <= 4
    assert 2 < fail_once_open(admin) <= 4


@pytest.mark.flags(*SLOW)
def test_throttled_credential_is_not_used_up_and_not_remembered(
        admin, device):
    for _ in range(2):
        log_in(admin, "?")
    credential, name = "1234" + device.press(), attempt()
    assert outcome(log_in(admin, credential, attempt_id=name)) == "THROTTLED"
    assert failures(admin) == 2
    eventually(lambda: outcome(log_in(admin, credential, attempt_id=name))
               == "GOOD_CODE", "let in after the delay")
    assert failures(admin) == 0


@pytest.mark.flags(*SLOW)
def test_throttling_survives_a_restart(pawld, admin, device):
    for _ in range(2):
        log_in(admin, "?")
    pawld.restart()
    assert outcome(log_in(pawld.local, "?")) == "THROTTLED"


@pytest.mark.flags(*SLOW)
def test_unlock_opens_a_throttled_account_at_once(admin, device):
    for _ in range(2):
        log_in(admin, "1234" + wrong(device.at(0)))
    assert outcome(log_in(admin, "?")) == "THROTTLED"
    account = admin.GetAccount(login=LOGIN).account
    admin.UnlockAccount(account_id=account.id)
    assert outcome(log_in(admin, "1234" + device.press())) == "GOOD_CODE"


@pytest.mark.flags(*SLOW)
def test_unknown_account_is_throttled_like_a_known_one(admin, device):
    def asked(login):
        return [outcome(log_in(admin, "0000755224", login=login))
                for _ in range(5)]
    assert asked("nobody") == ["UNKNOWN_ACCOUNT"] * 2 + ["THROTTLED"] * 3
    assert asked(LOGIN)[2:] == ["THROTTLED"] * 3


def test_unknown_account_is_refused_also_when_many_ask_at_once(admin):
    calls = [admin.CheckLogin.start(account="nobody", service="webmail",
                                    credential=f"0000{i:06}")
             for i in range(64)]
    assert {outcome(call.result()) for call in calls} == {"UNKNOWN_ACCOUNT",
                                                          "THROTTLED"}


def test_success_clears_the_failures(admin, device):
    for _ in range(4):
        log_in(admin, "1234" + wrong(device.at(0)))
    assert failures(admin) == 4
    assert outcome(log_in(admin, "1234" + device.press())) == "GOOD_CODE"
    assert failures(admin) == 0
    token_id, = admin.GetAccount(login=LOGIN).account.token_ids
    assert admin.GetToken(token_id=token_id).token.failures == 0


def test_replays_do_not_count(admin, device):
    used = "1234" + device.press()
    for _ in range(20):
        log_in(admin, used)
    assert failures(admin) == 0
    assert outcome(log_in(admin, "1234" + device.press())) == "GOOD_CODE"


LOCK = ("--throttle-free-failures=3", "--throttle-lock-after=3",
        "--throttle-first-delay=100ms", "--throttle-max-delay=100ms")


def guess(admin, credential, **more):
    """One guess that is looked at."""
    answers = []

    def looked_at():
        answers.append(log_in(admin, credential, **more))
        return outcome(answers[-1]) != "THROTTLED"
    eventually(looked_at, "looked at")
    return answers[-1]


@pytest.mark.flags(*LOCK)
def test_token_is_locked_by_wrong_codes_behind_the_right_pin(
        pawld, admin, device):
    token_id, = admin.GetAccount(login=LOGIN).account.token_ids
    for _ in range(3):
        answer = guess(admin, wrong("1234" + device.at(0)))
        assert outcome(answer) == "WRONG_CODE"
        assert hints(answer) == {"FIRST_FACTOR_KNOWN"}
    assert admin.GetToken(token_id=token_id).token.locked
    credential = "1234" + device.press()
    assert outcome(guess(admin, credential)) == "LOCKED"
    pawld.restart()
    assert outcome(guess(pawld.local, credential)) == "LOCKED"
    account = pawld.local.GetAccount(login=LOGIN).account
    pawld.local.UnlockAccount(account_id=account.id)
    assert outcome(log_in(pawld.local, credential)) == "GOOD_CODE"


@pytest.mark.flags(*LOCK)
def test_who_does_not_know_the_pin_cannot_lock_the_token(admin, device):
    token_id, = admin.GetAccount(login=LOGIN).account.token_ids
    for _ in range(6):
        answer = guess(admin, "0000" + wrong(device.at(0)))
        assert outcome(answer) == "WRONG_CODE"
        assert not hints(answer)
    token = admin.GetToken(token_id=token_id).token
    assert (token.locked, token.failures) == (False, 0)
    assert outcome(guess(admin, "1234" + device.press())) == "GOOD_CODE"


@pytest.mark.flags(*LOCK)
def test_registering_again_does_not_forget_the_failures(admin, device):
    token_id, = admin.GetAccount(login=LOGIN).account.token_ids
    for _ in range(3):
        guess(admin, wrong("1234" + device.at(0)))
    admin.DeleteToken(token_id=token_id)
    account = admin.GetAccount(login=LOGIN).account
    assert register(admin, device, account=account).locked


@pytest.mark.flags(*LOCK)
def test_token_is_locked_by_wrong_codes_alone(admin):
    device = Hotp("a")
    token = register(admin, device)
    good = device.press()
    eventually(lambda: outcome(admin.ValidateOtp(
        otp=wrong(good), token_id=token.id)) == "LOCKED", "locked")
    assert admin.GetToken(token_id=token.id).token.locked
    answer = admin.ValidateOtp(otp=good, token_id=token.id)
    assert outcome(answer) == "LOCKED"
    answer = admin.ResyncToken(token_id=token.id, first_code=good,
                               second_code=device.press())
    assert outcome(answer) == "LOCKED"
    admin.UnlockToken(token_id=token.id)
    eventually(lambda: outcome(admin.ValidateOtp(
        otp=good, token_id=token.id)) == "GOOD_CODE", "good again")


@pytest.mark.flags(*LOCK)
def test_wrong_codes_do_not_lock_one_of_several_tokens(admin):
    devices = [Hotp("a"), Hotp("b")]
    account = create_account(admin, pin="", tokens=devices)
    code = devices[0].press()
    for _ in range(4):
        guess(admin, wrong(code))
    account = admin.GetAccount(account_id=account.id).account
    for token_id in account.token_ids:
        assert admin.GetToken(token_id=token_id).token.failures == 0


@pytest.mark.flags("--throttle-free-failures=5", "--throttle-first-delay=1h",
                   "--throttle-max-delay=1h")
def test_many_parallel_guesses_are_all_counted(admin, device):
    calls = [admin.CheckLogin.start(account=LOGIN, service="webmail",
                                    credential=f"0000{i:08}")
             for i in range(40)]
    reasons = [outcome(call.result()) if call.exception() is None
               else call.code().name for call in calls]
    assert reasons.count("WRONG_CODE") <= 5
    assert set(reasons) <= {"WRONG_CODE", "THROTTLED", "UNAVAILABLE"}
    assert admin.GetAccount(login=LOGIN).account.failures <= 5
