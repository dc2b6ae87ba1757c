"""Malformed and huge input, and where secrets must never be seen."""

import base64
import json
import os
import pathlib
import random
import signal
import socket
import time
import uuid

import grpc
import pytest

from helpers import (METHODS, OTHER_USER, create_account, eventually, fails,
                     log_in, message_class, method_named, outcome, register)
from software_tokens import Hotp, Motp, Totp, Yubikey, modhex, secret

KEY = secret("key", 20)


# Fields and their limits. Each row: method, the other fields, the field, a
# good value of the greatest length, and values beyond the limits.

UTF8_LIMITS = ["a\x00b", "tab\there", "line\nend", "\x7f", "c1\x85", "\x1b[2J"]

LOGIN_CHECK = {"account": "anna", "service": "webmail", "credential": "x"}
LIMITS = [
    ("CheckLogin", LOGIN_CHECK, "account", "a" * 256,
     ["", "a" * 257, "ä" * 129, " anna", "anna ", *UTF8_LIMITS]),
    ("CheckLogin", LOGIN_CHECK, "service", "s" * 64,
     ["s" * 65, "imäp", "a\x00b", "\x7f", "a\nb"]),
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
     [[], [0], [4], [-1], [1, 77]]),
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


def test_service_may_be_left_out(admin):
    # "at most 64 bytes", unlike the account with "1 to 256 bytes".
    device = Hotp("a")
    create_account(admin, pin="", tokens=[device])
    answer = admin.CheckLogin(account="anna@example.org",
                              credential=device.press())
    assert outcome(answer) == "GOOD_CODE"


@pytest.mark.parametrize("mask, field", [
    ([], "update_mask"), (["position"], "update_mask"), (["*"], "update_mask"),
    (["label", "failures"], "update_mask"), (["token.label"], "update_mask"),
    ([""], "update_mask"), (["Label"], "update_mask"),
    (["id"], "update_mask"), (["x" * 60000], "update_mask")])
def test_update_changes_only_what_may_be_changed(admin, mask, field):
    token = register(admin, Hotp("a"))
    with fails("INVALID_ARGUMENT", field):
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
          "client_id": "cli_0000000000123"}
OTHER_FIELDS = {
    "RenameAccount": {"login": "new"},
    "ResyncToken": {"first_code": "755224", "second_code": "287082"},
}
# Where an id may be left out: see LIMITS.
OPTIONAL_IDS = {"ValidateOtp", "ListAuditEntries", "RegisterToken"}


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


def with_text(field, text):
    """A request that is only this field with these bytes."""
    return bytes([field.number << 3 | 2, len(text)]) + text


@pytest.mark.parametrize("name", ["CheckLogin", "ValidateOtp"])
def test_checked_text_that_is_not_utf8_is_refused_by_its_field(admin, name):
    method = method_named(name)
    for field in string_fields(method.input_type):
        for text in NOT_UTF8:
            with fails("INVALID_ARGUMENT", field.name):
                admin.send_bytes(method, with_text(field, text))


def test_text_that_is_not_utf8_is_refused_everywhere(pawld, admin):
    for method in METHODS:
        for field in string_fields(method.input_type):
            for text in NOT_UTF8:
                with pytest.raises(grpc.RpcError) as caught:
                    admin.send_bytes(method, with_text(field, text))
                assert caught.value.code().name in (
                    "INVALID_ARGUMENT", "INTERNAL"), method.name
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
        account="anna@example.org", service="webmail",
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


# Secrets.

CANARY_PIN = "Zaunkönig-7731"
CANARY_MOTP_PIN = "8642097531864209"


def canaries(pawld):
    """Uses the server with distinctive secrets; returns all of them."""
    admin = pawld.local
    seeds = {name: secret(f"canary/{name}", 32) for name in "abcde"}
    keys = [Yubikey("canary", aes_key=seeds["a"][:16],
                    private_id=seeds["b"][:6]),
            Hotp("", key=seeds["c"], digits=8),
            Totp("", key=seeds["d"], digits=8),
            Motp("", text=seeds["e"].hex(), pin=CANARY_MOTP_PIN)]
    account = create_account(admin, login="canary", pin=CANARY_PIN)
    tokens = [register(admin, key, account=account) for key in keys]
    made = [admin.RegisterToken(generate=True, **kind).generated for kind in (
        {"yubico": {}}, {"hotp": {}}, {"totp": {}}, {"motp": {"pin": "1"}})]
    client = pawld.client("ROLE_LOGIN")

    used = [keys[0].press(), keys[1].press(),
            keys[2].at(keys[2].step(time.time())), "99887766", "31415926"]
    attempt = "canary-" + str(uuid.uuid4())
    for api in (admin, client):
        for code in used:
            log_in(api, CANARY_PIN + code, login="canary", attempt_id=attempt)
            log_in(api, CANARY_PIN + code, login="canary")
            log_in(api, CANARY_PIN + code, login="typed-Password-1")
            api.ValidateOtp(otp=code)
            api.ValidateOtp(otp=code, token_id=tokens[1].id)
    provoke_errors(pawld, account, tokens[1], keys)
    admin.DeleteToken(token_id=tokens[2].id)
    return [
        CANARY_PIN.encode(), CANARY_MOTP_PIN.encode(), attempt.encode(),
        b"typed-Password-1", b"typed-password-1", client.key.rsplit("_", 1)[1].encode(),
        *(seed[:16] for seed in seeds.values()), seeds["b"][:6],
        seeds["e"].hex().encode(), *(code.encode() for code in used),
        *(one.secret for one in made), made[0].private_id,
        pawld.data.joinpath("master.key").read_bytes().strip(),
        bytes.fromhex(pawld.data.joinpath("master.key").read_text())]


