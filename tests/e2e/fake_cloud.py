"""A server of the Yubico validation protocol that knows some keys and answers
honestly, or lies as it is told.
"""

import base64
import contextlib
import hashlib
import hmac
import http.server
import ssl
import threading
import time
import urllib.parse

KEY = b"a key of the YubiCloud"
CLIENT = 87


def sign(fields, key=KEY):
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields)
                    if name != "h")
    return base64.b64encode(
        hmac.new(key, text.encode(), hashlib.sha1).digest()).decode()


class FakeCloud:
    """`codes` maps an OTP to its (use counter, session use, timestamp)."""

    def __init__(self, certificate=None):
        self.codes = {}
        self.used = set()
        self.asked = []  # the parameters of every question
        self.behave = lambda fields, request: fields
        self.raw = None  # a function of the handler, instead of an answer
        self.delay = 0
        self.forgets = False  # accepts everything again
        handler = type("Handler", (_Handler,), {"cloud": self})
        self._server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True)
        scheme, host = ("https", "localhost") if certificate else (
            "http", "127.0.0.1")
        self.url = (f"{scheme}://{host}:{self._server.server_port}"
                    "/wsapi/2.0/verify")
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def learn(self, code, counter, session=0, timestamp=7):
        self.codes[code] = (counter, session, timestamp)
        return code

    def answer(self, request):
        self.asked.append(request)
        given = dict(request)
        signature = given.pop("h", "")
        fields = {"t": "2026-01-01T00:00:00Z0000"}
        if signature != sign(given):
            return {**fields, "status": "BAD_SIGNATURE"}
        code = request["otp"]
        if code not in self.codes:
            return {**fields, "status": "BAD_OTP"}
        fields |= {"otp": code, "nonce": request["nonce"]}
        if code in self.used and not self.forgets:
            return {**fields, "status": "REPLAYED_OTP"}
        self.used.add(code)
        counter, session, timestamp = self.codes[code]
        return {**fields, "sl": "100", "timestamp": str(timestamp),
                "sessioncounter": str(counter), "sessionuse": str(session),
                "status": "OK"}


class _Handler(http.server.BaseHTTPRequestHandler):
    cloud = None
    protocol_version = "HTTP/1.1"

    def do_GET(self):  # noqa: N802
        time.sleep(self.cloud.delay)
        if self.cloud.raw:
            self.cloud.raw(self)
            return
        query = urllib.parse.urlsplit(self.path).query
        request = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        fields = self.cloud.answer(request)
        fields = self.cloud.behave(dict(fields, h=sign(fields)), request)
        body = "".join(f"{name}={value}\r\n"
                       for name, value in fields.items()) + "\r\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body.encode())

    def log_message(self, *_):
        pass
