"""The JSON doors: Connect's unary form of every method, and devices for
programs that have only a login and a password."""

import base64
import concurrent.futures
import http.client
import json
import socket
import threading

import pytest
from google.protobuf import json_format

from api import METHODS, message_class, path_of
from helpers import LOGIN, create_account, log_in, outcome, register
from pawl.v1 import login_pb2, verdict_pb2
from software_tokens import Hotp
from web import HTTP, address, basic, post_json, request

pytestmark = pytest.mark.flags(HTTP, "--http-device-sign-in=carddav")
CHECK = "/pawl.v1.LoginService/CheckLogin"


@pytest.fixture
def key(pawld):
    return pawld.client("ROLE_LOGIN").key


def check(pawld, key, credential, **more):
    return post_json(pawld, CHECK, {"account": LOGIN, "service": "webmail",
                                    "credential": credential, **more}, key)


def test_a_login_is_checked_as_over_grpc(pawld, admin, device, key):
    code = "1234" + device.press()
    status, answer = check(pawld, key, code)
    assert status == 200
    parsed = json_format.ParseDict(answer, login_pb2.CheckLoginResponse())
    assert outcome(parsed) == "GOOD_CODE"
    assert outcome(log_in(admin, code)) == "REPLAYED"
    assert check(pawld, key, code)[1]["reason"] == "REASON_REPLAYED"


def test_field_names_of_proto_and_json_are_both_right(pawld, device, key):
    code = "1234" + device.press()
    for name in ("attemptId", "attempt_id"):
        answer = check(pawld, key, code, **{name: "a" * 16})[1]
        assert answer["verdict"] == "VERDICT_ACCEPTED"


def test_both_doors_give_the_same_answers(pawld, admin):
    """The door-parity test: one table of questions for every method."""
    key = admin.CreateClient(name="all", roles=[
        "ROLE_LOGIN", "ROLE_ADMIN", "ROLE_AUDIT", "ROLE_SELF_SERVICE"]).key
    api = pawld.tcp(key)
    for method in METHODS:
        if not method.full_name.startswith("pawl."):
            continue
        for fields in ({}, {"account_id": "acc_0000000000001"},
                       {"token_id": "nonsense"}):
            known = {name: value for name, value in fields.items()
                     if name in method.input_type.fields_by_name}
            asked = message_class(method.input_type)(**known)
            try:
                getattr(api, method.name)(**known)
                expected = "ok"
            except Exception as error:  # noqa: BLE001
                expected = (error.code().name.lower(), error.details(),
                            dict(error.trailing_metadata()).get("pawl-field"))
            status, body = post_json(
                pawld, path_of(method), json_format.MessageToDict(asked), key)
            if status == 200:
                assert expected == "ok", (method.name, known)
                continue
            fields_named = [detail["debug"]["field"]
                            for detail in body.get("details", ())]
            assert expected == (body["code"], body["message"],
                                fields_named[0] if fields_named else None)


def test_errors_are_in_the_form_of_connect(pawld, key):
    page = request(pawld, "POST", CHECK, "{}", Content_Type="application/json")
    assert page.status == 401
    assert json.loads(page.body)["code"] == "unauthenticated"
    page = request(pawld, "POST", CHECK,
                   json.dumps({"account": LOGIN, "service": "none"}),
                   Content_Type="application/json",
                   Authorization=f"Bearer {key}")
    body = json.loads(page.body)
    assert (page.status, body["code"]) == (400, "invalid_argument")
    assert page.headers["trailer-pawl-field"] == "service"
    detail = body["details"][0]
    assert detail["type"] == "pawl.v1.CallError"
    value = base64.b64decode(detail["value"] + "=" * (-len(detail["value"]) % 4))
    error = verdict_pb2.CallError.FromString(value)
    assert (error.field, error.message) == ("service", body["message"])


