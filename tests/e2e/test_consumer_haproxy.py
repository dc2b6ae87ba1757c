"""docs/examples/haproxy.cfg with haproxy-auth.lua, before a WebDAV server."""

import subprocess

import pytest

from consumers import (PAWLD_ADDRESS, Daemon, example, free_port, listens,
                       make_directory, write_private)
from helpers import LOGIN
from pawld import OTHER_USER, clean_environment
from proxies import Behind, Promises, make_certificate

# What Debian's own haproxy.cfg is for the example, without root.
MAIN = """\
global
    log stderr local0
defaults
    log global
    mode http
    option httplog
    option dontlognull
    timeout connect 5000
    timeout client 50000
    timeout server 50000
"""
HAPROXY = ["/usr/sbin/haproxy", "-db", "-f", "haproxy.cfg"]


class TestHaproxy(Promises):
    @pytest.fixture
    def port(self, site, behind, public_directory):
        """Where the example listens; it is in the folder "haproxy"."""
        folder = make_directory(public_directory / "haproxy")
        make_certificate(folder)
        write_private(folder / "both.pem", (folder / "tls.pem").read_text()
                      + (folder / "tls.key").read_text())
        write_private(folder / "pawl.key", site.key + "\n")
        number = free_port()
        (folder / "auth.lua").write_text(example("haproxy-auth.lua", {
            "abns@pawl": f"abns@pawl-{number}",
            "/etc/haproxy/pawl.key": f"{folder}/pawl.key"}))
        (folder / "haproxy.cfg").write_text(MAIN + example("haproxy.cfg", {
            "lua-load-per-thread /etc/haproxy/pawl-auth.lua":
            f"lua-load-per-thread {folder}/auth.lua",
            "bind :443": f"bind 127.0.0.1:{number}",
            "crt /etc/haproxy/dav.example.org.pem": f"crt {folder}/both.pem",
            "abns@pawl": f"abns@pawl-{number}",
            PAWLD_ADDRESS: site.address,
            "127.0.0.1:8080": f"127.0.0.1:{behind}"}))
        return number

    @pytest.fixture
    def proxy(self, site, port, public_directory):
        daemon = Daemon(public_directory / "haproxy", *HAPROXY)
        daemon.port = port
        daemon.wait_for(lambda: listens(port), "haproxy")
        yield daemon
        daemon.stop()
        site.check_log(daemon.log)

    def test_the_same_over_http_2(self, proxy, site):
        made = site.device()
        done = subprocess.run(
            ["curl", "--config", "-"],
            input='silent\ninsecure\nhttp2\noutput = "/dev/null"\n'
            'write-out = "%{http_version} %{http_code}"\n'
            'header = "x_remote_user: root"\nheader = "x-remote-user: root"\n'
            f'user = "{LOGIN}:{made.password}"\n'
            f'url = "https://127.0.0.1:{proxy.port}/photos/"\n',
            text=True, capture_output=True, timeout=30)
        assert done.stdout == "2 200"
        seen, = Behind.seen
        assert seen["X_REMOTE_USER"] == LOGIN
        assert "AUTHORIZATION" not in seen

    def test_without_its_key_it_does_not_start(self, port, public_directory):
        folder = public_directory / "haproxy"
        for spoil in ((folder / "pawl.key").write_bytes,
                      lambda _: (folder / "pawl.key").unlink()):
            spoil(b"\n")
            done = subprocess.run(HAPROXY, cwd=folder, text=True, timeout=30,
                                  capture_output=True,
                                  env=clean_environment(), **OTHER_USER)
            assert done.returncode == 1
            assert f"no key in {folder}/pawl.key" in done.stderr
