"""Who may call, over which door, and who may not even start."""

import json
import os
import socket
import stat
import subprocess
import textwrap

import grpc
import pytest

from helpers import (METHODS, OTHER_USER, SERVICES, StartError,
                     create_account, fails, log_in, outcome, path_of,
                     register, run_pawld)
from software_tokens import Hotp, Yubikey

ROLES_OF_SERVICE = {
    "pawl.v1.LoginService": {"ROLE_LOGIN"},
    "pawl.v1.ValidationService": {"ROLE_LOGIN"},
    "pawl.v1.TokenService": {"ROLE_ADMIN"},
    "pawl.v1.AccountService": {"ROLE_ADMIN"},
    "pawl.v1.ClientService": {"ROLE_ADMIN"},
    "pawl.v1.AuditService": {"ROLE_AUDIT"},
    "pawl.v1.StatusService": {"ROLE_ADMIN", "ROLE_AUDIT"},
}
ROLES = ["ROLE_LOGIN", "ROLE_ADMIN", "ROLE_AUDIT"]
OWN_METHODS = [method for method in METHODS
               if method.containing_service.full_name in SERVICES]


def name_of(method):
    return path_of(method).rsplit(".", 1)[1]


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
        may = ROLES_OF_SERVICE[method.containing_service.full_name]
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
    with pytest.raises(StartError) as caught:
        pawlds("other").start(f"--listen={pawld.address}")
    assert caught.value.exit_code == 1
    assert pawld.address in caught.value.log


# TLS.


