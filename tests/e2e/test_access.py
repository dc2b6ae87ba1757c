"""Who may call, and over which door."""

import os
import socket
import stat
import subprocess
import textwrap

import grpc
import pytest

from api import METHODS, SERVICES
from helpers import fails, outcome
from pawld import OTHER_USER, run_pawld, start_fails

ROLES_OF_SERVICE = {
    "pawl.v1.LoginService": {"ROLE_LOGIN"},
    "pawl.v1.ValidationService": {"ROLE_LOGIN"},
    "pawl.v1.TokenService": {"ROLE_ADMIN"},
    "pawl.v1.AccountService": {"ROLE_ADMIN"},
    "pawl.v1.HelpDeskService": {"ROLE_ADMIN"},
    "pawl.v1.SelfService": {"ROLE_ADMIN", "ROLE_SELF_SERVICE"},
    "pawl.v1.DeviceService": {"ROLE_ADMIN", "ROLE_SELF_SERVICE"},
    "pawl.v1.ClientService": {"ROLE_ADMIN"},
    "pawl.v1.AuditService": {"ROLE_AUDIT"},
    "pawl.v1.StatusService": {"ROLE_ADMIN", "ROLE_AUDIT"},
}
# Methods that are not like the others of their service.
ROLES_OF_METHOD = {
    "ListServices": {"ROLE_LOGIN", "ROLE_ADMIN", "ROLE_AUDIT",
                     "ROLE_SELF_SERVICE"},
    "ReadOwnDevice": {"ROLE_LOGIN"},
}
ROLES = ["ROLE_LOGIN", "ROLE_ADMIN", "ROLE_AUDIT", "ROLE_SELF_SERVICE"]
OWN_METHODS = [method for method in METHODS
               if method.containing_service.full_name in SERVICES]


def code_of(api, method):
    """The status code of a call with an empty request."""
    try:
        api.send_bytes(method, b"")
    except grpc.RpcError as error:
        return error.code().name
    return "OK"


# Keys and roles.


def test_table_names_every_service():
    assert set(ROLES_OF_SERVICE) == set(SERVICES)


@pytest.fixture
def clients(pawld):
    """A client for each role alone."""
    return {role: pawld.client(role, name=role) for role in ROLES}


def test_each_role_opens_its_services_and_no_others(clients):
    for method in OWN_METHODS:
        may = ROLES_OF_METHOD.get(
            method.name, ROLES_OF_SERVICE[method.containing_service.full_name])
        for role, client in clients.items():
            code = code_of(client, method)
            if role in may:
                assert code in ("OK", "INVALID_ARGUMENT"), (role, method.name)
            else:
                assert code == "PERMISSION_DENIED", (role, method.name)


def test_client_with_all_roles_may_call_everything(pawld):
    client = pawld.client(*ROLES)
    for method in OWN_METHODS:
        code = code_of(client, method)
        assert code in ("OK", "INVALID_ARGUMENT"), method.name


def test_local_administrator_may_call_everything(admin):
    for method in OWN_METHODS:
        code = code_of(admin, method)
        assert code in ("OK", "INVALID_ARGUMENT"), method.name


def wrong_keys(key):
    *front, last = key
    return [
        "", "x", "pawl_", key + "x", key[:-1], key.upper(), key[5:], " " + key,
        "".join(front) + ("a" if last != "a" else "b"),
        "pawl_cli_0000000000000_" + "a" * 32,
        "pawl_cli_7zzzzzzzzzzzz_" + key.rsplit("_", 1)[1],
        "pawl_" + "_" * 50, "p" * 4000, "pawl_cli__" + "a" * 32,
    ]


def test_every_method_needs_a_key(pawld):
    stranger = pawld.tcp()
    for method in OWN_METHODS:
        assert code_of(stranger, method) == "UNAUTHENTICATED", method.name


def test_wrong_keys_are_refused_with_one_answer(pawld):
    client = pawld.client("ROLE_LOGIN")
    for key in wrong_keys(client.key):
        with fails("UNAUTHENTICATED"):
            pawld.tcp(key or " ").ValidateOtp(otp="x")
    assert outcome(client.ValidateOtp(otp="x")) == "UNKNOWN_TOKEN"


@pytest.mark.parametrize("metadata, expected", [
    ([("authorization", "Bearer {key}")], "OK"),
    ([("authorization", "bearer {key}")], "OK"),
    ([("authorization", "Basic {key}")], "UNAUTHENTICATED"),
    ([("authorization", "{key}")], "UNAUTHENTICATED"),
    ([("authorization", "")], "UNAUTHENTICATED"),
    ([("x-authorization", "Bearer {key}")], "UNAUTHENTICATED"),
    ([("authorization", "Bearer {key}")] * 2, "UNAUTHENTICATED"),
    ([("authorization", "Bearer x"), ("authorization", "Bearer {key}")],
     "UNAUTHENTICATED"),
])
def test_key_is_sent_once_as_bearer(pawld, metadata, expected):
    client = pawld.client("ROLE_ADMIN")
    plain = pawld.tcp().channel.unary_unary("/pawl.v1.StatusService/GetStatus")
    sent = [(name, value.format(key=client.key)) for name, value in metadata]
    try:
        plain(b"", metadata=sent, timeout=10)
        code = "OK"
    except grpc.RpcError as error:
        code = error.code().name
    assert code == expected


