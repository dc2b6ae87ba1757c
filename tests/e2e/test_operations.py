"""What the person who runs the server relies on."""

import itertools
import signal
import socket
import time

import grpc
import pytest

import reflection_pb2
from helpers import (SERVICES, Pawld, audit_entries, create_account, eventually,
                     fails, hints, log_in, outcome, register, run_pawld)
from software_tokens import Hotp, Yubikey
from stubs import ROOT

# Health.


def health(api, service):
    answer = api.HealthCheck(service=service)
    return type(answer).ServingStatus.Name(answer.status)


@pytest.mark.parametrize("service", ["", "liveness", *SERVICES])
def test_health_is_answered_without_a_key(pawld, service):
    for api in (pawld.tcp(), pawld.local):
        assert health(api, service) == "SERVING"


@pytest.mark.parametrize("service", ["x", "pawl.v1.Nothing", "Liveness"])
def test_health_of_an_unknown_name_is_not_found(pawld, service):
    with fails("NOT_FOUND"):
        pawld.tcp().HealthCheck(service=service)


def test_health_says_first_that_it_does_not_serve(pawld, admin):
    with pawld.raw_database() as other:
        other.execute("BEGIN IMMEDIATE")
        eventually(lambda: health(admin, "") == "NOT_SERVING", "noticed")
        for service in SERVICES:
            assert health(admin, service) == "NOT_SERVING"
        assert health(admin, "liveness") == "SERVING"
        status = admin.GetStatus()
        assert not status.ready and status.problem
        other.execute("ROLLBACK")
    for service in ("", *SERVICES):
        eventually(lambda: health(admin, service) == "SERVING", "recovered")
    assert admin.GetStatus().ready


def test_status_tells_what_it_promises(pawld, admin):
    status = admin.GetStatus()
    assert status.version == "0.1.0"
    assert status.engine == "sqlite"
    assert (status.ready, status.problem) == (True, "")
    assert status.listen_address == pawld.address
    assert len(status.master_key_id) == 8
    int(status.master_key_id, 16)
    now = time.time()
    assert abs(status.current_time.seconds - now) < 5
    assert now - 60 < status.start_time.seconds <= now
    key_id = status.master_key_id
    pawld.restart()
    assert pawld.local.GetStatus().master_key_id == key_id


def test_memory_store_forgets_everything(pawlds):
    server = pawlds().start("--store=memory:")
    key = Yubikey("a")
    register(server.local, key)
    assert outcome(server.local.ValidateOtp(otp=key.press())) == "GOOD_CODE"
    assert server.local.GetStatus().engine == "memory"
    server.restart()
    assert not server.local.ListTokens().tokens


# Reflection.


def test_reflection_lists_the_services(pawld):
    request = reflection_pb2.ServerReflectionRequest
    answer = reflection_pb2.ServerReflectionResponse
    ask = pawld.tcp().channel.stream_stream(
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        request_serializer=request.SerializeToString,
        response_deserializer=answer.FromString)
    answers = list(ask(iter([request(list_services="*")]), timeout=10))
    names = {service.name for one in answers
             for service in one.list_services_response.service}
    assert {*SERVICES, "grpc.health.v1.Health"} <= names


# Lists, page by page.


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


@pytest.fixture(scope="module")
def full_server(tmp_path_factory):
    """A server with 250 accounts, each with a token, and 25 clients."""
    server = Pawld(tmp_path_factory.mktemp("f") / "data").start()
    for number in range(250):
        # Not in the order of their names.
        login = f"user-{number * 97 % 250:03}"
        create_account(server.local, login=login,
                       tokens=[Hotp(f"t{number}")])
    for number in range(25):
        server.local.CreateClient(name=f"c{number}", roles=["ROLE_LOGIN"])
    yield server
    server.cleanup()


LISTS = {
    "accounts": ("ListAccounts", lambda item: item.login, 250),
    "tokens": ("ListTokens", lambda item: item.id, 250),
    "clients": ("ListClients", lambda item: item.id, 25),
    "entries": ("ListAuditEntries", lambda item: -item.sequence, 525),
}


@pytest.mark.parametrize("size", [1, 7, 100, 249, 250, 251, 1000, 5000, 0])
@pytest.mark.parametrize("field", LISTS)
def test_pages_hold_everything_once_and_in_order(full_server, field, size):
    method, key, count = LISTS[field]
    items = pages(getattr(full_server.local, method), field, size)
    keys = [key(item) for item in items]
    assert keys == sorted(set(keys))
    assert len(items) == count


