"""The software tokens of these tests against published vectors."""

import json

import pytest

from software_tokens import Yubikey, crc16, hotp, motp, through_dvorak
from stubs import ROOT


def vectors(name):
    return json.loads((ROOT / "tests" / "vectors" / name).read_text())


YUBICO = vectors("yubico_otp.json")
HOTP = vectors("hotp_rfc4226.json")
TOTP = vectors("totp_rfc6238.json")
MOTP = vectors("motp.json")


def from_modhex(text):
    alphabet = YUBICO["modhex_alphabet"]
    return bytes(alphabet.index(a) << 4 | alphabet.index(b)
                 for a, b in zip(text[::2], text[1::2]))


@pytest.mark.parametrize(
    "vector", [v for v in YUBICO["vectors"] if v["result"] == "OK"],
    ids=lambda vector: vector["id"])
def test_yubikey_types_the_published_codes(vector):
    key = Yubikey("", public_id=from_modhex(vector["public_id"]),
                  aes_key=bytes.fromhex(vector["aes_key"]),
                  private_id=bytes.fromhex(vector["private_id"]))
    assert key.at(vector["use_counter"], vector["session_use"],
                  caps_lock=vector["caps_lock"], random=vector["random"],
                  timestamp=vector["timestamp"]) == vector["otp"]


@pytest.mark.parametrize("vector", YUBICO["crc16"])
def test_crc_is_yubicos(vector):
    assert crc16(bytes.fromhex(vector["data_hex"])) == vector["crc"]


def test_dvorak_is_the_published_layout():
    assert (through_dvorak(YUBICO["modhex_alphabet"])
            == YUBICO["layouts"]["dvorak"])


@pytest.mark.parametrize("vector", HOTP["rfc4226_appendix_d"])
@pytest.mark.parametrize("digits", [6, 7, 8])
def test_hotp_is_rfc_4226(vector, digits):
    assert (hotp(b"12345678901234567890", vector["counter"], digits)
            == vector[f"otp{digits}"])


@pytest.mark.parametrize("vector", TOTP["rfc6238_appendix_b"])
def test_totp_is_rfc_6238(vector):
    key = bytes.fromhex(TOTP["seeds_hex"][vector["hash"]])
    code = hotp(key, int(vector["T_hex"], 16), 8, vector["hash"])
    assert code == vector["otp8"]


@pytest.mark.parametrize("vector", MOTP["published"] + MOTP["computed"])
def test_motp_is_what_others_compute(vector):
    code = motp(vector["secret"], vector["pin"], vector["time_step"])
    assert code == vector["otp"]
