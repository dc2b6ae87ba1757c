"""The commands of docs/wsapi.md do what the page says."""

import base64
import pathlib
import re
import sqlite3
import subprocess

import pytest

from pawld import PAWLD, clean_environment
from software_tokens import Yubikey, modhex
from wsapi import HTTP, Client, http_address

pytestmark = pytest.mark.flags(HTTP)
PAGE = pathlib.Path(__file__).parents[2] / "docs" / "wsapi.md"
ADDRESS = "127.0.0.1:7296"  # what the page says
KEY = b"0123456789abcdefghij"


def script(containing):
    """The one block of the page with this text in it."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    found, = (block for block in blocks if containing in block)
    return found


@pytest.fixture
def run(pawld, directory):
    """Runs a script in a directory whose programs it finds."""
    work = directory / "work"
    work.mkdir()
    environment = clean_environment(PAWL_SERVER=f"unix:{pawld.socket}")
    environment["PATH"] = f"{work}:{PAWLD.parent}:{environment['PATH']}"

    def in_bash(text):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text], cwd=work, text=True,
            env=environment, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, (text, done.stdout, done.stderr)
        return done.stdout

    in_bash.work = work
    return in_bash


def stand_in(run, name, output):
    """A program of the old server that prints this."""
    path = run.work / name
    path.write_text(f"#!/bin/sh\ncat << 'END'\n{output}END\n")
    path.chmod(0o755)


def test_yubikeys_of_a_key_storage_module(pawld, run):
    keys = [Yubikey(f"old {number}") for number in range(3)]
    stand_in(run, "ykksm-export", "# ykksm 1\n" + "".join(
        f"{number},{modhex(key.public_id)},{key.private_id.hex()},"
        f"{key.aes_key.hex()},000000000000,2009-01-01T00:00:00,\n"
        for number, key in enumerate(keys)))
    run(script("ykksm-export"))
    run(script("client create vpn"))
    check(pawld, run, keys)


def test_yubikeys_of_a_yubiserver(pawld, run):
    keys = [Yubikey(f"old {number}") for number in range(3)]
    database = sqlite3.connect(run.work / "yubiserver.sqlite")
    database.execute("CREATE TABLE yubikeys (publicname, aeskey, internalname,"
                     " active)")
    database.executemany(
        "INSERT INTO yubikeys VALUES (?, ?, ?, ?)",
        ((modhex(key.public_id), key.aes_key.hex(), key.private_id.hex(), 1)
         for key in keys))
    database.execute("INSERT INTO yubikeys VALUES ('off', '', '', 0)")
    database.commit()
    database.close()
    run(script("yubiserver.sqlite"))
    run(script("client create vpn"))
    check(pawld, run, keys)


def check(pawld, run, keys):
    """The client 87 of the page gets an OK for each of the keys."""
    assert len(pawld.local.ListTokens().tokens) == len(keys)
    key = base64.b64decode((run.work / "shop.key").read_text())
    client = Client(http_address(pawld), 87, key)
    for each in keys:
        assert client.verify_signed(each.press()).status == "OK"


def test_clients_of_a_yubikey_val(pawld, run):
    stand_in(run, "ykval-export-clients", "".join(
        f"{number},{active},1383728711,{base64.b64encode(KEY).decode()},,,\n"
        for number, active in ((1, 1), (2, 0), (3, 1))))
    out = run(script("ykval-export-clients"))
    assert "2 made, 1 left out, 0 wrong" in out
    assert not (run.work / "clients.csv").exists()
    assert sorted(client.wsapi_number for client in
                  pawld.local.ListClients().clients) == [1, 3]


def test_the_first_questions(pawld, run):
    run(script("client create vpn"))
    key = (run.work / "shop.key").read_text().strip()
    yubikey = Yubikey("a")
    pawld.local.RegisterToken(**yubikey.enrolment())
    curl, ykclient, *rest = script("curl -G").splitlines()
    assert not rest

    def filled_in(command):
        assert ADDRESS in command
        return (command.replace(ADDRESS, http_address(pawld))
                .replace("CODE", yubikey.press()).replace("KEY", key))
    assert "status=OK" in run(filled_in(curl))
    run(filled_in(ykclient))  # its exit status is the answer
