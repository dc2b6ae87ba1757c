"""What the end-to-end tests share: a server, callers, and answers as words."""

import contextlib
import functools
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import time

import grpc
import pytest
from google.protobuf import symbol_database

import health_pb2
from pawl.v1 import (account_pb2, audit_pb2, client_pb2, login_pb2,
                     status_pb2, token_pb2, validation_pb2, verdict_pb2)

PAWLD = pathlib.Path(os.environ["PAWL_BIN_DIR"]) / "pawld"
FILES = (account_pb2, audit_pb2, client_pb2, login_pb2, status_pb2, token_pb2,
         validation_pb2)
SERVICES = {service.full_name: service for file in FILES
            for service in file.DESCRIPTOR.services_by_name.values()}
HEALTH = health_pb2.DESCRIPTOR.services_by_name["Health"]
METHODS = [method for service in (*SERVICES.values(), HEALTH)
           for method in service.methods]
CALL_SECONDS = 30  # no answer in this time is a failure
WAIT_SECONDS = 20

# For subprocess: a user that is not root. Tests that are not run by root
# already are such a user.
OTHER_USER = ({"user": "nobody", "group": "nogroup", "extra_groups": []}
              if os.geteuid() == 0 else {})


def eventually(condition, what, seconds=WAIT_SECONDS):
    """The first true value of `condition()`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"still not: {what}"
        time.sleep(0.02)


# Callers.


def message_class(descriptor):
    return symbol_database.Default().GetSymbol(descriptor.full_name)


def path_of(method):
    return f"/{method.containing_service.full_name}/{method.name}"


class Api:
    """Every method of the server by its name: api.GetToken(token_id="...")."""

    def __init__(self, channel, key=None):
        self.channel, self.key = channel, key
        self._metadata = [("authorization", f"Bearer {key}")] if key else []
        for method in METHODS:
            name = "HealthCheck" if method.name == "Check" else method.name
            setattr(self, name, self._method(method))

    def _method(self, method):
        request_class = message_class(method.input_type)
        answer_class = message_class(method.output_type)
        stub = self.channel.unary_unary(
            path_of(method),
            request_serializer=request_class.SerializeToString,
            response_deserializer=answer_class.FromString)

        def calling(way):
            def within(seconds, **fields):
                return way(request_class(**fields), timeout=seconds,
                           metadata=self._metadata)
            return within

        def call(**fields):
            return call.within(CALL_SECONDS, **fields)

        call.within = calling(stub)
        # Returns at once.
        call.start = functools.partial(calling(stub.future), CALL_SECONDS)
        # The answer, and what came along with it.
        call.with_call = functools.partial(
            calling(stub.with_call), CALL_SECONDS)
        return call

    def send_bytes(self, method, request):
        """Calls `method` with a request that is only bytes."""
        stub = self.channel.unary_unary(path_of(method))
        return stub(request, timeout=CALL_SECONDS, metadata=self._metadata)


def method_named(name):
    return next(method for method in METHODS if method.name == name)


# Answers as words.


def outcome(answer):
    """"GOOD_CODE", "REPLAYED"...; without reasons "ACCEPTED" or "REFUSED"."""
    verdict = verdict_pb2.Verdict.Name(answer.verdict)
    reason = verdict_pb2.Reason.Name(answer.reason)
    assert verdict in ("VERDICT_ACCEPTED", "VERDICT_REFUSED")
    if reason == "REASON_UNSPECIFIED":
        return verdict.removeprefix("VERDICT_")
    accepted = verdict == "VERDICT_ACCEPTED"
    assert accepted == (reason == "REASON_GOOD_CODE"), answer
    return reason.removeprefix("REASON_")


def hints(answer):
    return {verdict_pb2.Hint.Name(hint).removeprefix("HINT_")
            for hint in answer.hints}


@contextlib.contextmanager
def fails(code, field=None, containing=""):
    """The call inside fails with `code`, and names `field` in both ways."""
    with pytest.raises(grpc.RpcError) as caught:
        yield
    error = caught.value
    assert error.code().name == code, error.details()
    assert containing in error.details()
    if field is not None:
        assert error.details().startswith(field), error.details()
        assert dict(error.trailing_metadata()).get("pawl-field") == field


# What most tests do first.


def register(admin, device, *, account=None, **more):
    """Registers a software token; returns the server's token."""
    fields = dict(device.enrolment(**more))
    if account is not None:
        fields["account_id"] = account.id
    return admin.RegisterToken(**fields).token


def create_account(admin, login="anna@example.org", pin="1234", tokens=()):
    account = admin.CreateAccount(login=login, pin=pin).account
    for device in tokens:
        register(admin, device, account=account)
    return account


def log_in(api, credential, login="anna@example.org", **more):
    return api.CheckLogin(account=login, service="webmail",
                          credential=credential, **more)


