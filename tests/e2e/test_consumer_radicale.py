"""docs/examples/radicale.conf: a calendar server behind nginx.conf."""

import http.client

import pytest

from consumers import (REFUSED, Daemon, Site, example, free_port, listens,
                       make_directory)
from helpers import LOGIN, create_account, create_device, wrong
from proxies import FORGED, request, says, start_nginx, stop_nginx

CALENDAR = f"/{LOGIN}/work/"
EVENT = CALENDAR + "meeting.ics"
MEETING = b"""\
BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Pawl//Test//EN\r
BEGIN:VEVENT\r
UID:meeting\r
DTSTAMP:20260102T030405Z\r
DTSTART:20260203T100000Z\r
DTEND:20260203T110000Z\r
SUMMARY:Budget\r
END:VEVENT\r
END:VCALENDAR\r
"""


@pytest.fixture
def site(pawlds):
    return Site(pawlds(), "caldav", "calendar")


@pytest.fixture
def radicale(site, public_directory):
    folder = make_directory(public_directory / "radicale")
    port = free_port()
    (folder / "config").write_text(example("radicale.conf", {
        "127.0.0.1:5232": f"127.0.0.1:{port}",
        "/var/lib/radicale/collections": f"{folder}/collections"}))
    daemon = Daemon(folder, "/usr/bin/radicale", "--config",
                    str(folder / "config"), "--logging-level=debug")
    daemon.port = port
    daemon.wait_for(lambda: listens(port), "radicale")
    yield daemon
    daemon.stop()
    site.check_log(daemon.log)


@pytest.fixture
def nginx(site, radicale, public_directory):
    daemon = start_nginx(site, public_directory / "nginx", radicale.port,
                         service="caldav")
    yield daemon
    stop_nginx(daemon, site)


def make_calendar(nginx, made):
    """Anna's, with a meeting in it."""
    who = (LOGIN, made.password)
    assert request(nginx, *who, "MKCALENDAR", path=CALENDAR).status == 201
    assert request(nginx, *who, "PUT", MEETING, path=EVENT,
                   **{"Content-Type": "text/calendar"}).status == 201


def people(radicale):
    """Whose folders there are."""
    root = radicale.directory / "collections" / "collection-root"
    return [path.name for path in root.glob("[!.]*")]


def test_who_is_let_in(nginx, site):
    site.check(lambda user, password: says(
        request(nginx, user, password, "PROPFIND", path="/", Depth="0")))


def test_a_calendar_is_made_with_a_device_password(nginx, radicale, site):
    made = site.device()
    assert says(request(nginx, LOGIN, wrong(made.password), "MKCALENDAR",
                        path=CALENDAR)) == REFUSED
    assert not people(radicale)
    make_calendar(nginx, made)
    # By the user name of a device they are the same person.
    other = site.device()
    answer = request(nginx, other.user_name, other.password, path=EVENT)
    assert (answer.status, "SUMMARY:Budget" in answer.text) == (200, True)
    assert people(radicale) == [LOGIN]

    moved = CALENDAR + "moved.ics"
    assert request(nginx, LOGIN, made.password, "MOVE", path=EVENT,
                   Destination=f"https://dav.example.org{moved}").status == 201
    assert says(request(nginx, LOGIN, wrong(made.password), "DELETE",
                        path=moved)) == REFUSED
    assert request(nginx, LOGIN, made.password, path=moved).status == 200


def test_clients_find_their_calendars(nginx, site):
    answer = request(nginx, LOGIN, site.device().password, "PROPFIND",
                     b'<propfind xmlns="DAV:"><prop><current-user-principal/>'
                     b'</prop></propfind>', path="/", Depth="0")
    assert answer.status == 207
    assert f"<href>/{LOGIN.replace('@', '%40')}/</href>" in answer.text


@pytest.mark.parametrize("name", ["X-Remote-User", "X_Remote_User",
                                  "x-remote_user"])
def test_nobody_gets_in_as_somebody_else(nginx, site, name):
    make_calendar(nginx, site.device())
    account = create_account(site.pawld.local, login="kim")
    kim = create_device(site.pawld.local, account, type="calendar")
    forged = {name: LOGIN}
    assert request(nginx, "kim", kim.password, path=EVENT,
                   **forged).status == 403
    assert request(nginx, "kim", kim.password, "MKCALENDAR",
                   path=f"/{LOGIN}/mine/", **forged).status == 403
    assert says(request(nginx, path=EVENT, **forged)) == REFUSED
    assert says(request(nginx, path=EVENT, **FORGED)) == REFUSED
    assert says(request(nginx, "kim", wrong(kim.password), path=EVENT,
                        **forged)) == REFUSED


def test_without_the_proxy_one_is_nobody(nginx, radicale, site):
    made = site.device()
    make_calendar(nginx, made)
    for method, path in (("GET", EVENT), ("PROPFIND", f"/{LOGIN}/"),
                         ("MKCALENDAR", "/somebody/work/")):
        connection = http.client.HTTPConnection("127.0.0.1", radicale.port,
                                                timeout=20)
        connection.request(method, path)
        assert connection.getresponse().status == 403
        connection.close()