@pytest.mark.parametrize("field", LISTS)
def test_pages_have_the_size_asked_for(full_server, field):
    method, _, count = LISTS[field]
    call = getattr(full_server.local, method)
    for size, expected in ((1, 1), (10, 10), (count, count), (0, 100)):
        page = call(page_size=size)
        assert len(getattr(page, field)) == min(expected, count)
        assert bool(page.next_page_token) == (expected < count)


def test_pages_stay_right_while_others_are_added(pawld, admin):
    before = [f"user-{number:03}" for number in range(0, 250, 2)]
    for login in before:
        create_account(admin, login=login)
        admin.RegisterToken(hotp={}, generate=True)
    names = itertools.count(1, 2)

    def add():
        for _ in range(4):
            create_account(admin, login=f"user-{next(names):03}")
            admin.RegisterToken(hotp={}, generate=True)

    old_tokens = {token.id for token in pages(admin.ListTokens, "tokens", 100)}
    accounts = [account.login for account in
                pages(admin.ListAccounts, "accounts", 10, between=add)]
    assert accounts == sorted(set(accounts))
    assert set(before) <= set(accounts)
    tokens = [token.id for token in
              pages(admin.ListTokens, "tokens", 10, between=add)]
    assert tokens == sorted(set(tokens))
    assert old_tokens <= set(tokens)


def test_pages_stay_right_while_others_are_deleted(admin):
    ids = [create_account(admin, login=f"user-{number:03}").id
           for number in range(60)]
    doomed = iter(ids[1::2])

    def delete():
        for account_id in itertools.islice(doomed, 3):
            admin.DeleteAccount(account_id=account_id)

    seen = {account.id for account in
            pages(admin.ListAccounts, "accounts", 5, between=delete)}
    assert set(ids[::2]) <= seen


def test_page_of_a_thousand_is_not_the_end(admin):
    for number in range(1010):
        admin.CreateAccount(login=f"user-{number:04}")
    for size in (999, 1000, 1001, 2**31 - 1):
        accounts = pages(admin.ListAccounts, "accounts", size)
        assert len(accounts) == 1010
        entries = pages(admin.ListAuditEntries, "entries", size)
        assert len(entries) == 1010


def test_page_token_survives_a_restart(pawld, admin):
    for number in range(4):
        create_account(admin, login=f"user-{number}")
    page = admin.ListAccounts(page_size=2)
    pawld.restart()
    rest = pawld.local.ListAccounts(page_token=page.next_page_token)
    assert [account.login for account in rest.accounts] == [
        "user-2", "user-3"]


def test_account_has_at_most_a_hundred_tokens(admin):
    account = create_account(admin)
    for number in range(100):
        register(admin, Hotp(f"t{number}"), account=account)
    spare = register(admin, Hotp("one more"))
    with fails("FAILED_PRECONDITION"):
        admin.AssignToken(account_id=account.id, token_id=spare.id)
    with fails("FAILED_PRECONDITION"):
        register(admin, Hotp("and more"), account=account)
    assert len(admin.GetAccount(account_id=account.id).account.token_ids
               ) == 100


# Audit.


def told(entry):
    """An audit entry as short words."""
    words = entry.event
    if entry.reason:
        words += " " + outcome(entry)
    return words


