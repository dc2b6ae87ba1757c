"""The audit tells what happened, in order."""

import grpc
import pytest

from helpers import (LOGIN, audit_entries, create_account, hints, log_in,
                     outcome, pages, register)
from software_tokens import Hotp


def told(entry):
    """An audit entry as short words."""
    words = entry.event
    if entry.reason:
        words += " " + outcome(entry)
    return words


def test_audit_tells_what_was_done_in_order(pawld, admin):
    device = Hotp("a")
    account = create_account(admin, login="anna")
    token = register(admin, device, account=account)
    client = pawld.client("ROLE_LOGIN")
    code = device.press()
    log_in(client, "1234" + code, login="anna")
    log_in(client, "1234" + code, login="anna")
    log_in(client, "0000" + device.press(), login="anna")
    log_in(client, "1234" + device.at(9), login="anna")
    log_in(client, "x", login="anna")
    log_in(client, "x", login="nobody")
    client.ValidateOtp(otp=device.at(10), token_id=token.id)
    client.ValidateOtp(otp="cbde")
    admin.ResyncToken(token_id=token.id, first_code=device.at(50),
                      second_code=device.at(51))
    admin.UpdateToken(token={"id": token.id, "label": "blue"},
                      update_mask={"paths": ["label"]})
    admin.DisableToken(token_id=token.id)
    admin.EnableToken(token_id=token.id)
    admin.UnlockToken(token_id=token.id)
    admin.RenameAccount(account_id=account.id, login="berta")
    admin.SetPin(account_id=account.id, pin="5678")
    admin.DisableAccount(account_id=account.id)
    admin.EnableAccount(account_id=account.id)
    admin.UnlockAccount(account_id=account.id)
    admin.UnassignToken(account_id=account.id, token_id=token.id)
    admin.AssignToken(account_id=account.id, token_id=token.id)
    admin.DeleteToken(token_id=token.id)
    admin.DeleteAccount(account_id=account.id)
    admin.DeleteClient(client_id=client.id)

    entries = audit_entries(admin)
    assert [told(entry) for entry in entries] == [
        "ACCOUNT_CREATED", "TOKEN_REGISTERED", "CLIENT_CREATED",
        "LOGIN_CHECKED GOOD_CODE", "LOGIN_CHECKED REPLAYED",
        "LOGIN_CHECKED WRONG_PIN", "LOGIN_CHECKED GOOD_CODE",
        "LOGIN_CHECKED MALFORMED", "LOGIN_CHECKED UNKNOWN_ACCOUNT",
        "OTP_CHECKED GOOD_CODE", "OTP_CHECKED UNKNOWN_TOKEN",
        "TOKEN_RESYNCED GOOD_CODE", "TOKEN_UPDATED", "TOKEN_DISABLED",
        "TOKEN_ENABLED", "TOKEN_UNLOCKED", "ACCOUNT_RENAMED",
        "ACCOUNT_PIN_SET", "ACCOUNT_DISABLED", "ACCOUNT_ENABLED",
        "ACCOUNT_UNLOCKED", "TOKEN_UNASSIGNED", "TOKEN_ASSIGNED",
        "TOKEN_DELETED", "ACCOUNT_DELETED", "CLIENT_DELETED"]
    sequences = [entry.sequence for entry in entries]
    assert sequences == sorted(set(sequences))
    times = [(entry.time.seconds, entry.time.nanos) for entry in entries]
    assert times == sorted(times)
    positions = [entry.position for entry in entries
                 if entry.HasField("position")]
    assert positions == [0, 1, 9, 10, 51]
    assert {entry.caller for entry in entries[3:11]} == {client.id}
    assert {entry.caller for entry in entries[:3] + entries[11:]} == {"local"}
    for entry in entries[3:8]:
        assert entry.account_id == account.id
    assert hints(entries[6]) == {"COUNTER_JUMP"}
    assert entries[2].client_id == entries[-1].client_id == client.id


def test_audit_of_an_unknown_login_holds_nothing_that_was_typed(admin):
    log_in(admin, "755224", login="my-secret-password")
    entry, = audit_entries(admin)
    assert told(entry) == "LOGIN_CHECKED UNKNOWN_ACCOUNT"
    assert (entry.account_id, entry.token_id) == ("", "")
    assert b"my-secret" not in entry.SerializeToString()


def test_audit_keeps_service_and_address_as_named(admin):
    create_account(admin)
    admin.CheckLogin(account=LOGIN, service="groupware",
                     credential="x", client_address="2001:db8::7")
    admin.ValidateOtp(otp="x", client_address="192.0.2.9")
    login, otp = audit_entries(admin)[-2:]
    assert (login.service, login.client_address) == ("groupware", "2001:db8::7")
    assert otp.client_address == "192.0.2.9"


def test_audit_is_filtered_by_account_or_token(admin):
    devices = {name: Hotp(name) for name in ("anna", "bert")}
    for name, device in devices.items():
        account = create_account(admin, login=name)
        token = register(admin, device, account=account)
        for _ in range(15):
            log_in(admin, "1234" + device.press(), login=name)
    of_account = pages(admin.ListAuditEntries, "entries", 4,
                       account_id=account.id)
    of_token = pages(admin.ListAuditEntries, "entries", 4, token_id=token.id)
    assert len(of_account) == 17 and len(of_token) == 16
    assert {entry.account_id for entry in of_account} == {account.id}
    assert {entry.token_id for entry in of_token} == {token.id}


def test_refused_administration_leaves_no_audit(admin):
    account = create_account(admin)
    before = len(audit_entries(admin))
    for call in (lambda: create_account(admin),
                 lambda: admin.SetPin(account_id=account.id, pin="1"),
                 lambda: admin.DeleteToken(token_id="tok_0000000000123")):
        with pytest.raises(grpc.RpcError):
            call()
    assert len(audit_entries(admin)) == before
