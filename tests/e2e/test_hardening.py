"""Malformed and huge input."""

import json
import random
import socket

import grpc
import pytest

from api import METHODS, message_class, method_named, with_text
from helpers import LOGIN, create_account, fails, log_in, outcome, register
from software_tokens import Hotp, Motp, Totp, Yubikey, secret

KEY = secret("key", 20)


# Fields and their limits. Each row: method, the other fields, the field, a
# good value of the greatest length, and values beyond the limits.

UTF8_LIMITS = ["a\x00b", "tab\there", "line\nend", "\x7f", "c1\x85", "\x1b[2J"]

LOGIN_CHECK = {"account": "anna", "service": "webmail", "credential": "x"}
LIMITS = [
    ("CheckLogin", LOGIN_CHECK, "account", "a" * 256,
     ["", "a" * 257, "ä" * 129, " anna", "anna ", *UTF8_LIMITS]),
    ("CheckLogin", LOGIN_CHECK, "service", "webmail",
     ["", "s" * 64, "s" * 65, "imäp", "a\x00b", "\x7f", "a\nb", "Webmail"]),
    ("CheckLogin", LOGIN_CHECK, "credential", "c" * 512,
     ["c" * 513, "ä" * 257, "c" * 60000]),
    ("CheckLogin", LOGIN_CHECK, "attempt_id", "a" * 64,
     ["a" * 15, "a" * 65, "ä" * 16, "a" * 15 + "\n", "a" * 15 + "\x00"]),
    ("CheckLogin", LOGIN_CHECK, "client_address", "f" * 64,
     ["f" * 65, "\x00", "1.2.3.4\n", "ö"]),
    ("ValidateOtp", {}, "otp", "c" * 512, ["c" * 513, "c" * 60000]),
    ("ValidateOtp", {"otp": "x"}, "attempt_id", "a" * 64,
     ["a" * 15, "a" * 65, "ä" * 16]),
    ("ValidateOtp", {"otp": "x"}, "client_address", "f" * 64,
     ["f" * 65, "\x00"]),
    ("ValidateOtp", {"otp": "x"}, "token_id", "tok_0000000000001",
     ["tok_", "tok_1", "acc_0000000000001", "tok_000000000000u",
      "tok_8000000000000", "TOK_0000000000001", "tok_00000000000011",
      "tok_0000000000000", "x" * 60000]),
    ("CreateAccount", {}, "login", "b" * 256,
     ["", "b" * 257, " b", "b ", *UTF8_LIMITS]),
    ("CreateAccount", {"login": "c"}, "pin", "p" * 64,
     ["1", "123", "p" * 65, "ä" * 3, "🔑" * 65, "12\x003", "1234\n",
      "1234\x85"]),
    ("CreateClient", {"roles": ["ROLE_LOGIN"]}, "name", "n" * 64,
     ["", "n" * 65, "näme", "n\x00", "n\n"]),
    ("CreateClient", {"name": "n"}, "roles", ["ROLE_AUDIT"],
     [[], [0], [5], [-1], [1, 77]]),
    ("RegisterToken", {"hotp": {}, "generate": True}, "label", "l" * 128,
     ["l" * 129, "ä" * 65, *UTF8_LIMITS]),
    ("RegisterToken", {"hotp": {}, "generate": True}, "account_id", "",
     ["x", "tok_0000000000001", "acc_0"]),
    ("ListAccounts", {}, "page_size", 2**31 - 1, [-1, -2**31]),
    ("ListTokens", {}, "page_size", 2**31 - 1, [-1, -2**31]),
    ("ListClients", {}, "page_size", 2**31 - 1, [-1, -2**31]),
    ("ListAuditEntries", {}, "page_size", 2**31 - 1, [-1, -2**31]),
    ("ListAuditEntries", {}, "account_id", "acc_0000000000001",
     ["x", "tok_0000000000001"]),
    ("ListAuditEntries", {}, "token_id", "tok_0000000000001",
     ["x", "acc_0000000000001"]),
    ("ListAuditEntries", {"account_id": "acc_0000000000001"}, "token_id", "",
     ["tok_0000000000001"]),
]


@pytest.mark.parametrize(
    "method, others, field, good, bad", LIMITS,
    ids=[f"{row[0]}.{row[2]}" for row in LIMITS])
