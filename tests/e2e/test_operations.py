"""What the person who runs the server relies on."""

import signal
import socket
import time

import pytest

import reflection_pb2
from api import SERVICES
from helpers import fails, health, outcome, register
from pawld import eventually
from software_tokens import Yubikey

# Health.


@pytest.mark.parametrize("service", ["", "liveness", *SERVICES])
def test_health_is_answered_without_a_key(pawld, service):
    for api in (pawld.tcp(), pawld.local):
        assert health(api, service) == "SERVING"


@pytest.mark.parametrize("service", ["x", "pawl.v1.Nothing", "Liveness"])
def test_health_of_an_unknown_name_is_not_found(pawld, service):
    with fails("NOT_FOUND"):
        pawld.tcp().HealthCheck(service=service)


def test_health_says_first_that_it_does_not_serve(pawld, admin):
    with pawld.raw_database() as other:
        other.execute("BEGIN IMMEDIATE")
        eventually(lambda: health(admin, "") == "NOT_SERVING", "noticed")
        for service in SERVICES:
            assert health(admin, service) == "NOT_SERVING"
        assert health(admin, "liveness") == "SERVING"
        status = admin.GetStatus()
        assert not status.ready and status.problem
        other.execute("ROLLBACK")
    for service in ("", *SERVICES):
        eventually(lambda: health(admin, service) == "SERVING", "recovered")
    assert admin.GetStatus().ready


def test_status_tells_what_it_promises(pawld, admin):
    status = admin.GetStatus()
    assert status.version == "0.1.0"
    assert status.engine == "sqlite"
    assert (status.ready, status.problem) == (True, "")
    assert status.listen_address == pawld.address
    assert len(status.master_key_id) == 8
    int(status.master_key_id, 16)
    assert status.commit_batches <= status.committed_checks
    now = time.time()
    assert abs(status.current_time.seconds - now) < 5
    assert now - 60 < status.start_time.seconds <= now
    key_id = status.master_key_id
    pawld.restart()
    assert pawld.local.GetStatus().master_key_id == key_id


def test_status_counts_what_was_written(pawld):
    before = pawld.local.GetStatus()
    for _ in range(3):
        assert outcome(pawld.local.ValidateOtp(otp="x")) == "UNKNOWN_TOKEN"
    after = pawld.local.GetStatus()
    assert after.committed_checks - before.committed_checks == 3
    assert after.commit_batches - before.commit_batches == 3


def test_memory_store_forgets_everything(pawlds):
    server = pawlds().start("--store=memory:")
    key = Yubikey("a")
    register(server.local, key)
    assert outcome(server.local.ValidateOtp(otp=key.press())) == "GOOD_CODE"
    assert server.local.GetStatus().engine == "memory"
    server.restart()
    assert not server.local.ListTokens().tokens


# Reflection.


def test_reflection_lists_the_services(pawld):
    request = reflection_pb2.ServerReflectionRequest
    answer = reflection_pb2.ServerReflectionResponse
    ask = pawld.tcp().channel.stream_stream(
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        request_serializer=request.SerializeToString,
        response_deserializer=answer.FromString)
    answers = list(ask(iter([request(list_services="*")]), timeout=10))
    names = {service.name for one in answers
             for service in one.list_services_response.service}
    assert {*SERVICES, "grpc.health.v1.Health"} <= names


# Stopping.


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_stops_it_cleanly_within_seconds(pawld, number):
    key = Yubikey("a")
    register(pawld.local, key)
    pawld.local.ValidateOtp(otp=key.press())
    idle = pawld.tcp()
    idle.HealthCheck()
    began = time.monotonic()
    assert pawld.stop(number) == 0
    assert time.monotonic() - began < 8
    assert not pawld.socket.exists()
    assert pawld.log.splitlines()[-1].endswith('"event":"stopped"}')
    assert not pawld.database.with_name("pawl.db-wal").exists()


def test_stop_waits_for_calls_but_not_for_ever(pawld):
    with pawld.raw_database() as other:
        other.execute("BEGIN IMMEDIATE")
        calls = [pawld.local.ValidateOtp.start(otp="x") for _ in range(5)]
        stream = pawld.tcp().channel.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
        kept_open = stream(iter(lambda: time.sleep(0.1) or b"", None))
        began = time.monotonic()
        pawld.process.send_signal(signal.SIGTERM)
        assert pawld.process.wait(15) == 0
        assert time.monotonic() - began < 12
        for call in calls:
            assert call.exception(10) is not None
        kept_open.cancel()


def test_nothing_is_answered_after_the_stop(pawld):
    address = pawld.address.rsplit(":", 1)
    assert pawld.stop() == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address[0], int(address[1])), timeout=5)


# Surroundings.


def test_data_directory_with_blanks_and_letters_of_any_script_works(pawlds):
    server = pawlds("daten öl 数")
    server.start()
    key = Yubikey("a")
    register(server.local, key)
    assert outcome(server.local.ValidateOtp(otp=key.press())) == "GOOD_CODE"


def test_log_level_hides_what_is_less(pawlds):
    server = pawlds()
    server.launch("--log-level=error")
    eventually(server.socket.exists, "listening")
    eventually(lambda: server.local.GetStatus().ready, "ready")
    assert server.stop() == 0
    assert server.log == ""
