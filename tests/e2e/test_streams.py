"""The stream forms: many checks on one stream, each answered by its own."""

import collections
import queue
import uuid

import grpc
import pytest

from api import message_class, method_named, path_of
from helpers import LOGIN, create_account, fails, outcome, register
from software_tokens import Hotp, Yubikey

STREAM_SECONDS = 60
OPEN = 256  # requests that the server keeps under way


class Stream:
    """One open stream of CheckLogins or ValidateOtps."""

    def __init__(self, api, name):
        method = method_named(name)
        self._request = message_class(method.input_type)
        self._outbox = queue.Queue()
        self._call = api.channel.stream_stream(
            path_of(method),
            request_serializer=self._request.SerializeToString,
            response_deserializer=message_class(
                method.output_type).FromString)(
                    iter(self._outbox.get, None), timeout=STREAM_SECONDS,
                    metadata=[("authorization", f"Bearer {api.key}")]
                    if api.key else [])
        self.cancel = self._call.cancel

    def send(self, **check):
        check.setdefault("attempt_id", str(uuid.uuid4()))
        self._outbox.put(self._request(check=check))
        return check["attempt_id"]

    def close(self):
        self._outbox.put(None)

    def receive(self, count):
        """So many answers by their attempt_id."""
        return [next(self._call) for _ in range(count)]

    def rest(self):
        return list(self._call)


@pytest.fixture
def client(pawld):
    return pawld.client("ROLE_LOGIN")


def by_attempt(answers):
    found = {answer.attempt_id: answer for answer in answers}
    assert len(found) == len(answers)
    return found


def test_every_check_gets_its_own_answer(admin, client):
    device = Hotp("h", digits=8)
    create_account(admin, pin="1234", tokens=[device])
    stream = Stream(client, "CheckLogins")
    good, bad = [], []
    for number in range(40):
        if number % 10 == 9:
            bad.append(stream.send(account="nobody", service="webmail",
                                   credential="123400000000"))
            continue
        good.append(stream.send(account=LOGIN, service="webmail",
                                credential="1234" + device.press()))
    stream.close()
    answers = by_attempt(stream.rest())
    assert answers.keys() == set(good + bad)
    # Codes of one account are checked in the order in which they came.
    assert {outcome(answers[a].answer) for a in good} == {"GOOD_CODE"}
    assert {outcome(answers[a].answer) for a in bad} == {"UNKNOWN_ACCOUNT"}


def test_one_code_many_times_on_many_streams_is_accepted_once(admin, client):
    device = Yubikey("y")
    register(admin, device)
    streams = [Stream(client, "ValidateOtps") for _ in range(4)]
    for _ in range(25):
        code = device.press()
        for stream in streams * 2:
            stream.send(otp=code)
        answers = [a for stream in streams for a in stream.receive(2)]
        counted = collections.Counter(outcome(a.answer) for a in answers)
        assert counted == {"GOOD_CODE": 1, "REPLAYED": 7}


def test_the_same_attempt_gets_the_same_verdict(admin, client):
    device = Yubikey("y")
    register(admin, device)
    code, attempt = device.press(), str(uuid.uuid4())
    stream = Stream(client, "ValidateOtps")
    for _ in range(8):
        stream.send(otp=code, attempt_id=attempt)
    assert {outcome(a.answer) for a in stream.receive(8)} == {"GOOD_CODE"}
    unary = client.ValidateOtp(otp=code, attempt_id=attempt)
    assert outcome(unary) == "GOOD_CODE"
    stream.close()
    assert stream.rest() == []


