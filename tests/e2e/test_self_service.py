"""What a settings page does for the person who is logged in there."""

import pytest

from google.protobuf import timestamp_pb2

from helpers import (LOGIN, create_account, create_device, fails, log_in,
                     outcome, pages, wrong)
from pawl.v1 import account_pb2
from software_tokens import Hotp


@pytest.fixture
def page(pawld):
    """The settings page's own client."""
    return pawld.client("ROLE_SELF_SERVICE")


def proved(answer):
    return outcome(answer.proof)


def test_from_password_to_codes_step_by_step(admin, page):
    create_account(admin, pin="", policy=account_pb2.POLICY_PASSWORD)
    device = Hotp("own")
    added = page.AddToken(account=LOGIN, token=device.enrolment())
    assert not added.HasField("proof")  # nothing to prove it with yet
    assert not added.token.confirmed
    # A token that is not confirmed opens nothing, and proves nothing.
    with fails("FAILED_PRECONDITION"):
        page.ChangePolicy(account=LOGIN, credential=device.press(),
                          policy=account_pb2.POLICY_OTP_WEB)
    assert proved(page.ConfirmToken(account=LOGIN, token_id=added.token.id,
                                    code=wrong(device.at(1)))) == "WRONG_CODE"
    code = device.press()
    assert proved(page.ConfirmToken(account=LOGIN, token_id=added.token.id,
                                    code=code)) == "GOOD_CODE"
    # Its first code is used up, and a token is confirmed once.
    assert proved(page.ConfirmToken(account=LOGIN, token_id=added.token.id,
                                    code=device.press())) == "TOKEN_DISABLED"
    assert proved(page.ChangePin(account=LOGIN, credential=code,
                                 new_pin="1234")) == "REPLAYED"
    assert proved(page.ChangePin(account=LOGIN, credential=device.press(),
                                 new_pin="1234")) == "GOOD_CODE"
    assert proved(page.ChangePolicy(
        account=LOGIN, credential="1234" + device.press(),
        policy=account_pb2.POLICY_OTP_WEB)) == "GOOD_CODE"
    assert outcome(log_in(admin, "1234" + device.press())) == "GOOD_CODE"


@pytest.mark.flags("--throttle-free-failures=100")
def test_pin_and_policy_need_a_fresh_code(admin, page, device):
    used = "1234" + device.press()
    log_in(admin, used)
    for credential, reason in ((used, "REPLAYED"),
                               ("9999" + device.press(), "WRONG_PIN"),
                               ("", "MALFORMED"), ("1234", "MALFORMED")):
        assert proved(page.ChangePin(account=LOGIN, credential=credential,
                                     new_pin="5555")) == reason
        assert proved(page.ChangePolicy(
            account=LOGIN, credential=credential,
            policy=account_pb2.POLICY_PASSWORD)) in (reason, "REPLAYED")
    assert outcome(log_in(admin, "1234" + device.press())) == "GOOD_CODE"
    code = "1234" + device.press()
    assert proved(page.ChangePin(account=LOGIN, credential=code,
                                 new_pin="5555")) == "GOOD_CODE"
    assert outcome(log_in(admin, code)) == "REPLAYED"
    assert outcome(log_in(admin, "5555" + device.press())) == "GOOD_CODE"


def test_another_token_needs_a_code_of_the_first(admin, page, device):
    second = Hotp("second", digits=8)
    for credential, reason in (("", "MALFORMED"),
                               ("1234" + "0" * 8, "WRONG_CODE")):
        refused = page.AddToken(account=LOGIN, credential=credential,
                                token=second.enrolment())
        assert proved(refused) == reason
        assert not refused.HasField("token")
    added = page.AddToken(account=LOGIN, credential="1234" + device.press(),
                          token=second.enrolment())
    assert proved(added) == "GOOD_CODE"
    assert not outcome(log_in(admin, "1234" + second.press())).startswith("GOOD")
    page.ConfirmToken(account=LOGIN, token_id=added.token.id,
                      code=second.press())
    assert outcome(log_in(admin, "1234" + second.press())) == "GOOD_CODE"


def test_token_of_who_was_at_the_page_before_is_forgotten(admin, page):
    create_account(admin, pin="", policy=account_pb2.POLICY_PASSWORD)
    planted, own = Hotp("planted"), Hotp("own")
    theirs = page.AddToken(account=LOGIN, token=planted.enrolment()).token
    mine = page.AddToken(account=LOGIN, token=own.enrolment()).token
    assert proved(page.ConfirmToken(account=LOGIN, token_id=mine.id,
                                    code=own.press())) == "GOOD_CODE"
    assert proved(page.ConfirmToken(account=LOGIN, token_id=theirs.id,
                                    code=planted.press())) == "UNKNOWN_TOKEN"
    assert [t.id for t in page.GetOwnAccount(account=LOGIN).tokens] == [
        mine.id]