@pytest.mark.parametrize("body, field", [
    ('{"accuont": "a"}', "accuont"),
    ('{"credential" "SECRET"}', ""),
    ('{"device": {"typ": "SECRET"}}', "device.typ"),
    ('{"account": {"SECRET": 1}}', ""),
    ('{"credential": "SECRET', ""),
    ("[1]", ""),
    ("SECRET", ""),
    ("", ""),
    ('{"account": ' * 200 + "1" + "}" * 200, ""),
    ('{"account": "\\ud800"}', ""),
])
def test_what_is_no_request_is_refused_without_quoting_it(
        pawld, key, body, field):
    page = request(pawld, "POST", CHECK, body, Content_Type="application/json",
                   Authorization=f"Bearer {key}")
    answer = json.loads(page.body)
    assert (page.status, answer["code"]) == (400, "invalid_argument")
    assert "SECRET" not in page.body.decode()
    named = [detail["debug"]["field"] for detail in answer.get("details", ())]
    assert named == ([field] if field else [])


@pytest.mark.parametrize("key", [
    b"\x80", b"Bearer \xff", b"Bearer a\tb", b"Bearer " + b"x" * 1000])
def test_a_key_that_grpc_would_not_carry(pawld, key):
    host, port = address(pawld).rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=30) as raw:
        raw.sendall(b"POST " + CHECK.encode() + b" HTTP/1.1\r\nHost: a\r\n"
                    b"Content-Type: application/json\r\nContent-Length: 2\r\n"
                    b"Authorization: " + key + b"\r\n\r\n{}")
        assert raw.recv(100).startswith(b"HTTP/1.1 401 ")
    assert pawld.is_alive()
    assert "x" * 100 not in pawld.log


def test_a_key_given_twice_is_none(pawld, key):
    host, port = address(pawld).rsplit(":", 1)
    header = b"Authorization: Bearer " + key.encode() + b"\r\n"
    with socket.create_connection((host, int(port)), timeout=30) as raw:
        raw.sendall(b"POST " + CHECK.encode() + b" HTTP/1.1\r\nHost: a\r\n"
                    b"Content-Type: application/json\r\nContent-Length: 2\r\n"
                    + header + header + b"\r\n{}")
        assert raw.recv(100).startswith(b"HTTP/1.1 401 ")


def test_a_realm_ends_no_line(pawld, key):
    page = request(pawld, "GET", "/auth/basic?service=x%0d%0aEvil:%201",
                   X_Pawl_Key=key)
    assert page.status == 401 and "Evil" not in page.headers
    assert "Evil" in page.headers["WWW-Authenticate"]


@pytest.mark.parametrize("place", ["nonsense", "192.0.2.1, 192.0.2.2",
                                   "192.0.2.0/24", "1" * 300, ""])
def test_a_place_is_one_address(pawld, key, place):
    page = request(pawld, "GET", "/auth/basic?service=imap", X_Pawl_Key=key,
                   Authorization=basic("a", "b"), X_Real_IP=place)
    assert page.status == 400


def test_a_path_without_key_is_for_this_host_alone(pawlds):
    server = pawlds().start(HTTP, "--http-basic-paths=/auth/mail=imap")
    asked = {"Authorization": basic("a", "b")}
    assert request(server, "GET", "/auth/mail", **asked).status == 401
    for forwarded in ("X_Forwarded_For", "Forwarded", "Via"):
        page = request(server, "GET", "/auth/mail", **asked,
                       **{forwarded: "192.0.2.1"})
        assert page.status == 403


