"""The Yubico validation protocol as programs of Debian speak it.

Each is the real one, with settings of its own, and says in its own words what
it makes of the answer.
"""

import base64
import hashlib
import os
import re
import subprocess

import pytest

from helpers import register
from software_tokens import Yubikey
from wsapi import HTTP, PATH, http_address, make_client, read_lines

pytestmark = pytest.mark.flags(HTTP)
SECONDS = 60
UNKNOWN = 99
USER = "nobody"  # whom pam_yubico asks about; it must exist
PAM_MODULE = "/lib/security/pam_yubico.so"
NONCE = "N" * 32


def run(*command, text="", **environment):
    """Runs a program with nothing of this environment but the path."""
    done = subprocess.run(
        [str(word) for word in command], input=text.encode(), timeout=SECONDS,
        capture_output=True, check=False,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C", **environment})
    print(command, done)  # pytest shows it when the test failed
    # Not in text mode, which would change the ends of lines.
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    return done


class Site:
    """What programs are set up with."""

    def __init__(self, pawld, directory):
        self.client = make_client(pawld)
        self.url = f"http://{http_address(pawld)}{PATH}"
        self.directory = directory


def in_base64(key):
    return base64.b64encode(key).decode()


def key_after(key, flag):
    return [flag + in_base64(key)] if key else []


# The programs. Each is asked with a client's number, its key or None, and an
# OTP.


def ykclient(site, number, key, otp):
    """The program of libykclient: exit status, and what the server said."""
    done = run("ykclient", "--debug", "--url", site.url,
               *key_after(key, "--apikey="), number, otp)
    status, = re.findall(r"^  status: (\w+)$", done.stdout, re.M)
    return done.returncode, status


def pam_yubico(site, number, key, otp):
    """pam_yubico in a PAM stack: how the login ends."""
    folder = site.directory / "pam.d"
    folder.mkdir(exist_ok=True)
    people = folder / "people"
    people.write_text(f"{USER}:{otp[-44:-32]}\n")
    (folder / "door").write_text(" ".join([
        "auth required", PAM_MODULE, "mode=client", f"id={number}",
        *key_after(key, "key="), f"urllist={site.url}", f"authfile={people}",
        "token_id_length=12\n"]))
    os.chmod(site.directory, 0o755)  # the module reads as the user
    done = run("pamtester", "door", USER, "authenticate", text=otp,
               LD_PRELOAD="libpam_wrapper.so", PAM_WRAPPER="1",
               PAM_WRAPPER_SERVICE_DIR=str(folder))
    said, = re.findall("pamtester: (.*)", done.stdout + done.stderr)
    assert (done.returncode == 0) == (said == "successfully authenticated")
    return said


PERL = """
use strict; use warnings; use Auth::Yubikey_WebClient;
my ($url, $id, $key, $otp) = @ARGV;
print Auth::Yubikey_WebClient->new({id => $id, api => $key, url => $url})
    ->otp($otp), "\\n";
"""


def perl(site, number, key, otp):
    """Auth::Yubikey_WebClient, which signs always: its own word."""
    done = run("perl", "-e", PERL, site.url, number, in_base64(key or b""), otp)
    assert done.returncode == 0
    return done.stdout.strip()


def curl(site, number, key, otp):
    """curl in a shell script, signed by openssl: the status."""
    text = f"id={number}&nonce={os.urandom(16).hex()}&otp={otp}"
    signed = []
    if key:
        mac = run("sh", "-c", 'printf %s "$1" | openssl dgst -sha1 -binary'
                  ' -mac HMAC -macopt "hexkey:$2" | base64', "sh", text,
                  key.hex())
        signed = ["--data-urlencode", "h=" + mac.stdout.strip()]
    done = run("curl", "-sS", "--fail", "-G", site.url, "-d", text, *signed)
    assert done.returncode == 0
    return read_lines(done.stdout.encode())["status"]


# With the standard library alone, as administrators write it.
PYTHON = """
import base64, hashlib, hmac, secrets, sys, urllib.parse, urllib.request
url, number, key, otp = sys.argv[1:]
fields = {"id": number, "nonce": secrets.token_hex(16), "otp": otp}
def sign(fields):
    text = "&".join(f"{k}={v}" for k, v in sorted(fields.items()))
    mac = hmac.new(base64.b64decode(key), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(mac).decode()
query = dict(fields, h=sign(fields)) if key else fields
with urllib.request.urlopen(f"{url}?{urllib.parse.urlencode(query)}") as answer:
    lines = dict(line.split("=", 1) for line in
                 answer.read().decode().split())
ours = sign({k: v for k, v in lines.items() if k != "h"}) == lines["h"]
same = all(lines.get(k) == fields[k] for k in ("otp", "nonce"))
print(lines["status"], "signed" if ours else "-", "same" if same else "-")
"""


def python3(site, number, key, otp):
    """urllib: the status, whether it is signed, and whether it is the answer
    to this question."""
    done = run("python3", "-c", PYTHON, site.url, number,
               in_base64(key) if key else "", otp)
    assert done.returncode == 0
    return done.stdout.strip()


PROGRAMS = (ykclient, pam_yubico, perl, curl, python3)
LET_IN, NO = "successfully authenticated", "Authentication failure"
# pam_yubico takes it for an outage: a PAM stack may ask its next module.
OUTAGE = "Authentication service cannot retrieve authentication info"

# What each says when it is asked so.
EXPECTED = {
    "good": ((0, "OK"), LET_IN, "OK", "OK", "OK signed same"),
    "unsigned": ((0, "OK"), LET_IN, "ERR_BAD_SIGNATURE", "OK", "OK - same"),
    "replayed": ((2, "REPLAYED_OTP"), NO, "ERR_REPLAYED_OTP", "REPLAYED_OTP",
                 "REPLAYED_OTP signed same"),
    "bad": ((3, "BAD_OTP"), NO, "ERR_BAD_OTP", "BAD_OTP", "BAD_OTP signed -"),
    "disabled": ((3, "BAD_OTP"), NO, "ERR_BAD_OTP", "BAD_OTP",
                 "BAD_OTP signed -"),
    "wrongly signed": ((3, "BAD_SIGNATURE"), OUTAGE, "ERR_BAD_SIGNATURE",
                       "BAD_SIGNATURE", "BAD_SIGNATURE - -"),
    "unknown client": ((3, "NO_SUCH_CLIENT"), OUTAGE, "ERR_NO_SUCH_CLIENT",
                       "NO_SUCH_CLIENT", "NO_SUCH_CLIENT - -"),
    "outage": ((3, "BACKEND_ERROR"), OUTAGE, "ERR_BACKEND_ERROR",
               "BACKEND_ERROR", "BACKEND_ERROR signed -"),
}


@pytest.fixture
def site(pawld, directory):
    return Site(pawld, directory)


@pytest.fixture
def key(admin):
    """A registered YubiKey."""
    key = Yubikey("a")
    key.token = register(admin, key)
    return key


def ask(how, program, pawld, site, key):
    """What the program says; `how` is a row of the table."""
    number, secret, otp = site.client.number, site.client.key, key.press()
    if how == "unsigned":
        secret = None
    elif how == "replayed":
        assert site.client.status(otp) == "OK"
    elif how == "bad":
        otp = Yubikey("impostor", public_id=key.public_id).at(50)
    elif how == "disabled":
        pawld.local.DisableToken(token_id=key.token.id)
    elif how == "wrongly signed":
        secret = hashlib.sha1(secret).digest()
    elif how == "unknown client":
        number = UNKNOWN
    if how != "outage":
        return program(site, number, secret, otp)
    with pawld.raw_database() as other:
        other.execute("BEGIN IMMEDIATE")
        return program(site, number, secret, otp)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda it: it.__name__)
