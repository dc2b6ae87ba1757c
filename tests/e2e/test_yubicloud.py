"""Keys of the YubiCloud: their OTPs are validated by another server, honest or
not. What is accepted once is never accepted again, whatever that server says.
"""

import base64
import os
import threading

import pytest

from certificates import Authority, issue_for_localhost
from fake_cloud import CLIENT, KEY, FakeCloud, sign
from helpers import (LOGIN, attempt, audit_entries, create_account, fails,
                     failures, hints, log_in, outcome, position_of, register,
                     undecided)
from pawld import StartError
from software_tokens import Yubikey, modhex
from web import HTTP, request


class CloudKey(Yubikey):
    """A YubiKey whose secret only `clouds` know."""

    def __init__(self, label, *clouds):
        super().__init__(label)
        self._clouds, self._counter = clouds, 0

    def enrolment(self):
        return {"yubicloud": {"public_id": modhex(self.public_id)}}

    def code(self, counter=None, session=0):
        self._counter = self._counter + 1 if counter is None else counter
        code = self.at(self._counter, session)
        for cloud in self._clouds:
            cloud.learn(code, self._counter, session)
        return code


@pytest.fixture
def clouds():
    made = []

    def make(**settings):
        made.append(FakeCloud(**settings))
        return made[-1]

    yield make
    for cloud in made:
        cloud.close()


@pytest.fixture
def cloud(clouds):
    return clouds()


def key_file(directory, key=KEY):
    path = directory / "cloud.key"
    path.write_text(base64.b64encode(key).decode() + "\n")
    os.chmod(path, 0o600)
    return path


@pytest.fixture
def start(pawlds, directory):
    def begin(*clouds, timeout="2s", flags=()):
        urls = " ".join(getattr(cloud, "url", cloud) for cloud in clouds)
        return pawlds().start(
            HTTP, f"--yubicloud-urls={urls}", f"--yubicloud-client={CLIENT}",
            f"--yubicloud-key-file={key_file(directory)}",
            f"--yubicloud-timeout={timeout}", *flags)
    return begin


@pytest.fixture
def server(start, cloud):
    return start(cloud)


@pytest.fixture
def key(server, cloud):
    """The key of the account LOGIN, whose PIN is 1234."""
    key = CloudKey("k", cloud)
    account = create_account(server.local, pin="1234")
    key.token = register(server.local, key, account=account)
    return key


def validate(server, code, **more):
    return server.local.ValidateOtp(otp=code, **more)


def test_a_login_asks_the_server_that_knows_the_key(server, cloud, key):
    code = key.code(counter=5, session=3)
    assert outcome(log_in(server.local, "1234" + code)) == "GOOD_CODE"
    assert position_of(server.local, key.token) == 5 * 256 + 3
    asked = cloud.asked[0]
    assert asked["id"] == str(CLIENT) and asked["timestamp"] == "1"
    assert asked["otp"] == code and len(asked["nonce"]) == 32
    # A second presentation is known here: it is not even asked about.
    assert outcome(log_in(server.local, "1234" + code)) == "REPLAYED"
    assert len(cloud.asked) == 1


def test_a_bare_otp(server, key):
    code = key.code()
    answer = validate(server, code)
    assert outcome(answer) == "GOOD_CODE"
    assert answer.public_id == modhex(key.public_id)
    assert outcome(validate(server, code)) == "REPLAYED"


def test_what_was_accepted_is_refused_whatever_the_server_says(
        server, cloud, key):
    first, second = key.code(7), key.code(8)
    assert outcome(validate(server, first)) == "GOOD_CODE"
    assert outcome(validate(server, second)) == "GOOD_CODE"
    cloud.used.clear()  # restored from a backup
    for code in (first, second, key.code(6), key.code(7, 1)):
        assert outcome(validate(server, code)) == "REPLAYED"
    assert outcome(validate(server, key.code(8, 1))) == "GOOD_CODE"
    server.restart()
    cloud.used.clear()
    for code in (first, second):
        assert outcome(validate(server, code)) == "REPLAYED"


def test_a_wrong_pin_burns_the_code(server, cloud, key):
    code = key.code()
    assert outcome(log_in(server.local, "9999" + code)) == "WRONG_PIN"
    cloud.used.clear()
    assert outcome(log_in(server.local, "1234" + code)) == "REPLAYED"


