"""HTTP as plain programs speak it: one request, one answer."""

import base64
import collections
import http.client
import json

SECONDS = 30  # no answer in this time is a failure
HTTP = "--http-listen=127.0.0.1:0"

Page = collections.namedtuple("Page", "status headers body")


def address(pawld):
    return pawld.serving["http"]


def request(pawld, method, path, body=None, connection=None, **headers):
    """One request; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    host, port = address(pawld).rsplit(":", 1)
    connection = connection or http.client.HTTPConnection(
        host, int(port), timeout=SECONDS)
    connection.request(method, path, body, named)
    answer = connection.getresponse()
    return Page(answer.status, answer.headers, answer.read())


def basic(user, password):
    text = base64.b64encode(f"{user}:{password}".encode()).decode()
    return f"Basic {text}"


def post_json(pawld, path, message, key=None, **headers):
    if key:
        headers["Authorization"] = f"Bearer {key}"
    page = request(pawld, "POST", path, json.dumps(message),
                   Content_Type="application/json", **headers)
    return page.status, json.loads(page.body)
