"""Web proxies that ask Pawl about every request: what each of them promises,
and what stands behind them for a WebDAV server.
"""

import base64
import http.client
import http.server
import signal
import ssl
import subprocess
import threading

import pytest

from consumers import (IN, OUTAGE, PAWLD_ADDRESS, REFUSED, Daemon, Site,
                       example, free_port, listens, make_directory,
                       write_private)
from helpers import LOGIN, create_account, create_device

# Some are the same to programs that make variables of headers.
FORGED = {"X-Remote-User": "root", "X-Remote-User-Id": "acc_1",
          "x-REMOTE-user": "root", "X_Remote_User": "root",
          "X-Remote_User": "root", "X_Remote_User_Id": "acc_1",
          "X-Pawl-Account": "root"}


class Behind(http.server.BaseHTTPRequestHandler):
    """The WebDAV server: notes what reaches it, as WSGI and CGI make variables
    of it."""

    seen = []

    def note(self, **more):
        for name, value in self.headers.items():
            name = name.upper().replace("-", "_")
            more[name] = f"{more[name]},{value}" if name in more else value
        Behind.seen.append(more)

    def do_GET(self):
        self.note()
        self.send_response(200)
        self.end_headers()

    def do_PUT(self):
        self.note(body=self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(201)
        self.end_headers()

    def log_message(self, *_):
        pass


def make_certificate(folder):
    """tls.pem and tls.key of dav.example.org."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=dav.example.org",
         "-keyout", "tls.key", "-out", "tls.pem"],
        cwd=folder, check=True, capture_output=True, timeout=20)
    write_private(folder / "tls.key", (folder / "tls.key").read_text())


def request(proxy, user=None, password="", method="GET", body=None,
            path="/photos/", **headers):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if user is not None:
        shown = base64.b64encode(f"{user}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {shown}"
    headers = {"Host": "dav.example.org", **headers}
    connection = http.client.HTTPSConnection("127.0.0.1", proxy.port,
                                             timeout=30, context=context)
    connection.request(method, path, body=body, headers=headers)
    answer = connection.getresponse()
    answer.text = answer.read().decode()
    connection.close()
    return answer


def says(answer):
    """IN, REFUSED or OUTAGE, each with the headers that belong to it."""
    if answer.status == 503:
        assert answer.headers["Retry-After"] == "5"
        return OUTAGE
    if answer.status == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
        return REFUSED
    assert 200 <= answer.status <= 299, answer.status
    return IN


class Promises:
    """The tests of every proxy. A heir has the fixture `proxy`: a Daemon with
    `port`, for `site` and with `behind` behind it.
    """

    @pytest.fixture
    def behind(self):
        """The port where the WebDAV server is."""
        Behind.seen.clear()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Behind)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()
        server.server_close()

    @pytest.fixture
    def site(self, pawlds):
        return Site(pawlds(), "webdav", "drive")

    def test_who_is_let_in(self, proxy, site):
        site.check(lambda user, password: says(
            request(proxy, user, password)))

    def test_the_name_comes_from_pawl_and_the_password_ends_here(
            self, proxy, site):
        made = site.device()
        answer = request(proxy, made.user_name, made.password, "PUT",
                         b"a picture", **FORGED)
        assert answer.status == 201
        seen, = Behind.seen
        assert seen["X_REMOTE_USER"] == LOGIN
        assert seen["X_REMOTE_USER_ID"] == site.account.id
        assert seen["HOST"] == "dav.example.org"
        assert seen["body"] == b"a picture"
        assert "AUTHORIZATION" not in seen
        assert "X_PAWL_KEY" not in seen

    def test_a_large_upload_comes_through(self, proxy, site):
        film = b"a film" * 2**19
        answer = request(proxy, LOGIN, site.device().password, "PUT", film)
        assert answer.status == 201
        assert Behind.seen[0]["body"] == film

    def test_the_name_cannot_be_taken_away_to_become_another(
            self, proxy, site):
        # Some proxies drop the headers that a browser lists there.
        forged = {**FORGED, "Connection": "close, " + ", ".join(FORGED)}
        answer = request(proxy, LOGIN, site.device().password, **forged)
        assert says(answer) == IN
        seen, = Behind.seen
        assert seen.get("X_REMOTE_USER") in (LOGIN, None)
        assert seen.get("X_REMOTE_USER_ID") in (site.account.id, None)
        assert "AUTHORIZATION" not in seen

    def test_without_password_the_browser_is_asked_for_one(self, proxy, site):
        for headers in ({}, FORGED, {"Authorization": "Bearer root"}):
            assert says(request(proxy, **headers)) == REFUSED
        assert not Behind.seen

    def test_a_key_that_is_gone_is_an_outage(self, proxy, site):
        made = site.device()
        client, = site.pawld.local.ListClients().clients
        site.pawld.local.DeleteClient(client_id=client.id)
        assert says(request(proxy, LOGIN, made.password)) == OUTAGE
        assert not Behind.seen

    def test_a_pawld_that_hangs_is_an_outage(self, proxy, site):
        made = site.device()
        site.pawld.process.send_signal(signal.SIGSTOP)
        try:
            assert says(request(proxy, LOGIN, made.password)) == OUTAGE
        finally:
            site.pawld.process.send_signal(signal.SIGCONT)
        assert not Behind.seen

    def test_failures_count_at_the_address_that_the_proxy_saw(
            self, proxy, site):
        made = site.device()
        forged = {"X-Real-IP": "198.51.100.1",
                  "X-Forwarded-For": "198.51.100.1"}
        assert says(request(proxy, LOGIN, made.password, **forged)) == IN
        entry = site.pawld.local.ListAuditEntries(page_size=1).entries[0]
        assert entry.client_address == "127.0.0.1"

    def test_names_that_differ_in_an_accent_stay_apart(self, proxy, site):
        for login in ("j\u00fcrgen", "j\u00f6rgen"):
            account = create_account(site.pawld.local, login=login)
            made = create_device(site.pawld.local, account, type="drive")
            answer = request(proxy, made.user_name, made.password)
            assert says(answer) == IN
            seen = Behind.seen.pop()
            assert seen["X_REMOTE_USER_ID"] == account.id
            # No name would be right, too.
            name = seen.get("X_REMOTE_USER")
            assert name is None or name.encode("latin-1").decode() == login


# What Debian's own nginx.conf is for the example, without root.
NGINX_MAIN = """\
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


def start_nginx(site, folder, behind, service="webdav"):
    """docs/examples/nginx.conf in front of the port `behind`."""
    make_directory(folder)
    make_certificate(folder)
    write_private(folder / "pawl.key",
                  f'proxy_set_header X-Pawl-Key "{site.key}";\n')
    port = free_port()
    (folder / "site.conf").write_text(example("nginx.conf", {
        PAWLD_ADDRESS: site.address,
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/ssl/certs/dav.example.org.pem": f"{folder}/tls.pem",
        "/etc/ssl/private/dav.example.org.key": f"{folder}/tls.key",
        "include /etc/nginx/pawl.key": f"include {folder}/pawl.key",
        "service=webdav": f"service={service}",
        "127.0.0.1:8080": f"127.0.0.1:{behind}"}))
    (folder / "nginx.conf").write_text(NGINX_MAIN)
    daemon = Daemon(folder, "/usr/sbin/nginx", "-p", str(folder),
                    "-c", "nginx.conf", "-e", "stderr")
    daemon.port = port
    daemon.wait_for(lambda: listens(port), "nginx")
    return daemon


def stop_nginx(daemon, site):
    daemon.stop()
    site.check_log(daemon.log + (daemon.directory / "access.log").read_text())
