"""Which credential each policy lets in at which kind of service."""

import pytest

from helpers import (LOGIN, create_account, create_device, fails, log_in,
                     outcome)
from pawl.v1 import account_pb2
from software_tokens import Hotp

PASSWORD = "correct horse battery"
POLICIES = ("PASSWORD", "OTP_WEB", "OTP_WEB_DEVICE_PASSWORDS", "OTP_ONLY")

# (policy, service, credential) -> reason; what is not here is not let in.
GOOD = {
    ("PASSWORD", "webmail", "password"): "GOOD_PASSWORD",
    ("PASSWORD", "imap", "password"): "GOOD_PASSWORD",
    ("PASSWORD", "imap", "device"): "GOOD_DEVICE_PASSWORD",
    ("OTP_WEB", "webmail", "code"): "GOOD_CODE",
    ("OTP_WEB", "imap", "password"): "GOOD_PASSWORD",
    ("OTP_WEB", "imap", "device"): "GOOD_DEVICE_PASSWORD",
    ("OTP_WEB_DEVICE_PASSWORDS", "webmail", "code"): "GOOD_CODE",
    ("OTP_WEB_DEVICE_PASSWORDS", "imap", "device"): "GOOD_DEVICE_PASSWORD",
    ("OTP_ONLY", "webmail", "code"): "GOOD_CODE",
}


def policy_number(name):
    return account_pb2.Policy.Value("POLICY_" + name)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.flags("--throttle-free-failures=100")
def test_policy_decides_what_lets_in_where(admin, policy):
    device = Hotp("a", digits=8)
    account = create_account(admin, tokens=[device], password=PASSWORD,
                             policy=policy_number(policy))
    made = create_device(admin, account)
    for service in ("webmail", "imap"):
        for kind in ("password", "code", "device"):
            credential = {"password": PASSWORD, "device": made.password,
                          "code": "1234" + device.press()}[kind]
            got = outcome(log_in(admin, credential, service=service))
            wanted = GOOD.get((policy, service, kind))
            if wanted is None:
                assert not got.startswith("GOOD_"), (service, kind, got)
            else:
                assert got == wanted, (service, kind)


def test_a_changed_policy_holds_from_the_next_check_on(admin):
    account = create_account(admin)
    made = create_device(admin, account)
    assert outcome(log_in(admin, made.password, service="imap")) == (
        "GOOD_DEVICE_PASSWORD")
    admin.SetPolicy(account_id=account.id, policy=policy_number("OTP_ONLY"))
    assert outcome(log_in(admin, made.password, service="imap")) == "POLICY"
    admin.SetPolicy(account_id=account.id, policy=policy_number("PASSWORD"))
    assert outcome(log_in(admin, made.password, service="imap")) == (
        "GOOD_DEVICE_PASSWORD")


def test_password_kept_by_the_caller_is_delegated_never_a_yes(admin):
    create_account(admin, policy=policy_number("OTP_WEB"))
    answer = log_in(admin, "whatever", service="imap")
    assert outcome(answer) == "DELEGATE"
    assert answer.account_id
    assert outcome(log_in(admin, "whatever", login="nobody",
                          service="imap")) != "DELEGATE"


def test_unknown_service_is_an_error_of_the_caller(admin):
    device = Hotp("a", digits=8)
    create_account(admin, tokens=[device])
    credential = "1234" + device.press()
    for service in ("quake", "", "WEBMAIL"):
        with fails("INVALID_ARGUMENT", "service"):
            log_in(admin, credential, service=service)
    assert outcome(log_in(admin, credential)) == "GOOD_CODE"  # not used up


@pytest.mark.flags("--services-interactive=desk", "--services-sync=files:f",
                   "--devices-types=f=f")
def test_catalogue_is_configuration(admin):
    catalogue = admin.ListServices()
    assert [(s.name, s.scope) for s in catalogue.services] == [
        ("desk", ""), ("files", "f")]
    assert [t.name for t in catalogue.device_types] == ["f"]
    account = create_account(admin)
    made = create_device(admin, account, type="f")
    assert outcome(log_in(admin, made.password, service="files")) == (
        "GOOD_DEVICE_PASSWORD")
    with fails("INVALID_ARGUMENT", "service"):
        log_in(admin, made.password, service="imap")


def test_client_checks_only_its_own_services(pawld, admin):
    account = create_account(admin)
    made = create_device(admin, account)
    key = admin.CreateClient(name="imap-server", roles=["ROLE_LOGIN"],
                             services=["imap"], see_reasons=True).key
    api = pawld.tcp(key)
    # Without a service it is the only one the client has.
    answer = api.CheckLogin(account=LOGIN, credential=made.password)
    assert outcome(answer) == "GOOD_DEVICE_PASSWORD"
    with fails("PERMISSION_DENIED"):
        log_in(api, made.password, service="smtp")
    with fails("INVALID_ARGUMENT", "services"):
        admin.CreateClient(name="x", roles=["ROLE_LOGIN"], services=["quake"])


def test_wrong_passwords_are_throttled_by_place(admin):
    create_account(admin, password=PASSWORD,
                   policy=policy_number("PASSWORD"))
    for _ in range(5):
        assert outcome(log_in(admin, "wrong password",
                              client_address="192.0.2.1")) == "WRONG_PASSWORD"
    assert outcome(log_in(admin, PASSWORD,
                          client_address="192.0.2.1")) == "THROTTLED"
    assert outcome(log_in(admin, PASSWORD,
                          client_address="192.0.2.2")) == "GOOD_PASSWORD"


def test_password_rules_name_the_field(admin):
    with fails("INVALID_ARGUMENT", "password"):
        admin.CreateAccount(login="kim", password="short")
    with fails("INVALID_ARGUMENT", "login"):
        admin.CreateAccount(login="dev_abcdefgh")
    account = create_account(admin, password=PASSWORD,
                             policy=policy_number("PASSWORD"))
    admin.SetPassword(account_id=account.id, password="another password")
    assert outcome(log_in(admin, PASSWORD)) == "WRONG_PASSWORD"
    assert outcome(log_in(admin, "another password")) == "GOOD_PASSWORD"
    admin.SetPassword(account_id=account.id, password="")
    assert outcome(log_in(admin, "another password")) == "DELEGATE"


@pytest.mark.flags("--accounts-password-threads=1")
def test_many_passwords_at_once_are_bounded_not_fatal(admin):
    for i in range(8):
        create_account(admin, login=f"kim{i}", password=PASSWORD,
                       policy=policy_number("PASSWORD"))
    calls = [admin.CheckLogin.start(account=f"kim{i % 8}", service="webmail",
                                    credential=PASSWORD)
             for i in range(200)]
    seen = set()
    for call in calls:
        error = call.exception()
        seen.add(error.code().name if error else outcome(call.result()))
        if error:
            assert "try again in" in error.details()
    assert seen <= {"GOOD_PASSWORD", "RESOURCE_EXHAUSTED"}
    assert "GOOD_PASSWORD" in seen
    assert outcome(log_in(admin, PASSWORD, login="kim0")) == "GOOD_PASSWORD"
