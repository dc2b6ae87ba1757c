"""kill -9 in the middle of the work, again and again."""

import collections
import concurrent.futures
import signal
import subprocess
import threading
import time
import uuid

import grpc
import pytest

from api import CALL_SECONDS
from helpers import audit_entries, hints, outcome, position_of, register
from pawld import eventually
from software_tokens import Hotp, Yubikey

# Answers to wait for before each kill: early, late and in between.
ANSWERS_BEFORE_KILL = [1, 60, 25, 3, 110, 40, 2, 80, 15, 150, 5, 33]


class Try:
    """One call that presents a code, and its answer when there was one."""

    def __init__(self, token, code):
        self.token, self.code = token, code
        self.attempt_id = str(uuid.uuid4())
        self.answer = None

    def fields(self):
        return {"otp": self.code, "token_id": self.token.id,
                "attempt_id": self.attempt_id}


class Load:
    """Presents fresh codes of all tokens, each code twice at once."""

    def __init__(self, client, devices):
        self.tries = []
        self._client = client
        self._answers = threading.Semaphore(0)
        self._pool = concurrent.futures.ThreadPoolExecutor(len(devices))
        self._jobs = [self._pool.submit(self._use_up, device, token)
                      for device, token in devices]

    def wait_for_answers(self, count):
        for _ in range(count):
            assert self._answers.acquire(timeout=CALL_SECONDS)

    def end(self):
        """Call it when the server has ended: every worker notices."""
        for job in self._jobs:
            job.result(CALL_SECONDS)
        self._pool.shutdown()

    def _use_up(self, device, token):
        alive = True
        while alive:
            code = device.press()
            pair = [Try(token, code), Try(token, code)]
            self.tries += pair
            alive = self._present(pair)

    def _present(self, pair):
        try:
            calls = [self._client.ValidateOtp.start(**one.fields())
                     for one in pair]
        except ValueError:  # the channel is closed already
            return False
        for one, call in zip(pair, calls):
            try:
                one.answer = call.result()
            except (grpc.RpcError, grpc.FutureCancelledError):
                return False
            self._answers.release()
        return True


class Ledger:
    """What was ever answered, over all lives of the server."""

    def __init__(self):
        self.accepted_by = collections.defaultdict(set)
        self.highest = {}

    def note(self, one, answer, attempt_id):
        """No code is accepted for two attempts, or for none and one."""
        if outcome(answer) == "GOOD_CODE":
            accepted_by = self.accepted_by[one.token.id, one.code]
            accepted_by.add(attempt_id)
            assert len(accepted_by) == 1, f"{one.code} accepted twice"

    def note_all(self, tries):
        for one in tries:
            if one.answer is not None:
                self.note(one, one.answer, one.attempt_id)

    def check_positions(self, admin, tokens):
        for token in tokens:
            position = position_of(admin, token)
            before = self.highest.get(token.id)
            assert before is None or position >= before
            self.highest[token.id] = position


def retry_all(client, tries, ledger):
    """The same attempts get the same verdicts as before the crash."""
    for one in tries:
        again = client.ValidateOtp(**one.fields())
        ledger.note(one, again, one.attempt_id)
        if one.answer is not None:
            assert outcome(again) == outcome(one.answer)
            assert "REPEATED_ATTEMPT" in hints(again)
        once_more = client.ValidateOtp(**one.fields())
        assert outcome(once_more) == outcome(again)


# Codes are soon looked at, however many before were wrong.
PATIENT = ("--throttle-free-failures=100", "--throttle-first-delay=100ms",
           "--throttle-max-delay=100ms")


def look_at(admin, one):
    """The answer to a code, from a place where there was none before."""
    while True:
        answer = admin.ValidateOtp(otp=one.code, token_id=one.token.id,
                                   client_address=uuid.uuid4().hex)
        if outcome(answer) != "THROTTLED":
            return answer
        time.sleep(answer.retry_after.nanos / 1e9)