def test_an_otp_the_server_does_not_know_is_wrong(server, cloud, key):
    answer = log_in(server.local, "1234" + key.at(99))
    assert outcome(answer) == "WRONG_CODE"
    assert failures(server.local) == 1
    assert outcome(validate(server, key.at(98))) == "WRONG_CODE"


def test_one_the_server_has_seen_elsewhere_is_a_replay(server, cloud, key):
    code = key.code()
    cloud.used.add(code)
    assert outcome(log_in(server.local, "1234" + code)) == "REPLAYED"
    assert failures(server.local) == 0


def test_a_retry_is_not_a_replay(server, cloud, key):
    same = {"attempt_id": attempt()}
    code = "1234" + key.code()
    assert outcome(log_in(server.local, code, **same)) == "GOOD_CODE"
    again = log_in(server.local, code, **same)
    assert outcome(again) == "GOOD_CODE"
    assert "REPEATED_ATTEMPT" in hints(again)
    assert len(cloud.asked) == 1


def resigned(**changes):
    def behave(fields, _):
        fields = {**fields, **changes}
        fields = {name: value for name, value in fields.items()
                  if value is not None}
        return {**fields, "h": sign(fields)}
    return behave


def unsigned(fields, _):
    return {name: value for name, value in fields.items() if name != "h"}


