"""pawld and Debian's yubiserver with the same kind of YubiKeys."""

import base64
import contextlib
import http.client
import json
import os
import pathlib
import secrets
import select
import shutil
import signal
import sqlite3
import time

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from program import WAIT_SECONDS, BenchError, at_end, run
from servers import Sqlite

YUBISERVER_PORT, YUBISERVER_USER = 8000, "yubiserver"
YUBISERVER_EMPTY = "/etc/yubiserver/yubiserver.sqlite.init"
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
MODHEX = str.maketrans("0123456789abcdef", "cbdefghijklnrtuv")


def in_base64(data):
    return base64.b64encode(data).decode()


def _make_crc_table():
    """CRC-16 of ISO 13239, as Yubico OTP uses it."""
    table = []
    for crc in range(256):
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
        table.append(crc)
    return table


_CRC_TABLE = _make_crc_table()


def crc16(data):
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc


class Yubikey:
    """A YubiKey that types its OTPs ahead."""

    def __init__(self, number):
        self.public_id = number.to_bytes(6, "big").hex().translate(MODHEX)
        self.private_id = secrets.token_bytes(6)
        self.aes_key = secrets.token_bytes(16)
        self.typed = 0
        self._cipher = Cipher(algorithms.AES(self.aes_key), modes.ECB())

    def _block(self, number):
        # The use counter begins at 1, and the clock runs on.
        text = self.private_id + (1 + number // 256).to_bytes(2, "little")
        text += number.to_bytes(3, "little") + bytes([number % 256, 0, 0])
        return text + (crc16(text) ^ 0xFFFF).to_bytes(2, "little")

    @staticmethod
    def used_at(position):
        """How many of its OTPs are used up at use counter * 256 + session."""
        return max((position or 0) - 255, 0)

    def type(self, count):
        blocks = b"".join(map(self._block,
                              range(self.typed, self.typed + count)))
        self.typed += count
        text = self._cipher.encryptor().update(blocks).hex().translate(MODHEX)
        return [self.public_id + text[i:i + 32]
                for i in range(0, len(text), 32)]


class Peer:
    """A server, its YubiKeys and its database."""

    def __init__(self, directory, count):
        self.directory = pathlib.Path(directory)
        self.keys = [Yubikey(number) for number in range(1, count + 1)]
        self._typed_before = [0] * count

    def write_otps(self, path, count):
        """A file with one OTP of each key in turn, so that a key's next one is
        asked for after those of all others: connections that overtake each
        other do not change the order of a key's. How many there are."""
        rounds = -(-count // len(self.keys))
        self._typed_before = [key.typed for key in self.keys]
        of_rounds = zip(*(key.type(rounds) for key in self.keys))
        with open(path, "w", encoding="ascii") as out:
            for otps in of_rounds:
                out.write("\n".join(otps) + "\n")
        return rounds * len(self.keys)

    def used(self):
        """How many OTPs of the last file are used up in its database."""
        with contextlib.closing(sqlite3.connect(
                self.database, timeout=WAIT_SECONDS)) as database:
            positions = dict(database.execute(self.POSITIONS))
        return sum(max(Yubikey.used_at(positions[key.public_id]) - before, 0)
                   for key, before in zip(self.keys, self._typed_before))

    def cpu_seconds(self):
        stat = pathlib.Path(f"/proc/{self.pid}/stat").read_text()
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / TICKS_PER_SECOND


class HttpSqlite(Sqlite):
    """A pawld with an empty store that listens for HTTP."""

    filled_by_calls = True

    def _fill(self, *where):
        """Its tokens are registered later."""

    def _command(self):
        return [*super()._command(), "--http-listen", "127.0.0.1:0"]

    @property
    def http(self):
        return self._logged("serving")["http"]


class Pawld(Peer):
    """pawld on SQLite."""

    POSITIONS = "SELECT public_id, position FROM token"

    def __init__(self, directory, count):
        super().__init__(directory, count)
        self._server = HttpSqlite(directory, 0)
        self.database = self._server.directory / "pawl.db"
        self.address = self._server.http
        self.pid = self._server.process.pid
        self._make_client("wsapi", "--wsapi", "--number", 1)
        self._register(self._make_client("admin", "--role", "admin"))

    def _make_client(self, name, *options):
        """An API client; its key."""
        path = self._server.directory / name
        run("pawl", "--server", f"unix:{self._server.socket}", "client",
            "create", name, *options, "--key-out", path)
        return path.read_text().strip()

    def _register(self, bearer):
        headers = {"Content-Type": "application/json",
                   "Authorization": f"Bearer {bearer}"}
        with contextlib.closing(http.client.HTTPConnection(
                self.address, timeout=WAIT_SECONDS)) as connection:
            for key in self.keys:
                request = {"yubico": {"publicId": key.public_id,
                                      "privateId": in_base64(key.private_id),
                                      "aesKey": in_base64(key.aes_key)}}
                connection.request(
                    "POST", "/pawl.v1.TokenService/RegisterToken",
                    json.dumps(request), headers)
                answer = connection.getresponse()
                told = answer.read().decode()
                if answer.status != 200:
                    raise BenchError(f"RegisterToken: {told}")


class Yubiserver(Peer):
    """Debian's yubiserver, which keeps a counter for each key in SQLite."""

    POSITIONS = "SELECT publicname, counter FROM yubikeys"

    def __init__(self, directory, count):
        super().__init__(directory, count)
        self.address = f"127.0.0.1:{YUBISERVER_PORT}"
        # It becomes another user, who must be able to write: it answers OK in
        # any case. Peer.used() would tell.
        place = self.directory / YUBISERVER_USER
        place.mkdir()
        self.directory.chmod(0o711)
        self.database = place / "yubiserver.sqlite"
        shutil.copy(YUBISERVER_EMPTY, self.database)
        self._fill()
        for path in (place, self.database):
            shutil.chown(path, YUBISERVER_USER, YUBISERVER_USER)
        run("yubiserver", "-d", self.database, "-p", YUBISERVER_PORT, "-l",
            place / "log")
        self.pid = self._find()
        at_end.callback(self._end, os.pidfd_open(self.pid))

    def _fill(self):
        run("yubiserver-admin", "-b", self.database, "--api", "--add", "wsapi",
            secrets.token_hex(10))  # its first client has the number 1
        with contextlib.closing(sqlite3.connect(self.database)) as database:
            database.executemany(
                "INSERT INTO yubikeys VALUES (?, ?, '', ?, ?, '1', 0, 0)",
                ((key.public_id, key.public_id, key.private_id.hex(),
                  key.aes_key.hex()) for key in self.keys))
            database.commit()

    def _find(self):
        """The process that it put into the background."""
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            for process in pathlib.Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    words = (process / "cmdline").read_bytes().split(b"\0")
                    if str(self.database).encode() in words:
                        return int(process.name)
            time.sleep(0.05)
        raise BenchError("yubiserver does not start")

    @staticmethod
    def _end(process):
        """Kills it and waits, so that its files can be removed."""
        with contextlib.suppress(ProcessLookupError):  # it may have crashed
            signal.pidfd_send_signal(process, signal.SIGKILL)
        select.select([process], [], [], WAIT_SECONDS)
