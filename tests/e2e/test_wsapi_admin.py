"""Clients of the Yubico validation protocol: made, imported, deleted."""

import base64
import json
import subprocess

import pytest

from helpers import audit_entries, fails, pages, register
from pawld import PAWLD, clean_environment
from software_tokens import Yubikey
from wsapi import HTTP, Client, http_address, make_client

pytestmark = pytest.mark.flags(HTTP)
KEY = b"0123456789abcdefghij"


@pytest.fixture
def key(admin):
    """A registered YubiKey."""
    key = Yubikey("a")
    register(admin, key)
    return key


@pytest.fixture
def pawl(pawld):
    """Runs pawl; its exit status, output and complaints."""
    def run(*arguments, text=""):
        done = subprocess.run(
            [PAWLD.parent / "pawl", f"--server=unix:{pawld.socket}",
             *map(str, arguments)], env=clean_environment(), input=text,
            text=True, capture_output=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr
    return run


def create(admin, roles=("ROLE_LOGIN",), **wsapi):
    name = f"wsapi {len(admin.ListClients().clients)}"
    return admin.CreateClient(name=name, roles=roles, wsapi=wsapi)


def numbers(admin):
    return sorted(client.wsapi_number for client in
                  pages(admin.ListClients, "clients", 2))


# Over gRPC.


def test_number_and_key_are_made_or_taken(admin):
    given = create(admin, number=17, key=KEY)
    assert given.client.wsapi_number == 17 and given.wsapi_key == KEY
    made = create(admin)
    assert 1 <= made.client.wsapi_number <= 9999999999
    assert len(made.wsapi_key) == 20
    assert made.wsapi_key != create(admin).wsapi_key
    assert not made.key and not given.key
    listed = {client.wsapi_number: client
              for client in admin.ListClients().clients}
    assert listed[17] == given.client
    assert list(given.client.roles) == [1]


@pytest.mark.parametrize("wsapi, field", [
    ({"number": -1}, "wsapi.number"), ({"number": 10**10}, "wsapi.number"),
    ({"number": 2**63 - 1}, "wsapi.number"), ({"key": b"1" * 15}, "wsapi.key"),
    ({"key": b"1" * 65}, "wsapi.key")], ids=str)
def test_numbers_and_keys_have_limits(admin, wsapi, field):
    with fails("INVALID_ARGUMENT", field):
        create(admin, **wsapi)
    for good in ({"number": 10**10 - 1}, {"key": b"1" * 16},
                 {"key": b"1" * 64}):
        create(admin, **good)


@pytest.mark.parametrize("roles", [
    [], ["ROLE_ADMIN"], ["ROLE_LOGIN", "ROLE_ADMIN"], ["ROLE_AUDIT"],
    ["ROLE_LOGIN", "ROLE_SELF_SERVICE"]], ids=str)
def test_its_role_is_login_and_no_other(admin, roles):
    with fails("INVALID_ARGUMENT", "roles"):
        create(admin, roles=roles)
    assert not numbers(admin)


def test_a_number_is_given_once(admin):
    create(admin, number=5, key=KEY)
    with fails("ALREADY_EXISTS"):
        create(admin, number=5)
    client, = admin.ListClients().clients
    admin.DeleteClient(client_id=client.id)
    create(admin, number=5)


def test_a_client_made_again_has_another_key(pawld, admin, key):
    old = make_client(pawld, 5)
    assert old.verify_signed(key.press()).status == "OK"
    admin.DeleteClient(client_id=old.id)
    assert old.verify_signed(key.press()).status == "NO_SUCH_CLIENT"
    new = make_client(pawld, 5)
    assert new.verify_signed(key.press()).status == "OK"
    with pytest.raises(AssertionError):  # not signed for who has the old key
        old.verify_signed(key.press())


def test_making_and_deleting_are_audited_without_the_key(pawld, admin):
    made = create(admin, number=5, key=KEY)
    admin.DeleteClient(client_id=made.client.id)
    entries = [entry for entry in audit_entries(admin)
               if entry.client_id == made.client.id]
    assert len(entries) == 2
    for secret in (KEY, base64.b64encode(KEY)):
        assert secret not in pawld.database.read_bytes()
        assert secret.decode() not in pawld.log


# With pawl.


def test_pawl_makes_and_lists_clients(pawld, pawl, directory, key):
    code, out, _ = pawl("client", "create", "mail", "--wsapi", "--number", 7)
    assert code == 0
    shown = dict(line.split(":", 1) for line in out.splitlines()
                 if ":" in line)
    secret = base64.b64decode(shown["wsapi_key"].strip())
    client = Client(http_address(pawld), 7, secret)
    assert client.verify_signed(key.press()).status == "OK"
    code, out, _ = pawl("client", "list")
    assert code == 0 and " 7" in out and secret.hex() not in out

    key_file = directory / "key"
    code, out, _ = pawl("--json", "client", "create", "web", "--wsapi",
                        "--key-out", key_file)
    assert code == 0 and key_file.stat().st_mode & 0o777 == 0o600
    answer = json.loads(out)
    assert not answer.get("wsapi_key")
    number = int(answer["client"]["wsapi_number"])
    secret = base64.b64decode(key_file.read_text())
    client = Client(http_address(pawld), number, secret)
    assert client.verify_signed(key.press()).status == "OK"




def row(number, key=KEY, active=1, email="", notes=""):
    return (f"{number},{active},1383728711,{base64.b64encode(key).decode()},"
            f"{email},{notes},\n")


def write_export(directory, *rows, mode=0o600):
    path = directory / "clients.csv"
    path.touch(mode)
    path.write_text("".join(rows))
    return path


def test_import_of_a_yubikey_val_export(pawld, pawl, directory, key):
    keys = {number: bytes([number % 256]) * 20 for number in (1, 2, 4711)}
    path = write_export(
        directory, row(1, keys[1]), row(2, keys[2], email="kim@example.org"),
        row(3, active=0), row(4711, keys[4711], notes="the old shop"))
    code, out, err = pawl("client", "import", path, "--dry-run")
    assert (code, out) == (0, "3 would be made, 1 left out, 0 wrong\n")
    assert "line 3" in err
    assert not numbers(pawld.local)
    code, out, err = pawl("client", "import", path)
    assert (code, out) == (0, "3 made, 1 left out, 0 wrong\n")
    assert numbers(pawld.local) == [1, 2, 4711]
    for number, secret in keys.items():
        client = Client(http_address(pawld), number, secret)
        assert client.verify_signed(key.press()).status == "OK"
    names = {client.name for client in pawld.local.ListClients().clients}
    assert names == {"ykval-1", "ykval-2 kim@example.org", "ykval-4711"}


def test_import_again_says_what_is_there(pawl, directory):
    path = write_export(directory, row(1), row(2))
    assert pawl("client", "import", path)[0] == 0
    code, out, err = pawl("client", "import", path)
    assert (code, out) == (2, "0 made, 0 left out, 2 wrong\n")
    assert "line 1: client 1: " in err and "line 2: client 2: " in err
    assert base64.b64encode(KEY).decode() not in err


@pytest.mark.parametrize("wrong", [
    "x,1,0,AAAA,,,\n", "0,1,0,AAAA,,,\n", "-1,1,0,AAAA,,,\n", "1,2,0,AAAA,,,\n",
    "1,1,0,%%%%,,,\n", "1\n", "1,1,0,AAAA\n", row(10**10), row(1, b"short"),
    row(99999999999999999999)], ids=str.strip)
def test_wrong_lines_are_named_and_the_others_taken(
        pawld, pawl, directory, wrong):
    path = write_export(directory, "# a comment\r\n", wrong, row(8))
    code, out, _ = pawl("client", "import", path, "--dry-run")
    assert (code, out) == (2, "1 would be made, 0 left out, 1 wrong\n")
    code, out, err = pawl("client", "import", path)
    assert (code, out) == (2, "1 made, 0 left out, 1 wrong\n")
    assert err.startswith("line 2: ")
    assert numbers(pawld.local) == [8]


def test_a_file_that_others_may_read_is_not_taken(pawl, directory):
    path = write_export(directory, row(1), mode=0o644)
    code, _, err = pawl("client", "import", path)
    assert code == 2 and str(path) in err
    assert pawl("client", "import", "-", text=row(1))[0] == 0


def test_import_of_many_clients(pawld, pawl, directory):
    path = write_export(directory, *(
        row(number, bytes(8) + number.to_bytes(12, "big"),
            email=f"customer-{number}@example.org") for number in
        range(1, 2001)))
    assert path.stat().st_size > 100_000
    code, out, err = pawl("client", "import", path)
    assert (code, out) == (0, "2000 made, 0 left out, 0 wrong\n"), err[:500]
    assert numbers(pawld.local) == list(range(1, 2001))


@pytest.mark.parametrize("email", [
    "kim+shop@example.org", "jörg@example.org", "x" * 60 + "@example.org",
    '"a,b"@example.org'])
def test_what_a_mail_address_may_look_like(pawld, pawl, directory, email):
    path = write_export(directory, row(1, email=email))
    code, out, err = pawl("client", "import", path)
    assert (code, out) == (0, "1 made, 0 left out, 0 wrong\n"), err
    assert numbers(pawld.local) == [1]