@pytest.mark.parametrize("how", EXPECTED)
def test_every_program_understands_the_answer(pawld, site, key, how, program):
    told = ask(how, program, pawld, site, key)
    assert told == EXPECTED[how][PROGRAMS.index(program)]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda it: it.__name__)
def test_every_program_can_ask_again_and_again(site, key, program):
    number, secret = site.client.number, site.client.key
    good = EXPECTED["good"][PROGRAMS.index(program)]
    for _ in range(5):
        assert program(site, number, secret, key.press()) == good


def test_ykclient_takes_an_upper_case_otp_for_a_forgery(site, key):
    # It compares letters with what it sent; the reference server answers in
    # lower case, too.
    otp = key.press()
    number, secret = site.client.number, site.client.key
    assert ykclient(site, number, secret, otp.upper()) == (3, "OK")
    assert ykclient(site, number, secret, otp)[1] == "REPLAYED_OTP"


def test_pam_yubico_splits_a_password_off(site, key):
    # What is before the public id is the next module's.
    number, secret = site.client.number, site.client.key
    otp = key.press()
    assert pam_yubico(site, number, secret, "password" + otp) == LET_IN
    assert pam_yubico(site, number, secret, otp) == NO


@pytest.mark.parametrize("arguments", [
    ["-G"], ["--http1.0", "-G"], ["-X", "POST"], ["-G", "-H", "Expect:"],
    ["-H", "Transfer-Encoding: chunked"],
    ["-H", "Expect: 100-continue", "--expect100-timeout", "1000"]],
    ids=" ".join)
def test_curl_asks_in_every_way(site, key, arguments):
    question = f"id={site.client.number}&otp={key.press()}&nonce={NONCE}"
    for status in ("OK", "REPLAYED_REQUEST"):
        done = run("curl", "-sS", "--fail", *arguments, "-d", question,
                   site.url)
        assert read_lines(done.stdout.encode())["status"] == status


def test_curl_keeps_its_connection(site, key):
    questions = [f"{site.url}?id={site.client.number}&otp={key.press()}"
                 f"&nonce={NONCE}" for _ in range(20)]
    done = run("curl", "-sSv", "--fail", *questions)
    assert done.stdout.count("status=OK") == len(questions)
    assert done.stderr.count("Connected to") == 1