def test_fields_are_limited_and_named(admin, method, others, field, good, bad):
    call = getattr(admin, method)
    call(**{**others, field: good})
    for value in bad:
        with fails("INVALID_ARGUMENT", field):
            call(**{**others, field: value})


# Fields inside a kind of token: kind, the other fields, field, good, bad.
YUBICO = {"private_id": b"123456", "aes_key": b"0123456789abcdef"}
KIND_LIMITS = [
    ("yubico", YUBICO, "public_id", "c" * 32,
     ["c", "c" * 33, "c" * 34, "aa", "c ", "ccccccccccc1", "ç" * 6]),
    ("yubico", YUBICO, "private_id", b"\0" * 6, [b"", b"12345", b"1234567"]),
    ("yubico", YUBICO, "aes_key", b"\0" * 16, [b"", b"1" * 15, b"1" * 17]),
    ("hotp", {}, "secret", b"1" * 128, [b"", b"1" * 15, b"1" * 129]),
    ("totp", {}, "secret", b"2" * 128, [b"", b"2" * 15, b"2" * 129]),
    ("hotp", {"secret": KEY}, "digits", 8, [5, 9, -1, 2**31 - 1]),
    ("totp", {"secret": KEY}, "digits", 8, [5, 9, -1, 2**31 - 1]),
    ("hotp", {"secret": KEY}, "window", 100, [-1, 101, 2**31 - 1]),
    ("totp", {"secret": KEY}, "window", 10, [-1, 11]),
    ("hotp", {"secret": KEY}, "counter", 2**63 - 1, [-1, -2**63]),
    ("hotp", {"secret": KEY}, "hash", 3, [4, -1, 99]),
    ("totp", {"secret": KEY}, "hash", 3, [4, -1, 99]),
    ("totp", {"secret": KEY}, "period", {"seconds": 600},
     [{"seconds": 9}, {"seconds": 601}, {"seconds": -30},
      {"seconds": 30, "nanos": 1}, {"seconds": 2**63 - 1}]),
    ("totp", {"secret": KEY}, "start_time", {"seconds": -62135596800},
     [{"seconds": 0, "nanos": 5}]),
    ("hotp", {"secret": KEY}, "token_identifier", "ubhe00004711",
     ["u", "u" * 11, "u" * 13, "ubhe 0004711", "übhe0000471"]),
    ("totp", {"secret": KEY}, "token_identifier", "UBHE00004711",
     ["u", "u" * 13]),
    ("motp", {"pin": "1"}, "secret", "0" * 64,
     ["", "0" * 14, "0" * 17, "0" * 66, "g" * 16, "0x" + "0" * 16]),
    ("motp", {"secret": "0" * 16}, "pin", "1" * 16,
     ["", "1" * 17, "12a4", "１２３４", "-123"]),
    ("motp", {"secret": "0" * 16, "pin": "1"}, "window", 60, [-1, 61]),
]


@pytest.mark.parametrize(
    "kind, others, field, good, bad", KIND_LIMITS,
    ids=[f"{row[0]}.{row[2]}" for row in KIND_LIMITS])
def test_fields_of_tokens_are_limited_and_named(
        admin, kind, others, field, good, bad):
    for value in bad:
        with fails("INVALID_ARGUMENT", field):
            admin.RegisterToken(**{kind: {**others, field: value}})
    assert not admin.ListTokens().tokens
    admin.RegisterToken(**{kind: {**others, field: good}})


def test_token_needs_a_kind(admin):
    with fails("INVALID_ARGUMENT", "kind"):
        admin.RegisterToken(label="none")


@pytest.mark.parametrize("mask", [
    [], [""], ["*"], ["position"], ["label", "failures"], ["token.label"],
    ["Label"], ["id"], ["x" * 50000]],
    ids=lambda mask: " ".join(mask)[:20])
def test_update_changes_only_what_may_be_changed(admin, mask):
    token = register(admin, Hotp("a"))
    with fails("INVALID_ARGUMENT", "update_mask"):
        admin.UpdateToken(token={"id": token.id, "label": "new"},
                          update_mask={"paths": mask})
    assert admin.GetToken(token_id=token.id).token == token


