"""HTTP as nobody should send it: an answer or an end, and the server lives."""

import contextlib
import socket
import time

import pytest

from helpers import health, register
from software_tokens import Yubikey
from wsapi import (HTTP, PATH, SECONDS, connect, make_client, quoted,
                   read_answer)

pytestmark = pytest.mark.flags(HTTP)
# Longer than the server lets anybody take over a request.
PATIENCE = 90


class Talk:
    """A bare connection and the HTTP answers on it."""

    def __init__(self, pawld):
        self.socket = connect(pawld)
        self._reader = self.socket.makefile("rb")

    def send(self, data):
        """Sends; a server that has stopped reading is no failure."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)
        return self

    def head(self):
        """Status and headers (lower case) of what comes next."""
        version, status, _ = self._reader.readline().split(b" ", 2)
        assert version in (b"HTTP/1.1", b"HTTP/1.0")
        headers = {}
        while (line := self._reader.readline()) != b"\r\n":
            name, value = line.decode("ascii").split(":", 1)
            headers[name.lower()] = value.strip()
        return int(status), headers

    def answer(self):
        """Status, headers and body of the next answer."""
        status, headers = self.head()
        return status, headers, self._reader.read(
            int(headers["content-length"]))

    def is_ended(self):
        """True when the server says no more."""
        with contextlib.suppress(ConnectionResetError):
            return self._reader.read() == b""
        return True

    def close(self):
        self._reader.close()
        self.socket.close()


@pytest.fixture
def key(admin):
    """A registered YubiKey."""
    key = Yubikey("a")
    key.token = register(admin, key)
    return key


@pytest.fixture
def client(pawld, key):
    """A client; after the test the server still serves it."""
    client = make_client(pawld)
    yield client
    client.close()
    key.replug()
    assert client.status(key.press()) == "OK"
    assert health(pawld.tcp()) == "SERVING"
    assert pawld.is_alive()


@pytest.fixture
def talk(pawld, client):
    """Opens bare connections."""
    with contextlib.ExitStack() as opened:
        yield lambda: opened.enter_context(contextlib.closing(Talk(pawld)))


def get(query, *headers, version="HTTP/1.1", path=PATH):
    """A request; all are Latin-1, so that any byte can be sent."""
    lines = [f"GET {path}?{query} {version}", "Host: pawl", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def query(otp, nonce="N" * 32, **more):
    return quoted({"id": 1, "otp": otp, "nonce": nonce, **more})


def status_of(talk, request, client):
    """HTTP status, and that of the protocol when there is one."""
    status, _, body = talk().send(request).answer()
    told = read_answer(body, client.key).status if status == 200 else None
    return status, told


# What the protocol's door says.


@pytest.mark.parametrize("more", [
    "x=%", "x=%4", "x=%zz", "x=%%41", "%=1", "x=%C3%A4", "x=%ff", "x=\xe4",
    "x=%01", "x=%7f", "\xe4=1", "x=%0",
], ids=ascii)
def test_bytes_that_nobody_means_are_no_parameters(talk, client, key, more):
    # The reference server lets them pass, and its signature of them is PHP's.
    otp = key.press()
    for text in (f"{query(otp)}&{more}", f"{more}&{query(otp)}"):
        status, body_status = status_of(talk, get(text), client)
        assert (status, body_status) in ((200, "MISSING_PARAMETER"),
                                         (400, None))
    assert client.status(otp) == "OK"


@pytest.mark.parametrize("otp, status", [
    ("{}%00", "OK"), ("%00{}", "OK"), ("{}%09", "OK"), ("{}+", "OK"),
    ("{}%00%00x", "BAD_OTP"), ("%00", "BAD_OTP"), ("{}%0astatus=OK", "BAD_OTP"),
    ("{}%0d%0astatus=OK", "BAD_OTP"), ("{}%26status=OK", "BAD_OTP"),
])
def test_ends_that_keyboards_and_programs_leave(talk, client, key, otp, status):
    text = f"id=1&nonce={'N' * 32}&otp=" + otp.format(key.press())
    assert status_of(talk, get(text), client) == (200, status)


def test_a_hundred_thousand_parameters(talk, client, key):
    # One more than 64 is too much; so many are also too many bytes.
    otp = key.press()
    assert client.verify(otp, **{f"p{i}": "" for i in range(62)}).status == (
        "MISSING_PARAMETER")
    many = query(otp) + "&a=" * 100_000
    assert talk().send(get(many)).answer()[0] in (414, 431)
    form = (many[:15_000]).encode()
    head = (f"POST {PATH} HTTP/1.1\r\nHost: pawl\r\n"
            f"Content-Length: {len(form)}\r\n\r\n").encode()
    assert status_of(talk, head + form, client) == (200, "MISSING_PARAMETER")
    assert client.verify(otp, **{f"p{i}": "" for i in range(61)}).status == "OK"


def test_of_a_parameter_given_twice_the_last_counts(talk, client, key):
    first, second = key.press(), key.press()
    text = f"{query(first)}&nonce={'M' * 32}&otp={second}&id=1&otp={second}"
    assert status_of(talk, get(text), client) == (200, "OK")
    assert client.status(second, nonce="M" * 32) == "REPLAYED_REQUEST"
    text = f"{query(key.press())}&otp="
    assert status_of(talk, get(text), client) == (200, "BAD_OTP")


# Framing.


def test_pipelined_requests_are_answered_in_their_order(talk, client, key):
    otps = [key.press() for _ in range(20)]
    connection = talk()
    connection.send(b"".join(get(query(otp)) for otp in otps for _ in "12"))
    told = [connection.answer() for _ in range(2 * len(otps))]
    lines = [read_answer(body, client.key).lines for _, _, body in told]
    assert [line["otp"] for line in lines] == [
        otp for otp in otps for _ in "12"]
    assert [line["status"] for line in lines] == [
        "OK", "REPLAYED_REQUEST"] * len(otps)


def test_half_closed_connections_get_their_answers(talk, client, key):
    connection = talk()
    connection.send(get(query(key.press())) + get(query(key.press())))
    connection.socket.shutdown(socket.SHUT_WR)
    for _ in range(2):
        status, _, body = connection.answer()
        assert read_answer(body, client.key).status == "OK", status
    assert connection.is_ended()


@pytest.mark.parametrize("version, header, stays", [
    ("HTTP/1.1", "Accept: */*", True), ("HTTP/1.1", "Connection: close", False),
    ("HTTP/1.1", "Connection: x, close", False),
    ("HTTP/1.0", "Accept: */*", False),
    ("HTTP/1.0", "Connection: keep-alive", True)])
def test_connections_stay_as_long_as_the_client_wants(
        talk, client, key, version, header, stays):
    connection = talk()
    request = get(query(key.press()), header, version=version)
    status, _, body = connection.send(request).answer()
    assert read_answer(body, client.key).status == "OK", status
    if stays:
        _, _, body = connection.send(request).answer()
        assert read_answer(body, client.key).status == "REPLAYED_REQUEST"
    else:
        assert connection.is_ended()


def test_a_request_in_single_bytes(talk, client, key):
    connection = talk()
    connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in get(query(key.press())):
        connection.send(bytes([byte]))
    _, _, body = connection.answer()
    assert read_answer(body, client.key).status == "OK"


def test_a_chunked_form(talk, client, key):
    form = query(key.press()).encode()
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(form), form)
    head = (f"POST {PATH} HTTP/1.1\r\nHost: pawl\r\n"
            "Transfer-Encoding: chunked\r\n\r\n").encode()
    assert status_of(talk, head + body, client) == (200, "OK")


def post(length, *headers, version="HTTP/1.1"):
    lines = [f"POST {PATH} {version}", "Host: pawl",
             f"Content-Length: {length}", *headers, "", ""]
    return "\r\n".join(lines).encode()


# Bodies that wait until they are asked for.


def test_a_client_that_waits_is_told_to_go_on(talk, client, key):
    connection = talk()
    for expected in ("100-continue", "100-Continue"):
        form = query(key.press()).encode()
        connection.send(post(len(form), f"Expect: {expected}"))
        assert connection.head() == (100, {})
        _, _, body = connection.send(form).answer()
        assert read_answer(body, client.key).status == "OK"


def test_a_client_that_does_not_wait_after_all(talk, client, key):
    form = query(key.press()).encode()
    connection = talk().send(post(len(form), "Expect: 100-continue") + form)
    status, headers = connection.head()
    if status == 100:  # it may be left out
        status, headers = connection.head()
    assert (status, headers["content-type"]) == (200, "text/plain")


def test_http_1_0_knows_no_100(talk, client, key):
    form = query(key.press()).encode()
    request = post(len(form), "Expect: 100-continue", version="HTTP/1.0")
    assert status_of(talk, request + form, client) == (200, "OK")


@pytest.mark.parametrize("expected", [
    "200-ok", "100-continue, 200-ok", "100-continue\r\nExpect: 200-ok"])
def test_what_else_is_expected_is_417(talk, client, key, expected):
    otp = key.press()
    form = query(otp).encode()
    connection = talk().send(post(len(form), f"Expect: {expected}"))
    assert connection.answer()[0] == 417
    connection.send(form)  # which is no request of its own
    assert connection.is_ended()
    assert client.status(otp) == "OK"


def test_a_body_that_is_too_long_is_not_asked_for(talk, client):
    request = post(70 * 1024, "Expect: 100-continue")
    assert talk().send(request).answer()[0] == 413


# Too much.


@pytest.mark.parametrize("header", [
    "X: " + "x" * 2**20, "\r\n".join(f"X-{i}: x" for i in range(2**17)),
    "x" * 2**20], ids=["one", "many", "no colon"])
def test_a_mebibyte_of_headers(talk, client, key, header):
    otp = key.press()
    connection = talk()
    status, _, _ = connection.send(get(query(otp), header)).answer()
    assert status in ((400, 431) if ":" not in header else (431,))
    assert connection.is_ended()
    assert client.status(otp) == "OK"


def test_a_body_that_is_too_long(talk, client, key):
    form = query(key.press()).encode()
    for request in (post(70 * 1024) + form.ljust(70 * 1024, b"&"),
                    post(2**40) + form, post(10**19) + form):
        connection = talk()
        assert connection.send(request).answer()[0] in (400, 413)
        assert connection.is_ended()
    chunks = b"".join([b"1000\r\n" + b"&" * 4096 + b"\r\n"] * 20)
    head = (f"POST {PATH} HTTP/1.1\r\nHost: pawl\r\n"
            "Transfer-Encoding: chunked\r\n\r\n").encode()
    assert talk().send(head + chunks).answer()[0] == 413


def test_70_kibibytes_are_413(talk, client):
    request = post(70 * 1024) + bytes(70 * 1024)
    assert talk().send(request).answer()[0] == 413


# Not HTTP.


@pytest.mark.parametrize("request_bytes", [
    b"\r\n\r\n", b"GET\r\n\r\n", b"\0" * 64 + b"\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 600,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", b"G\0T / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n"
    b"\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET / HTTP/1.1\r\nX: a\0b\r\n\r\n", b"\xff" * 4096,
    b"GET http:// HTTP/1.1\r\n\r\n", b"GET  HTTP/1.1\r\n\r\n",
], ids=lambda data: ascii(data[:30]))
def test_what_is_no_http_is_refused_or_ended(talk, client, request_bytes):
    connection = talk()
    connection.send(request_bytes)
    connection.socket.shutdown(socket.SHUT_WR)
    told = connection.socket.makefile("rb").read()
    assert told == b"" or told.split(b" ")[1] in (b"400", b"404"), told


@pytest.mark.parametrize("data", [
    b"", b"G", get("id=1")[:-2], post(100) + b"id=1"], ids=ascii)
def test_connections_cut_in_the_middle(talk, client, data):
    for _ in range(50):
        connection = talk()
        connection.send(data)
        connection.close()


def test_answers_that_nobody_takes(talk, client, key):
    # Its own answers fill the connection; others are served meanwhile.
    connection = talk()
    connection.socket.settimeout(1)
    request = get("id=1") * 200
    with contextlib.suppress(TimeoutError, ConnectionError):
        for _ in range(1000):
            connection.socket.sendall(request)
    for _ in range(10):
        assert client.status(key.press()) == "OK"


# Slow ones.


def drip(connections, pieces, client, key):
    """Sends a piece on each now and then until the server has ended all."""
    begin = time.monotonic()
    alive = set(connections)
    while alive:
        assert time.monotonic() - begin < PATIENCE, "they still hold on"
        for connection in list(alive):
            connection.socket.settimeout(0)
            try:
                connection.socket.send(next(pieces[connection]))
                if connection.socket.recv(4096) == b"":
                    alive.discard(connection)
            except BlockingIOError:
                pass
            except OSError:
                alive.discard(connection)
        assert client.status(key.press()) == "OK"
        time.sleep(0.5)


def endless(first, piece):
    yield first
    while True:
        yield piece


def test_trickled_requests_are_ended_and_hinder_nobody(talk, client, key):
    pieces = {}
    for _ in range(5):
        pieces[talk()] = endless(b"GET / HTTP/1.1\r\n", b"X: x\r\n")
        pieces[talk()] = endless(b"G", b"E")
        pieces[talk()] = endless(post(60_000), b"&")
        pieces[talk()] = endless(b"", b"")  # says nothing at all
    drip(list(pieces), pieces, client, key)


def test_silent_connections_hinder_nobody(talk, client, key):
    quiet = [talk() for _ in range(300)]
    for connection in quiet[::2]:
        connection.send(b"GET ")
    for _ in range(10):
        assert client.status(key.press()) == "OK"
    # One that was silent for a moment is answered.
    _, _, body = quiet[0].send(get(query(key.press()))[4:]).answer()
    assert read_answer(body, client.key).status == "OK"
    assert SECONDS  # each answer came in this time