@pytest.mark.parametrize("field, check", [
    ("attempt_id", {"attempt_id": ""}),
    ("attempt_id", {"attempt_id": "short"}),
    ("account", {"account": ""}),
    ("account", {"account": "a\nb"}),
    ("service", {"service": "x" * 65}),
    ("credential", {"credential": "1" * 513}),
    ("client_address", {"client_address": "x" * 65}),
])
def test_a_bad_message_is_answered_and_the_stream_goes_on(
        admin, client, field, check):
    device = Hotp("h")
    create_account(admin, pin="1234", tokens=[device])
    code = device.press()
    stream = Stream(client, "CheckLogins")
    fields = dict(account=LOGIN, service="webmail", credential="1234" + code)
    attempt = stream.send(**fields | check)
    answer, = stream.receive(1)
    assert answer.attempt_id == attempt
    assert answer.WhichOneof("result") == "error"
    assert answer.error.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert answer.error.field == field
    assert answer.error.message.startswith(field)
    assert code not in answer.error.message
    stream.send(**fields)
    answer, = stream.receive(1)
    assert outcome(answer.answer) == "GOOD_CODE"


def test_a_caller_that_does_not_read_loses_nothing(admin, client):
    device = Hotp("h", digits=8)
    create_account(admin, pin="1234", tokens=[device])
    stream = Stream(client, "CheckLogins")
    sent = {stream.send(account=LOGIN, service="webmail",
                        credential="1234" + device.press())
            for _ in range(OPEN * 4)}
    stream.close()
    answers = by_attempt(stream.rest())
    assert answers.keys() == sent
    counted = collections.Counter(outcome(a.answer) for a in answers.values())
    assert counted == {"GOOD_CODE": OPEN * 4}


def test_a_cancelled_stream_leaves_the_server_well(admin, client):
    device = Yubikey("y")
    create_account(admin, pin="1234", tokens=[device])
    for _ in range(50):
        stream = Stream(client, "CheckLogins")
        for _ in range(5):
            stream.send(account=LOGIN, service="webmail",
                        credential="1234" + device.press())
        stream.cancel()
    answer = client.CheckLogin(account=LOGIN, service="webmail",
                               credential="1234" + device.press())
    assert outcome(answer) == "GOOD_CODE"


def test_a_stream_needs_a_key(pawld):
    stream = Stream(pawld.tcp(None), "CheckLogins")
    with fails("UNAUTHENTICATED"):
        stream.receive(1)
    stream = Stream(pawld.tcp("pawl_nonsense"), "ValidateOtps")
    with fails("UNAUTHENTICATED"):
        stream.receive(1)


def test_a_key_revoked_meanwhile_is_refused_from_then_on(pawld, admin):
    device = Yubikey("y")
    register(admin, device)
    client = pawld.client("ROLE_LOGIN", name="passing")
    stream = Stream(client, "ValidateOtps")
    stream.send(otp=device.press())
    answer, = stream.receive(1)
    assert outcome(answer.answer) == "GOOD_CODE"
    record = next(c for c in admin.ListClients().clients
                  if c.name == "passing")
    admin.DeleteClient(client_id=record.id)
    stream.send(otp=device.press())
    answer, = stream.receive(1)
    assert answer.error.code == grpc.StatusCode.UNAUTHENTICATED.value[0]


def test_a_wrong_key_is_refused(pawld, client):
    wrong = client.key[:-1] + ("a" if client.key[-1] != "a" else "b")
    stream = Stream(pawld.tcp(wrong), "ValidateOtps")
    stream.send(otp="c" * 44)
    answer, = stream.receive(1)
    assert answer.error.code == grpc.StatusCode.UNAUTHENTICATED.value[0]


def test_the_wrong_role_is_refused(pawld):
    stream = Stream(pawld.client("ROLE_ADMIN"), "CheckLogins")
    stream.send(account="kim", service="webmail", credential="1234")
    answer, = stream.receive(1)
    assert answer.error.code == grpc.StatusCode.PERMISSION_DENIED.value[0]


def test_stopping_the_server_ends_streams(pawld, admin, client):
    device = Yubikey("y")
    register(admin, device)
    stream = Stream(client, "ValidateOtps")
    stream.send(otp=device.press())
    stream.receive(1)
    assert pawld.stop() == 0
    with pytest.raises(grpc.RpcError):
        stream.receive(1)