@pytest.mark.parametrize("kind, windows", [
    (Hotp, [-1, 101]), (Totp, [-1, 11]), (Motp, [-1, 61]), (Yubikey, [1])])
def test_update_keeps_windows_within_their_limits(admin, kind, windows):
    token = register(admin, kind("a"))
    for window in windows:
        with fails("INVALID_ARGUMENT", "window"):
            admin.UpdateToken(token={"id": token.id, "window": window},
                              update_mask={"paths": ["window"]})


BAD_IDS = ["", "x", "tok_", "acc_", "xyz_0000000000123", "tok_000000000000i",
           "tok_0000000000123 ", "acc_0000000000123\0", "../x", "x" * 60000]
NOBODY = {"account_id": "acc_0000000000123", "token_id": "tok_0000000000123",
          "client_id": "cli_0000000000123", "device_id": "dev_00000123"}
OTHER_FIELDS = {
    "RenameAccount": {"login": "new"},
    "ResyncToken": {"first_code": "755224", "second_code": "287082"},
    "SetPolicy": {"policy": "POLICY_PASSWORD"},
    "CreateDevice": {"type": "mail", "name": "phone"},
    "ConfirmToken": {"account": "acc_0000000000123", "code": "755224"},
    "RemoveToken": {"account": "acc_0000000000123", "credential": "755224"},
}
# Where an id may be left out: see LIMITS; those of devices: see test_devices.
OPTIONAL_IDS = {"ValidateOtp", "ListAuditEntries", "RegisterToken",
                "ListDevices", "SweepDevices", "UpdateDevice", "GetDevice",
                "DeleteDevice", "RegenerateDevicePassword"}


def ids_of(method):
    return {field.name: NOBODY[field.name]
            for field in method.input_type.fields if field.name in NOBODY}


@pytest.mark.parametrize("method", [
    method for method in METHODS
    if ids_of(method) and method.name not in OPTIONAL_IDS],
    ids=lambda method: method.name)
def test_ids_are_checked_and_named(admin, method):
    call = getattr(admin, method.name)
    fields = {**ids_of(method), **OTHER_FIELDS.get(method.name, {})}
    for field in ids_of(method):
        for value in BAD_IDS:
            with fails("INVALID_ARGUMENT", field):
                call(**{**fields, field: value})
    with fails("NOT_FOUND"):
        call(**fields)


def test_stranger_rows_are_nobodys_accounts(admin):
    # The smallest ids stand in for accounts that do not exist.
    token = register(admin, Hotp("a"))
    for row in ("acc_0000000000001", "acc_0000000000100"):
        for call in (admin.GetAccount, admin.DeleteAccount,
                     admin.DisableAccount, admin.UnlockAccount):
            with fails("NOT_FOUND"):
                call(account_id=row)
        with fails("NOT_FOUND"):
            admin.AssignToken(account_id=row, token_id=token.id)
        with fails("NOT_FOUND"):
            admin.RenameAccount(account_id=row, login="mine")
        with fails("NOT_FOUND"):
            admin.RegisterToken(hotp={}, generate=True, account_id=row)
    assert not admin.ListAccounts().accounts


# Bytes that are no text.

STRING = 9  # FieldDescriptor.TYPE_STRING


def string_fields(descriptor):
    return [field for field in descriptor.fields if field.type == STRING
            and field.label != field.LABEL_REPEATED]


NOT_UTF8 = [b"\xff", b"caf\xe9", b"\xc0\xaf", b"\xed\xa0\x80",
            b"\xf4\x90\x80\x80", b"a" * 20 + b"\x80"]


def test_text_that_is_not_utf8_never_gets_in(pawld, admin):
    for method in METHODS:
        for field in string_fields(method.input_type):
            for text in NOT_UTF8:
                # Refused by gRPC before it reaches us.
                with pytest.raises(grpc.RpcError) as refused:
                    admin.send_bytes(method, with_text(field, text))
                assert refused.value.code() in (
                    grpc.StatusCode.INTERNAL,
                    grpc.StatusCode.INVALID_ARGUMENT)
    assert pawld.is_alive()
    for line in pawld.log.splitlines():
        json.loads(line)


