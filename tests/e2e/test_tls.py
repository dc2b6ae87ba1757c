"""TLS, with a certificate authority of our own."""

import http.client
import json
import ssl
import subprocess

import grpc
import pytest

from certificates import Authority, issue_for_localhost
from helpers import fails, outcome, register
from pawld import start_fails
from software_tokens import Yubikey
from wsapi import HTTP, PATH, http_address, make_client, read_lines


@pytest.fixture
def authority(directory):
    return Authority(directory / "ca")


@pytest.fixture
def certificate(authority):
    return issue_for_localhost(authority)


def tls_flags(certificate, client_authority=None):
    flags = [f"--tls-cert={certificate[0]}", f"--tls-key={certificate[1]}"]
    if client_authority is not None:
        flags.append(f"--tls-client-ca={client_authority.certificate}")
    return flags


def credentials(authority, own=None):
    certificate, key = own or (None, None)
    return grpc.ssl_channel_credentials(
        authority.certificate.read_bytes(), key and key.read_bytes(),
        certificate and certificate.read_bytes())


def test_tls_is_served_to_who_trusts_the_authority(
        pawlds, directory, authority, certificate):
    server = pawlds().start(*tls_flags(certificate))
    key = server.client("ROLE_ADMIN").key
    trusting = server.tcp(key, credentials(authority))
    assert trusting.GetStatus().listen_address == server.address
    with fails("UNAUTHENTICATED"):
        server.tcp(None, credentials(authority)).GetStatus()

    other = Authority(directory / "other")
    with fails("UNAVAILABLE"):
        server.tcp(key, credentials(other)).GetStatus()
    with fails("UNAVAILABLE"):
        server.tcp(key).GetStatus()  # in plain text
    assert server.local.GetStatus().ready


def test_client_certificate_is_demanded_when_configured(
        pawlds, directory, authority, certificate):
    server = pawlds().start(*tls_flags(certificate, authority))
    key = server.local.CreateClient(name="c", roles=["ROLE_ADMIN"]).key
    own = authority.issue("client", "extendedKeyUsage=clientAuth")
    assert server.tcp(key, credentials(authority, own)).GetStatus().ready
    with fails("UNAUTHENTICATED"):  # a certificate is no key
        server.tcp(None, credentials(authority, own)).GetStatus()

    foreign = Authority(directory / "other").issue("client")
    for wrong in (None, foreign):
        with fails("UNAVAILABLE"):
            server.tcp(key, credentials(authority, wrong)).GetStatus()


def test_http_has_the_same_certificates(pawlds, authority, certificate):
    server = pawlds().start(*tls_flags(certificate, authority), HTTP)
    host, port = server.serving["http"].rsplit(":", 1)
    trusting = ssl.create_default_context(cafile=authority.certificate)

    def status():
        connection = http.client.HTTPSConnection(
            "localhost", int(port), timeout=20, context=trusting)
        connection.request("GET", "/livez")
        return connection.getresponse().status
    with pytest.raises(OSError):  # without a certificate of one's own
        status()
    trusting.load_cert_chain(*authority.issue("client"))
    assert status() == 200
    with pytest.raises((OSError, http.client.HTTPException)):
        plain = http.client.HTTPConnection(host, int(port), timeout=20)
        plain.request("GET", "/livez")
        plain.getresponse()


def test_tls_allows_to_listen_everywhere(pawlds, authority, certificate):
    server = pawlds().start("--listen=0.0.0.0:0", *tls_flags(certificate))
    port = server.address.rsplit(":", 1)[1]
    api = server.api(f"localhost:{port}",
                     credentials=credentials(authority))
    with fails("UNAUTHENTICATED"):
        api.GetStatus()


@pytest.mark.parametrize("door", ["listen", "http"])
@pytest.mark.parametrize("version, served", [
    ("-tls1", False), ("-tls1_1", False), ("-tls1_2", True),
    ("-tls1_3", True)])
def test_old_tls_is_refused(pawlds, certificate, door, version, served):
    server = pawlds().start(*tls_flags(certificate), HTTP)
    done = subprocess.run(
        ["openssl", "s_client", version, "-cipher", "ALL:@SECLEVEL=0",
         "-connect", server.serving[door]],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20,
        check=False)
    assert "Cipher is " in done.stdout
    assert ("Cipher is (NONE)" in done.stdout) != served


# The Yubico protocol over TLS.


@pytest.fixture
def https(pawlds, certificate):
    return pawlds().start(*tls_flags(certificate), HTTP)