class Authority:
    """A certificate authority in a directory, made with openssl."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self._openssl(
            "req", "-x509", "-subj", "/CN=Test CA", "-out", "ca.pem",
            "-addext", "basicConstraints=critical,CA:TRUE", *self._new("ca"))
        self.certificate = folder / "ca.pem"

    def issue(self, name, *extensions):
        """Paths of a certificate and its key (0600)."""
        self._openssl("req", "-subj", f"/CN={name}", "-out", f"{name}.csr",
                      *self._new(name))
        (self.folder / "ext").write_text("\n".join(extensions) + "\n")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem",
                      "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                      "-extfile", "ext", "-out", f"{name}.pem")
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def _new(self, name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes", "-keyout", f"{name}.key"]

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True,
                       timeout=20, capture_output=True)


@pytest.fixture
def authority(directory):
    return Authority(directory / "ca")


@pytest.fixture
def certificate(authority):
    return authority.issue("localhost",
                           "subjectAltName=DNS:localhost,IP:127.0.0.1")


def tls_flags(certificate, client_authority=None):
    flags = [f"--tls-cert={certificate[0]}", f"--tls-key={certificate[1]}"]
    if client_authority is not None:
        flags.append(f"--tls-client-ca={client_authority.certificate}")
    return flags


def credentials(authority, own=None):
    certificate, key = own or (None, None)
    return grpc.ssl_channel_credentials(
        authority.certificate.read_bytes(), key and key.read_bytes(),
        certificate and certificate.read_bytes())


def test_tls_is_served_to_who_trusts_the_authority(
        pawlds, directory, authority, certificate):
    server = pawlds().start(*tls_flags(certificate))
    key = server.client("ROLE_ADMIN").key
    trusting = server.tcp(key, credentials(authority))
    assert trusting.GetStatus().listen_address == server.address
    with fails("UNAUTHENTICATED"):
        server.tcp(None, credentials(authority)).GetStatus()

    other = Authority(directory / "other")
    with fails("UNAVAILABLE"):
        server.tcp(key, credentials(other)).GetStatus()
    with fails("UNAVAILABLE"):
        server.tcp(key).GetStatus()  # in plain text
    assert server.local.GetStatus().ready


def test_client_certificate_is_demanded_when_configured(
        pawlds, directory, authority, certificate):
    server = pawlds().start(*tls_flags(certificate, authority))
    key = server.local.CreateClient(name="c", roles=["ROLE_ADMIN"]).key
    own = authority.issue("client", "extendedKeyUsage=clientAuth")
    assert server.tcp(key, credentials(authority, own)).GetStatus().ready
    with fails("UNAUTHENTICATED"):  # a certificate is no key
        server.tcp(None, credentials(authority, own)).GetStatus()

    foreign = Authority(directory / "other").issue("client")
    for wrong in (None, foreign):
        with fails("UNAVAILABLE"):
            server.tcp(key, credentials(authority, wrong)).GetStatus()


def test_tls_allows_to_listen_everywhere(pawlds, authority, certificate):
    server = pawlds().start("--listen=0.0.0.0:0", *tls_flags(certificate))
    port = server.address.rsplit(":", 1)[1]
    api = server.api(f"localhost:{port}",
                     credentials=credentials(authority))
    with fails("UNAUTHENTICATED"):
        api.GetStatus()


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_old_tls_is_refused(pawlds, certificate, version):
    server = pawlds().start(*tls_flags(certificate))
    done = subprocess.run(
        ["openssl", "s_client", version, "-cipher", "ALL:@SECLEVEL=0",
         "-connect", server.address],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20,
        check=False)
    assert done.returncode != 0
    assert "Cipher is (NONE)" in done.stdout


def test_failed_handshakes_are_logged_as_json_or_not_at_all(
        pawlds, certificate):
    server = pawlds().start(*tls_flags(certificate))
    with fails("UNAVAILABLE"):
        server.tcp().GetStatus()  # in plain text
    for line in server.log.splitlines():
        json.loads(line)


def spoil_tls(certificate, authority):
    """(what is wrong, flags) for each way the files can be wrong."""
    cert, key = certificate
    other_key = authority.issue("other")[1]
    open_key = key.with_name("open.key")
    open_key.write_bytes(key.read_bytes())
    open_key.chmod(0o644)
    text = key.with_name("text")
    text.write_text("no certificate\n")
    text.chmod(0o600)
    return [
        ("missing.pem", tls_flags((cert.with_name("missing.pem"), key))),
        ("missing.key", tls_flags((cert, cert.with_name("missing.key")))),
        ("open.key", tls_flags((cert, open_key))),
        ("not a PEM file", tls_flags((text, key))),
        ("certificate", tls_flags((cert, other_key))),
        ("certificate", tls_flags((cert, text))),
        ("certificate", tls_flags((key, key))),
        (str(cert.parent), tls_flags((cert.parent, key))),
        (str(cert.parent), tls_flags((cert, cert.parent))),
        ("missing.ca", [*tls_flags(certificate),
                        f"--tls-client-ca={cert.with_name('missing.ca')}"]),
        ("not a PEM file", [*tls_flags(certificate),
                            f"--tls-client-ca={text}"]),
    ]


def test_wrong_tls_files_are_refused_at_the_start(
        pawlds, authority, certificate):
    for number, (complaint, flags) in enumerate(
            spoil_tls(certificate, authority)):
        with pytest.raises(StartError) as caught:
            pawlds(f"d{number}").start(*flags)
        assert caught.value.exit_code == 1
        assert complaint in caught.value.log.splitlines()[-1], flags


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
    with pytest.raises(StartError) as caught:
        pawlds().start(f"--socket={directory}/{'s' * 120}")
    assert caught.value.exit_code == 1
    assert "s" * 120 in caught.value.log


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
    before = place.lstat()
    with pytest.raises(StartError) as caught:
        pawlds().start(f"--socket={place}")
    assert caught.value.exit_code == 1
    assert str(place) in caught.value.log
    assert place.lstat() == before


# One server for each database.


@pytest.fixture
def occupied(pawld):
    """A serving server that must not notice what the others try."""
    device = Hotp("a")
    create_account(pawld.local, pin="", tokens=[device])
    yield pawld
    assert outcome(log_in(pawld.local, device.press())) == "GOOD_CODE"


def refused_as_locked(server, owner, *flags):
    with pytest.raises(StartError) as caught:
        server.start(*flags)
    assert caught.value.exit_code == 1
    *_, complaint = caught.value.log.splitlines()
    assert f"is locked by process {owner.pid}" in complaint, complaint


def test_second_server_on_the_same_data_is_refused(occupied, pawlds):
    refused_as_locked(pawlds(), occupied)


def test_second_server_through_a_linked_directory_is_refused(
        occupied, pawlds, directory):
    (directory / "link").symlink_to(occupied.data)
    refused_as_locked(pawlds("link"), occupied)


@pytest.mark.parametrize("how", ["path", "symbolic link", "dots", "relative"])
def test_second_server_with_another_directory_is_refused(
        occupied, pawlds, directory, how):
    path = occupied.database
    if how == "symbolic link":
        path = directory / "link.db"
        path.symlink_to(occupied.database)
    if how == "dots":
        path = f"{occupied.data}/../{occupied.data.name}//./pawl.db"
    other = pawlds("other", cwd=occupied.data)
    if how == "relative":
        path = "pawl.db"
    refused_as_locked(other, occupied, f"--store=sqlite:{path}")


def test_second_server_through_a_hard_link_is_refused(
        occupied, pawlds, directory):
    # Two names of one file mean two write-ahead logs and a broken database.
    os.link(occupied.database, directory / "hard.db")
    with pytest.raises(StartError) as caught:
        pawlds("other").start(f"--store=sqlite:{directory}/hard.db")
    assert caught.value.exit_code == 1


def test_second_server_with_the_same_socket_is_refused(occupied, pawlds):
    with pytest.raises(StartError) as caught:
        pawlds("other").start(f"--socket={occupied.socket}")
    assert caught.value.exit_code == 1
    assert str(occupied.socket) in caught.value.log


def test_freed_database_may_be_taken_over(pawld, pawlds):
    key = Yubikey("a")
    register(pawld.local, key)
    used = key.press()
    assert outcome(pawld.local.ValidateOtp(otp=used)) == "GOOD_CODE"
    pawld.kill9()
    other = pawlds("other").start(
        f"--store=sqlite:{pawld.database}",
        f"--master-key={pawld.data}/master.key")
    assert outcome(other.local.ValidateOtp(otp=used)) == "REPLAYED"
    assert outcome(other.local.ValidateOtp(otp=key.press())) == "GOOD_CODE"


# Modes of files.


def modes(folder):
    return {path.name: stat.S_IMODE(path.lstat().st_mode)
            for path in folder.iterdir()}


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_all_files_are_private_whatever_the_umask(pawlds, umask):
    server = pawlds(umask=umask).start()
    register(server.local, Hotp("a"))
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    seen = modes(server.data)
    assert {"master.key", "pawl.db", "pawl.db-wal", "pawl.db-shm",
            "pawld.sock"} <= set(seen)
    assert set(seen.values()) == {0o600}, seen
    server.restart()
    assert set(modes(server.data).values()) == {0o600}


@pytest.mark.parametrize("name, mode", [
    ("", 0o750), ("", 0o701), ("master.key", 0o640), ("master.key", 0o604),
    ("pawl.db", 0o640), ("pawl.db", 0o606)])
def test_what_others_may_read_is_refused_at_the_start(pawld, name, mode):
    assert pawld.stop() == 0
    (pawld.data / name).chmod(mode)
    with pytest.raises(StartError) as caught:
        pawld.start()
    assert caught.value.exit_code == 1
    assert str(pawld.data / name) in caught.value.log
    assert "chmod" in caught.value.log


def test_master_key_may_lie_elsewhere(pawlds, directory):
    key = directory / "keys" / "pawl.key"
    key.parent.mkdir(mode=0o700)
    server = pawlds().start(f"--master-key={key}")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert not (server.data / "master.key").exists()