def replay_all(admin, tries, ledger):
    """Without their attempts, all codes that were presented are used up."""
    for one in tries:
        answer = look_at(admin, one)
        ledger.note(one, answer, attempt_id=None)
        assert outcome(answer) in ("REPLAYED", "WRONG_CODE")
        if outcome(answer) == "WRONG_CODE":  # a HOTP code long passed
            admin.UnlockToken(token_id=one.token.id)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_code_is_accepted_twice_over_many_lives(pawld, number):
    devices = [(device, register(pawld.local, device, **more))
               for device, more in [
                   (Yubikey("a"), {}), (Yubikey("b"), {}), (Yubikey("c"), {}),
                   (Hotp("d", digits=8), {"window": 100})]]
    tokens = [token for _, token in devices]
    client = pawld.client("ROLE_LOGIN")
    ledger, everything = Ledger(), []
    for answers in ANSWERS_BEFORE_KILL:
        load = Load(client, devices)
        load.wait_for_answers(answers)
        pawld.process.send_signal(number)
        load.end()
        pawld.wait()
        # After a crash it is stale, like the lock.
        assert pawld.socket.exists() == (number == signal.SIGKILL)
        ledger.note_all(load.tries)

        pawld.start(*PATIENT)
        client = pawld.tcp(client.key)
        ledger.check_positions(pawld.local, tokens)
        retry_all(client, load.tries, ledger)
        replay_all(pawld.local, load.tries, ledger)
        ledger.check_positions(pawld.local, tokens)
        everything += load.tries
    replay_all(pawld.local, everything, ledger)
    check_audit(pawld.local, ledger)


def check_audit(admin, ledger):
    """The audit tells of every acceptance exactly once, in order."""
    positions = collections.defaultdict(list)
    for entry in audit_entries(admin):
        if entry.HasField("position"):
            positions[entry.token_id].append(entry.position)
    for of_token in positions.values():
        assert of_token == sorted(set(of_token))
    assert (sum(map(len, positions.values()))
            == sum(map(bool, ledger.accepted_by.values())))


@pytest.mark.parametrize("pin, expected", [
    ("1234", "GOOD_CODE"), ("0000", "WRONG_PIN")])
def test_answered_login_is_durable_at_once(pawld, pin, expected):
    device = Hotp("a")
    admin = pawld.local
    account = admin.CreateAccount(login="anna", pin="1234").account
    register(admin, device, account=account)
    for _ in range(3):
        asked = {"account": "anna", "service": "webmail",
                 "credential": pin + device.press(),
                 "attempt_id": str(uuid.uuid4())}
        assert outcome(pawld.local.CheckLogin(**asked)) == expected
        pawld.kill9()
        pawld.start()
        again = pawld.local.CheckLogin(**asked)
        assert (outcome(again), hints(again)) == (
            expected, {"REPEATED_ATTEMPT"})
        del asked["attempt_id"]
        assert outcome(pawld.local.CheckLogin(**asked)) == "REPLAYED"


def test_failures_survive_a_crash(pawld):
    device = Hotp("a")
    token = register(pawld.local, device)
    for expected in range(1, 4):
        pawld.local.ValidateOtp(otp="000000", token_id=token.id)
        pawld.kill9()
        pawld.start()
        now = pawld.local.GetToken(token_id=token.id).token
        assert now.failures == expected


def test_server_killed_while_it_starts_starts_again(pawlds):
    # The first start makes directory, key, database and socket. The times
    # only spread the kills over it.
    for number in range(25):
        server = pawlds(f"d{number}")
        with pytest.raises(subprocess.TimeoutExpired):
            server.launch().wait(timeout=0.002 + 0.004 * number)
        server.kill9()
        began = time.monotonic()
        server.start()
        assert time.monotonic() - began < 10
        key = Yubikey("a")
        register(server.local, key)
        answer = server.local.ValidateOtp(otp=key.press())
        assert outcome(answer) == "GOOD_CODE"
        assert server.stop() == 0


def test_restart_right_after_a_kill_works_every_time(pawld):
    for _ in range(10):
        pawld.kill9()
        pawld.start()
        eventually(lambda: pawld.local.GetStatus().ready, "ready")