@pytest.fixture
def key(https):
    """A registered YubiKey."""
    key = Yubikey("a")
    register(https.local, key)
    return key


def test_an_otp_that_came_over_tls_is_used_up_at_all_doors(
        https, authority, key):
    client = make_client(https, tls=ssl.create_default_context(
        cafile=authority.certificate))
    made = https.local.CreateClient(name="g", roles=["ROLE_LOGIN"],
                                    see_reasons=True)
    api = https.tcp(made.key, credentials(authority))
    otp = key.press()
    answer = client.verify_signed(otp)
    assert (answer.status, answer.signed_with) == ("OK", "client-key")
    assert outcome(api.ValidateOtp(otp=otp)) == "REPLAYED"
    assert client.verify_signed(otp).status == "REPLAYED_OTP"
    otp = key.press()
    assert outcome(api.ValidateOtp(otp=otp)) == "GOOD_CODE"
    assert client.verify_signed(otp).status == "REPLAYED_OTP"


# Exit codes of curl. A connection that is ended may be reset, too.
SERVED, HANDSHAKE, UNTRUSTED, ENDED = {0}, {35}, {60}, {52, 56}
ANY_CIPHER = ["--ciphers", "ALL:@SECLEVEL=0"]


@pytest.mark.parametrize("scheme, trusts, arguments, ends", [
    ("https", True, ["--tls-max", "1.2", *ANY_CIPHER], SERVED),
    ("https", True, ["--tls-max", "1.1", "--tlsv1.0", *ANY_CIPHER], HANDSHAKE),
    ("https", False, [], UNTRUSTED),
    ("http", True, [], ENDED),
])
def test_curl_is_served_over_good_tls_alone(
        https, authority, key, scheme, trusts, arguments, ends):
    client = make_client(https)
    otp = key.press()

    def ask(scheme, trusts, *arguments):
        trust = ["--cacert", authority.certificate] if trusts else []
        done = subprocess.run(
            ["curl", "-sS", "--noproxy", "*", *trust, *arguments, "-G",
             f"{scheme}://{http_address(https)}{PATH}",
             "-d", f"id={client.number}", "-d", f"nonce={'N' * 32}",
             "-d", f"otp={otp}"],
            capture_output=True, timeout=60, check=False)
        print(done.stderr)  # pytest shows it when the test failed
        return done
    done = ask(scheme, trusts, *arguments)
    assert done.returncode in ends
    if ends == SERVED:
        assert read_lines(done.stdout)["status"] == "OK"
        return
    assert done.stdout == b""
    # It was not even looked at.
    assert read_lines(ask("https", True).stdout)["status"] == "OK"


def test_failed_handshakes_are_logged_as_json_or_not_at_all(
        pawlds, certificate):
    server = pawlds().start(*tls_flags(certificate))
    with fails("UNAVAILABLE"):
        server.tcp().GetStatus()  # in plain text
    for line in server.log.splitlines():
        json.loads(line)


def spoil_tls(certificate, authority):
    """(what is wrong, flags) for each way the files can be wrong."""
    cert, key = certificate
    other_key = authority.issue("other")[1]
    open_key = key.with_name("open.key")
    open_key.write_bytes(key.read_bytes())
    open_key.chmod(0o644)
    text = key.with_name("text")
    text.write_text("no certificate\n")
    text.chmod(0o600)
    return [
        ("missing.pem", tls_flags((cert.with_name("missing.pem"), key))),
        ("missing.key", tls_flags((cert, cert.with_name("missing.key")))),
        ("open.key", tls_flags((cert, open_key))),
        ("not a PEM file", tls_flags((text, key))),
        ("certificate", tls_flags((cert, other_key))),
        ("certificate", tls_flags((cert, text))),
        ("certificate", tls_flags((key, key))),
        (str(cert.parent), tls_flags((cert.parent, key))),
        (str(cert.parent), tls_flags((cert, cert.parent))),
        ("missing.ca", [*tls_flags(certificate),
                        f"--tls-client-ca={cert.with_name('missing.ca')}"]),
        ("not a PEM file", [*tls_flags(certificate),
                            f"--tls-client-ca={text}"]),
    ]


def test_wrong_tls_files_are_refused_at_the_start(
        pawlds, authority, certificate):
    for number, (complaint, flags) in enumerate(
            spoil_tls(certificate, authority)):
        start_fails(pawlds(f"d{number}"), *flags, containing=complaint)