def test_methods_types_and_paths_that_are_none(pawld, key):
    auth = {"Authorization": f"Bearer {key}"}
    for path in ("/pawl.v1.LoginService/Nothing", "/pawl.v1.Nothing/Check",
                 "/pawl.v1.LoginService/CheckLogins"):  # a stream
        page = request(pawld, "POST", path, "{}",
                       Content_Type="application/json", **auth)
        assert (page.status, json.loads(page.body)["code"]) == (
            501, "unimplemented")
    assert request(pawld, "GET", CHECK, **auth).status == 405
    page = request(pawld, "POST", CHECK, "{}", Content_Type="text/plain",
                   **auth)
    assert page.status == 415
    status, answer = post_json(pawld, CHECK, {}, key, Content_Encoding="gzip")
    assert (status, answer["code"]) == (501, "unimplemented")
    assert request(pawld, "GET", "/").status == 404
    assert request(pawld, "GET", "/pawl.v1.").status == 404


def test_the_callers_deadline_is_that_of_the_check(pawld, key, device):
    asked = {"account": LOGIN, "service": "webmail",
             "credential": "1234" + device.press()}
    with pawld.raw_database() as other:
        other.execute("BEGIN IMMEDIATE")
        status, answer = post_json(pawld, CHECK, asked, key,
                                   Connect_Timeout_Ms="300")
        other.execute("ROLLBACK")
    assert (status, answer["code"]) == (504, "deadline_exceeded")


def test_many_requests_on_one_connection(pawld, key):
    host, port = address(pawld).rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    for _ in range(20):
        page = request(pawld, "POST", CHECK, json.dumps(
            {"account": "nobody", "service": "webmail", "credential": "1"}),
            connection, Content_Type="application/json",
            Authorization=f"Bearer {key}")
        assert page.status == 200


def test_what_was_told_once_is_not_in_the_log(pawld, admin):
    key = admin.CreateClient(name="a", roles=["ROLE_ADMIN"]).key
    status, made = post_json(pawld, "/pawl.v1.ClientService/CreateClient",
                             {"name": "b", "roles": ["ROLE_LOGIN"]}, key)
    assert status == 200
    assert made["key"] not in pawld.log and key not in pawld.log


# Devices.


def sign_in(pawld, login=LOGIN, password="long and secret", **more):
    return post_json(pawld, "/v1/devices", {
        "email": login, "password": password, "deviceName": "sync",
        "deviceType": "mail", **more})


def account_with(admin, policy, login=LOGIN):
    return create_account(admin, login, pin="", policy=policy,
                          password="long and secret")


def test_a_password_is_exchanged_for_a_device_password(pawld, admin):
    account_with(admin, "POLICY_PASSWORD")
    status, made = sign_in(pawld)
    assert status == 201 and set(made) == {"id", "token"}
    answer = log_in(admin, made["token"], service="imap")
    assert outcome(answer) == "GOOD_DEVICE_PASSWORD"
    path = f"/v1/devices/{made['id']}"
    page = request(pawld, "GET", path,
                   Authorization=basic(made["id"], made["token"]))
    own = json.loads(page.body)
    assert (page.status, own["id"], own["name"]) == (200, made["id"], "sync")
    # Only itself, and only while it is there.
    other = sign_in(pawld)[1]
    for user, token, asked in ((made["id"], other["token"], made["id"]),
                               (made["id"], made["token"], other["id"]),
                               (other["id"], made["token"], made["id"]),
                               (made["id"], "x", made["id"])):
        page = request(pawld, "GET", f"/v1/devices/{asked}",
                       Authorization=basic(user, token))
        assert page.status == 401 and "WWW-Authenticate" in page.headers
    assert request(pawld, "GET", path).status == 401
    admin.DeleteDevice(device_id=made["id"])
    page = request(pawld, "GET", path,
                   Authorization=basic(made["id"], made["token"]))
    assert page.status == 401
    assert made["token"] not in pawld.log


