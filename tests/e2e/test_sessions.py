"""Sessions: what a login hands out so that its browser can go on."""

import pytest

from helpers import (LOGIN, attempt, create_account, fails, log_in, outcome,
                     pages)
from pawl.v1 import account_pb2, device_pb2, login_pb2
from pawld import eventually
from software_tokens import Hotp


def browser(name="Firefox", services=("imap", "smtp")):
    return login_pb2.LoginDevice(type="browser", name=name,
                                 session_services=services)


def sign_in(admin, token, **more):
    answer = log_in(admin, "1234" + token.press(), **more)
    assert outcome(answer) == "GOOD_CODE"
    return answer


def imap(admin, session, service="imap", **more):
    return outcome(log_in(admin, session.credential, service=service, **more))


def test_session_opens_what_it_was_asked_for_and_nothing_else(admin, device):
    answer = sign_in(admin, device, device=browser())
    session = answer.session
    assert list(session.services) == ["imap", "smtp"]
    assert answer.device_id == session.device_id
    assert imap(admin, session) == "GOOD_SESSION"
    assert imap(admin, session, login=session.device_id) == "GOOD_SESSION"
    assert imap(admin, session, "smtp") == "GOOD_SESSION"
    assert imap(admin, session, "caldav") == "SCOPE"
    assert not imap(admin, session, "webmail").startswith("GOOD")


def test_several_browsers_at_once_and_each_can_be_ended(admin, device):
    one = sign_in(admin, device, device=browser("one")).session
    two = sign_in(admin, device, device=browser("two")).session
    account = admin.GetAccount(login=LOGIN).account
    shown = pages(admin.ListDevices, "devices", 10, account_id=account.id)
    assert {(d.id, d.name, d.kind) for d in shown} == {
        (one.device_id, "one", device_pb2.DEVICE_KIND_SESSION),
        (two.device_id, "two", device_pb2.DEVICE_KIND_SESSION)}
    admin.DeleteDevice(device_id=one.device_id)
    assert imap(admin, one) == "WRONG_DEVICE_PASSWORD"
    assert imap(admin, two) == "GOOD_SESSION"


def test_repeated_attempt_gets_the_same_session(admin, device):
    name, credential = attempt(), "1234" + device.press()
    first = log_in(admin, credential, attempt_id=name, device=browser())
    again = log_in(admin, credential, attempt_id=name, device=browser())
    assert first.session == again.session
    assert imap(admin, again.session) == "GOOD_SESSION"
    # With another question it is another attempt.
    assert outcome(log_in(admin, credential, attempt_id=name,
                          device=browser("other"))) == "ATTEMPT_REUSED"


def test_login_without_session_is_seen_once(admin, device):
    for _ in range(3):
        sign_in(admin, device, device=browser(services=()),
                client_address="192.0.2.9")
    account = admin.GetAccount(login=LOGIN).account
    shown = admin.ListDevices(account_id=account.id).devices
    assert [(d.kind, d.name, d.last_address) for d in shown] == [
        (device_pb2.DEVICE_KIND_LOGIN, "Firefox", "192.0.2.9")]


def test_refused_login_leaves_no_device(admin, device):
    answer = log_in(admin, "1234000000", device=browser())
    assert outcome(answer) != "GOOD_CODE"
    assert not answer.HasField("session")
    account = admin.GetAccount(login=LOGIN).account
    assert not admin.ListDevices(account_id=account.id).devices


def test_otp_only_sessions_open_internal_services_only(admin, device):
    account = admin.GetAccount(login=LOGIN).account
    admin.SetPolicy(account_id=account.id, policy=account_pb2.POLICY_OTP_ONLY)
    session = sign_in(admin, device,
                      device=browser(services=["imap", "mailbox"])).session
    assert list(session.services) == ["mailbox"]
    assert imap(admin, session, "mailbox") == "GOOD_SESSION"
    assert not imap(admin, session).startswith("GOOD")
    none = sign_in(admin, device, device=browser(services=["imap"]))
    assert not none.HasField("session")


def test_session_is_never_wider_than_the_policy_of_now(admin, device):
    session = sign_in(admin, device,
                      device=browser(services=["imap", "mailbox"])).session
    account = admin.GetAccount(login=LOGIN).account
    admin.SetPolicy(account_id=account.id, policy=account_pb2.POLICY_OTP_ONLY)
    assert imap(admin, session) == "POLICY"
    assert imap(admin, session, "mailbox") == "GOOD_SESSION"


@pytest.mark.flags("--devices-session-ttl=1m")
def test_session_expires(pawld, admin, device):
    session = sign_in(admin, device, device=browser()).session
    assert imap(admin, session) == "GOOD_SESSION"
    pawld.stop()
    with pawld.raw_database() as database:
        database.execute("UPDATE device SET expires = expires - 120000")
    pawld.start()
    assert imap(pawld.local, session) in ("DEVICE_EXPIRED",
                                          "WRONG_DEVICE_PASSWORD")
    # It is removed soon after.
    account = pawld.local.GetAccount(login=LOGIN).account
    eventually(lambda: not pawld.local.ListDevices(
        account_id=account.id).devices, "swept")


def test_wrong_fields_are_named_and_use_nothing_up(admin, device):
    credential = "1234" + device.press()
    for field, bad in {
            "device.type": login_pb2.LoginDevice(type="a b", name="x"),
            "device.name": login_pb2.LoginDevice(type="browser"),
            "device.session_services": browser(services=["quake"]),
    }.items():
        with fails("INVALID_ARGUMENT", field):
            log_in(admin, credential, device=bad)
    with fails("INVALID_ARGUMENT", "device.session_services"):
        log_in(admin, credential, device=browser(services=["webmail"]))
    assert outcome(log_in(admin, credential)) == "GOOD_CODE"


def test_session_of_a_second_person_is_not_mine(admin, device):
    session = sign_in(admin, device, device=browser()).session
    other = Hotp("b", digits=8)
    create_account(admin, login="other", tokens=[other])
    assert imap(admin, session, login="other") == "WRONG_DEVICE_PASSWORD"
