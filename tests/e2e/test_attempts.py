"""attempt_id: a retry is not a replay."""

import pytest

from helpers import (LOGIN, attempt, failures, hints, log_in, outcome,
                     register, wrong)
from pawld import eventually
from software_tokens import Yubikey


def test_same_attempt_gets_the_same_yes(admin, device):
    credential, name = "1234" + device.press(), attempt()
    first = log_in(admin, credential, attempt_id=name)
    again = log_in(admin, credential, attempt_id=name)
    assert outcome(first) == outcome(again) == "GOOD_CODE"
    assert hints(again) == {"REPEATED_ATTEMPT"}
    assert (again.account_id, again.token_id) == (
        first.account_id, first.token_id)
    assert outcome(log_in(admin, credential)) == "REPLAYED"


@pytest.mark.parametrize("make", [
    lambda device: "1234" + wrong(device.press()),
    lambda device: "0000" + device.press(),
    lambda device: "nonsense"],
    ids=["wrong code", "wrong pin", "malformed"])
def test_same_attempt_gets_the_same_no_and_counts_once(admin, device, make):
    credential, name = make(device), attempt()
    answers = [log_in(admin, credential, attempt_id=name) for _ in range(3)]
    assert len({outcome(answer) for answer in answers}) == 1
    assert outcome(answers[0]) != "GOOD_CODE"
    assert hints(answers[2]) == {"REPEATED_ATTEMPT", *hints(answers[0])}
    assert failures(admin) == 1


@pytest.mark.parametrize("pin, expected", [
    ("1234", "GOOD_CODE"), ("0000", "WRONG_PIN")])
def test_attempt_is_remembered_across_a_restart(
        pawld, admin, device, pin, expected):
    credential, name = pin + device.press(), attempt()
    assert outcome(log_in(admin, credential, attempt_id=name)) == expected
    pawld.restart()
    again = log_in(pawld.local, credential, attempt_id=name)
    assert (outcome(again), hints(again)) == (expected, {"REPEATED_ATTEMPT"})


CHANGED = {
    "credential": {"credential": "1234755224"},
    "pin": {"credential": "0000"},
    "account": {"account": "bert"},
    "service": {"service": "imap"},
}


@pytest.mark.parametrize("changed", CHANGED.values(), ids=CHANGED)
def test_attempt_id_is_good_for_one_question_only(admin, device, changed):
    name = attempt()
    asked = {"account": LOGIN, "service": "webmail",
             "credential": "1234" + device.press(), "attempt_id": name}
    assert outcome(admin.CheckLogin(**asked)) == "GOOD_CODE"
    answer = admin.CheckLogin(**{**asked, **changed})
    assert outcome(answer) == "ATTEMPT_REUSED"
    assert failures(admin) == 0
    assert outcome(admin.CheckLogin(**asked)) == "GOOD_CODE"


def test_reused_attempt_id_uses_up_nothing(admin, device):
    name = attempt()
    log_in(admin, "1234" + device.press(), attempt_id=name)
    fresh = "1234" + device.press()
    assert outcome(log_in(admin, fresh, attempt_id=name)) == "ATTEMPT_REUSED"
    assert outcome(log_in(admin, fresh)) == "GOOD_CODE"


def test_attempt_of_another_caller_is_another_attempt(pawld, admin, device):
    client = pawld.client("ROLE_LOGIN")
    credential, name = "1234" + device.press(), attempt()
    assert outcome(log_in(admin, credential, attempt_id=name)) == "GOOD_CODE"
    assert outcome(log_in(client, credential, attempt_id=name)) == "REPLAYED"


def test_attempt_of_one_service_is_none_of_the_other(admin, device):
    account = admin.GetAccount(login=LOGIN).account
    code, name = device.press(), attempt()
    log_in(admin, "1234" + code, attempt_id=name)
    answer = admin.ValidateOtp(otp=code, token_id=account.token_ids[0],
                               attempt_id=name)
    assert outcome(answer) == "ATTEMPT_REUSED"


def test_bare_codes_have_attempts_too(pawld, admin):
    key = Yubikey("a")
    token = register(admin, key)
    code, name = key.press(), attempt()
    assert outcome(admin.ValidateOtp(otp=code, attempt_id=name)
                   ) == "GOOD_CODE"
    pawld.restart()
    again = pawld.local.ValidateOtp(otp=code, attempt_id=name)
    assert (outcome(again), hints(again)) == (
        "GOOD_CODE", {"REPEATED_ATTEMPT"})
    assert (again.token_id, again.public_id) == (token.id, token.public_id)


@pytest.mark.flags("--attempt-ttl=1s")
def test_attempt_is_forgotten_after_its_time(admin, device):
    credential, name = "1234" + device.press(), attempt()
    assert outcome(log_in(admin, credential, attempt_id=name)) == "GOOD_CODE"
    eventually(lambda: outcome(log_in(admin, credential, attempt_id=name))
               == "REPLAYED", "forgotten")
    # The name is free for another question.
    eventually(lambda: outcome(log_in(admin, "1234" + device.at(5),
                                      attempt_id=name)) == "GOOD_CODE",
               "forgotten again")


def test_parallel_calls_of_one_attempt_agree(admin, device):
    for _ in range(10):
        fields = {"account": LOGIN, "service": "webmail",
                  "credential": "1234" + device.press(),
                  "attempt_id": attempt()}
        calls = [admin.CheckLogin.start(**fields) for _ in range(8)]
        assert {outcome(call.result()) for call in calls} == {"GOOD_CODE"}