def position_of(admin, token):
    """The token's position, or None when it was never used."""
    now = admin.GetToken(token_id=token.id).token
    return now.position if now.HasField("position") else None


def audit_entries(admin, **which):
    """All audit entries, oldest first."""
    entries, page_token = [], ""
    while True:
        page = admin.ListAuditEntries(page_size=900, page_token=page_token,
                                      **which)
        entries += page.entries
        page_token = page.next_page_token
        if not page_token:
            return entries[::-1]


# The server.


class StartError(Exception):
    """The server ended instead of serving."""

    def __init__(self, exit_code, log):
        super().__init__(f"exit code {exit_code}\n{log}")
        self.exit_code = exit_code
        self.log = log


def clean_environment(**more):
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("PAWL_", "GRPC_"))}
    return {**kept, **more}


class Pawld:
    """A pawld process and its data directory, started any number of times.

    `wrapper` is a command that runs another one, such as ["unshare", "-m"].
    """

    def __init__(self, data, *, environment=None, wrapper=(), **popen):
        self.data = pathlib.Path(data)
        self.socket = self.data / "pawld.sock"
        self.database = self.data / "pawl.db"
        self.process = None
        self.serving = None
        self.flags = ()
        self._environment = environment or {}
        self._wrapper = list(wrapper)
        self._popen = popen
        self._channels = []
        self._log_path = self.data.parent / (self.data.name + ".log")

    def start(self, *flags):
        """Starts and waits until it serves; StartError when it ends."""
        log_begins = len(self.log)
        self.launch(*flags)
        self.serving = eventually(
            lambda: self._look_for_start(log_begins), "serving")
        self.socket = pathlib.Path(self.serving["socket"])
        return self

    def launch(self, *flags):
        """Starts without waiting; returns the process."""
        assert self.process is None
        self.flags = flags
        environment = {"PAWL_DATA_DIR": str(self.data),
                       "PAWL_LISTEN": "127.0.0.1:0", **self._environment}
        with open(self._log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self._wrapper, PAWLD, *flags],
                env=clean_environment(**environment), stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, **self._popen)
        return self.process

    def _look_for_start(self, log_begins):
        ended = self.process.poll()
        if ended is not None:
            self.process = None
            raise StartError(ended, self.log[log_begins:])
        for line in self.log[log_begins:].splitlines(keepends=True):
            if '"event":"serving"' in line and line.endswith("\n"):
                return json.loads(line)
        return None

    @property
    def log(self):
        if not self._log_path.exists():
            return ""
        return self._log_path.read_text(errors="replace")

    @property
    def address(self):
        return self.serving["listen"]

    @property
    def pid(self):
        return self.process.pid

    @property
    def local(self):
        """Calls over the Unix socket, as local administrator."""
        return self.api(f"unix:{self.socket}")

    def tcp(self, key=None, credentials=None):
        """Calls over TCP, with a bearer key."""
        return self.api(self.address, key, credentials)

    def api(self, target, key=None, credentials=None):
        options = [("grpc.use_local_subchannel_pool", 1),
                   ("grpc.enable_retries", 0)]
        channel = (
            grpc.secure_channel(target, credentials, options) if credentials
            else grpc.insecure_channel(target, options))
        self._channels.append(channel)
        return Api(channel, key)

    def client(self, *roles, see_reasons=True, name=None):
        """Makes an API client; returns calls over TCP with its key."""
        made = self.local.CreateClient(
            name=name or f"client {len(self._channels)}",
            roles=roles or ("ROLE_LOGIN",), see_reasons=see_reasons)
        api = self.tcp(made.key)
        api.id = made.client.id
        return api

    def stop(self, number=signal.SIGTERM):
        """Asks it to stop; returns the exit code."""
        self.process.send_signal(number)
        return self._wait()

    def kill9(self):
        return self.stop(signal.SIGKILL)

    def restart(self, *flags):
        """Stops it and starts it on the same data, with the same flags."""
        assert self.stop() == 0
        return self.start(*(flags or self.flags))

    def is_alive(self):
        return self.process.poll() is None

    @contextlib.contextmanager
    def raw_database(self):
        """The database itself, behind the server's back."""
        connection = sqlite3.connect(self.database, isolation_level=None)
        with contextlib.closing(connection):
            yield connection

    def cleanup(self):
        if self.process is not None and self.is_alive():
            self.kill9()

    def _wait(self):
        try:
            return self.process.wait(WAIT_SECONDS)
        finally:
            self.process.kill()
            self.process.wait(WAIT_SECONDS)
            self.process = None
            self._close_channels()

    def _close_channels(self):
        for channel in self._channels:
            channel.close()
        self._channels.clear()


def run_pawld(*flags, **environment):
    """Runs pawld to its end; returns exit code and output."""
    done = subprocess.run(
        [PAWLD, *flags], env=clean_environment(**environment), text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=WAIT_SECONDS, check=False)
    return done.returncode, done.stdout
