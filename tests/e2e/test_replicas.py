"""Two pawlds on one PostgreSQL: each believes only the store.

Runs beside a throw-away cluster (tests/support/with_postgres).
PAWL_REPLICA_CODES sets how many codes the race presents.
"""

import collections
import concurrent.futures
import itertools
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import uuid

import grpc
import pytest

from helpers import (LOGIN, create_account, fails, log_in, outcome, register)
from pawld import eventually
from software_tokens import Hotp, Yubikey
from wsapi import HTTP, Client, http_address, make_client

CODES = int(os.environ.get("PAWL_REPLICA_CODES", "1000"))
PRESENTED = 8  # times each code, over both replicas
WORKERS = 8


def sql(statement, database="postgres"):
    return subprocess.run(
        ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d",
         database, "-c", statement], check=True, capture_output=True,
        text=True, timeout=60).stdout.strip()


@pytest.fixture
def store():
    """The URL of an empty database; who connects is in the environment."""
    name = "pawl_" + uuid.uuid4().hex
    sql(f"CREATE DATABASE {name}")
    yield f"postgresql:///{name}"
    sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def replicas(pawlds, store):
    """Two serving pawlds with one database and one master key."""
    first = pawlds("one")
    first.start(f"--store={store}", HTTP)
    second = pawlds("two")
    second.data.mkdir(mode=0o700)
    shutil.copy(first.data / "master.key", second.data / "master.key")
    second.start(f"--store={store}", HTTP)
    return first, second


def test_they_share_accounts_tokens_and_keys(replicas):
    first, second = replicas
    device = Hotp("h", digits=8)
    create_account(first.local, pin="1234", tokens=[device])
    client = first.client("ROLE_LOGIN")
    elsewhere = second.tcp(client.key)
    code = "1234" + device.press()
    assert outcome(log_in(elsewhere, code)) == "GOOD_CODE"
    assert outcome(log_in(client, code)) == "REPLAYED"
    assert outcome(log_in(client, "1234" + device.press())) == "GOOD_CODE"


def test_another_master_key_is_refused(pawlds, replicas, store):
    third = pawlds("three")
    with pytest.raises(Exception, match="master key"):
        third.start(f"--store={store}")


