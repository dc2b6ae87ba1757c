"""docs/examples/freeradius-rest and freeradius-site: a RADIUS server that asks
Pawl, and radclient as the network that asks it."""

import subprocess

import pytest

from consumers import (IN, OUTAGE, PAWLD_ADDRESS, REFUSED, Daemon, Site,
                       example, free_port, make_directory, write_private)
from helpers import LOGIN, create_account
from pawl.v1 import account_pb2
from pawld import eventually
from software_tokens import Hotp

# What Debian's own radiusd.conf is for the example, without root and with all
# modules that it names; the secret of the network is "testing123".
MAIN = """\
prefix = /usr
libdir = /usr/lib/freeradius
logdir = {folder}
raddbdir = {folder}
run_dir = {folder}
log {{
  destination = stdout
  auth = yes
}}
security {{
  reject_delay = 0
  status_server = yes
  allow_vulnerable_openssl = yes
}}
client network {{
  ipaddr = 127.0.0.1
  secret = testing123
}}
modules {{
  always ok {{
    rcode = ok
  }}
  always reject {{
    rcode = reject
  }}
  always handled {{
    rcode = handled
  }}
  $INCLUDE pawl-module
}}
$INCLUDE pawl-site
"""
SILENCE_SECONDS = "6"  # no answer in this time is none


@pytest.fixture
def site(pawlds):
    return Site(pawlds(), "office", "mail")


class Radius:
    """The server for one service; `ask` sends one request."""

    def __init__(self, folder, site, service):
        self.port = free_port()
        write_private(folder / "pawl.key", f'pawl_key = "{site.key}"\n')
        (folder / "pawl-module").write_text(example("freeradius-rest", {
            PAWLD_ADDRESS: site.address,
            "service=office": f"service={service}"}))
        (folder / "pawl-site").write_text(example("freeradius-site", {
            "/etc/freeradius/3.0/pawl.key": f"{folder}/pawl.key",
            "port = 1812": f"port = {self.port}"}))
        (folder / "radiusd.conf").write_text(MAIN.format(folder=folder))
        self.daemon = Daemon(folder, "/usr/sbin/freeradius", "-f",
                             "-l", "stdout", "-d", str(folder), "-n",
                             "radiusd")
        self.daemon.wait_for(
            lambda: "Ready to process requests" in self.daemon.log,
            "freeradius")

    def ask(self, user, password, kind="User-Password",
            station="192.0.2.7"):
        done = subprocess.run(
            ["radclient", "-t", SILENCE_SECONDS, "-r", "1",
             f"127.0.0.1:{self.port}", "auth", "testing123"],
            input=f'User-Name="{user}",{kind}="{password}",'
            f'Calling-Station-Id="{station}"\n',
            text=True, capture_output=True, timeout=30)
        said = done.stdout + done.stderr
        print(said)
        # Nothing but the yes or no goes out.
        assert "Reply-Message" not in said and "REST" not in said
        if "Received Access-Accept" in said:
            assert done.returncode == 0
            return IN
        assert done.returncode != 0
        return REFUSED if "Received Access-Reject" in said else OUTAGE


@pytest.fixture
def radius(public_directory):
    made = []

    def start(site, service):
        folder = make_directory(public_directory / "radius")
        made.append((Radius(folder, site, service), site))
        return made[-1][0]

    yield start
    for server, site in made:
        server.daemon.stop()
        site.check_log(server.daemon.log)


def test_who_is_let_in(pawlds, radius):
    site = Site(pawlds(), "imap", "mail")
    server = radius(site, "imap")
    # The network goes on with the name that was typed: a device is no user.
    site.check(server.ask, by_device_id=REFUSED)


def test_a_code_is_good_once_and_its_address_is_known(site, radius):
    server = radius(site, "office")
    admin = site.pawld.local
    token = Hotp("a", digits=8)
    create_account(admin, login="kim", pin="12'4%{User-Name}", tokens=[token])
    credential = "12'4%{User-Name}" + token.press()
    assert server.ask("kim", credential) == IN
    entry = admin.ListAuditEntries(page_size=1).entries[0]
    assert entry.client_address == "192.0.2.7"
    assert server.ask("kim", credential) == REFUSED
    # Most networks tell a MAC address here: it is not passed on as another.
    assert server.ask("kim", "12'4%{User-Name}" + token.press(),
                      station="00-11-22-33-44-55") == IN


def test_what_is_no_user_name_or_no_password_is_refused(site, radius):
    server = radius(site, "office")
    create_account(site.pawld.local, login="kim", pin="",
                   policy=account_pb2.POLICY_PASSWORD,
                   password="half:and half")
    site.secrets.append("and half")
    assert server.ask("kim", "half:and half") == IN
    assert server.ask("kim:half", "and half") == REFUSED
    assert server.ask("kim", "half:and half", kind="CHAP-Password") == REFUSED
    assert server.ask(" ", "half:and half") == REFUSED


def test_a_key_that_is_gone_is_an_outage(site, radius):
    server = radius(site, "office")
    client, = site.pawld.local.ListClients().clients
    site.pawld.local.DeleteClient(client_id=client.id)
    assert server.ask(LOGIN, "any") == OUTAGE


def test_it_starts_while_pawld_is_down(pawlds, radius):
    site = Site(pawlds(), "imap", "mail")
    made = site.device()
    site.pawld.stop()
    server = radius(site, "imap")
    assert server.ask(LOGIN, made.password) == OUTAGE
    site.start()
    eventually(lambda: server.ask(LOGIN, made.password) == IN, "let in")
