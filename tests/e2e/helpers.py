"""What the end-to-end tests share: answers as words and first steps."""

import contextlib
import uuid

import grpc
import pytest

from pawl.v1 import verdict_pb2
from pawld import eventually
from software_tokens import Hotp

LOGIN = "anna@example.org"

# Answers as words.


def outcome(answer):
    """"GOOD_CODE", "REPLAYED"...; without reasons "ACCEPTED" or "REFUSED"."""
    verdict = verdict_pb2.Verdict.Name(answer.verdict)
    reason = verdict_pb2.Reason.Name(answer.reason)
    assert verdict in ("VERDICT_ACCEPTED", "VERDICT_REFUSED",
                       "VERDICT_DELEGATED")
    if reason == "REASON_UNSPECIFIED":
        return verdict.removeprefix("VERDICT_")
    accepted = verdict == "VERDICT_ACCEPTED"
    assert accepted == reason.startswith("REASON_GOOD_"), answer
    delegated = verdict == "VERDICT_DELEGATED"
    assert delegated == (reason == "REASON_DELEGATE"), answer
    return reason.removeprefix("REASON_")


def hints(answer):
    return {verdict_pb2.Hint.Name(hint).removeprefix("HINT_")
            for hint in answer.hints}


@contextlib.contextmanager
def fails(code, field=None, containing=""):
    """The call inside fails with `code`, and names `field` in both ways."""
    with pytest.raises(grpc.RpcError) as caught:
        yield
    error = caught.value
    assert error.code().name == code, error.details()
    assert containing in error.details()
    if field is not None:
        assert error.details().startswith(field), error.details()
        assert dict(error.trailing_metadata()).get("pawl-field") == field


def undecided():
    """The server lives and says that nobody knows."""
    return fails("UNAVAILABLE", containing="could not be decided")


# What most tests do first.


def register(admin, device, *, account=None, **more):
    """Registers a software token; returns the server's token."""
    fields = dict(device.enrolment(**more))
    if account is not None:
        fields["account_id"] = account.id
    return admin.RegisterToken(**fields).token


def create_account(admin, login=LOGIN, pin="1234", tokens=(), **more):
    account = admin.CreateAccount(login=login, pin=pin, **more).account
    for device in tokens:
        register(admin, device, account=account)
    return account


def log_in(api, credential, login=LOGIN, service="webmail", **more):
    return api.CheckLogin(account=login, service=service,
                          credential=credential, **more)


def create_device(admin, account, type="mail", name="phone", **more):
    """A device password; its answer has device, user_name and password."""
    return admin.CreateDevice(account_id=account.id, type=type, name=name,
                              **more)


def position_of(admin, token):
    """The token's position, or None when it was never used."""
    now = admin.GetToken(token_id=token.id).token
    return now.position if now.HasField("position") else None


def pages(call, field, size, between=lambda: None, **which):
    """The items of all pages; `between` is called after each page."""
    items, page_token = [], ""
    for _ in range(10000):
        page = call(page_size=size, page_token=page_token, **which)
        items += getattr(page, field)
        page_token = page.next_page_token
        if not page_token:
            return items
        between()
    raise AssertionError("no last page")


def audit_entries(admin):
    """All audit entries, oldest first."""
    return pages(admin.ListAuditEntries, "entries", 900)[::-1]


def present(api, token, code):
    """One code alone, for a token that is named beside it."""
    return api.ValidateOtp(otp=code, token_id=token.id)


def wrong(code):
    """A code of the same form that is not right."""
    return code[:-1] + ("0" if code[-1] != "0" else "1")


def attempt():
    return str(uuid.uuid4())


def failures(admin, login=LOGIN):
    return admin.GetAccount(login=login).account.failures


# A server in trouble.


class Person:
    """An account, its token and the code it types next."""

    def __init__(self, pawld):
        self.pawld = pawld
        self.device = Hotp("a")
        account = create_account(pawld.local, pin="1234")
        self.token = register(pawld.local, self.device, account=account)
        self.credential = "1234" + self.device.press()

    def log_in(self):
        return outcome(log_in(self.pawld.local, self.credential))

    def rows(self):
        """Account and token as the server sees them."""
        admin = self.pawld.local
        return (admin.GetAccount(login=LOGIN),
                admin.GetToken(token_id=self.token.id))


def health(api, service=""):
    answer = api.HealthCheck(service=service)
    return type(answer).ServingStatus.Name(answer.status)


def wait_until_ready(pawld, ready):
    expected = "SERVING" if ready else "NOT_SERVING"
    api = pawld.tcp()
    eventually(lambda: health(api) == expected, expected)
    status = pawld.local.GetStatus()
    assert status.ready == ready
    assert bool(status.problem) != ready
    assert health(api, "liveness") == "SERVING"


def check_recovered(person):
    """The code that could not be decided is good once."""
    wait_until_ready(person.pawld, True)
    assert person.log_in() == "GOOD_CODE"
    assert person.log_in() == "REPLAYED"
