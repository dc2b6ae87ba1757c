"""Ways back in: recovery codes, a temporary code, the second factor reset."""

import re
import threading

import pytest

from google.protobuf import duration_pb2

from helpers import (LOGIN, create_account, create_device, fails, log_in,
                     outcome)
from pawl.v1 import account_pb2, login_pb2
from software_tokens import Hotp

CODE_FORM = re.compile(r"[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}")


@pytest.fixture
def account(admin, device):
    return admin.GetAccount(login=LOGIN).account


def codes_of(admin, account):
    return list(admin.CreateRecoveryCodes(account_id=account.id).codes)


def left(admin):
    return admin.GetAccount(login=LOGIN).account.recovery_codes_left


def test_each_recovery_code_is_good_once(admin, account):
    codes = codes_of(admin, account)
    assert len(set(codes)) == 10
    assert all(CODE_FORM.fullmatch(code) for code in codes)
    assert left(admin) == 10
    assert outcome(log_in(admin, "1234" + codes[0])) == "GOOD_RECOVERY_CODE"
    assert outcome(log_in(admin, "1234" + codes[0])) == "REPLAYED"
    typed = codes[1].replace("-", "").upper()
    assert outcome(log_in(admin, "1234" + typed)) == "GOOD_RECOVERY_CODE"
    assert left(admin) == 8


def test_wrong_pin_burns_a_recovery_code(admin, account):
    code = codes_of(admin, account)[0]
    assert outcome(log_in(admin, "0000" + code)) == "WRONG_PIN"
    assert outcome(log_in(admin, "1234" + code)) == "REPLAYED"
    assert left(admin) == 9


def test_new_codes_kill_the_old_ones(admin, account):
    old = codes_of(admin, account)
    new = codes_of(admin, account)
    assert outcome(log_in(admin, "1234" + old[0])) == "WRONG_CODE" or (
        outcome(log_in(admin, "1234" + old[1])) in ("MALFORMED", "WRONG_CODE"))
    assert outcome(log_in(admin, "1234" + new[0])) == "GOOD_RECOVERY_CODE"


def test_one_code_presented_by_many_at_once_is_good_once(admin, account):
    for code in codes_of(admin, account)[:3]:
        calls = [admin.CheckLogin.start(account=LOGIN, service="webmail",
                                        credential="1234" + code)
                 for _ in range(16)]
        reasons = [outcome(call.result()) for call in calls]
        assert reasons.count("GOOD_RECOVERY_CODE") == 1
        assert set(reasons) == {"GOOD_RECOVERY_CODE", "REPLAYED"}


def test_used_code_stays_used_after_a_kill(pawld, admin, account):
    codes = codes_of(admin, account)
    assert outcome(log_in(admin, "1234" + codes[0])) == "GOOD_RECOVERY_CODE"
    pawld.kill9()
    pawld.start()
    assert outcome(log_in(pawld.local, "1234" + codes[0])) == "REPLAYED"
    assert outcome(log_in(pawld.local, "1234" + codes[1])) == (
        "GOOD_RECOVERY_CODE")


def test_temporary_code_is_good_once_and_ends(pawld, admin, account):
    made = admin.CreateTemporaryCode(
        account_id=account.id, ttl=duration_pb2.Duration(seconds=3600))
    assert made.expire_time.seconds > 0
    assert outcome(log_in(admin, "1234" + made.code)) == "GOOD_RECOVERY_CODE"
    assert outcome(log_in(admin, "1234" + made.code)) == "REPLAYED"
    for seconds in (0, 59, 8 * 86400, -5):
        with fails("INVALID_ARGUMENT", "ttl"):
            admin.CreateTemporaryCode(
                account_id=account.id,
                ttl=duration_pb2.Duration(seconds=seconds, nanos=0)
                if seconds else duration_pb2.Duration(nanos=1))


def test_reset_of_the_second_factor(admin, account, device):
    codes = codes_of(admin, account)
    made = create_device(admin, account)
    answer = log_in(admin, "1234" + device.press(),
                    device=login_pb2.LoginDevice(
                        type="browser", name="x", session_services=["imap"]))
    session = answer.session
    reset = admin.ResetSecondFactor(account_id=account.id).account
    assert reset.policy == account_pb2.POLICY_PASSWORD
    assert not reset.token_ids
    assert not reset.has_pin
    assert reset.recovery_codes_left == 0
    assert outcome(log_in(admin, "1234" + codes[0])) == "DELEGATE"
    assert outcome(log_in(admin, session.credential,
                          service="imap")) == "WRONG_DEVICE_PASSWORD"
    assert outcome(log_in(admin, made.password,
                          service="imap")) == "GOOD_DEVICE_PASSWORD"


def test_reset_can_leave_the_tokens_disabled(admin, account):
    reset = admin.ResetSecondFactor(
        account_id=account.id,
        tokens=account_pb2.RESET_TOKENS_DISABLE).account
    token_id, = reset.token_ids
    assert not admin.GetToken(token_id=token_id).token.enabled


def test_codes_of_an_account_without_pin(admin):
    account = create_account(admin, login="kim", pin="",
                             tokens=[Hotp("z", digits=8)])
    code = codes_of(admin, account)[0]
    assert outcome(log_in(admin, code, login="kim")) == "GOOD_RECOVERY_CODE"
    assert outcome(log_in(admin, code, login="kim")) == "REPLAYED"


def test_codes_are_nowhere_in_clear(pawld, admin, account):
    codes = codes_of(admin, account)
    everything = pawld.database.read_bytes() + pawld.log.encode()
    for code in codes:
        for form in (code, code.replace("-", "")):
            assert form.encode() not in everything


def test_made_while_others_are_used(admin, account):
    """Of a code and the set that replaces it, neither is good twice."""
    code = codes_of(admin, account)[0]
    results = []
    threads = [threading.Thread(target=lambda: results.append(
        outcome(log_in(admin, "1234" + code)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    fresh = codes_of(admin, account)
    for thread in threads:
        thread.join()
    assert results.count("GOOD_RECOVERY_CODE") <= 1
    assert outcome(log_in(admin, "1234" + code)) != "GOOD_RECOVERY_CODE"
    # Where the new set won each time, there were failures enough for a delay.
    admin.UnlockAccount(account_id=account.id)
    assert outcome(log_in(admin, "1234" + fresh[0])) == "GOOD_RECOVERY_CODE"
