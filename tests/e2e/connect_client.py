"""Connect's own client, of npm, in the place of a gRPC channel.

Every call and every check of the tests is the same through it; what is sent is
JSON over HTTP.
"""

import base64
import json
import shutil
import subprocess

import grpc

from stubs import ROOT
from web import address

FILES = ("package.json", "package-lock.json", ".npmrc", "client.mjs")
DESCRIPTORS = "pawl.binpb"
SECONDS = 200  # to install it; the registry may be slow


def install(folder):
    """Makes `folder` one that the client can be run in."""
    for name in FILES:
        shutil.copy(ROOT / "tests" / "connect" / name, folder)
    subprocess.run(["npm", "ci"], cwd=folder, check=True, timeout=SECONDS)
    proto = ROOT / "proto"
    subprocess.run(
        ["protoc", f"-I{proto}", "--include_imports",
         f"--descriptor_set_out={folder / DESCRIPTORS}",
         *map(str, sorted((proto / "pawl").rglob("*.proto")))],
        check=True, timeout=60)


class ConnectError(grpc.RpcError):
    """What the client throws. `sent` are the CallErrors that came with it."""

    def __init__(self, told):
        super().__init__(told["code"], told["message"])
        self._told = told
        self.sent = [base64.b64decode(one) for one in told["details"]]

    def code(self):
        return next(code for code in grpc.StatusCode
                    if code.value[0] == self._told["code"])

    def details(self):
        return self._told["message"]

    def trailing_metadata(self):
        return self._told["metadata"]


class Channel:
    """A client with this transport ("node" or "web") that runs until close().
    """

    def __init__(self, folder, transport, pawld):
        self._process = subprocess.Popen(
            ["node", "client.mjs", transport, f"http://{address(pawld)}",
             DESCRIPTORS], cwd=folder, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)

    def close(self):
        self._process.stdin.close()
        try:
            self._process.wait(20)
        finally:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()

    def ask(self, **call):
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        if "answer" not in told:
            raise ConnectError(told)
        return base64.b64decode(told["answer"])

    def unary_unary(self, path, request_serializer, response_deserializer):
        return _Method(self, path, request_serializer, response_deserializer)


class _Method:
    """One method, called as one of a gRPC channel."""

    future = with_call = None  # not here

    def __init__(self, channel, path, serialize, parse):
        self._channel, self._serialize, self._parse = channel, serialize, parse
        _, self._service, self._method = path.split("/")

    def __call__(self, request, timeout, metadata):
        return self._parse(self._channel.ask(
            service=self._service, method=self._method,
            request=base64.b64encode(self._serialize(request)).decode(),
            headers=dict(metadata), timeoutMs=int(timeout * 1000)))
