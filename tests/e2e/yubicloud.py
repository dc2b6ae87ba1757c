"""Keys of the YubiCloud, and a pawld that asks fake clouds about them.

The fixtures hold for the test files that import them.
"""

import base64
import os

import pytest

from fake_cloud import CLIENT, KEY, FakeCloud
from helpers import create_account, register
from software_tokens import Yubikey, modhex
from web import HTTP


class CloudKey(Yubikey):
    """A YubiKey whose secret only `clouds` know."""

    def __init__(self, label, *clouds):
        super().__init__(label)
        self._clouds, self._counter = clouds, 0

    def enrolment(self):
        return {"yubicloud": {"public_id": modhex(self.public_id)}}

    def code(self, counter=None, session=0):
        self._counter = self._counter + 1 if counter is None else counter
        code = self.at(self._counter, session)
        for cloud in self._clouds:
            cloud.learn(code, self._counter, session)
        return code


def key_file(directory, key=KEY):
    path = directory / "cloud.key"
    path.write_text(base64.b64encode(key).decode() + "\n")
    os.chmod(path, 0o600)
    return path


def validate(server, code, **more):
    return server.local.ValidateOtp(otp=code, **more)


@pytest.fixture
def clouds():
    made = []

    def make(**settings):
        made.append(FakeCloud(**settings))
        return made[-1]

    yield make
    for cloud in made:
        cloud.close()


@pytest.fixture
def cloud(clouds):
    return clouds()


@pytest.fixture
def start(pawlds, directory):
    def begin(*clouds, timeout="2s", flags=()):
        urls = " ".join(getattr(cloud, "url", cloud) for cloud in clouds)
        return pawlds().start(
            HTTP, f"--yubicloud-urls={urls}", f"--yubicloud-client={CLIENT}",
            f"--yubicloud-key-file={key_file(directory)}",
            f"--yubicloud-timeout={timeout}", *flags)
    return begin


@pytest.fixture
def server(start, cloud):
    return start(cloud)


@pytest.fixture
def key(server, cloud):
    """The key of the account LOGIN, whose PIN is 1234."""
    key = CloudKey("k", cloud)
    account = create_account(server.local, pin="1234")
    key.token = register(server.local, key, account=account)
    return key