def provoke_errors(pawld, account, token, keys):
    """Calls that fail, so that errors are logged too."""
    admin = pawld.local
    not_utf8 = with_text(
        method_named("CheckLogin").input_type.fields_by_name["credential"],
        b"31415926\xff")
    for call in (
            lambda: register(admin, keys[0]),
            lambda: admin.SetPin(account_id=account.id,
                                 pin=CANARY_PIN + "x" * 80),
            lambda: register(admin, Motp("", text="x" + keys[3].text)),
            lambda: pawld.tcp(f"pawl_{token.id}_99887766").GetStatus(),
            lambda: admin.send_bytes(method_named("CheckLogin"), not_utf8)):
        with pytest.raises(grpc.RpcError):
            call()
    with pawld.raw_database() as raw:
        raw.execute("BEGIN IMMEDIATE")
        with fails("UNAVAILABLE"):
            log_in(admin, CANARY_PIN + "31415926", login="canary")
        raw.execute("ROLLBACK")
    admin.ResyncToken(token_id=token.id, first_code="99887766",
                      second_code="31415926")


def encodings(canary):
    """The forms in which a secret may be written somewhere."""
    yield "raw", canary
    yield "hex", canary.hex().encode()
    yield "HEX", canary.hex().upper().encode()
    yield "modhex", modhex(canary).encode()
    # Without the last characters, which depend on what follows.
    for name, encode in (("base32", base64.b32encode),
                         ("base64", base64.b64encode),
                         ("base64url", base64.urlsafe_b64encode)):
        text = encode(canary).rstrip(b"=")[:-1]
        yield name, text
        yield name + " lower", text.lower()


def readable_places(pawld):
    """Everything the server leaves behind, but the master key itself."""
    yield "log", pawld.log.encode()
    yield "command line", pathlib.Path(
        f"/proc/{pawld.pid}/cmdline").read_bytes()
    for path in pawld.data.iterdir():
        if path.name != "master.key" and path.is_file():
            yield path.name, path.read_bytes()


@pytest.mark.flags("--log-level=debug", "--throttle-free-failures=100")
def test_secrets_are_found_nowhere(pawld):
    secrets = canaries(pawld)
    places = dict(readable_places(pawld))
    assert {"log", "pawl.db", "pawl.db-wal", "pawl.db-shm"} <= set(places)
    assert b"canary" in places["pawl.db-wal"]  # the scan can find something
    found = {(place, form, canary) for place, content in places.items()
             for canary in secrets for form, text in encodings(canary)
             if text in content}
    assert not found
    assert pawld.stop() == 0  # and after everything is in the main file
    for path in pawld.data.glob("pawl.db*"):
        content = path.read_bytes()
        assert not any(text in content for canary in secrets
                       for _, text in encodings(canary))


def test_every_log_line_is_json(pawld):
    admin = pawld.local
    for name in ("\"quoted\"", "back\\slash", "{}"):
        create_account(admin, login=name)
    with pawld.raw_database() as raw:
        raw.execute("BEGIN IMMEDIATE")
        with fails("UNAVAILABLE"):
            log_in(admin, "x")
        raw.execute("ROLLBACK")
    lines = [json.loads(line) for line in pawld.log.splitlines()]
    assert {"serving", "check_unavailable"} <= {
        line["event"] for line in lines}


# The process.


def test_core_dumps_are_off(pawld):
    limits = pathlib.Path(f"/proc/{pawld.pid}/limits").read_text()
    line = next(line for line in limits.splitlines()
                if line.startswith("Max core file size"))
    assert line.split()[4:6] == ["0", "0"]


def test_memory_cannot_be_read_by_the_same_user(pawlds, public_directory):
    # Not dumpable: its files in /proc belong to root, whoever runs it.
    server = pawlds(directory=public_directory, **OTHER_USER)
    server.start()
    assert os.stat(f"/proc/{server.pid}/mem").st_uid == 0


def test_closed_pipe_does_not_end_the_server(pawld):
    pawld.process.send_signal(signal.SIGPIPE)
    assert pawld.local.GetStatus().ready


def test_log_that_cannot_be_written_stops_nothing(pawlds):
    server = pawlds(wrapper=["sh", "-c", 'exec "$0" "$@" 2>/dev/full'])
    server.launch()
    eventually(server.socket.exists, "listening")
    eventually(lambda: server.local.GetStatus().ready, "ready")
    assert outcome(log_in(server.local, "x")) == "UNKNOWN_ACCOUNT"
    assert server.stop() == 0
