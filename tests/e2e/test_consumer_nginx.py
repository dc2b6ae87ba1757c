"""docs/examples/nginx.conf: auth_request in front of a WebDAV server."""

import pytest

from proxies import Promises, start_nginx, stop_nginx


class TestNginx(Promises):
    @pytest.fixture
    def proxy(self, site, behind, public_directory):
        daemon = start_nginx(site, public_directory / "nginx", behind)
        yield daemon
        stop_nginx(daemon, site)
