"""A YubiCloud that lies, is broken, slow, or another: an outage, for which
nobody is let in and nobody is to blame.
"""

import base64

import pytest

from certificates import Authority, issue_for_localhost
from fake_cloud import KEY, sign
from helpers import (LOGIN, audit_entries, create_account, fails, failures,
                     log_in, outcome, position_of, register, undecided)
from software_tokens import Yubikey, modhex
from yubicloud import (CloudKey, cloud, clouds, key, server,  # noqa: F401
                       start)


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


def test_a_flood_about_one_key_leaves_room_for_others(
        server, cloud, key):
    other = CloudKey("other", cloud)
    register(server.local, other)
    cloud.delay = 0.5
    flood = [server.local.ValidateOtp.start(otp=key.at(1000 + number))
             for number in range(40)]
    good = server.local.ValidateOtp.start(otp=other.code())
    codes = [call.code().name for call in flood]
    assert 8 <= codes.count("OK") < 40
    assert set(codes) == {"OK", "RESOURCE_EXHAUSTED"}
    assert outcome(good.result()) == "GOOD_CODE"


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


def test_without_servers_it_is_an_outage(pawld):
    key = Yubikey("k")
    pawld.local.RegisterToken(yubicloud={"public_id": modhex(key.public_id)})
    with undecided():
        pawld.local.ValidateOtp(otp=key.at(1))


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