LIES = {
    "unsigned": unsigned,
    "forged": lambda fields, _: {**fields, "h": sign(fields, b"other")},
    "empty key": lambda fields, _: {**fields, "h": sign(fields, b"")},
    "changed after signing":
        lambda fields, _: {**fields, "status": "OK", "sessioncounter": "9999"},
    "wrong otp": resigned(otp="c" * 44),
    "wrong nonce": resigned(nonce="f" * 32),
    "stale": resigned(nonce="0" * 32, t="2020-01-01T00:00:00Z0000"),
    "no echo": resigned(otp=None, nonce=None),
    "no counters": resigned(sessioncounter=None),
    "strange counters": resigned(sessioncounter="-1"),
    "unknown status": resigned(status="MAYBE"),
    "lower-case status": resigned(status="ok"),
    "backend error": resigned(status="BACKEND_ERROR"),
    "not enough answers": resigned(status="NOT_ENOUGH_ANSWERS"),
    "no such client": resigned(status="NO_SUCH_CLIENT"),
    "delayed": resigned(status="DELAYED_OTP"),
    "no status": resigned(status=None),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_liar_is_an_outage_and_nobodys_fault(server, cloud, key, lie):
    cloud.behave = LIES[lie]
    with undecided():
        log_in(server.local, "1234" + key.code())
    assert failures(server.local) == 0
    assert position_of(server.local, key.token) is None
    cloud.behave = lambda fields, _: fields
    assert outcome(log_in(server.local, "1234" + key.code())) == "GOOD_CODE"


def http_500(handler):
    handler.send_error(500)


def redirect(handler):
    handler.send_response(302)
    handler.send_header("Location", "http://127.0.0.1:1/")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def cut(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nh=")
    handler.wfile.flush()
    handler.connection.close()


def endless(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    try:
        for _ in range(10000):
            handler.wfile.write(b"x" * 1000)
    except OSError:
        pass
    handler.close_connection = True


@pytest.mark.parametrize("raw", [http_500, redirect, cut, endless])
def test_a_broken_server_is_an_outage(server, cloud, key, raw):
    cloud.raw = raw
    with undecided():
        log_in(server.local, "1234" + key.code())
    assert failures(server.local) == 0
    cloud.raw = None
    assert outcome(log_in(server.local, "1234" + key.code())) == "GOOD_CODE"


def test_a_slow_server_ends_with_the_callers_deadline(server, cloud, key):
    cloud.delay = 5
    with fails("DEADLINE_EXCEEDED"):
        server.local.CheckLogin.within(
            0.5, account=LOGIN, service="webmail",
            credential="1234" + key.code())


def test_a_slow_server_holds_up_nobody_else(server, cloud, key):
    """Nothing is locked across the call, not even for the same account."""
    other = Yubikey("local")
    account = server.local.GetAccount(login=LOGIN).account
    register(server.local, other, account=account)
    cloud.delay = 1.5
    slow = server.local.CheckLogin.start(
        account=LOGIN, service="webmail", credential="1234" + key.code())
    assert outcome(log_in(server.local, "1234" + other.press())) == "GOOD_CODE"
    assert not slow.done()
    assert outcome(slow.result()) == "GOOD_CODE"


@pytest.mark.parametrize("forgets", [False, True])
def test_eight_at_once_are_one(server, cloud, key, forgets):
    """Also with a server that says OK to all eight."""
    cloud.delay = 0.05
    cloud.forgets = forgets
    for _ in range(5):
        code = key.code()
        answers = []

        def ask(code=code, answers=answers):
            answers.append(outcome(log_in(server.local, "1234" + code)))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == ["GOOD_CODE"] + ["REPLAYED"] * 7


def test_the_next_server_is_asked_when_one_is_down(start, clouds):
    down, cloud = clouds(), clouds()
    server = start(down, "http://127.0.0.1:1/wsapi/2.0/verify", cloud)
    key = CloudKey("k", cloud)
    account = create_account(server.local, pin="1234")
    register(server.local, key, account=account)
    down.raw = http_500
    for _ in range(5):
        assert outcome(log_in(server.local, "1234" + key.code())) == (
            "GOOD_CODE")
    # After three failures in a row it is left alone for a while.
    assert len(down.asked) == 0 and len(cloud.asked) == 5


def test_with_a_throttled_account_the_server_is_not_asked(
        server, cloud, key):
    for number in range(8):
        log_in(server.local, "1234" + key.at(500 + number))
    asked = len(cloud.asked)
    assert outcome(log_in(server.local, "1234" + key.code())) == "THROTTLED"
    assert len(cloud.asked) == asked


def test_a_disabled_key_is_not_asked_about(server, cloud, key):
    server.local.DisableToken(token_id=key.token.id)
    assert outcome(validate(server, key.code())) == "TOKEN_DISABLED"
    log_in(server.local, "1234" + key.code())
    assert not cloud.asked


def test_without_servers_it_is_an_outage(pawld):
    key = Yubikey("k")
    pawld.local.RegisterToken(yubicloud={"public_id": modhex(key.public_id)})
    with undecided():
        pawld.local.ValidateOtp(otp=key.at(1))


def test_registration(server):
    admin = server.local
    with fails("INVALID_ARGUMENT", "public_id"):
        admin.RegisterToken(yubicloud={"public_id": "xyz"})
    with fails("INVALID_ARGUMENT", "public_id"):
        admin.RegisterToken(yubicloud={})
    with fails("INVALID_ARGUMENT", "generate"):
        admin.RegisterToken(yubicloud={"public_id": "cccc"}, generate=True)
    token = admin.RegisterToken(yubicloud={"public_id": "CCCC"}).token
    assert token.public_id == "cccc"
    with fails("ALREADY_EXISTS"):
        admin.RegisterToken(yubicloud={"public_id": "cccc"})


def test_a_deleted_key_goes_on_where_it_was(server, cloud, key):
    admin = server.local
    code = key.code(9)
    assert outcome(validate(server, code)) == "GOOD_CODE"
    admin.DeleteToken(token_id=key.token.id)
    register(admin, key)
    cloud.used.clear()
    assert outcome(validate(server, key.code(8))) == "REPLAYED"
    # Also when its secret comes here.
    again = admin.ListTokens().tokens[0]
    admin.DeleteToken(token_id=again.id)
    local = Yubikey("k")
    register(admin, local)
    assert outcome(validate(server, local.at(9))) == "REPLAYED"
    assert outcome(validate(server, local.at(10))) == "GOOD_CODE"


def test_a_key_that_moves_to_the_cloud_goes_on_where_it_was(server, cloud):
    admin = server.local
    local, there = Yubikey("k"), CloudKey("k", cloud)
    for turn in range(2):  # also when it comes and goes again
        used = 10 * turn + 5
        token = register(admin, local)
        assert outcome(validate(server, local.at(used))) == "GOOD_CODE"
        admin.DeleteToken(token_id=token.id)
        token = register(admin, there)
        cloud.used.clear()
        assert outcome(validate(server, there.code(used))) == "REPLAYED"
        assert outcome(validate(server, there.code(used - 1))) == "REPLAYED"
        assert outcome(validate(server, there.code(used + 1))) == "GOOD_CODE"
        admin.DeleteToken(token_id=token.id)


def test_nothing_secret_is_told(server, cloud, key):
    code = key.code()
    log_in(server.local, "1234" + code)
    cloud.raw = http_500
    with undecided():
        log_in(server.local, "1234" + key.code())
    assert code not in server.log
    assert base64.b64encode(KEY).decode() not in server.log
    entry = audit_entries(server.local)[-1]
    assert code not in str(entry)


def test_what_it_counts(server, cloud, key):
    log_in(server.local, "1234" + key.code())
    text = request(server, "GET", "/metrics").body.decode()
    assert 'pawl_upstream_requests_total{result="good"} 1' in text


@pytest.mark.parametrize("flags, says", [
    (["--yubicloud-urls=http://example.org/"], "https"),
    (["--yubicloud-urls=https://example.org/", "--yubicloud-client=1"],
     "key_file"),
])
def test_a_configuration_that_cannot_work(pawlds, flags, says):
    with pytest.raises(StartError) as caught:
        pawlds().start(*flags)
    assert says in caught.value.log


# TLS to the server that is asked.


@pytest.fixture
def over_tls(start, clouds, directory):
    """A server that asks a cloud over TLS and trusts `trusted` alone."""
    def begin(trusted, certificate):
        cloud = clouds(certificate=certificate)
        server = start(
            cloud, flags=[f"--yubicloud-ca-file={trusted.certificate}"])
        key = CloudKey("k", cloud)
        account = create_account(server.local, pin="1234")
        register(server.local, key, account=account)
        return server, key
    return begin


def test_a_server_with_the_right_certificate(over_tls, directory):
    authority = Authority(directory / "ca")
    server, key = over_tls(authority, issue_for_localhost(authority))
    assert outcome(log_in(server.local, "1234" + key.code())) == "GOOD_CODE"


def test_a_server_with_anothers_certificate_is_an_outage(over_tls, directory):
    authority = Authority(directory / "ca")
    other = Authority(directory / "other")
    server, key = over_tls(authority, issue_for_localhost(other))
    with undecided():
        log_in(server.local, "1234" + key.code())


def test_a_certificate_for_another_name_is_an_outage(over_tls, directory):
    authority = Authority(directory / "ca")
    server, key = over_tls(authority, authority.issue(
        "other", "subjectAltName=DNS:other.example.org"))
    with undecided():
        log_in(server.local, "1234" + key.code())


# Other servers of the protocol.


def test_two_pawlds_one_asks_the_other(start, pawlds):
    """Ours as the upstream: every word of it is understood."""
    upstream = pawlds("upstream").start(HTTP)
    made = upstream.local.CreateClient(
        name="pawl", roles=["ROLE_LOGIN"], wsapi={"number": CLIENT, "key": KEY})
    assert made.client.wsapi_number == CLIENT
    local = Yubikey("k")
    token = register(upstream.local, local)
    url = f"http://{upstream.serving['http']}/wsapi/2.0/verify"
    server = start(url)
    account = create_account(server.local, pin="1234")
    server.local.RegisterToken(
        yubicloud={"public_id": modhex(local.public_id)},
        account_id=account.id)
    code = local.at(3, 4)
    assert outcome(log_in(server.local, "1234" + code)) == "GOOD_CODE"
    assert outcome(log_in(server.local, "1234" + code)) == "REPLAYED"
    used = local.at(4)
    assert outcome(validate(upstream, used)) == "GOOD_CODE"
    assert outcome(log_in(server.local, "1234" + used)) == "REPLAYED"
    upstream.local.DisableToken(token_id=token.id)
    assert outcome(log_in(server.local, "1234" + local.at(5))) == "WRONG_CODE"
    upstream.local.DeleteClient(client_id=made.client.id)
    with undecided():
        log_in(server.local, "1234" + local.at(6))
    upstream.stop()
    with undecided():
        log_in(server.local, "1234" + local.at(7))
