"""Device passwords: made, shown once, used, renamed, swept, revoked."""

import re

import pytest

from google.protobuf import field_mask_pb2, timestamp_pb2

from helpers import (LOGIN, audit_entries, create_account, create_device,
                     fails, log_in, outcome, pages)
from pawl.v1 import account_pb2, device_pb2
from pawld import eventually

PASSWORD_FORM = re.compile(r"[0-9a-hjkmnp-tv-z]{6}(-[0-9a-hjkmnp-tv-z]{6}){5}")


@pytest.fixture
def account(admin):
    return create_account(admin)


def imap(admin, made, **more):
    return outcome(log_in(admin, made.password, service="imap", **more))


def test_login_details_are_generated_and_shown_once(pawld, admin, account):
    made = create_device(admin, account, name="Kim's phone")
    assert PASSWORD_FORM.fullmatch(made.password)
    assert made.user_name == made.device.id
    assert list(made.device.scopes) == ["mail"]
    shown = str(admin.GetDevice(device_id=made.device.id))
    secret = made.password.replace("-", "")[8:34]
    assert secret not in shown
    assert secret.encode() not in pawld.database.read_bytes()
    assert secret not in pawld.log


def test_both_user_names_and_every_way_of_typing_are_good(admin, account):
    made = create_device(admin, account)
    for typed in (made.password, made.password.upper(),
                  made.password.replace("-", " "),
                  made.password.replace("-", ""),
                  made.password.replace("0", "O").replace("1", "l")):
        for name in (LOGIN, LOGIN.upper(), made.user_name):
            answer = log_in(admin, typed, login=name, service="imap")
            assert outcome(answer) == "GOOD_DEVICE_PASSWORD"
            assert answer.device_id == made.device.id
            assert answer.account_id == account.id


def test_another_user_name_is_refused(admin, account):
    made = create_device(admin, account)
    other = create_account(admin, login="other")
    theirs = create_device(admin, other)
    for name in ("other", theirs.user_name, "nobody", "dev_00000000"):
        assert imap(admin, made, login=name) == "WRONG_DEVICE_PASSWORD"


def test_scope_and_interactive_services(admin, account):
    made = create_device(admin, account, type="mail")
    assert imap(admin, made) == "GOOD_DEVICE_PASSWORD"
    assert outcome(log_in(admin, made.password, service="smtp")) == (
        "GOOD_DEVICE_PASSWORD")
    assert outcome(log_in(admin, made.password, service="caldav")) == "SCOPE"
    assert not outcome(log_in(admin, made.password)).startswith("GOOD")
    everything = create_device(admin, account, type="sync")
    for service in ("imap", "caldav", "carddav", "webdav", "activesync"):
        assert outcome(log_in(admin, everything.password,
                              service=service)) == "GOOD_DEVICE_PASSWORD"


def test_deleted_and_regenerated_passwords_die_at_once(admin, account):
    made = create_device(admin, account)
    assert imap(admin, made) == "GOOD_DEVICE_PASSWORD"
    again = admin.RegenerateDevicePassword(device_id=made.device.id)
    assert imap(admin, made) == "WRONG_DEVICE_PASSWORD"
    assert imap(admin, again) == "GOOD_DEVICE_PASSWORD"
    admin.DeleteDevice(device_id=made.device.id)
    assert imap(admin, again) == "WRONG_DEVICE_PASSWORD"
    with fails("NOT_FOUND"):
        admin.GetDevice(device_id=made.device.id)


def test_expiry_and_rename(admin, account):
    made = create_device(admin, account)
    mask = field_mask_pb2.FieldMask(paths=["name", "expire_time"])
    past = timestamp_pb2.Timestamp(seconds=1)
    with fails("INVALID_ARGUMENT", "expire_time"):
        admin.UpdateDevice(device=device_pb2.Device(
            id=made.device.id, name="x", expire_time=past), update_mask=mask)
    soon = timestamp_pb2.Timestamp()
    soon.GetCurrentTime()
    soon.seconds += 1
    changed = admin.UpdateDevice(device=device_pb2.Device(
        id=made.device.id, name="tablet", expire_time=soon),
        update_mask=mask).device
    assert changed.name == "tablet"
    eventually(lambda: imap(admin, made) == "DEVICE_EXPIRED", "expired")
    # An expired password stays in the list, where its owner sees why.
    assert admin.GetDevice(device_id=made.device.id).device.name == "tablet"


@pytest.mark.parametrize("value", ["", "dev_", "dev_1", "dev_000000000",
                                   "dev_00000000", "tok_00000001",
                                   "DEV_00000001", "dev_0000000u",
                                   "x" * 60000])
def test_ids_of_devices_are_checked_and_named(admin, account, value):
    for call in (admin.GetDevice, admin.DeleteDevice,
                 admin.RegenerateDevicePassword):
        with fails("INVALID_ARGUMENT", "device_id"):
            call(device_id=value)
        with fails("NOT_FOUND"):
            call(device_id="dev_00000123")
        with fails("NOT_FOUND"):
            call(device_id="dev_00000123", account_id=account.id)


