"""docs/examples/apache.conf with apache-auth.lua, before a WebDAV server."""

import pytest

from consumers import (OUTAGE, PAWLD_ADDRESS, Daemon, example, free_port,
                       listens, make_directory, write_private)
from helpers import LOGIN
from proxies import Behind, Promises, make_certificate, request, says

MODULES = """authn_core authz_core authz_user headers lua mpm_event proxy
proxy_http ssl""".split()

# What Debian's own apache2.conf is for the example, without root.
MAIN = """\
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/apache.pid
ServerName localhost
Listen 127.0.0.1:{port}
ErrorLog {folder}/error.log
LogFormat "%h %l %u %t \\"%r\\" %>s %O" common
CustomLog {folder}/access.log common
{modules}
Include site.conf
"""


class TestApache(Promises):
    @pytest.fixture
    def proxy(self, site, behind, public_directory):
        folder = make_directory(public_directory / "apache")
        make_certificate(folder)
        write_private(folder / "pawl.key", site.key + "\n")
        (folder / "auth.lua").write_text(example("apache-auth.lua", {
            PAWLD_ADDRESS: site.address,
            "/etc/apache2/pawl.key": f"{folder}/pawl.key"}))
        port = free_port()
        (folder / "site.conf").write_text(example("apache.conf", {
            "*:443": f"127.0.0.1:{port}",
            "/etc/ssl/certs/dav.example.org.pem": f"{folder}/tls.pem",
            "/etc/ssl/private/dav.example.org.key": f"{folder}/tls.key",
            "LuaHookCheckUserID /etc/apache2/pawl-auth.lua":
            f"LuaHookCheckUserID {folder}/auth.lua",
            "127.0.0.1:8080": f"127.0.0.1:{behind}"}))
        modules = "\n".join(
            f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
            for name in MODULES)
        (folder / "apache.conf").write_text(MAIN.format(
            folder=folder, port=port, modules=modules))
        daemon = Daemon(folder, "/usr/sbin/apache2", "-DFOREGROUND",
                        "-f", str(folder / "apache.conf"))
        daemon.port = port
        daemon.wait_for(lambda: listens(port), "apache")
        yield daemon
        daemon.stop()
        logs = [(folder / name).read_text()
                for name in ("error.log", "access.log")]
        print(logs[0])
        site.check_log("".join(logs))

    def test_without_its_key_or_script_nobody_is_let_in(self, proxy, site):
        made = site.device()
        (proxy.directory / "pawl.key").write_bytes(b"\n")
        assert says(request(proxy, LOGIN, made.password)) == OUTAGE
        (proxy.directory / "pawl.key").unlink()
        assert says(request(proxy, LOGIN, made.password)) == OUTAGE
        (proxy.directory / "auth.lua").unlink()
        assert request(proxy, LOGIN, made.password).status == 500
        assert not Behind.seen