def test_key_of_a_deleted_client_is_refused_from_the_next_call_on(
        pawld, admin):
    client = pawld.client("ROLE_LOGIN")
    assert outcome(client.ValidateOtp(otp="x")) == "UNKNOWN_TOKEN"
    admin.DeleteClient(client_id=client.id)
    with fails("UNAUTHENTICATED"):
        client.ValidateOtp(otp="x")
    with fails("NOT_FOUND"):
        admin.DeleteClient(client_id=client.id)


def test_keys_survive_a_restart_and_are_never_shown_again(pawld, admin):
    client = pawld.client("ROLE_LOGIN")
    listed = admin.ListClients().SerializeToString()
    assert client.key.rsplit("_", 1)[1].encode() not in listed
    pawld.restart()
    again = pawld.tcp(client.key)
    assert outcome(again.ValidateOtp(otp="x")) == "UNKNOWN_TOKEN"


def test_client_names_are_unique(pawld, admin):
    pawld.client(name="webmail")
    with fails("ALREADY_EXISTS"):
        admin.CreateClient(name="webmail", roles=["ROLE_AUDIT"])


# TCP beyond this machine.


@pytest.mark.parametrize("host", [
    "0.0.0.0", "[::]", "192.0.2.1", "10.0.0.1", "example.org", "0", "*",
    "127.0.0.1.example.org", "[::ffff:192.0.2.1]"])
def test_plain_tcp_beyond_loopback_is_refused(directory, host):
    code, output = run_pawld(f"--data-dir={directory}/d",
                             f"--listen={host}:0")
    assert code == 2
    assert "listen: beyond loopback needs tls_cert and tls_key" in output
    assert not (directory / "d").exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.7.6", "localhost"])
def test_plain_tcp_on_loopback_is_served(pawlds, host):
    server = pawlds()
    server.start(f"--listen={host}:0")
    port = int(server.address.rsplit(":", 1)[1])
    assert port > 0
    with fails("UNAUTHENTICATED"):
        server.tcp().GetStatus()


def test_two_servers_do_not_share_a_port(pawld, pawlds):
    start_fails(pawlds("other"), f"--listen={pawld.address}",
                containing=pawld.address)


# The Unix socket.

# Connects, speaks HTTP/2 and prints what comes back.
HELLO = textwrap.dedent("""
    import socket, sys
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(10)
        door.connect(sys.argv[1])
        try:
            door.sendall(b"PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n"
                         b"\\0\\0\\0\\4\\0\\0\\0\\0\\0")
            print(len(door.recv(100)))
        except (ConnectionResetError, BrokenPipeError):
            print(0)
""")


def bytes_answered(path, **process):
    done = subprocess.run(
        ["/usr/bin/python3", "-c", HELLO, str(path)], timeout=20, check=True,
        capture_output=True, text=True, **process)
    return int(done.stdout)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be others")
def test_unix_socket_refuses_other_users(pawlds, public_directory):
    server = pawlds().start(f"--socket={public_directory}/s")
    assert stat.S_IMODE(server.socket.stat().st_mode) == 0o600
    server.socket.chmod(0o666)  # let them reach it
    assert bytes_answered(server.socket) > 0
    assert bytes_answered(server.socket, user="nobody") == 0
    assert '"event":"local_caller_refused"' in server.log
    assert server.local.GetStatus().ready


def test_unix_socket_lets_in_its_own_user_and_root(pawlds, public_directory):
    server = pawlds(directory=public_directory, **OTHER_USER)
    server.start()
    assert bytes_answered(server.socket, **OTHER_USER) > 0
    assert server.local.GetStatus().ready


def test_socket_path_that_is_too_long_is_refused_by_name(pawlds, directory):
    path = f"{directory}/{'s' * 120}"
    start_fails(pawlds(), f"--socket={path}", containing=path)


def test_stale_socket_is_replaced(pawld):
    # What a crash leaves is a socket nobody listens on.
    assert pawld.stop() == 0
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(pawld.socket))
    pawld.start()
    assert pawld.local.GetStatus().ready


@pytest.mark.parametrize("kind", ["file", "directory", "link"])
def test_what_is_no_socket_is_not_removed_for_one(pawlds, directory, kind):
    precious, place = directory / "precious", directory / "place"
    precious.write_text("precious")
    if kind == "file":
        precious.rename(place)
    elif kind == "directory":
        place.mkdir()
    else:
        place.symlink_to(precious)
    before = place.lstat().st_ino
    start_fails(pawlds(), f"--socket={place}", containing=str(place))
    assert place.lstat().st_ino == before