def test_last_token_stays_while_codes_are_asked_for(admin, page, device):
    token_id, = admin.GetAccount(login=LOGIN).account.token_ids
    with fails("FAILED_PRECONDITION"):
        page.RemoveToken(account=LOGIN, token_id=token_id,
                         credential="1234" + device.press())
    page.ChangePolicy(account=LOGIN, credential="1234" + device.press(),
                      policy=account_pb2.POLICY_PASSWORD)
    assert proved(page.RemoveToken(
        account=LOGIN, token_id=token_id,
        credential="1234" + device.press())) == "GOOD_CODE"
    assert not page.GetOwnAccount(account=LOGIN).tokens


def test_recovery_codes_need_a_code(page, admin, device):
    refused = page.MakeRecoveryCodes(account=LOGIN, credential="1234000000")
    assert not refused.codes
    made = page.MakeRecoveryCodes(account=LOGIN,
                                  credential="1234" + device.press())
    assert len(made.codes) == 10
    assert outcome(log_in(admin, "1234" + made.codes[3])) == (
        "GOOD_RECOVERY_CODE")
    # A recovery code is a proof as well: the token may be what was lost.
    assert proved(page.ChangePolicy(
        account=LOGIN, credential="1234" + made.codes[4],
        policy=account_pb2.POLICY_PASSWORD)) == "GOOD_RECOVERY_CODE"


def test_nothing_of_another_account_is_reached(admin, page, device):
    own = admin.GetAccount(login=LOGIN).account
    other = create_account(admin, login="other", tokens=[Hotp("o")])
    token_id, = admin.GetAccount(login="other").account.token_ids
    theirs = create_device(admin, other).device
    with fails("NOT_FOUND"):
        page.RemoveToken(account=LOGIN, token_id=token_id,
                         credential="1234" + device.press())
    for call in (page.GetDevice, page.DeleteDevice,
                 page.RegenerateDevicePassword):
        with fails("NOT_FOUND"):
            call(account_id=own.id, device_id=theirs.id)
        with fails("INVALID_ARGUMENT", "account_id"):
            call(device_id=theirs.id)
    with fails("INVALID_ARGUMENT", "account_id"):
        page.ListDevices()
    assert admin.GetDevice(device_id=theirs.id).device.id == theirs.id


def test_role_opens_nothing_else(page, device):
    for call, fields in ((page.GetAccount, {"login": LOGIN}),
                         (page.ListAccounts, {}),
                         (page.ListAuditEntries, {}),
                         (page.CheckLogin, {"account": LOGIN,
                                            "service": "webmail",
                                            "credential": "x"}),
                         (page.ExplainCredential, {"account": LOGIN})):
        with fails("PERMISSION_DENIED"):
            call(**fields)


def test_login_role_is_no_self_service(pawld, device):
    login = pawld.client("ROLE_LOGIN")
    with fails("PERMISSION_DENIED"):
        login.GetOwnAccount(account=LOGIN)
    with fails("PERMISSION_DENIED"):
        login.ListDevices(account_id="acc_0000000000001")


def test_own_history_and_nobody_elses(admin, page, device):
    log_in(admin, "1234" + device.press(), client_address="192.0.2.3")
    create_account(admin, login="other")
    own = page.GetOwnAccount(account=LOGIN).account
    entries = pages(page.ListHistory, "entries", 2, account=LOGIN)
    assert {entry.account_id for entry in entries} == {own.id}
    assert entries[0].client_address == "192.0.2.3"
    assert entries[-1].event == "ACCOUNT_CREATED"


def test_devices_page(admin, page, device):
    own = page.GetOwnAccount(account=LOGIN).account
    types = [t.name for t in page.ListServices().device_types]
    assert types[0] == "mail"
    later = timestamp_pb2.Timestamp()
    later.GetCurrentTime()
    later.seconds += 3600
    made = page.CreateDevice(account_id=own.id, type="mail", name="phone",
                             expire_time=later)
    assert outcome(log_in(admin, made.password, service="imap")) == (
        "GOOD_DEVICE_PASSWORD")
    assert [d.name for d in page.ListDevices(account_id=own.id).devices] == [
        "phone"]
    page.DeleteDevice(account_id=own.id, device_id=made.device.id)
    assert outcome(log_in(admin, made.password, service="imap")) == (
        "WRONG_DEVICE_PASSWORD")


def test_unknown_account_is_not_found(page):
    for account in ("nobody", "acc_0000000000001"):
        with fails("NOT_FOUND"):
            page.GetOwnAccount(account=account)
