"""docs/examples/nginx.conf: auth_request in front of a WebDAV server."""

import base64
import http.client
import http.server
import ssl
import subprocess
import threading

import pytest

from consumers import (IN, OUTAGE, PAWLD_ADDRESS, REFUSED, Daemon, Site,
                       example, free_port, listens, make_directory,
                       write_private)
from helpers import LOGIN, create_account, create_device

# What Debian's own nginx.conf is for the example, without root.
MAIN = """\
daemon off;
pid nginx.pid;
error_log stderr info;
events {}
http {
  access_log access.log;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  include site.conf;
}
"""


class Behind(http.server.BaseHTTPRequestHandler):
    """The WebDAV server: notes what reaches it."""

    seen = []

    def do_GET(self):
        Behind.seen.append(dict(self.headers))
        self.send_response(200)
        self.end_headers()

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Behind.seen.append({**self.headers, "body": body})
        self.send_response(201)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def behind():
    Behind.seen.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Behind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def site(pawlds):
    return Site(pawlds(), "webdav", "drive")


@pytest.fixture
def nginx(site, behind, public_directory):
    folder = make_directory(public_directory / "nginx")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=dav.example.org",
         "-keyout", "tls.key", "-out", "tls.pem"],
        cwd=folder, check=True, capture_output=True, timeout=20)
    write_private(folder / "tls.key", (folder / "tls.key").read_text())
    write_private(folder / "pawl.key",
                  f'proxy_set_header X-Pawl-Key "{site.key}";\n')
    port = free_port()
    (folder / "site.conf").write_text(example("nginx.conf", {
        PAWLD_ADDRESS: site.address,
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/ssl/certs/dav.example.org.pem": f"{folder}/tls.pem",
        "/etc/ssl/private/dav.example.org.key": f"{folder}/tls.key",
        "include /etc/nginx/pawl.key": f"include {folder}/pawl.key",
        "127.0.0.1:8080": f"127.0.0.1:{behind}"}))
    (folder / "nginx.conf").write_text(MAIN)
    daemon = Daemon(folder, "/usr/sbin/nginx", "-p", str(folder),
                    "-c", "nginx.conf", "-e", "stderr")
    daemon.port = port
    daemon.wait_for(lambda: listens(port), "nginx")
    yield daemon
    daemon.stop()
    site.check_log(daemon.log + (folder / "access.log").read_text())


def request(nginx, user=None, password="", method="GET", body=None, **headers):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if user is not None:
        shown = base64.b64encode(f"{user}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {shown}"
    connection = http.client.HTTPSConnection("127.0.0.1", nginx.port,
                                             timeout=20, context=context)
    connection.request(method, "/photos/", body=body, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_who_is_let_in(nginx, site):
    def ask(user, password):
        answer = request(nginx, user, password)
        if answer.status == 503:
            assert answer.headers["Retry-After"] == "5"
        if answer.status == 401:
            assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
        return {200: IN, 401: REFUSED, 503: OUTAGE}[answer.status]

    site.check(ask)


def test_the_name_comes_from_pawl_and_the_password_ends_here(nginx, site):
    made = site.device()
    forged = {"X-Remote-User": "root", "X-Pawl-Account": "root",
              "X-Remote-User-Id": "acc_1"}
    assert request(nginx, made.user_name, made.password, "PUT", b"a picture",
                   **forged).status == 201
    seen, = Behind.seen
    assert seen["X-Remote-User"] == LOGIN
    assert seen["X-Remote-User-Id"] == site.account.id
    assert seen["body"] == b"a picture"
    assert "Authorization" not in seen
    assert "X-Pawl-Key" not in seen


def test_without_password_the_browser_is_asked_for_one(nginx, site):
    answer = request(nginx)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert not Behind.seen


def test_a_key_that_is_gone_is_an_outage(nginx, site):
    made = site.device()
    client, = site.pawld.local.ListClients().clients
    site.pawld.local.DeleteClient(client_id=client.id)
    assert request(nginx, LOGIN, made.password).status == 503
    assert not Behind.seen


def test_failures_count_at_the_address_that_nginx_saw(nginx, site):
    made = site.device()
    forged = {"X-Real-IP": "198.51.100.1"}
    assert request(nginx, LOGIN, made.password, **forged).status == 200
    entry = site.pawld.local.ListAuditEntries(page_size=1).entries[0]
    assert entry.client_address == "127.0.0.1"


def test_names_that_differ_in_an_accent_stay_apart(nginx, site):
    for login in ("j\u00fcrgen", "j\u00f6rgen"):
        account = create_account(site.pawld.local, login=login)
        made = create_device(site.pawld.local, account, type="drive")
        assert request(nginx, made.user_name, made.password).status == 200
        seen = Behind.seen.pop()
        assert seen["X-Remote-User-Id"] == account.id
        # No name would be right, too.
        name = seen.get("X-Remote-User")
        assert name is None or name.encode("latin-1").decode() == login
