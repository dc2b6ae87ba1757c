"""The JSON door as Connect's own client for JavaScript sees it.

tests/connect has the client. It knows the messages from proto/ alone.
"""

import pathlib
import tempfile

import grpc
import pytest

from api import Api
from connect_client import Channel, install
from helpers import (LOGIN, attempt, audit_entries, create_account,
                     create_device, fails, log_in, outcome, present, register,
                     undecided)
from pawl.v1 import token_pb2, verdict_pb2
from software_tokens import Hotp, Totp, Yubikey
from web import HTTP

pytestmark = pytest.mark.flags(HTTP)


@pytest.fixture(scope="module")
def client_folder():
    with tempfile.TemporaryDirectory(prefix="pawl-connect-") as name:
        install(pathlib.Path(name))
        yield pathlib.Path(name)


@pytest.fixture(params=["node", "web"])
def channel(request, client_folder, pawld):
    channel = Channel(client_folder, request.param, pawld)
    yield channel
    channel.close()


@pytest.fixture
def connect(channel, pawld):
    """Calls through the client, with the key of one that has these roles."""
    return lambda *roles: Api(channel, pawld.client(*roles).key)


def test_a_code_is_good_once(connect, admin, device):
    api = connect("ROLE_LOGIN")
    code = "1234" + device.press()
    answer = log_in(api, code)
    assert outcome(answer) == "GOOD_CODE"
    account = admin.GetAccount(login=LOGIN).account
    assert (answer.account_id, [answer.token_id]) == (
        account.id, account.token_ids)
    assert outcome(log_in(api, code)) == "REPLAYED"
    assert outcome(log_in(admin, code)) == "REPLAYED"
    code = "1234" + device.press()
    assert outcome(log_in(admin, code)) == "GOOD_CODE"
    assert outcome(log_in(api, code)) == "REPLAYED"
    assert outcome(log_in(api, "9999" + device.press())) == "WRONG_PIN"


def test_who_may_not_see_reasons_gets_none(channel, pawld, device):
    api = Api(channel, pawld.client("ROLE_LOGIN", see_reasons=False).key)
    code = "1234" + device.press()
    assert outcome(log_in(api, code)) == "ACCEPTED"
    assert outcome(log_in(api, code)) == "REFUSED"


def test_a_bare_otp(connect, admin):
    key = Yubikey("k")
    token = register(admin, key)
    api = connect("ROLE_LOGIN")
    code = key.press()
    assert outcome(api.ValidateOtp(otp=code)) == "GOOD_CODE"
    assert outcome(present(api, token, code)) == "REPLAYED"


# Errors.


def test_an_error_has_its_code_and_names_the_field(connect, channel):
    login, admin = connect("ROLE_LOGIN"), connect("ROLE_ADMIN")
    with fails("INVALID_ARGUMENT", "service"):
        log_in(login, "1", service="none")
    with fails("INVALID_ARGUMENT", "account"):
        log_in(login, "1", login="x" * 300)
    with fails("PERMISSION_DENIED"):
        login.GetStatus()
    with fails("PERMISSION_DENIED"):
        log_in(admin, "1")
    with fails("NOT_FOUND"):
        admin.GetAccount(login="nobody")
    admin.CreateAccount(login=LOGIN)
    with fails("ALREADY_EXISTS"):
        admin.CreateAccount(login=LOGIN)
    for key in (None, "wrong"):
        with fails("UNAUTHENTICATED"):
            log_in(Api(channel, key), "1")


def test_an_error_has_the_details_of_a_stream(connect):
    with pytest.raises(grpc.RpcError) as caught:
        log_in(connect("ROLE_LOGIN"), "1", service="none")
    detail, = map(verdict_pb2.CallError.FromString, caught.value.sent)
    assert detail == verdict_pb2.CallError(
        code=grpc.StatusCode.INVALID_ARGUMENT.value[0],
        message=caught.value.details(), field="service")