# What is changed on one holds from the very next check on the other, which has
# the rows in its cache.
CHANGES = {
    "token disabled": (
        lambda admin, account, token, client:
            admin.DisableToken(token_id=token.id), "TOKEN_DISABLED"),
    "token deleted": (
        lambda admin, account, token, client:
            admin.DeleteToken(token_id=token.id), "NO_TOKEN"),
    "token unassigned": (
        lambda admin, account, token, client:
            admin.UnassignToken(account_id=account.id, token_id=token.id),
        "NO_TOKEN"),
    "account disabled": (
        lambda admin, account, token, client:
            admin.DisableAccount(account_id=account.id), "ACCOUNT_DISABLED"),
    "account renamed": (
        lambda admin, account, token, client:
            admin.RenameAccount(account_id=account.id, login="other"),
        "UNKNOWN_ACCOUNT"),
    "PIN changed": (
        lambda admin, account, token, client:
            admin.SetPin(account_id=account.id, pin="9876"), "WRONG_PIN"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_on_one_holds_at_once_on_the_other(replicas, change):
    first, second = replicas
    device = Hotp("h", digits=8)
    account = create_account(first.local, pin="1234")
    token = register(first.local, device, account=account)
    client = second.client("ROLE_LOGIN")
    for _ in range(3):  # now the second has all in its cache
        assert outcome(log_in(client, "1234" + device.press())) == "GOOD_CODE"
    make, expected = CHANGES[change]
    make(first.local, account, token, client)
    assert outcome(log_in(client, "1234" + device.press())) == expected


def is_stopped(pid):
    """True when every thread has stopped."""
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return all(") T " in (task / "stat").read_text() for task in tasks)


def test_a_replica_that_was_paused_accepts_nothing_that_is_used(replicas):
    first, second = replicas
    key = Yubikey("a")
    register(first.local, key)
    client = first.client("ROLE_LOGIN")
    elsewhere = second.tcp(client.key)
    # Both have the token in their caches.
    assert outcome(client.ValidateOtp(otp=key.press())) == "GOOD_CODE"
    assert outcome(elsewhere.ValidateOtp(otp=key.press())) == "GOOD_CODE"
    for _ in range(5):
        code = key.press()
        first.process.send_signal(signal.SIGSTOP)
        eventually(lambda: is_stopped(first.process.pid), "it stops")
        waiting = client.ValidateOtp.start(otp=code)
        assert outcome(elsewhere.ValidateOtp(otp=code)) == "GOOD_CODE"
        first.process.send_signal(signal.SIGCONT)
        assert outcome(waiting.result(10)) == "REPLAYED"
        assert outcome(client.ValidateOtp(otp=key.press())) == "GOOD_CODE"


def test_a_token_added_on_one_works_at_once_on_the_other(replicas):
    first, second = replicas
    old, new = Hotp("old", digits=8), Yubikey("new")
    account = create_account(first.local, pin="1234", tokens=[old])
    client = second.client("ROLE_LOGIN")
    assert outcome(log_in(client, "1234" + old.press())) == "GOOD_CODE"
    register(first.local, new, account=account)
    assert outcome(log_in(client, "1234" + new.press())) == "GOOD_CODE"


def test_a_client_deleted_on_one_is_refused_at_once_by_the_other(replicas):
    first, second = replicas
    device = Hotp("h", digits=8)
    create_account(first.local, pin="1234", tokens=[device])
    client = second.client("ROLE_LOGIN")
    assert outcome(log_in(client, "1234" + device.press())) == "GOOD_CODE"
    first.local.DeleteClient(client_id=client.id)
    with fails("UNAUTHENTICATED"):
        log_in(client, "1234" + device.press())


def test_the_yubico_protocol_knows_replays_on_both(replicas):
    first, second = replicas
    key = Yubikey("a")
    register(first.local, key)
    here = make_client(first)
    there = Client(http_address(second), here.number, here.key)
    for one, other in ((here, there), (there, here)) * 5:
        otp, nonce = key.press(), one.nonce()
        assert one.verify_signed(otp, nonce=nonce).status == "OK"
        for asked in (other, one):
            again = asked.verify_signed(otp, nonce=nonce)
            assert again.status == "REPLAYED_REQUEST"
            assert asked.status(otp) == "REPLAYED_OTP"


def test_the_yubico_protocol_accepts_once_when_both_are_asked_at_once(
        replicas):
    key = Yubikey("a")
    register(replicas[0].local, key)
    made = make_client(replicas[0])
    for same_nonce in (False, True):
        asked = [Client(http_address(replicas[i % 2]), made.number, made.key)
                 for i in range(WORKERS)]
        again = "REPLAYED_REQUEST" if same_nonce else "REPLAYED_OTP"
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for _ in range(25):
                otp, nonce = key.press(), made.nonce()
                answers = collections.Counter(pool.map(
                    lambda one: one.status(
                        otp, nonce=nonce if same_nonce else one.nonce()),
                    asked))
                assert answers == {"OK": 1, again: WORKERS - 1}


def test_a_protocol_client_deleted_on_one_is_unknown_to_the_other(replicas):
    first, second = replicas
    key = Yubikey("a")
    register(first.local, key)
    made = make_client(first)
    there = Client(http_address(second), made.number, made.key)
    assert there.status(key.press()) == "OK"
    first.local.DeleteClient(client_id=made.id)
    assert there.status(key.press()) == "NO_SUCH_CLIENT"


class Presenter:
    """Presents each code many times, over both replicas at once."""

    def __init__(self, replicas, key):
        self._replicas = replicas
        self._key = key
        self._lock = threading.Lock()
        self._clients = {}
        self.accepted = collections.Counter()  # by code
        self.answers = collections.Counter()

    def client(self, number):
        """Of a replica that may have been restarted meanwhile."""
        replica = self._replicas[number % len(self._replicas)]
        address = replica.address
        with self._lock:
            made = self._clients.get((number, address))
            if made is None:
                made = replica.tcp(self._key)
                self._clients[number, address] = made
        return made

    def use_up(self, worker, device, token, count):
        for _ in range(count):
            code = device.press()
            calls = []
            for number in range(PRESENTED):
                try:
                    calls.append(self.client(worker * 2 + number % 2)
                                 .ValidateOtp.start(otp=code,
                                                    token_id=token.id))
                except ValueError:  # closed just now
                    self.answers["lost"] += 1
            for call in calls:
                self._count(code, call)

    def _count(self, code, call):
        try:
            answer = outcome(call.result())
        except (grpc.RpcError, grpc.FutureCancelledError):
            answer = "lost"
        with self._lock:
            self.answers[answer] += 1
            self.accepted[code] += answer == "GOOD_CODE"


def test_no_code_is_accepted_twice_while_one_is_killed_again_and_again(
        replicas, store):
    first, second = replicas
    devices = [Yubikey(f"y{i}") for i in range(WORKERS)]
    tokens = [register(first.local, device).id for device in devices]
    tokens = [first.local.GetToken(token_id=id).token for id in tokens]
    presenter = Presenter(replicas, first.client("ROLE_LOGIN").key)
    kills = 0
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        jobs = [pool.submit(presenter.use_up, *work, CODES // WORKERS)
                for work in zip(itertools.count(), devices, tokens)]
        while not all(job.done() for job in jobs):
            concurrent.futures.wait(jobs, timeout=1)
            second.kill9()
            second.start(f"--store={store}")
            kills += 1
        for job in jobs:
            job.result()
    assert kills >= 2
    assert max(presenter.accepted.values()) == 1
    # The first replica lived: nearly all codes got in.
    assert sum(presenter.accepted.values()) > CODES // 2
    assert set(presenter.answers) <= {"GOOD_CODE", "REPLAYED", "lost"}
    print(kills, presenter.answers)
