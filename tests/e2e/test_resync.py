"""ResyncToken: two codes in a row bring a token back into step."""

import time

import pytest

from helpers import fails, outcome, position_of, present, register
from software_tokens import Hotp, Motp, Totp, Yubikey

# How far the server looks for a HOTP counter.
HOTP_RESYNC = 1000

DEVICES = {
    "hotp": lambda: Hotp("a", digits=8),
    "totp": lambda: Totp("a", digits=8),
    "motp": lambda: Motp("a"),
}
# Codes further ahead than any window, for a token that was never used.
LOST = 300


def out_of_step(admin, kind):
    """(software token, token, number of its present code): far ahead."""
    device = DEVICES[kind]()
    number = LOST
    if kind == "totp":
        number += device.begin_mid_step()
    if kind == "motp":
        number += device.step(time.time())
    return device, register(admin, device, window=3), number


def resync(admin, token, first, second):
    return admin.ResyncToken(token_id=token.id, first_code=first,
                             second_code=second)


@pytest.mark.parametrize("kind", DEVICES)
def test_resync_finds_a_token_that_ran_away(admin, kind):
    device, token, number = out_of_step(admin, kind)
    assert (outcome(present(admin, token, device.at(number)))
            == "WRONG_CODE")
    answer = resync(admin, token, device.at(number - 1), device.at(number))
    assert outcome(answer) == "GOOD_CODE"
    assert position_of(admin, token) == number
    for used in (number - 1, number):
        assert outcome(present(admin, token, device.at(used))) != "GOOD_CODE"
    assert (outcome(present(admin, token, device.at(number + 1)))
            == "GOOD_CODE")


# What is typed, relative to the present code.
NOT_CONSECUTIVE = {
    "wrong order": (1, 0),
    "the same twice": (0, 0),
    "a gap": (0, 2),
    "second wrong": (0, 1000000),
    "first wrong": (1000000, 1),
}


@pytest.mark.parametrize("pair", NOT_CONSECUTIVE.values(), ids=NOT_CONSECUTIVE)
@pytest.mark.parametrize("kind", DEVICES)
def test_resync_needs_two_codes_that_follow_each_other(admin, kind, pair):
    device, token, number = out_of_step(admin, kind)
    answer = resync(admin, token, *(device.at(number + i) for i in pair))
    assert outcome(answer) == "NOT_CONSECUTIVE"
    assert position_of(admin, token) is None
    assert admin.GetToken(token_id=token.id).token.failures == 1
    answer = resync(admin, token, device.at(number), device.at(number + 1))
    assert outcome(answer) == "GOOD_CODE"


@pytest.mark.parametrize("kind", DEVICES)
def test_resync_never_goes_back(admin, kind):
    device, token, number = out_of_step(admin, kind)
    resync(admin, token, device.at(number + 4), device.at(number + 5))
    for first in (number, number + 3, number + 4, number + 5):
        answer = resync(admin, token, device.at(first), device.at(first + 1))
        assert outcome(answer) == "NOT_CONSECUTIVE", first - number
    assert position_of(admin, token) == number + 5
    answer = resync(admin, token, device.at(number + 6),
                    device.at(number + 7))
    assert outcome(answer) == "GOOD_CODE"


def test_resync_learns_the_clock_of_the_token(admin):
    device, token, number = out_of_step(admin, "totp")
    resync(admin, token, device.at(number - 1), device.at(number))
    # The second code is the one the token shows now.
    assert admin.GetToken(token_id=token.id).token.drift == LOST


def test_resync_of_hotp_has_a_limit(admin):
    device = Hotp("a", digits=8)
    token = register(admin, device)
    far = HOTP_RESYNC + 1
    answer = resync(admin, token, device.at(far), device.at(far + 1))
    assert outcome(answer) == "NOT_CONSECUTIVE"
    answer = resync(admin, token, device.at(far - 1), device.at(far))
    assert outcome(answer) == "GOOD_CODE"


def test_yubico_token_needs_no_resync(admin):
    key = Yubikey("a")
    token = register(admin, key)
    with fails("FAILED_PRECONDITION"):
        resync(admin, token, "755224", "287082")