def test_it_is_exchanged_while_much_goes_on_and_never_after_its_change(
        pawld, admin):
    account = account_with(admin, "POLICY_PASSWORD")
    sign_in(pawld, password="wrong")  # the right one writes the account now
    assert sign_in(pawld)[0] == 201
    changed = threading.Event()

    def exchange(_):
        late = changed.is_set()
        return sign_in(pawld)[1].get("id"), late

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        asked = pool.map(exchange, range(60))
        while len(admin.ListDevices(account_id=account.id).devices) < 10:
            pass
        admin.SetPassword(account_id=account.id, password="another one")
        before = {each.id for each in
                  admin.ListDevices(account_id=account.id).devices}
        changed.set()
        asked = list(asked)
    assert {made for made, late in asked if late} <= {None}
    after = {each.id for each in
             admin.ListDevices(account_id=account.id).devices}
    assert after == before


@pytest.mark.parametrize("policy", [
    "POLICY_OTP_WEB", "POLICY_OTP_WEB_DEVICE_PASSWORDS", "POLICY_OTP_ONLY"])
def test_with_a_second_factor_it_is_refused_with_the_reason(
        pawld, admin, policy):
    account = account_with(admin, policy)
    status, body = sign_in(pawld)
    assert (status, body["code"]) == (
        (400, "failed_precondition") if policy == "POLICY_OTP_WEB"
        else (401, "unauthenticated"))
    assert "two-factor login is on" in body["message"]
    assert not admin.ListDevices(account_id=account.id).devices


def test_nobody_learns_which_names_there_are(pawld, admin):
    account_with(admin, "POLICY_PASSWORD")
    account_with(admin, "POLICY_OTP_WEB", "web@example.org")
    account_with(admin, "POLICY_OTP_ONLY", "otp@example.org")
    create_account(admin, "kept@example.org", pin="", policy="POLICY_PASSWORD")
    answers = [sign_in(pawld, login, "wrong") for login in (
        LOGIN, "web@example.org", "otp@example.org", "kept@example.org",
        "nobody@example.org")]
    assert answers == [answers[0]] * 5
    assert answers[0][1]["code"] == "unauthenticated"


def test_guessing_is_throttled(pawld, admin):
    account_with(admin, "POLICY_PASSWORD")
    codes = [sign_in(pawld, password="wrong")[1]["code"] for _ in range(8)]
    assert codes[0] == "unauthenticated"
    assert codes[-1] == "resource_exhausted"


@pytest.mark.parametrize("body", [
    {}, {"email": 1}, {"email": LOGIN, "password": "x", "deviceName": "n"},
    {"email": LOGIN, "password": ["x"], "deviceName": "n",
     "deviceType": "mail"}])
def test_a_wrong_form_names_the_member(pawld, body):
    status, answer = post_json(pawld, "/v1/devices", body)
    assert (status, answer["code"]) == (400, "invalid_argument")
    assert answer["details"][0]["debug"]["field"] in (
        "email", "password", "deviceName", "deviceType")


def test_an_unknown_device_type_is_the_programs_fault(pawld, admin):
    account_with(admin, "POLICY_PASSWORD")
    status, answer = sign_in(pawld, deviceType="toaster")
    assert (status, answer["code"]) == (400, "invalid_argument")


def test_without_the_setting_there_is_no_sign_in(pawlds):
    server = pawlds().start(HTTP)
    assert sign_in(server)[0] == 501


def test_the_same_code_over_all_doors_is_good_once(pawld, admin, key):
    """One table of doors: whichever is first, all others refuse."""
    devices = [Hotp(f"t{i}") for i in range(3)]
    account = create_account(admin, pin="1234")
    for one in devices:
        register(admin, one, account=account)

    def grpc(code):
        return outcome(log_in(admin, code)) == "GOOD_CODE"

    def as_json(code):
        return check(pawld, key, code)[1]["verdict"] == "VERDICT_ACCEPTED"

    def as_basic(code):
        return request(pawld, "GET", "/auth/basic?service=webmail",
                       Authorization=basic(LOGIN, code),
                       X_Pawl_Key=key).status == 200

    doors = [grpc, as_json, as_basic]
    for first, one in zip(range(3), devices):
        code = "1234" + one.press()
        order = doors[first:] + doors[:first]
        assert [door(code) for door in order] == [True, False, False]
