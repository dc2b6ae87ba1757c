import os
import pathlib
import shutil
import tempfile

import pytest

import stubs

stubs.install()  # before anything that uses the message classes

from helpers import Person, create_account  # noqa: E402
from pawld import OTHER_USER, Pawld  # noqa: E402
from software_tokens import Hotp  # noqa: E402


@pytest.fixture
def directory():
    """An empty directory with a path short enough for a Unix socket."""
    with tempfile.TemporaryDirectory(prefix="pawl-") as name:
        yield pathlib.Path(name)


@pytest.fixture
def public_directory():
    """A directory that every user may enter and OTHER_USER may write."""
    with tempfile.TemporaryDirectory(prefix="pawl-") as name:
        os.chmod(name, 0o755)
        if OTHER_USER:
            shutil.chown(name, OTHER_USER["user"])
        yield pathlib.Path(name)


@pytest.fixture
def pawlds(directory):
    """Makes servers that have not been started; all are stopped at the end."""
    made = []

    def make(name="data", directory=directory, **settings):
        made.append(Pawld(directory / name, **settings))
        return made[-1]

    yield make
    for server in made:
        server.cleanup()
        print(server.log)  # pytest shows it when the test failed


@pytest.fixture
def pawld(pawlds, request):
    """A fresh, serving server.

    A test sets its flags with @pytest.mark.flags("--attempt-ttl=1s").
    """
    marker = request.node.get_closest_marker("flags")
    server = pawlds()
    server.start(*(marker.args if marker else ()))
    return server


@pytest.fixture
def admin(pawld):
    """Local administration of `pawld`, over its Unix socket."""
    return pawld.local


@pytest.fixture
def person(pawld):
    """Somebody with an account and a token on `pawld`."""
    return Person(pawld)


@pytest.fixture
def device(admin):
    """The token of the account LOGIN, whose PIN is 1234."""
    device = Hotp("a", digits=8)
    create_account(admin, pin="1234", tokens=[device])
    return device


def pytest_configure(config):
    config.addinivalue_line("markers", "flags(*flags): flags of `pawld`")
