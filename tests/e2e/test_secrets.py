"""Where secrets must never be seen."""

import base64
import json
import os
import pathlib
import signal
import time
import uuid

import grpc
import pytest

from api import method_named, with_text
from helpers import create_account, fails, log_in, outcome, register
from pawld import OTHER_USER, eventually
from software_tokens import Hotp, Motp, Totp, Yubikey, modhex, secret

CANARY_PIN = "Zaunkönig-7731"
CANARY_MOTP_PIN = "8642097531864209"


def canaries(pawld):
    """Uses the server with distinctive secrets; returns all of them."""
    admin = pawld.local
    seeds = {name: secret(f"canary/{name}", 32) for name in "abcde"}
    keys = [Yubikey("canary", aes_key=seeds["a"][:16],
                    private_id=seeds["b"][:6]),
            Hotp("", key=seeds["c"], digits=8),
            Totp("", key=seeds["d"], digits=8),
            Motp("", text=seeds["e"].hex(), pin=CANARY_MOTP_PIN)]
    account = create_account(admin, login="canary", pin=CANARY_PIN)
    tokens = [register(admin, key, account=account) for key in keys]
    made = [admin.RegisterToken(generate=True, **kind).generated for kind in (
        {"yubico": {}}, {"hotp": {}}, {"totp": {}}, {"motp": {"pin": "1"}})]
    client = pawld.client("ROLE_LOGIN")

    used = [keys[0].press(), keys[1].press(),
            keys[2].at(keys[2].step(time.time())), "99887766", "31415926"]
    attempt = "canary-" + str(uuid.uuid4())
    for api in (admin, client):
        for code in used:
            log_in(api, CANARY_PIN + code, login="canary", attempt_id=attempt)
            log_in(api, CANARY_PIN + code, login="canary")
            log_in(api, CANARY_PIN + code, login="typed-Password-1")
            api.ValidateOtp(otp=code)
            api.ValidateOtp(otp=code, token_id=tokens[1].id)
    provoke_errors(pawld, account, tokens[1], keys)
    admin.DeleteToken(token_id=tokens[2].id)
    return [
        CANARY_PIN.encode(), CANARY_MOTP_PIN.encode(), attempt.encode(),
        b"typed-Password-1", b"typed-password-1",
        client.key.rsplit("_", 1)[1].encode(),
        *(seed[:16] for seed in seeds.values()), seeds["b"][:6],
        seeds["e"].hex().encode(), *(code.encode() for code in used),
        *(one.secret for one in made), made[0].private_id,
        pawld.data.joinpath("master.key").read_bytes().strip(),
        bytes.fromhex(pawld.data.joinpath("master.key").read_text())]


def provoke_errors(pawld, account, token, keys):
    """Calls that fail, so that errors are logged too."""
    admin = pawld.local
    not_utf8 = with_text(
        method_named("CheckLogin").input_type.fields_by_name["credential"],
        b"31415926\xff")
    for call in (
            lambda: register(admin, keys[0]),
            lambda: admin.SetPin(account_id=account.id,
                                 pin=CANARY_PIN + "x" * 80),
            lambda: register(admin, Motp("", text="x" + keys[3].text)),
            lambda: pawld.tcp(f"pawl_{token.id}_99887766").GetStatus(),
            lambda: admin.send_bytes(method_named("CheckLogin"), not_utf8)):
        with pytest.raises(grpc.RpcError):
            call()
    with pawld.raw_database() as raw:
        raw.execute("BEGIN IMMEDIATE")
        with fails("UNAVAILABLE"):
            log_in(admin, CANARY_PIN + "31415926", login="canary")
        raw.execute("ROLLBACK")
    admin.ResyncToken(token_id=token.id, first_code="99887766",
                      second_code="31415926")


def encodings(canary):
    """The forms in which a secret may be written somewhere."""
    yield "raw", canary
    yield "hex", canary.hex().encode()
    yield "HEX", canary.hex().upper().encode()
    yield "modhex", modhex(canary).encode()
    # Without the last characters, which depend on what follows.
    for name, encode in (("base32", base64.b32encode),
                         ("base64", base64.b64encode),
                         ("base64url", base64.urlsafe_b64encode)):
        text = encode(canary).rstrip(b"=")[:-1]
        yield name, text
        yield name + " lower", text.lower()


def readable_places(pawld):
    """Everything the server leaves behind, but the master key itself."""
    yield "log", pawld.log.encode()
    yield "command line", pathlib.Path(
        f"/proc/{pawld.pid}/cmdline").read_bytes()
    for path in pawld.data.iterdir():
        if path.name != "master.key" and path.is_file():
            yield path.name, path.read_bytes()


@pytest.mark.flags("--log-level=debug", "--throttle-free-failures=100")
def test_secrets_are_found_nowhere(pawld):
    secrets = canaries(pawld)
    places = dict(readable_places(pawld))
    assert {"log", "pawl.db", "pawl.db-wal", "pawl.db-shm"} <= set(places)
    assert b"canary" in places["pawl.db-wal"]  # the scan can find something
    found = {(place, form, canary) for place, content in places.items()
             for canary in secrets for form, text in encodings(canary)
             if text in content}
    assert not found
    assert pawld.stop() == 0  # and after everything is in the main file
    for path in pawld.data.glob("pawl.db*"):
        content = path.read_bytes()
        assert not any(text in content for canary in secrets
                       for _, text in encodings(canary))


def test_every_log_line_is_json(pawld):
    admin = pawld.local
    for name in ("\"quoted\"", "back\\slash", "{}"):
        create_account(admin, login=name)
    with pawld.raw_database() as raw:
        raw.execute("BEGIN IMMEDIATE")
        with fails("UNAVAILABLE"):
            log_in(admin, "x")
        raw.execute("ROLLBACK")
    lines = [json.loads(line) for line in pawld.log.splitlines()]
    assert {"serving", "check_unavailable"} <= {
        line["event"] for line in lines}


# The process.


def test_core_dumps_are_off(pawld):
    limits = pathlib.Path(f"/proc/{pawld.pid}/limits").read_text()
    line = next(line for line in limits.splitlines()
                if line.startswith("Max core file size"))
    assert line.split()[4:6] == ["0", "0"]


def test_memory_cannot_be_read_by_the_same_user(pawlds, public_directory):
    # Not dumpable: its files in /proc belong to root, whoever runs it.
    server = pawlds(directory=public_directory, **OTHER_USER)
    server.start()
    assert os.stat(f"/proc/{server.pid}/mem").st_uid == 0


def test_closed_pipe_does_not_end_the_server(pawld):
    pawld.process.send_signal(signal.SIGPIPE)
    assert pawld.local.GetStatus().ready


def test_log_that_cannot_be_written_stops_nothing(pawlds):
    server = pawlds(wrapper=["sh", "-c", 'exec "$0" "$@" 2>/dev/full'])
    server.launch()
    eventually(server.socket.exists, "listening")
    eventually(lambda: server.local.GetStatus().ready, "ready")
    assert outcome(log_in(server.local, "x")) == "UNKNOWN_ACCOUNT"
    assert server.stop() == 0
