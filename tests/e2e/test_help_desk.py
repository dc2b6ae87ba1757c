"""How a credential would be read, told to who is called when a login fails."""

import time

import pytest

from helpers import (LOGIN, audit_entries, create_account, create_device,
                     fails, failures, hints, log_in, outcome, position_of,
                     register)
from pawl.v1 import help_desk_pb2, verdict_pb2
from software_tokens import Hotp, Yubikey, through_dvorak


def explain(admin, credential, service="webmail"):
    return admin.ExplainCredential(account=LOGIN, service=service,
                                   credential=credential)


def freshness(reading):
    return help_desk_pb2.Freshness.Name(reading.freshness).removeprefix(
        "FRESHNESS_")


def test_split_token_distance_and_freshness_without_using_it_up(
        admin, device):
    token_id, = admin.GetAccount(login=LOGIN).account.token_ids
    log_in(admin, "1234" + device.press())
    credential = "9999" + device.at(4)  # with a wrong PIN
    reading, = explain(admin, credential).readings
    assert (reading.token_id, reading.pin_length) == (token_id, 4)
    assert (freshness(reading), reading.distance) == ("FRESH", 4)
    assert freshness(explain(admin, "1234" + device.at(0)).readings[0]) == (
        "STALE")
    assert freshness(explain(admin, "123400000000").readings[0]) == "NONE"
    assert failures(admin) == 0
    assert outcome(log_in(admin, "1234" + device.at(4))) == "GOOD_CODE"


def test_whether_the_pin_is_right_is_not_told(admin, device):
    right = explain(admin, "1234" + device.at(0))
    wrong = explain(admin, "9999" + device.at(0))
    assert right == wrong


def test_each_question_is_audited_and_they_are_throttled(admin, device):
    for _ in range(10):
        explain(admin, "1234" + device.at(0))
    with fails("RESOURCE_EXHAUSTED"):
        explain(admin, "1234" + device.at(0))
    entries = [e for e in audit_entries(admin)
               if e.event == "CREDENTIAL_EXPLAINED"]
    assert len(entries) == 10
    assert entries[0].caller == "local"
    assert position_of(admin, admin.GetToken(token_id=admin.GetAccount(
        login=LOGIN).account.token_ids[0]).token) is None


def test_layout_and_obstacles(admin):
    key = Yubikey("y")
    account = create_account(admin)
    token = register(admin, key, account=account)
    otp = key.press()
    mangled = otp[:12] + through_dvorak(otp[12:])
    dvorak = explain(admin, "1234" + through_dvorak(otp)).readings
    assert [hints(r) for r in dvorak] == [{"KEYBOARD_LAYOUT"}]
    upper = explain(admin, "1234" + otp.upper()).readings
    assert [hints(r) for r in upper] == [{"UPPER_CASE"}]
    assert not explain(admin, mangled).readings
    admin.DisableToken(token_id=token.id)
    reading, = explain(admin, "1234" + otp).readings
    assert verdict_pb2.Reason.Name(reading.obstacle) == (
        "REASON_TOKEN_DISABLED")


def test_device_passwords_and_recovery_codes(admin, device):
    account = admin.GetAccount(login=LOGIN).account
    made = create_device(admin, account)
    reading, = explain(admin, made.password, "caldav").readings
    assert reading.device_id == made.device.id
    assert verdict_pb2.Reason.Name(reading.obstacle) == "REASON_SCOPE"
    code = admin.CreateRecoveryCodes(account_id=account.id).codes[0]
    kinds = {r.kind: r for r in explain(admin, "1234" + code).readings}
    recovery = kinds[help_desk_pb2.CREDENTIAL_KIND_RECOVERY_CODE]
    assert (recovery.pin_length, freshness(recovery)) == (4, "FRESH")
    assert outcome(log_in(admin, "1234" + code)) == "GOOD_RECOVERY_CODE"


def test_only_for_administrators_and_known_accounts(pawld, admin, device):
    with fails("PERMISSION_DENIED"):
        pawld.client("ROLE_LOGIN").ExplainCredential(account=LOGIN,
                                                     credential="x")
    with fails("NOT_FOUND"):
        admin.ExplainCredential(account="nobody", credential="x")
    with fails("INVALID_ARGUMENT", "service"):
        explain(admin, "x", "quake")


# Signals: what others throw away.


@pytest.fixture
def key(admin):
    key = Yubikey("signals")
    register(admin, key, account=create_account(admin, pin=""))
    return key


def ticks(seconds_from_now=0):
    """The key's clock, an eighth of a second each, modulo 2^24."""
    return int((time.time() + seconds_from_now) * 8) % 2**24


def test_lower_counter_after_a_good_one_suggests_a_clone(admin, key):
    assert outcome(log_in(admin, key.at(7))) == "GOOD_CODE"
    same = log_in(admin, key.at(7))
    assert (outcome(same), hints(same)) == ("REPLAYED", set())
    lower = log_in(admin, key.at(5))
    assert (outcome(lower), hints(lower)) == ("REPLAYED", {"CLONE_SUSPECTED"})
    assert hints(audit_entries(admin)[-1]) == {"CLONE_SUSPECTED"}


def test_code_that_was_held_back_is_noticed(admin, key):
    assert outcome(log_in(admin, key.at(1, 0, timestamp=ticks()))) == (
        "GOOD_CODE")
    on_time = log_in(admin, key.at(1, 1, timestamp=ticks(1)))
    assert (outcome(on_time), hints(on_time)) == ("GOOD_CODE", set())
    late = log_in(admin, key.at(1, 2, timestamp=ticks(-300)))
    assert (outcome(late), hints(late)) == ("GOOD_CODE", {"DELAYED"})
    # Another power-up begins another clock.
    fresh = log_in(admin, key.at(2, 0, timestamp=ticks(-9000)))
    assert (outcome(fresh), hints(fresh)) == ("GOOD_CODE", set())


def test_counter_jump(admin, key):
    log_in(admin, key.at(1))
    jump = log_in(admin, key.at(40))
    assert (outcome(jump), hints(jump)) == ("GOOD_CODE", {"COUNTER_JUMP"})


def test_jump_of_an_oath_token(admin):
    device = Hotp("jump")
    register(admin, device, account=create_account(admin, pin=""))
    answer = log_in(admin, device.at(4))
    assert (outcome(answer), hints(answer)) == ("GOOD_CODE", {"COUNTER_JUMP"})