def test_audit_tells_what_was_done_in_order(pawld, admin):
    device = Hotp("a")
    account = create_account(admin, login="anna")
    token = register(admin, device, account=account)
    client = pawld.client("ROLE_LOGIN")
    code = device.press()
    log_in(client, "1234" + code, login="anna")
    log_in(client, "1234" + code, login="anna")
    log_in(client, "0000" + device.press(), login="anna")
    log_in(client, "1234" + device.at(9), login="anna")
    log_in(client, "x", login="anna")
    log_in(client, "x", login="nobody")
    client.ValidateOtp(otp=device.at(10), token_id=token.id)
    client.ValidateOtp(otp="cbde")
    admin.ResyncToken(token_id=token.id, first_code=device.at(50),
                      second_code=device.at(51))
    admin.UpdateToken(token={"id": token.id, "label": "blue"},
                      update_mask={"paths": ["label"]})
    admin.DisableToken(token_id=token.id)
    admin.EnableToken(token_id=token.id)
    admin.UnlockToken(token_id=token.id)
    admin.RenameAccount(account_id=account.id, login="berta")
    admin.SetPin(account_id=account.id, pin="5678")
    admin.DisableAccount(account_id=account.id)
    admin.EnableAccount(account_id=account.id)
    admin.UnlockAccount(account_id=account.id)
    admin.UnassignToken(account_id=account.id, token_id=token.id)
    admin.AssignToken(account_id=account.id, token_id=token.id)
    admin.DeleteToken(token_id=token.id)
    admin.DeleteAccount(account_id=account.id)
    admin.DeleteClient(client_id=client.id)

    entries = audit_entries(admin)
    assert [told(entry) for entry in entries] == [
        "ACCOUNT_CREATED", "TOKEN_REGISTERED", "CLIENT_CREATED",
        "LOGIN_CHECKED GOOD_CODE", "LOGIN_CHECKED REPLAYED",
        "LOGIN_CHECKED WRONG_PIN", "LOGIN_CHECKED GOOD_CODE",
        "LOGIN_CHECKED MALFORMED", "LOGIN_CHECKED UNKNOWN_ACCOUNT",
        "OTP_CHECKED GOOD_CODE", "OTP_CHECKED UNKNOWN_TOKEN",
        "TOKEN_RESYNCED GOOD_CODE", "TOKEN_UPDATED", "TOKEN_DISABLED",
        "TOKEN_ENABLED", "TOKEN_UNLOCKED", "ACCOUNT_RENAMED",
        "ACCOUNT_PIN_SET", "ACCOUNT_DISABLED", "ACCOUNT_ENABLED",
        "ACCOUNT_UNLOCKED", "TOKEN_UNASSIGNED", "TOKEN_ASSIGNED",
        "TOKEN_DELETED", "ACCOUNT_DELETED", "CLIENT_DELETED"]
    sequences = [entry.sequence for entry in entries]
    assert sequences == sorted(set(sequences))
    times = [(entry.time.seconds, entry.time.nanos) for entry in entries]
    assert times == sorted(times)
    positions = [entry.position for entry in entries
                 if entry.HasField("position")]
    assert positions == [0, 1, 9, 10, 51]
    assert {entry.caller for entry in entries[3:11]} == {client.id}
    assert {entry.caller for entry in entries[:3] + entries[11:]} == {"local"}
    for entry in entries[3:8]:
        assert entry.account_id == account.id
    assert hints(entries[6]) == {"COUNTER_JUMP"}
    assert entries[2].client_id == entries[-1].client_id == client.id


def test_audit_of_an_unknown_login_holds_nothing_that_was_typed(admin):
    log_in(admin, "755224", login="my-secret-password")
    entry, = audit_entries(admin)
    assert told(entry) == "LOGIN_CHECKED UNKNOWN_ACCOUNT"
    assert (entry.account_id, entry.token_id) == ("", "")
    assert b"my-secret" not in entry.SerializeToString()


def test_audit_keeps_service_and_address_as_named(admin):
    create_account(admin)
    admin.CheckLogin(account="anna@example.org", service="Web Mail",
                     credential="x", client_address="2001:db8::7")
    admin.ValidateOtp(otp="x", client_address="192.0.2.9")
    login, otp = audit_entries(admin)[-2:]
    assert (login.service, login.client_address) == ("Web Mail", "2001:db8::7")
    assert otp.client_address == "192.0.2.9"


def test_audit_is_filtered_by_account_or_token(admin):
    devices = {name: Hotp(name) for name in ("anna", "bert")}
    for name, device in devices.items():
        account = create_account(admin, login=name)
        token = register(admin, device, account=account)
        for _ in range(15):
            log_in(admin, "1234" + device.press(), login=name)
    of_account = pages(admin.ListAuditEntries, "entries", 4,
                       account_id=account.id)
    of_token = pages(admin.ListAuditEntries, "entries", 4, token_id=token.id)
    assert len(of_account) == 17 and len(of_token) == 16
    assert {entry.account_id for entry in of_account} == {account.id}
    assert {entry.token_id for entry in of_token} == {token.id}


def test_refused_administration_leaves_no_audit(admin):
    account = create_account(admin)
    before = len(audit_entries(admin))
    for call in (lambda: create_account(admin),
                 lambda: admin.SetPin(account_id=account.id, pin="1"),
                 lambda: admin.DeleteToken(token_id="tok_0000000000123")):
        with pytest.raises(grpc.RpcError):
            call()
    assert len(audit_entries(admin)) == before


# Stopping.


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_stops_it_cleanly_within_seconds(pawld, number):
    key = Yubikey("a")
    register(pawld.local, key)
    pawld.local.ValidateOtp(otp=key.press())
    idle = pawld.tcp()
    idle.HealthCheck()
    began = time.monotonic()
    assert pawld.stop(number) == 0
    assert time.monotonic() - began < 8
    assert not pawld.socket.exists()
    assert pawld.log.splitlines()[-1].endswith('"event":"stopped"}')
    assert not pawld.database.with_name("pawl.db-wal").exists()


