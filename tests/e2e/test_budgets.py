"""A stranger who hammers an account does not stop the person at home."""

import pytest

from helpers import (LOGIN, audit_entries, create_account, hints, log_in,
                     outcome, register, wrong)
from pawl.v1 import account_pb2
from software_tokens import Hotp

HOME, ELSEWHERE = "192.0.2.10", "203.0.113.5"
SHUT = ("--throttle-free-failures=2", "--throttle-first-delay=1h",
        "--throttle-max-delay=1h")


def at(place, service="webmail"):
    return {"client_address": place, "service": service}


def good(admin, device, place):
    return outcome(log_in(admin, "1234" + device.press(), **at(place)))


def hammer(admin, place, times=4):
    return [outcome(log_in(admin, "0000" + "1" * 8, **at(place)))
            for _ in range(times)]


@pytest.mark.flags(*SHUT)
def test_stranger_elsewhere_does_not_stop_the_person_at_home(admin, device):
    assert good(admin, device, HOME) == "GOOD_CODE"  # now it is usual
    for i in range(1, 9):  # many places: all unusual ones together are shut
        hammer(admin, f"203.0.113.{i}", times=2)
    assert hammer(admin, "203.0.113.99", 1) == ["THROTTLED"]
    assert good(admin, device, "203.0.113.98") == "THROTTLED"
    assert good(admin, device, HOME) == "GOOD_CODE"


@pytest.mark.flags(*SHUT)
def test_usual_place_is_known_after_a_restart(pawld, admin, device):
    assert good(admin, device, HOME) == "GOOD_CODE"
    for i in range(1, 9):
        hammer(admin, f"203.0.113.{i}", times=2)
    pawld.restart()
    assert good(pawld.local, device, "203.0.113.97") == "THROTTLED"
    assert good(pawld.local, device, HOME) == "GOOD_CODE"


@pytest.mark.flags(*SHUT)
def test_each_place_and_service_has_its_own_budget(admin, device):
    assert hammer(admin, ELSEWHERE)[-1] == "THROTTLED"
    assert outcome(log_in(admin, "1234" + device.press(),
                          **at(ELSEWHERE, "groupware"))) == "GOOD_CODE"
    assert good(admin, device, HOME) == "GOOD_CODE"
    assert good(admin, device, ELSEWHERE) == "THROTTLED"


@pytest.mark.flags(*SHUT)
def test_one_household_is_one_place(admin, device):
    hammer(admin, "2001:db8:1:2::1")
    assert good(admin, device, "2001:db8:1:2:ffff::7") == "THROTTLED"
    assert good(admin, device, "2001:db8:1:3::1") == "GOOD_CODE"


@pytest.mark.flags(*SHUT, "--throttle-trusted-sources=198.51.100.0/24")
def test_trusted_sources_are_not_stopped_by_failures_elsewhere(admin, device):
    for i in range(1, 9):
        hammer(admin, f"203.0.113.{i}", times=2)
    assert good(admin, device, HOME) == "THROTTLED"
    assert good(admin, device, "198.51.100.9") == "GOOD_CODE"
    # Their own failures count.
    hammer(admin, "198.51.100.10")
    assert good(admin, device, "198.51.100.10") == "THROTTLED"


@pytest.mark.flags(*SHUT)
def test_causes_have_budgets_of_their_own_and_administrators_see_them(
        admin, device):
    log_in(admin, wrong("1234" + device.at(0)), **at(HOME))
    log_in(admin, "0000" + wrong(device.at(0)), **at(HOME))
    account = admin.GetAccount(login=LOGIN).account
    seen = {(account_pb2.Cause.Name(b.cause), b.source): b.failures
            for b in account.blocks}
    assert seen == {("CAUSE_WRONG_CODE", HOME): 1,
                    ("CAUSE_WRONG_CODE", "*"): 1,
                    ("CAUSE_WRONG_PIN", HOME): 1,
                    ("CAUSE_WRONG_PIN", "*"): 1}
    assert all(b.service == "webmail" for b in account.blocks
               if b.source == HOME)


@pytest.mark.flags(*SHUT)
def test_administrator_sees_the_time_left_and_opens(admin, device):
    hammer(admin, ELSEWHERE)
    account = admin.GetAccount(login=LOGIN).account
    block, = [b for b in account.blocks if b.source == ELSEWHERE]
    assert 3500 < block.retry_after.seconds <= 3600
    admin.UnlockAccount(account_id=account.id)
    assert not admin.GetAccount(login=LOGIN).account.blocks
    assert good(admin, device, ELSEWHERE) == "GOOD_CODE"


@pytest.mark.flags(*SHUT)
def test_success_forgives_its_own_place_only(admin, device):
    log_in(admin, "0000" + "1" * 8, **at(ELSEWHERE))
    log_in(admin, "0000" + "1" * 8, **at(HOME))
    assert good(admin, device, HOME) == "GOOD_CODE"
    assert hammer(admin, HOME, 3) == ["WRONG_CODE", "WRONG_CODE", "THROTTLED"]
    assert hammer(admin, ELSEWHERE, 2) == ["WRONG_CODE", "THROTTLED"]


@pytest.mark.flags(*SHUT)
def test_codes_alone_are_throttled_by_place_too(admin):
    device = Hotp("a")
    token = register(admin, device)

    def validate(code, place):
        return outcome(admin.ValidateOtp(otp=code, token_id=token.id,
                                         client_address=place))
    assert validate(device.press(), HOME) == "GOOD_CODE"
    for _ in range(2):
        assert validate(wrong(device.at(1)), ELSEWHERE) == "WRONG_CODE"
    assert validate(device.press(), ELSEWHERE) == "THROTTLED"
    assert validate(device.press(), HOME) == "GOOD_CODE"


@pytest.mark.flags(*SHUT)
def test_unknown_public_ids_have_a_budget(admin):
    otp = "vvccccccbdvt" + "cbdefghijklnrtuv" * 2
    reasons = [outcome(admin.ValidateOtp(otp=otp, client_address=ELSEWHERE))
               for _ in range(4)]
    assert reasons == ["UNKNOWN_TOKEN"] * 2 + ["THROTTLED"] * 2
    assert outcome(admin.ValidateOtp(otp=otp, client_address=HOME)) == (
        "UNKNOWN_TOKEN")


def test_known_first_factor_is_told_to_caller_and_audit(admin, device):
    answer = log_in(admin, wrong("1234" + device.at(0)), **at(ELSEWHERE))
    assert hints(answer) == {"FIRST_FACTOR_KNOWN"}
    assert hints(audit_entries(admin)[-1]) == {"FIRST_FACTOR_KNOWN"}


def test_place_of_stars_is_no_place(admin):
    """What stands for all unusual places cannot be somebody's address."""
    device = Hotp("q")
    token = register(admin, device)
    create_account(admin, login="star")
    for _ in range(8):
        answer = admin.ValidateOtp(otp=wrong(device.at(0)), token_id=token.id,
                                   client_address="*")
        assert outcome(answer) in ("WRONG_CODE", "THROTTLED")
