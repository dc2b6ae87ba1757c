"""The promise under load: of many who present one code, one gets in."""

import collections
import concurrent.futures

from helpers import LOGIN, audit_entries, create_account, outcome, register
from software_tokens import Hotp, Yubikey

CODES = 2000
PRESENTED = 8  # times each code, all at once
YUBIKEYS, HOTPS = 8, 2


def present(clients, **fields):
    """Presents one code over all connections at once; counts the answers."""
    calls = [client.ValidateOtp.start(**fields) for client in clients]
    return collections.Counter(outcome(call.result()) for call in calls)


def use_up(clients, device, token_id, count):
    """Presents codes one after another; how often each answer was given."""
    return [present(clients, otp=device.press(), token_id=token_id)
            for _ in range(count)]


def test_each_of_many_codes_is_accepted_exactly_once(pawld, admin):
    devices = [Yubikey(f"y{i}") for i in range(YUBIKEYS)]
    devices += [Hotp(f"h{i}", digits=8) for i in range(HOTPS)]
    tokens = [register(admin, device).id for device in devices]
    key = pawld.client("ROLE_LOGIN").key
    clients = [pawld.tcp(key) for _ in range(PRESENTED)]
    each = CODES // len(devices)
    with concurrent.futures.ThreadPoolExecutor(len(devices)) as pool:
        jobs = [pool.submit(use_up, clients, device, token, each)
                for device, token in zip(devices, tokens)]
        answers = [answer for job in jobs for answer in job.result()]
    assert answers == [{"GOOD_CODE": 1, "REPLAYED": PRESENTED - 1}] * CODES
    check_audit(admin)


def check_audit(admin):
    """Every acceptance is in the audit, and positions only grow."""
    last = collections.defaultdict(lambda: -1)
    moves = 0
    for entry in audit_entries(admin):
        if entry.HasField("position"):
            assert entry.position > last[entry.token_id]
            last[entry.token_id] = entry.position
            moves += 1
    assert moves == CODES


def test_two_readings_of_one_text_are_never_both_accepted(pawld, admin):
    # The code of a token, alone and inside a login, at the same time.
    key = Yubikey("a")
    account = create_account(admin, pin="1234", tokens=[key])
    client = pawld.client("ROLE_LOGIN")
    for _ in range(50):
        code = key.press()
        calls = []
        for _ in range(4):
            calls.append(client.ValidateOtp.start(otp=code))
            calls.append(client.CheckLogin.start(
                account=account.login, service="webmail",
                credential="1234" + code))
        answers = collections.Counter(outcome(call.result())
                                      for call in calls)
        assert answers == {"GOOD_CODE": 1, "REPLAYED": 7}


def test_right_and_wrong_pin_at_once_use_up_a_code_once(pawld, admin):
    device = Hotp("a", digits=8)
    create_account(admin, pin="1234", tokens=[device])
    client = pawld.client("ROLE_LOGIN")
    for _ in range(30):
        code = device.press()
        calls = [client.CheckLogin.start(account=LOGIN,
                                         service="webmail",
                                         credential=pin + code)
                 for pin in ("1234", "0000", "1234", "9999")]
        answers = collections.Counter(outcome(call.result())
                                      for call in calls)
        assert answers["GOOD_CODE"] + answers["WRONG_PIN"] == 1, answers
        assert answers["REPLAYED"] == 3, answers
        account = admin.GetAccount(login=LOGIN).account
        admin.UnlockAccount(account_id=account.id)


def test_resync_and_login_never_accept_the_same_code(pawld, admin):
    device = Hotp("a", digits=8)
    token = register(admin, device)
    for first in range(0, 60, 3):
        codes = [device.at(first + i) for i in range(3)]
        calls = [admin.ResyncToken.start(
            token_id=token.id, first_code=codes[0], second_code=codes[1])]
        calls += [admin.ValidateOtp.start(otp=codes[1], token_id=token.id)
                  for _ in range(4)]
        accepted = [call for call in calls
                    if outcome(call.result()) == "GOOD_CODE"]
        assert len(accepted) == 1
        admin.UnlockToken(token_id=token.id)