def test_a_missed_deadline_and_the_retry(pawld, connect, device):
    api = connect("ROLE_LOGIN")
    asked = {"account": LOGIN, "service": "webmail", "attempt_id": attempt(),
             "credential": "1234" + device.press()}
    with pawld.raw_database() as other:
        other.execute("BEGIN IMMEDIATE")
        with fails("DEADLINE_EXCEEDED"):
            api.CheckLogin.within(0.3, **asked)
        other.execute("ROLLBACK")
    assert outcome(api.CheckLogin(**asked)) == "GOOD_CODE"


def test_an_outage_is_no_refusal(pawld, connect, device):
    api = connect("ROLE_LOGIN")
    code = "1234" + device.press()
    with pawld.raw_database() as other:
        other.execute("BEGIN IMMEDIATE")
        with undecided():
            log_in(api, code)
        other.execute("ROLLBACK")


# Fields of every type.


def test_numbers_that_javascript_has_no_name_for(connect, admin):
    api = connect("ROLE_ADMIN", "ROLE_LOGIN")
    device = Hotp("a", counter=2**53 + 2)  # no double is one less
    token = register(api, device)
    assert token.position == 2**53 + 1
    # 0 is not "never".
    first = Hotp("b")
    fresh = register(api, first)
    assert not fresh.HasField("position")
    for each in ((token, device), (fresh, first)):
        assert outcome(present(api, each[0], each[1].press())) == "GOOD_CODE"
    told = api.GetToken(token_id=fresh.id).token
    assert told.HasField("position") and told.position == 0
    assert api.GetToken(token_id=token.id).token.position == 2**53 + 2
    # Bytes that base64 writes with "+" and "/".
    key = bytes.fromhex("fbefbefbffffffff" * 3)
    made = api.CreateClient(name="w", roles=["ROLE_LOGIN"],
                            wsapi={"number": 2**33, "key": key})
    assert (made.client.wsapi_number, made.wsapi_key) == (2**33, key)
    assert api.GetStatus().committed_checks == (
        admin.GetStatus().committed_checks)


def test_times_enums_and_bytes(connect):
    api = connect("ROLE_ADMIN", "ROLE_LOGIN")
    made = api.RegisterToken(totp={
        "hash": "HASH_ALGORITHM_SHA256", "digits": 8, "period": {"seconds": 60},
        "start_time": {"seconds": 1_000_000_000}}, generate=True)
    token = made.token
    assert (token.kind, token.hash, token.digits) == (
        token_pb2.TOKEN_KIND_TOTP, token_pb2.HASH_ALGORITHM_SHA256, 8)
    assert token.period.seconds == 60
    device = Totp("a", key=made.generated.secret, digits=8, algorithm="sha256",
                  period=60, start=1_000_000_000)
    # The server's clock is that of the answer.
    now = api.GetStatus().current_time
    code = device.at(device.step(now.ToMilliseconds() / 1000))
    assert outcome(present(api, token, code)) == "GOOD_CODE"


def test_answers_are_those_of_grpc(connect, admin, device):
    """To the nanosecond, and with the names as people write them."""
    api = connect("ROLE_ADMIN", "ROLE_LOGIN", "ROLE_AUDIT")
    login = "jürgen@example.org"
    account = create_account(api, login, policy="POLICY_OTP_ONLY")
    create_device(api, account, name="Téléphone \"🔑\" <&>\\")
    token = register(api, Yubikey("k"), account=account)
    api.UpdateToken(token={"id": token.id, "label": "Schlüssel"},
                    update_mask={"paths": ["label"]})
    log_in(api, "1234" + device.press())
    log_in(api, "nonsense", login, client_address="192.0.2.1")
    for name, asked in (
            ("GetAccount", {"account_id": account.id}),
            ("GetToken", {"token_id": token.id}),
            ("ListAccounts", {}), ("ListTokens", {}),
            ("ListDevices", {"account_id": account.id}), ("ListServices", {}),
            ("ListClients", {"page_size": 1}), ("ListAuditEntries", {})):
        assert getattr(api, name)(**asked) == getattr(admin, name)(**asked)
    api.DeleteToken(token_id=token.id)  # its answer is empty
    with fails("NOT_FOUND"):
        admin.GetToken(token_id=token.id)
    assert audit_entries(api) == audit_entries(admin)
