"""The Yubico validation protocol, seen from the client's side.

Written from the protocol's description; it shares no code with the server. An
answer that is not exactly in the protocol's form fails the test.
"""

import base64
import collections
import hashlib
import hmac
import http.client
import itertools
import json
import pathlib
import re
import socket
import urllib.parse
import uuid

VECTORS = pathlib.Path(__file__).parents[1] / "vectors"
PATH = "/wsapi/2.0/verify"
HTTP = "--http-listen=127.0.0.1:0"
LINES = ["h", "t", "otp", "nonce", "sl", "timestamp", "sessioncounter",
         "sessionuse", "status"]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ0\d{3}")
SECONDS = 30  # no answer in this time is a failure

Answer = collections.namedtuple("Answer", "status lines signed_with body")


def vectors(name):
    return json.loads((VECTORS / name).read_text())


def signature(key, fields):
    """base64(HMAC-SHA1) over the fields but `h`, sorted by name."""
    text = "&".join(f"{name}={value}" for name, value in sorted(fields.items())
                    if name != "h")
    digest = hmac.new(key, text.encode("latin-1"), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def quoted(fields):
    return urllib.parse.urlencode(fields, quote_via=urllib.parse.quote)


def read_lines(body):
    """The lines of an answer; they have the protocol's form to the byte."""
    text = body.decode("ascii")
    assert text.endswith("\r\n\r\n"), body
    lines = dict(line.split("=", 1)
                 for line in text.removesuffix("\r\n\r\n").split("\r\n"))
    written = "".join(f"{name}={value}\r\n" for name, value in lines.items())
    assert text == written + "\r\n", body  # no line twice
    assert list(lines) == [name for name in LINES if name in lines], body
    assert TIME.fullmatch(lines["t"]), body
    return lines


def read_answer(body, key):
    """The answer; `signed_with` is "client-key" or "empty-key"."""
    lines = read_lines(body)
    signed_with = {signature(key, lines): "client-key",
                   signature(b"", lines): "empty-key"}.get(lines["h"])
    assert signed_with is not None, body
    return Answer(lines["status"], lines, signed_with, body)


class Client:
    """A client of the protocol with a keep-alive connection of its own."""

    def __init__(self, address, number=1, key=b"", tls=None):
        self.number, self.key = number, key
        host, port = address.rsplit(":", 1)
        self._connection = (
            http.client.HTTPSConnection(host, int(port), timeout=SECONDS,
                                        context=tls) if tls
            else http.client.HTTPConnection(host, int(port), timeout=SECONDS))
        self._nonces = itertools.count()
        self._nonce = uuid.uuid4().hex[:24]

    def nonce(self):
        """One that was not used before."""
        return f"{self._nonce}{next(self._nonces):08d}"

    def request(self, method, target, body=None, headers=()):
        """Status, headers and body of what comes back."""
        self._connection.request(method, target, body, dict(headers))
        response = self._connection.getresponse()
        return response.status, response.headers, response.read()

    def get(self, query, path=PATH):
        """The answer to a query as it is written here."""
        status, headers, body = self.request("GET", f"{path}?{query}")
        assert status == 200
        assert headers["Content-Type"] == "text/plain"
        return read_answer(body, self.key)

    def verify(self, otp, path=PATH, **more):
        """The answer to an unsigned question; None leaves a field out."""
        fields = {"id": self.number, "otp": otp, "nonce": self.nonce(), **more}
        return self.get(quoted({name: value for name, value in fields.items()
                                if value is not None}), path)

    def verify_signed(self, otp, path=PATH, **more):
        fields = {"id": self.number, "otp": otp, "nonce": self.nonce(), **more}
        fields["h"] = signature(self.key, fields)
        return self.get(quoted(fields), path)

    def status(self, otp, **more):
        return self.verify(otp, **more).status

    def close(self):
        self._connection.close()


def http_address(pawld):
    """Where it listens; log and status agree."""
    address = pawld.local.GetStatus().http_address
    assert address == pawld.serving["http"]
    return address


def connect(pawld):
    """A bare connection, for what no client would send."""
    host, port = http_address(pawld).rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=SECONDS)


def make_client(pawld, number=1, key=None, name=None, tls=None):
    """Registers a client of the protocol on the server; `tls` is the context
    that it speaks TLS with."""
    made = pawld.local.CreateClient(
        name=name or f"wsapi {number}", roles=["ROLE_LOGIN"],
        wsapi={"number": number, "key": key or b""})
    assert not made.key  # it has no bearer key
    assert key is None or made.wsapi_key == key
    client = Client(http_address(pawld), made.client.wsapi_number,
                    made.wsapi_key, tls)
    client.id = made.client.id
    return client


def more_connections(client, address, count):
    """The same client of the protocol, each with a connection of its own."""
    return [Client(address, client.number, client.key) for _ in range(count)]
