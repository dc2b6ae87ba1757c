"""Lists, page by page."""

import itertools
import tempfile

import pytest

from helpers import create_account, fails, pages, register
from pawld import Pawld
from software_tokens import Hotp


@pytest.fixture(scope="module")
def full_server():
    """A server with 250 accounts, each with a token, and 25 clients."""
    with tempfile.TemporaryDirectory(prefix="pawl-") as name:
        server = Pawld(f"{name}/data").start()
        fill(server)
        yield server
        server.cleanup()


def fill(server):
    for number in range(250):
        # Not in the order of their names.
        login = f"user-{number * 97 % 250:03}"
        create_account(server.local, login=login,
                       tokens=[Hotp(f"t{number}")])
    for number in range(25):
        server.local.CreateClient(name=f"c{number}", roles=["ROLE_LOGIN"])


LISTS = {
    "accounts": ("ListAccounts", lambda item: item.login, 250),
    "tokens": ("ListTokens", lambda item: item.id, 250),
    "clients": ("ListClients", lambda item: item.id, 25),
    "entries": ("ListAuditEntries", lambda item: -item.sequence, 525),
}


@pytest.mark.parametrize("size", [1, 7, 100, 249, 250, 251, 1000, 5000, 0])
@pytest.mark.parametrize("field", LISTS)
def test_pages_hold_everything_once_and_in_order(full_server, field, size):
    method, key, count = LISTS[field]
    items = pages(getattr(full_server.local, method), field, size)
    keys = [key(item) for item in items]
    assert keys == sorted(set(keys))
    assert len(items) == count


@pytest.mark.parametrize("field", LISTS)
def test_pages_have_the_size_asked_for(full_server, field):
    method, _, count = LISTS[field]
    call = getattr(full_server.local, method)
    for size, expected in ((1, 1), (10, 10), (count, count), (0, 100)):
        page = call(page_size=size)
        assert len(getattr(page, field)) == min(expected, count)
        assert bool(page.next_page_token) == (expected < count)


def test_pages_stay_right_while_others_are_added(pawld, admin):
    before = [f"user-{number:03}" for number in range(0, 250, 2)]
    for login in before:
        create_account(admin, login=login)
        admin.RegisterToken(hotp={}, generate=True)
    names = itertools.count(1, 2)

    def add():
        for _ in range(4):
            create_account(admin, login=f"user-{next(names):03}")
            admin.RegisterToken(hotp={}, generate=True)

    old_tokens = {token.id for token in pages(admin.ListTokens, "tokens", 100)}
    accounts = [account.login for account in
                pages(admin.ListAccounts, "accounts", 10, between=add)]
    assert accounts == sorted(set(accounts))
    assert set(before) <= set(accounts)
    tokens = [token.id for token in
              pages(admin.ListTokens, "tokens", 10, between=add)]
    assert tokens == sorted(set(tokens))
    assert old_tokens <= set(tokens)


def test_pages_stay_right_while_others_are_deleted(admin):
    ids = [create_account(admin, login=f"user-{number:03}").id
           for number in range(60)]
    doomed = iter(ids[1::2])

    def delete():
        for account_id in itertools.islice(doomed, 3):
            admin.DeleteAccount(account_id=account_id)

    seen = {account.id for account in
            pages(admin.ListAccounts, "accounts", 5, between=delete)}
    assert set(ids[::2]) <= seen


def test_page_of_a_thousand_is_not_the_end(admin):
    for number in range(1010):
        admin.CreateAccount(login=f"user-{number:04}")
    for size in (999, 1000, 1001, 2**31 - 1):
        accounts = pages(admin.ListAccounts, "accounts", size)
        assert len(accounts) == 1010
        entries = pages(admin.ListAuditEntries, "entries", size)
        assert len(entries) == 1010


def test_page_token_survives_a_restart(pawld, admin):
    for number in range(4):
        create_account(admin, login=f"user-{number}")
    page = admin.ListAccounts(page_size=2)
    pawld.restart()
    rest = pawld.local.ListAccounts(page_token=page.next_page_token)
    assert [account.login for account in rest.accounts] == [
        "user-2", "user-3"]


def test_account_has_at_most_a_hundred_tokens(admin):
    account = create_account(admin)
    for number in range(100):
        register(admin, Hotp(f"t{number}"), account=account)
    spare = register(admin, Hotp("one more"))
    with fails("FAILED_PRECONDITION"):
        admin.AssignToken(account_id=account.id, token_id=spare.id)
    with fails("FAILED_PRECONDITION"):
        register(admin, Hotp("and more"), account=account)
    assert len(admin.GetAccount(account_id=account.id).account.token_ids
               ) == 100


def test_same_account_may_be_changed_by_many_at_once(admin):
    account = create_account(admin)
    calls = [admin.SetPin.start(account_id=account.id, pin=f"pin-{number}")
             for number in range(20)]
    codes = {call.code().name for call in calls}
    assert codes <= {"OK", "ABORTED"}
    assert "OK" in codes
