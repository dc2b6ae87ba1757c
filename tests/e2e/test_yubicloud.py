"""Keys of the YubiCloud: their OTPs are validated by another server. What is
accepted once is never accepted again, whatever that server says.
"""

import threading

import pytest

from fake_cloud import CLIENT, KEY
from helpers import (attempt, create_account, fails, failures, hints, log_in,
                     outcome, position_of, register, undecided)
from pawld import StartError
from software_tokens import DVORAK, MODHEX, Yubikey, modhex
from web import HTTP, request
from wsapi import Client, http_address, make_client
from yubicloud import (CloudKey, cloud, clouds, key, server,  # noqa: F401
                       start, validate)


def test_a_login_asks_the_server_that_knows_the_key(server, cloud, key):
    code = key.code(counter=5, session=3)
    assert outcome(log_in(server.local, "1234" + code)) == "GOOD_CODE"
    assert position_of(server.local, key.token) == 5 * 256 + 3
    asked = cloud.asked[0]
    assert asked["id"] == str(CLIENT) and asked["timestamp"] == "1"
    assert asked["otp"] == code and len(asked["nonce"]) == 32
    # A second presentation is known here: it is not even asked about.
    assert outcome(log_in(server.local, "1234" + code)) == "REPLAYED"
    assert len(cloud.asked) == 1


def test_a_bare_otp(server, key):
    code = key.code()
    answer = validate(server, code)
    assert outcome(answer) == "GOOD_CODE"
    assert answer.public_id == modhex(key.public_id)
    assert outcome(validate(server, code)) == "REPLAYED"


def test_what_was_accepted_is_refused_whatever_the_server_says(
        server, cloud, key):
    first, second = key.code(7), key.code(8)
    assert outcome(validate(server, first)) == "GOOD_CODE"
    assert outcome(validate(server, second)) == "GOOD_CODE"
    cloud.used.clear()  # restored from a backup
    for code in (first, second, key.code(6), key.code(7, 1)):
        assert outcome(validate(server, code)) == "REPLAYED"
    assert outcome(validate(server, key.code(8, 1))) == "GOOD_CODE"
    server.restart()
    cloud.used.clear()
    for code in (first, second):
        assert outcome(validate(server, code)) == "REPLAYED"


def test_a_text_with_two_meanings_is_asked_about_once_for_each(server, cloud):
    one = "cbdehgijkntu"
    other = one.translate(str.maketrans(DVORAK, MODHEX))
    for public_id in (one, other):
        server.local.RegisterToken(yubicloud={"public_id": public_id})
    assert outcome(validate(server, one + "c" * 32)) == "WRONG_CODE"
    assert sorted(each["otp"][:12] for each in cloud.asked) == sorted(
        [one, other])


def test_a_wrong_pin_burns_the_code(server, cloud, key):
    code = key.code()
    assert outcome(log_in(server.local, "9999" + code)) == "WRONG_PIN"
    cloud.used.clear()
    assert outcome(log_in(server.local, "1234" + code)) == "REPLAYED"


def test_an_otp_the_server_does_not_know_is_wrong(server, cloud, key):
    answer = log_in(server.local, "1234" + key.at(99))
    assert outcome(answer) == "WRONG_CODE"
    assert failures(server.local) == 1
    assert outcome(validate(server, key.at(98))) == "WRONG_CODE"


def test_one_the_server_has_seen_elsewhere_is_a_replay(server, cloud, key):
    code = key.code()
    cloud.used.add(code)
    assert outcome(log_in(server.local, "1234" + code)) == "REPLAYED"
    assert failures(server.local) == 0


def test_a_retry_is_not_a_replay(server, cloud, key):
    same = {"attempt_id": attempt()}
    code = "1234" + key.code()
    assert outcome(log_in(server.local, code, **same)) == "GOOD_CODE"
    again = log_in(server.local, code, **same)
    assert outcome(again) == "GOOD_CODE"
    assert "REPEATED_ATTEMPT" in hints(again)
    assert len(cloud.asked) == 1


def test_a_question_of_the_yubico_protocol_is_asked_about_once(
        server, cloud, key):
    """Programs ask several URLs with one nonce."""
    client = make_client(server)
    for otp, statuses in ((key.at(99), {"BAD_OTP"}),
                          (key.code(), {"OK", "REPLAYED_REQUEST"})):
        asked = len(cloud.asked)
        assert {client.status(otp, nonce="N" * 32)
                for _ in range(10)} == statuses
        assert len(cloud.asked) == asked + 1
        cloud.used.clear()
        server.restart()
        client = Client(http_address(server), client.number, client.key)
        assert client.status(otp, nonce="N" * 32) == (
            "BAD_OTP" if statuses == {"BAD_OTP"} else "REPLAYED_REQUEST")
        assert len(cloud.asked) == asked + 1


@pytest.mark.parametrize("forgets", [False, True])
def test_eight_at_once_are_one(server, cloud, key, forgets):
    """Also with a server that says OK to all eight."""
    cloud.delay = 0.05
    cloud.forgets = forgets
    for _ in range(5):
        code = key.code()
        answers = []

        def ask(code=code, answers=answers):
            answers.append(outcome(log_in(server.local, "1234" + code)))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == ["GOOD_CODE"] + ["REPLAYED"] * 7