def test_permission_is_needed_and_taken_away_at_once(admin, account):
    made = create_device(admin, account)
    admin.SetDevicePasswords(account_id=account.id, allowed=False)
    assert imap(admin, made) == "POLICY"
    with fails("FAILED_PRECONDITION"):
        create_device(admin, account)
    admin.SetDevicePasswords(account_id=account.id, allowed=True)
    assert imap(admin, made) == "GOOD_DEVICE_PASSWORD"


def test_disabled_account_and_deleted_account(admin, account):
    made = create_device(admin, account)
    admin.DisableAccount(account_id=account.id)
    assert imap(admin, made) == "ACCOUNT_DISABLED"
    admin.EnableAccount(account_id=account.id)
    assert imap(admin, made) == "GOOD_DEVICE_PASSWORD"
    admin.DeleteAccount(account_id=account.id)
    assert imap(admin, made) == "WRONG_DEVICE_PASSWORD"


def test_device_reads_itself_and_only_itself(pawld, admin, account):
    made = create_device(admin, account)
    create_device(admin, account, name="other")
    key = admin.CreateClient(name="api", roles=["ROLE_LOGIN"]).key
    api = pawld.tcp(key)
    own = api.ReadOwnDevice(user_name=made.user_name,
                            password=made.password).device
    assert (own.id, own.name) == (made.device.id, "phone")
    with fails("PERMISSION_DENIED"):
        api.GetDevice(device_id=made.device.id)
    admin.DeleteDevice(device_id=made.device.id)
    with fails("PERMISSION_DENIED"):
        api.ReadOwnDevice(user_name=made.user_name, password=made.password)


def test_first_use_is_audited_at_once_and_repeated_ones_are_counted(
        pawld, admin, account):
    made = create_device(admin, account)
    for _ in range(7):
        imap(admin, made, client_address="192.0.2.7")
    imap(admin, made, client_address="192.0.2.8")

    def of_device():
        return [entry for entry in audit_entries(pawld.local)
                if entry.event == "LOGIN_CHECKED"
                and entry.device_id == made.device.id]

    assert [(e.client_address, e.count) for e in of_device()] == [
        ("192.0.2.7", 1), ("192.0.2.8", 1)]
    pawld.restart()  # what was counted is not lost
    assert sum(e.count for e in of_device()) == 8
    now = pawld.local.GetDevice(device_id=made.device.id).device
    assert now.last_service == "imap"
    assert now.last_used_time.seconds > 0


def test_wrong_device_passwords_stop_nobody_else(admin, account):
    made = create_device(admin, account)
    old = admin.CreateDevice(account_id=account.id, type="mail", name="old")
    admin.RegenerateDevicePassword(device_id=old.device.id)
    place = {"client_address": "192.0.2.1"}
    seen = {imap(admin, old, **place) for _ in range(12)}
    assert seen == {"WRONG_DEVICE_PASSWORD", "THROTTLED"}
    assert imap(admin, made, **place) == "GOOD_DEVICE_PASSWORD"
    blocks = admin.GetAccount(login=LOGIN).account.blocks
    assert {account_pb2.Cause.Name(b.cause) for b in blocks} == {
        "CAUSE_DEVICE_PASSWORD"}
    assert any(b.retry_after.seconds or b.retry_after.nanos for b in blocks)
    admin.UnlockAccount(account_id=account.id)
    assert not admin.GetAccount(login=LOGIN).account.blocks
    assert imap(admin, old, **place) == "WRONG_DEVICE_PASSWORD"


def test_lists_and_sweep(admin, account):
    ids = [create_device(admin, account, name=f"d{i}").device.id
           for i in range(5)]
    other = create_account(admin, login="other")
    theirs = create_device(admin, other).device.id
    listed = pages(admin.ListDevices, "devices", 2, account_id=account.id)
    assert [d.id for d in listed] == sorted(ids)
    assert {d.id for d in pages(admin.ListDevices, "devices", 3)} == {
        *ids, theirs}
    assert not admin.ListDevices(account_id=account.id,
                                 unused_days=1).devices
    assert not admin.SweepDevices(account_id=account.id, unused_days=1,
                                  dry_run=True).devices
    with fails("INVALID_ARGUMENT", "unused_days"):
        admin.SweepDevices(account_id=account.id, unused_days=0)


def age(pawld, column):
    """Makes every device forty days older."""
    with pawld.raw_database() as database:
        database.execute(
            f"UPDATE device SET {column} = {column} - 40 * 86400000")


def test_sweep_removes_what_was_not_used(pawld, admin, account):
    made = create_device(admin, account)
    used = create_device(admin, account, name="used")
    pawld.stop()
    age(pawld, "created")
    pawld.start()
    api = pawld.local
    assert imap(api, used) == "GOOD_DEVICE_PASSWORD"
    dry = api.SweepDevices(unused_days=30, dry_run=True)
    assert [d.id for d in dry.devices] == [made.device.id]
    assert imap(api, made) == "GOOD_DEVICE_PASSWORD"  # used: safe again
    assert not api.SweepDevices(unused_days=30).devices
    pawld.stop()
    age(pawld, "last_used")
    pawld.start()
    swept = pawld.local.SweepDevices(unused_days=30)
    assert {d.id for d in swept.devices} == {made.device.id, used.device.id}
    assert imap(pawld.local, made) == "WRONG_DEVICE_PASSWORD"
