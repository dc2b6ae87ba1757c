"""docs/examples/dovecot.conf with dovecot-auth.lua, and saslauthd.default behind
it: an IMAP server of its own, without root."""

import imaplib
import socket
import struct

import pytest

from consumers import (DELEGATING, IN, OUTAGE, PAWLD_ADDRESS, REFUSED, Daemon,
                       Site, consumer_user, example, free_port, listens,
                       make_directory, write_private)
from helpers import LOGIN, create_account, create_device
from pawl.v1 import account_pb2

# What Debian's own dovecot.conf is for the example, without root: nobody is
# changed to, no port below 1024, and no pauses after a wrong password.
MAIN = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = /dev/stderr
protocols = imap
listen = 127.0.0.1
ssl = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{folder}/mail/%u
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
auth_failure_delay = 0
auth_verbose = yes
!include pawl.conf
"""


@pytest.fixture
def site(pawlds):
    return Site(pawlds(), "imap", "mail")


def start_dovecot(site, folder, behind=""):
    """Dovecot with the example, and perhaps a passdb behind it."""
    make_directory(folder)
    for name in ("run", "state", "mail"):
        make_directory(folder / name)
    user, group = consumer_user()
    port = free_port()
    write_private(folder / "pawl.key", site.key + "\n")
    changes = {PAWLD_ADDRESS: site.address,
               "/etc/dovecot/pawl.key": f"{folder}/pawl.key"}
    if behind:
        changes["passdb_behind = false"] = "passdb_behind = true"
    (folder / "auth.lua").write_text(example("dovecot-auth.lua", changes))
    (folder / "pawl.conf").write_text(example("dovecot.conf", {
        "/etc/dovecot/pawl-auth.lua": f"{folder}/auth.lua",
        "user = dovecot": f"user = {user}"}))
    (folder / "dovecot.conf").write_text(MAIN.format(
        folder=folder, user=user, group=group, port=port) + behind)
    daemon = Daemon(folder, "/usr/sbin/dovecot", "-F", "-c",
                    str(folder / "dovecot.conf"))
    daemon.port = port
    daemon.wait_for(lambda: listens(port), "dovecot")
    return daemon


@pytest.fixture
def dovecot(site, public_directory):
    daemon = start_dovecot(site, public_directory / "dovecot")
    yield daemon
    daemon.stop()
    site.check_log(daemon.log)


def connect(dovecot):
    return imaplib.IMAP4("127.0.0.1", dovecot.port, timeout=30)


def log_in(dovecot, user, password):
    connection = connect(dovecot)
    try:
        connection.login(user, password)
        connection.logout()
        return IN
    except imaplib.IMAP4.error as refused:
        connection.shutdown()
        for code, word in (("[AUTHENTICATIONFAILED]", REFUSED),
                           ("[UNAVAILABLE]", OUTAGE)):
            if code in str(refused):
                return word
        raise


def test_who_is_let_in(dovecot, site):
    site.check(lambda user, password: log_in(dovecot, user, password))


def test_the_mailbox_is_the_accounts_and_the_address_is_known(dovecot, site):
    made = site.device()
    connection = connect(dovecot)
    connection.login(made.user_name, made.password)
    assert connection.select("INBOX")[0] == "OK"
    connection.logout()
    assert [path.name for path in (dovecot.directory / "mail").iterdir()] == [
        LOGIN]
    entry = site.pawld.local.ListAuditEntries(page_size=1).entries[0]
    assert (entry.client_address, entry.service) == ("127.0.0.1", "imap")


def test_a_key_that_is_gone_is_an_outage(dovecot, site):
    made = site.device()
    client, = site.pawld.local.ListClients().clients
    site.pawld.local.DeleteClient(client_id=client.id)
    assert log_in(dovecot, LOGIN, made.password) == OUTAGE


@pytest.mark.parametrize("length", range(9, 12))
def test_passwords_of_every_length_arrive_whole(dovecot, site, length):
    # The script has its own base64.
    password = "q\u00fc\\\" !~:" + "x" * (length - 9)
    create_account(site.pawld.local, login="kim", pin="", password=password,
                   policy=account_pb2.POLICY_PASSWORD)
    site.secrets.append(password)
    connection = connect(dovecot)
    answer, _ = connection.authenticate(
        "PLAIN", lambda _: b"\0kim\0" + password.encode())
    assert answer == "OK"
    connection.logout()


def test_names_that_differ_in_an_accent_have_different_mailboxes(dovecot, site):
    logins = {"j\u00fcrgen", "j\u00f6rgen"}
    for login in logins:
        account = create_account(site.pawld.local, login=login)
        made = create_device(site.pawld.local, account)
        site.secrets.append(made.password)
        connection = connect(dovecot)
        connection.login(made.user_name, made.password)
        assert connection.select("INBOX")[0] == "OK"
        connection.logout()
    assert {path.name for path in (dovecot.directory / "mail").iterdir()} == (
        logins)


def test_who_is_handed_back_gets_to_the_next_passdb(site, public_directory):
    daemon = start_dovecot(site, public_directory / "dovecot", """
passdb {
  driver = static
  args = password=their-own
}
""")
    try:
        assert log_in(daemon, DELEGATING, "their-own") == IN
        assert log_in(daemon, DELEGATING, "another") == REFUSED
        # Nobody else does, and nobody while Pawl is away.
        assert log_in(daemon, LOGIN, "their-own") == REFUSED
        site.pawld.stop()
        assert log_in(daemon, DELEGATING, "their-own") == OUTAGE
        assert log_in(daemon, LOGIN, "their-own") == OUTAGE
    finally:
        daemon.stop()


def ask_saslauthd(path, user, password):
    """Cyrus SASL's own question: four texts, each behind its length."""
    name, _, realm = user.partition("@")
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(str(path))
        for text in (name, password, "smtp", realm):
            connection.sendall(struct.pack(">H", len(text)) + text.encode())
        with connection.makefile("rb") as answer:
            size, = struct.unpack(">H", answer.read(2))
            said = answer.read(size).decode()
    print(said)
    return {"OK": IN, "NO": REFUSED}[said[:2]]


def test_saslauthd(dovecot, site, public_directory):
    folder = make_directory(public_directory / "saslauthd")
    run = make_directory(folder / "run")
    (folder / "default").write_text(example("saslauthd.default", {
        "127.0.0.1/143": f"127.0.0.1/{dovecot.port}",
        "/var/spool/postfix/var/run/saslauthd": str(run)}))
    # As Debian's init script starts it, but in the foreground (-d).
    daemon = Daemon(
        folder, "sh", "-c", ". ./default; exec /usr/sbin/saslauthd"
        " -a $MECHANISMS -O $MECH_OPTIONS $OPTIONS -n $THREADS -d")
    try:
        daemon.wait_for(lambda: listens(run / "mux"), "saslauthd")
        # It has one word for a wrong password and for an outage.
        site.check(lambda user, password: ask_saslauthd(
            run / "mux", user, password), outage=REFUSED)
    finally:
        daemon.stop()
    site.check_log(daemon.log)