def test_with_a_throttled_account_the_server_is_not_asked(
        server, cloud, key):
    for number in range(8):
        log_in(server.local, "1234" + key.at(500 + number))
    asked = len(cloud.asked)
    assert outcome(log_in(server.local, "1234" + key.code())) == "THROTTLED"
    assert len(cloud.asked) == asked


def test_a_disabled_key_is_not_asked_about(server, cloud, key):
    server.local.DisableToken(token_id=key.token.id)
    assert outcome(validate(server, key.code())) == "TOKEN_DISABLED"
    log_in(server.local, "1234" + key.code())
    assert not cloud.asked


def test_registration(server):
    admin = server.local
    with fails("INVALID_ARGUMENT", "public_id"):
        admin.RegisterToken(yubicloud={"public_id": "xyz"})
    with fails("INVALID_ARGUMENT", "public_id"):
        admin.RegisterToken(yubicloud={})
    with fails("INVALID_ARGUMENT", "generate"):
        admin.RegisterToken(yubicloud={"public_id": "cccc"}, generate=True)
    token = admin.RegisterToken(yubicloud={"public_id": "CCCC"}).token
    assert token.public_id == "cccc"
    with fails("ALREADY_EXISTS"):
        admin.RegisterToken(yubicloud={"public_id": "cccc"})


def test_a_deleted_key_goes_on_where_it_was(server, cloud, key):
    admin = server.local
    code = key.code(9)
    assert outcome(validate(server, code)) == "GOOD_CODE"
    admin.DeleteToken(token_id=key.token.id)
    register(admin, key)
    cloud.used.clear()
    assert outcome(validate(server, key.code(8))) == "REPLAYED"
    # Also when its secret comes here.
    again = admin.ListTokens().tokens[0]
    admin.DeleteToken(token_id=again.id)
    local = Yubikey("k")
    register(admin, local)
    assert outcome(validate(server, local.at(9))) == "REPLAYED"
    assert outcome(validate(server, local.at(10))) == "GOOD_CODE"


def test_a_key_that_moves_to_the_cloud_goes_on_where_it_was(server, cloud):
    admin = server.local
    local, there = Yubikey("k"), CloudKey("k", cloud)
    for turn in range(2):  # also when it comes and goes again
        used = 10 * turn + 5
        token = register(admin, local)
        assert outcome(validate(server, local.at(used))) == "GOOD_CODE"
        admin.DeleteToken(token_id=token.id)
        token = register(admin, there)
        cloud.used.clear()
        assert outcome(validate(server, there.code(used))) == "REPLAYED"
        assert outcome(validate(server, there.code(used - 1))) == "REPLAYED"
        assert outcome(validate(server, there.code(used + 1))) == "GOOD_CODE"
        admin.DeleteToken(token_id=token.id)


def test_what_it_counts(server, cloud, key):
    log_in(server.local, "1234" + key.code())
    text = request(server, "GET", "/metrics").body.decode()
    assert 'pawl_upstream_requests_total{result="good"} 1' in text


@pytest.mark.parametrize("flags, says", [
    (["--yubicloud-urls=http://example.org/"], "https"),
    (["--yubicloud-urls=https://example.org/", "--yubicloud-client=1"],
     "key_file"),
])
def test_a_configuration_that_cannot_work(pawlds, flags, says):
    with pytest.raises(StartError) as caught:
        pawlds().start(*flags)
    assert says in caught.value.log


# Other servers of the protocol.


def test_two_pawlds_one_asks_the_other(start, pawlds):
    """Ours as the upstream: every word of it is understood."""
    upstream = pawlds("upstream").start(HTTP)
    made = upstream.local.CreateClient(
        name="pawl", roles=["ROLE_LOGIN"], wsapi={"number": CLIENT, "key": KEY})
    assert made.client.wsapi_number == CLIENT
    local = Yubikey("k")
    token = register(upstream.local, local)
    url = f"http://{upstream.serving['http']}/wsapi/2.0/verify"
    server = start(url)
    account = create_account(server.local, pin="1234")
    server.local.RegisterToken(
        yubicloud={"public_id": modhex(local.public_id)},
        account_id=account.id)
    code = local.at(3, 4)
    assert outcome(log_in(server.local, "1234" + code)) == "GOOD_CODE"
    assert outcome(log_in(server.local, "1234" + code)) == "REPLAYED"
    used = local.at(4)
    assert outcome(validate(upstream, used)) == "GOOD_CODE"
    assert outcome(log_in(server.local, "1234" + used)) == "REPLAYED"
    upstream.local.DisableToken(token_id=token.id)
    assert outcome(log_in(server.local, "1234" + local.at(5))) == "WRONG_CODE"
    upstream.local.DeleteClient(client_id=made.client.id)
    with undecided():
        log_in(server.local, "1234" + local.at(6))
    upstream.stop()
    with undecided():
        log_in(server.local, "1234" + local.at(7))
