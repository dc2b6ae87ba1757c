"""Software tokens in plain Python, written from the public specifications.

They share no code with the server, so that both can only agree by being
right. test_software_tokens.py checks them against published vectors.
"""

import hashlib
import hmac
import time

MODHEX = "cbdefghijklnrtuv"
DVORAK = "jxe.uidchtnbpygk"  # the same keys on a US Dvorak keyboard


def secret(label, size=20):
    """The same secret for the same label: runs can be repeated exactly."""
    return hashlib.shake_256(label.encode()).digest(size)


def modhex(data):
    return "".join(MODHEX[byte >> 4] + MODHEX[byte & 15] for byte in data)


def through_dvorak(text):
    """What a computer set to Dvorak makes of modhex key presses."""
    return text.translate(str.maketrans(MODHEX, DVORAK))


# AES-128 (FIPS 197), one block, encryption only.


def _double(byte):
    return (byte << 1) ^ (0x11B if byte & 0x80 else 0)


def _make_sbox():
    exponent, logarithm, power = [0] * 255, [0] * 256, 1
    for i in range(255):
        exponent[i], logarithm[power] = power, i
        power ^= _double(power)  # times 3, which generates the field
    sbox = []
    for byte in range(256):
        inverse = exponent[-logarithm[byte] % 255] if byte else 0
        value = 0x63
        for shift in range(5):
            value ^= (inverse << shift | inverse >> (8 - shift)) & 0xFF
        sbox.append(value)
    return sbox


_SBOX = _make_sbox()


def _round_keys(key):
    words = [list(key[i:i + 4]) for i in range(0, 16, 4)]
    constant = 1
    for i in range(4, 44):
        word = words[i - 1]
        if i % 4 == 0:
            word = [_SBOX[byte] for byte in word[1:] + word[:1]]
            word[0] ^= constant
            constant = _double(constant)
        words.append([a ^ b for a, b in zip(words[i - 4], word)])
    return [sum(words[i:i + 4], []) for i in range(0, 44, 4)]


def _shift_rows(state):
    return [state[(i + 4 * (i % 4)) % 16] for i in range(16)]


def _mix_columns(state):
    mixed = []
    for i in range(0, 16, 4):
        column = state[i:i + 4]
        total = column[0] ^ column[1] ^ column[2] ^ column[3]
        mixed += [column[j] ^ total ^ _double(column[j] ^ column[(j + 1) % 4])
                  for j in range(4)]
    return mixed


def aes128_encrypt(key, block):
    keys = _round_keys(key)
    state = [a ^ b for a, b in zip(block, keys[0])]
    for number in range(1, 11):
        state = _shift_rows([_SBOX[byte] for byte in state])
        if number < 10:
            state = _mix_columns(state)
        state = [a ^ b for a, b in zip(state, keys[number])]
    return bytes(state)


def crc16(data):
    """CRC-16 of ISO 13239, as Yubico OTP uses it."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return crc


class Yubikey:
    """A YubiKey slot in Yubico OTP mode. press() types the next code."""

    def __init__(self, label, public_id=None, aes_key=None, private_id=None):
        self.public_id = (
            secret(label + "/public", 6) if public_id is None else public_id)
        self.aes_key = aes_key or secret(label + "/aes", 16)
        self.private_id = private_id or secret(label + "/private", 6)
        self.counter, self.session = 1, -1

    def enrolment(self):
        return {"yubico": {"public_id": modhex(self.public_id),
                           "private_id": self.private_id,
                           "aes_key": self.aes_key}}

    def at(self, counter, session=0, *, caps_lock=False, timestamp=0,
           random=0):
        block = self.private_id
        block += (counter | (0x8000 if caps_lock else 0)).to_bytes(2, "little")
        block += timestamp.to_bytes(3, "little") + bytes([session])
        block += random.to_bytes(2, "little")
        block += (crc16(block) ^ 0xFFFF).to_bytes(2, "little")
        return modhex(self.public_id + aes128_encrypt(self.aes_key, block))

    def press(self):
        self.session += 1
        if self.session > 255:
            self.replug()
            self.session = 0
        return self.at(self.counter, self.session)

    def replug(self):
        self.counter, self.session = self.counter + 1, -1

    @staticmethod
    def position(counter, session):
        return counter * 256 + session


# OATH (RFC 4226, RFC 6238) and Mobile-OTP.


def hotp(key, counter, digits=6, algorithm="sha1"):
    digest = hmac.new(key, counter.to_bytes(8, "big"), algorithm).digest()
    offset = digest[-1] & 15
    value = int.from_bytes(digest[offset:offset + 4], "big") & 0x7FFFFFFF
    return str(value % 10**digits).zfill(digits)


def motp(text_secret, pin, slot):
    text = f"{slot}{text_secret}{pin}".encode()
    return hashlib.md5(text).hexdigest()[:6]


class _Oath:
    """What HOTP and TOTP tokens share: a code for each number."""

    def __init__(self, label, *, key=None, digits=6, algorithm="sha1",
                 identifier=""):
        self.key = key or secret(label)
        self.digits, self.algorithm = digits, algorithm
        self.identifier = identifier

    def at(self, number):
        return self.identifier + hotp(
            self.key, number, self.digits, self.algorithm)

    def _fields(self):
        return {"secret": self.key, "digits": self.digits,
                "hash": "HASH_ALGORITHM_" + self.algorithm.upper(),
                "token_identifier": self.identifier}


class Hotp(_Oath):
    """A counter-based token. press() shows the next code."""

    def __init__(self, label, *, counter=0, **details):
        super().__init__(label, **details)
        self.counter = counter

    def enrolment(self, **more):
        return {"hotp": {**self._fields(), "counter": self.counter, **more}}

    def press(self):
        self.counter += 1
        return self.at(self.counter - 1)


class Totp(_Oath):
    """A time-based token. Step 0 begins at `start`, in Unix seconds."""

    def __init__(self, label, *, period=30, start=0, **details):
        super().__init__(label, **details)
        self.period, self.start = period, start

    def enrolment(self, **more):
        return {"totp": {**self._fields(), "period": {"seconds": self.period},
                         "start_time": {"seconds": self.start}, **more}}

    def step(self, unix_time):
        return int(unix_time - self.start) // self.period

    def begin_mid_step(self):
        """Moves step 0 so that now is the middle of a step; returns that one.

        So no step ends while a test runs.
        """
        self.start = int(time.time()) - self.period * 1000 - self.period // 2
        return 1000


class Motp:
    """A Mobile-OTP app with the PIN that is typed into it."""

    def __init__(self, label, *, text=None, pin="1234"):
        self.text = text or secret(label, 8).hex()
        self.pin = pin

    def enrolment(self, **more):
        return {"motp": {"secret": self.text, "pin": self.pin, **more}}

    def at(self, slot):
        return motp(self.text.lower(), self.pin, slot)

    @staticmethod
    def step(unix_time):
        return int(unix_time) // 10