def test_stop_waits_for_calls_but_not_for_ever(pawld):
    with pawld.raw_database() as other:
        other.execute("BEGIN IMMEDIATE")
        calls = [pawld.local.ValidateOtp.start(otp="x") for _ in range(5)]
        stream = pawld.tcp().channel.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
        kept_open = stream(iter(lambda: time.sleep(0.1) or b"", None))
        began = time.monotonic()
        pawld.process.send_signal(signal.SIGTERM)
        assert pawld.process.wait(15) == 0
        assert time.monotonic() - began < 12
        for call in calls:
            assert call.exception(10) is not None
        kept_open.cancel()


def test_nothing_is_answered_after_the_stop(pawld):
    address = pawld.address.rsplit(":", 1)
    assert pawld.stop() == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address[0], int(address[1])), timeout=5)


# Configuration.


def check(text=None, *flags, directory=None, **environment):
    """--check-config: exit code and output."""
    if text is not None:
        file = directory / "pawld.toml"
        file.write_text(text)
        flags = (f"--config={file}", *flags)
    return run_pawld("--check-config", *flags, **environment)


GOOD_CONFIG = """
data_dir = "/srv/pawl"
store = "sqlite:/srv/pawl/pawl.db"
master_key = "/etc/pawl/master.key"
socket = "/run/pawl/pawld.sock"
listen = "[::1]:7295"
log_level = "warning"
pin_min_length = 6
attempt_ttl = "5m"

[throttle]
free_failures = 3
first_delay = "500ms"
max_delay = "1h"
lock_after = 50
"""


def test_good_configuration_is_good(directory):
    code, output = check(GOOD_CONFIG, directory=directory)
    assert (code, output) == (0, "the configuration is good\n")


BAD_CONFIG = {
    'colour = "blue"': "colour: is not a setting",
    'data_dir = ""': "data_dir: must not be empty",
    "data_dir = 7": "data_dir: must be a text in quotes",
    'store = ""': "store: must not be empty",
    'listen = "7295"': "listen: must be HOST:PORT",
    'listen = "localhost:99999"': "listen: must end in a port",
    'listen = "localhost:x"': "listen: must end in a port",
    'listen = "0.0.0.0:7295"': "listen: beyond loopback needs tls_cert",
    'tls_cert = "/c.pem"': "tls_cert and tls_key must be set together",
    'tls_key = "/k.pem"': "tls_cert and tls_key must be set together",
    'tls_client_ca = "/a.pem"': "tls_client_ca needs tls_cert",
    'log_level = "loud"': "log_level: must be debug, info, warning or error",
    'pin_min_length = "6"': "pin_min_length: must be a number",
    "pin_min_length = 6.0": "pin_min_length: must be a number",
    "pin_min_length = true": "pin_min_length: must be a number",
    "pin_min_length = [6]": "pin_min_length: must be a number",
    "pin_min_length = 3": "pin_min_length: must be a number from 4 to 64",
    "pin_min_length = 65": "pin_min_length: must be a number from 4 to 64",
    "attempt_ttl = 600": "attempt_ttl: must be a text in quotes",
    'attempt_ttl = "600"': "attempt_ttl: must be a time like",
    'attempt_ttl = "-5s"': "attempt_ttl: must be a time like",
    'attempt_ttl = "1.5s"': "attempt_ttl: must be a time like",
    'attempt_ttl = "0s"': "attempt_ttl: must be a time like",
    'attempt_ttl = "25h"': "attempt_ttl: must be a time like",
    'attempt_ttl = "99999999999999999999h"': "attempt_ttl: must be a time",
    'attempt_ttl = "9223372036854775807h"': "attempt_ttl: must be a time",
    "[throttle]\nlock_after = 0": "throttle.lock_after: must be a number",
    "[throttle]\nlock_after = 101": "throttle.lock_after: must be a number",
    "[throttle]\nfree_failures = 60\nlock_after = 50":
        "throttle.free_failures must not be above throttle.lock_after",
    '[throttle]\nfirst_delay = "10m"':
        "throttle.first_delay must not be above throttle.max_delay",
    "[throttle]\nbrake = 1": "throttle.brake: is not a setting",
    "throttle = 5": "throttle: is not a setting",
    "[throttle.deep]\nx = 1": "throttle.deep: is not a setting",
    "[[throttle]]\nlock_after = 5": "throttle: is not a setting",
    "listen = ": "pawld.toml:1",
    'listen = "127.0.0.1:1"\nlisten = "127.0.0.1:2"': "pawld.toml:2",
    "\xff": "pawld.toml:1",
}