def test_requests_of_random_bytes_are_answered(pawld, admin):
    source = random.Random(4711)
    for method in METHODS:
        for size in (1, 2, 7, 50, 1000):
            try:
                admin.send_bytes(method, source.randbytes(size))
            except grpc.RpcError as error:
                assert error.code() not in (
                    grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNKNOWN,
                    grpc.StatusCode.DEADLINE_EXCEEDED), method.name
    assert pawld.is_alive()


def test_unknown_fields_are_ignored(admin):
    device = Hotp("a")
    create_account(admin, pin="", tokens=[device])
    method = method_named("CheckLogin")
    request = message_class(method.input_type)(
        account=LOGIN, service="webmail",
        credential=device.press()).SerializeToString()
    unknown = bytes([15 << 3 | 2, 3]) + b"new" + bytes([14 << 3, 1])
    answer = message_class(method.output_type).FromString(
        admin.send_bytes(method, request + unknown))
    assert outcome(answer) == "GOOD_CODE"


@pytest.mark.parametrize("size", [64 * 1024 + 1, 1_000_000, 3_900_000])
def test_huge_requests_are_refused_before_they_are_read(pawld, admin, size):
    for call in (
            lambda: log_in(admin, "x" * size),
            lambda: admin.ValidateOtp(otp="x" * size),
            lambda: admin.CreateAccount(login="x" * size),
            lambda: admin.RegisterToken(hotp={"secret": b"x" * size})):
        with fails("RESOURCE_EXHAUSTED"):
            call()
    assert pawld.is_alive()


def test_many_small_fields_are_bounded_too(admin):
    with fails("INVALID_ARGUMENT", "roles"):
        admin.CreateClient(name="n", roles=[7] * 50000)
    made = admin.CreateClient(name="n", roles=["ROLE_LOGIN"] * 50000)
    assert list(made.client.roles) == [1]


@pytest.mark.parametrize("garbage", [
    b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 300, b"\0" * 5000],
    ids=["http 1", "tls", "bad frames", "zeros"])
def test_other_protocols_do_not_harm_the_door(pawld, garbage):
    host, port = pawld.address.rsplit(":", 1)
    for _ in range(5):
        with socket.create_connection((host, int(port)), timeout=10) as door:
            door.sendall(garbage)
            door.settimeout(10)
            try:
                while door.recv(4096):
                    pass
            except (TimeoutError, ConnectionResetError):
                pass
    assert pawld.local.GetStatus().ready


def test_silent_connections_do_not_keep_others_out(pawld):
    host, port = pawld.address.rsplit(":", 1)
    silent = [socket.create_connection((host, int(port)), timeout=10)
              for _ in range(300)]
    try:
        client = pawld.client("ROLE_ADMIN")
        assert client.GetStatus().ready
    finally:
        for connection in silent:
            connection.close()


# Page tokens.


def hexed(text):
    return text.encode().hex()


def test_page_tokens_of_ones_own_making_are_refused(admin):
    for i in range(3):
        create_account(admin, login=f"a{i}")
        register(admin, Hotp(f"t{i}"))
        admin.CreateClient(name=f"c{i}", roles=["ROLE_LOGIN"])
    lists = {name: getattr(admin, name) for name in (
        "ListAccounts", "ListTokens", "ListClients", "ListAuditEntries")}
    real = {name: call(page_size=1).next_page_token
            for name, call in lists.items()}
    for name, call in lists.items():
        token = real[name]
        forged = [
            "x", "00", hexed("a0"), "0" * 32, "0" * 32 + hexed("a1"),
            token[:-2], token + "00", token[:-1] + "f", "f" + token[1:],
            "z" * 64, "0" * 60000, token[:32],
            *(other for kind, other in real.items() if kind != name)]
        for one in forged:
            if one == token:
                continue
            with fails("INVALID_ARGUMENT", "page_token"):
                call(page_token=one)


def test_page_token_is_bound_to_its_filter(admin):
    account = create_account(admin)
    for _ in range(3):
        admin.SetPin(account_id=account.id, pin="5678")
    page = admin.ListAuditEntries(account_id=account.id, page_size=1)
    with fails("INVALID_ARGUMENT", "page_token"):
        admin.ListAuditEntries(page_token=page.next_page_token)