@pytest.mark.parametrize("text, problem", BAD_CONFIG.items())
def test_bad_configuration_is_refused_by_its_setting(
        directory, text, problem):
    code, output = check(text, directory=directory)
    assert code == 2
    assert f"{problem}" in output
    assert all(line.startswith("pawld: ") for line in output.splitlines())


def test_all_problems_are_told_together(directory):
    code, output = check(
        'colour = "blue"\npin_min_length = 3\ntls_cert = "/c.pem"\n',
        "--log-level=loud", directory=directory, PAWL_ATTEMPT_TTL="soon")
    assert code == 2
    for problem in ("pawld.toml:1: colour", "pawld.toml: pin_min_length",
                    "environment: attempt_ttl", "command line: log_level",
                    "tls_cert and tls_key"):
        assert problem in output, problem
    assert len(output.splitlines()) == 5


def test_bad_configuration_does_not_start(directory):
    code, output = run_pawld(f"--data-dir={directory}/d",
                             "--pin-min-length=3")
    assert code == 2
    assert "pin_min_length" in output
    assert not (directory / "d").exists()


def test_missing_configuration_file_is_refused(directory):
    for flags, environment in (
            ([f"--config={directory}/none.toml"], {}),
            ([], {"PAWL_CONFIG": f"{directory}/none.toml"}),
            ([f"--config={directory}"], {})):
        code, output = run_pawld("--check-config", *flags, **environment)
        assert code == 2, flags
        assert str(directory) in output


def test_configuration_file_may_be_named_by_the_environment(directory):
    file = directory / "pawld.toml"
    file.write_text("pin_min_length = 3")
    code, output = check(PAWL_CONFIG=str(file))
    assert code == 2
    assert "pin_min_length" in output


PIN_LENGTHS = [
    # file, environment, flag: which PIN length counts
    (6, None, None, 6),
    (6, 8, None, 8),
    (6, 8, 10, 10),
    (None, 8, 10, 10),
    (6, None, 10, 10),
    (None, None, None, 4),
]


@pytest.mark.parametrize("file, environment, flag, counts", PIN_LENGTHS)
def test_later_sources_win(
        pawlds, directory, file, environment, flag, counts):
    flags = []
    if file:
        path = directory / "pawld.toml"
        path.write_text(f"pin_min_length = {file}\n")
        flags.append(f"--config={path}")
    if flag:
        flags.append(f"--pin-min-length={flag}")
    server = pawlds(environment={"PAWL_PIN_MIN_LENGTH": str(environment)}
                    if environment else {})
    server.start(*flags)
    with fails("INVALID_ARGUMENT", "pin"):
        server.local.CreateAccount(login="short", pin="x" * (counts - 1))
    server.local.CreateAccount(login="right", pin="x" * counts)


@pytest.mark.parametrize("flags", [
    ["--unknown"], ["--listen"], ["argument"], ["--check-config=maybe"]])
def test_unknown_flags_are_refused(flags):
    code, _ = run_pawld(*flags)
    assert code == 2


def test_version_and_help_are_printed():
    assert run_pawld("--version") == (0, "0.1.0\n")
    code, output = run_pawld("--help")
    assert code == 0
    assert "--throttle-max-delay" in output
    assert "PAWL_THROTTLE_MAX_DELAY" in output


def test_help_names_every_setting_of_this_test():
    _, output = run_pawld("--help")
    for line in GOOD_CONFIG.splitlines():
        key = line.partition(" = ")[0]
        if key and not key.startswith("["):
            assert key.replace("_", "-") in output


EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.toml"))


def test_there_are_examples():
    assert EXAMPLES


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_configuration_is_good(path):
    code, output = run_pawld("--check-config", f"--config={path}")
    assert (code, output) == (0, "the configuration is good\n")


def test_data_directory_with_blanks_and_letters_of_any_script_works(pawlds):
    server = pawlds("daten öl 数")
    server.start()
    key = Yubikey("a")
    register(server.local, key)
    assert outcome(server.local.ValidateOtp(otp=key.press())) == "GOOD_CODE"


def test_same_account_may_be_changed_by_many_at_once(admin):
    account = create_account(admin)
    calls = [admin.SetPin.start(account_id=account.id, pin=f"pin-{number}")
             for number in range(20)]
    codes = {call.code().name for call in calls}
    assert codes <= {"OK", "ABORTED"}
    assert "OK" in codes


def test_log_level_hides_what_is_less(pawlds):
    server = pawlds()
    server.launch("--log-level=error")
    eventually(server.socket.exists, "listening")
    eventually(lambda: server.local.GetStatus().ready, "ready")
    assert server.stop() == 0
    assert server.log == ""
