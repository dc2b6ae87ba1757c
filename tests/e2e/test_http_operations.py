"""What watches the server: health, metrics, request ids; and the files of
docs/examples that read them.
"""

import json
import pathlib
import re
import subprocess

import pytest

from helpers import create_account, log_in, outcome, register, wrong
from software_tokens import Hotp
from web import HTTP, post_json, request

pytestmark = pytest.mark.flags(HTTP)
EXAMPLES = pathlib.Path(__file__).parents[2] / "docs" / "examples"


def metrics(pawld, **headers):
    page = request(pawld, "GET", "/metrics", **headers)
    assert page.status == 200, page
    values = {}
    for line in page.body.decode().splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            values[name] = float(value)
    return values


def names(pawld):
    """Every metric, with the endings that histograms have."""
    return {name.split("{")[0] for name in metrics(pawld)}


def test_live_and_ready(pawld):
    for path in ("/livez", "/readyz"):
        page = request(pawld, "GET", path)
        assert (page.status, page.body) == (200, b"ok\n")
    assert request(pawld, "POST", "/livez").status == 405


def test_checks_are_counted_by_kind_and_reason(pawld, admin):
    device = Hotp("a")
    create_account(admin, pin="1234", tokens=[device])
    code = "1234" + device.press()
    assert outcome(log_in(admin, code)) == "GOOD_CODE"
    log_in(admin, code)
    log_in(admin, wrong(code))
    values = metrics(pawld)

    def checks(reason):
        return values[f'pawl_checks_total{{kind="login",reason="{reason}"}}']
    assert (checks("GOOD_CODE"), checks("REPLAYED")) == (1, 1)
    assert values['pawl_check_seconds_count{kind="login"}'] == 3
    assert values["pawl_commits_total"] >= 3
    assert values["pawl_commit_batches_total"] >= 3
    assert values['pawl_budget_failures_total{cause="WRONG_CODE"}'] == 1
    assert values["pawl_ready"] == 1


def test_http_answers_are_counted_by_door(pawld):
    request(pawld, "GET", "/wsapi/2.0/verify")
    request(pawld, "GET", "/nothing")
    values = metrics(pawld)
    assert values[
        'pawl_http_responses_total{door="wsapi",status="200"}'] == 1
    assert values['pawl_http_responses_total{door="none",status="404"}'] == 1


def test_metrics_are_for_this_host_or_for_a_key(pawld, admin):
    through_proxy = {"X_Forwarded_For": "192.0.2.1"}
    assert request(pawld, "GET", "/metrics", **through_proxy).status == 401
    for role, status in (("ROLE_AUDIT", 200), ("ROLE_ADMIN", 200),
                         ("ROLE_LOGIN", 403)):
        key = admin.CreateClient(name=role, roles=[role]).key
        page = request(pawld, "GET", "/metrics", **through_proxy,
                       Authorization=f"Bearer {key}")
        assert page.status == status
    page = request(pawld, "GET", "/metrics", **through_proxy,
                   Authorization="Bearer pawl_cli_0000000000001_x")
    assert page.status == 401


def test_a_request_has_an_id(pawld):
    first = request(pawld, "GET", "/livez").headers["X-Request-Id"]
    assert first != request(pawld, "GET", "/livez").headers["X-Request-Id"]
    page = request(pawld, "GET", "/livez", X_Request_Id="from-the-proxy")
    assert page.headers["X-Request-Id"] == "from-the-proxy"
    page = request(pawld, "GET", "/livez", X_Request_Id="x" * 200)
    assert page.headers["X-Request-Id"] != "x" * 200


def test_an_answer_that_failed_is_logged_with_its_id(pawld, admin):
    key = admin.CreateClient(name="login", roles=["ROLE_LOGIN"]).key
    admin.RegisterToken(yubicloud={"public_id": "cccc"})
    status, _ = post_json(pawld, "/pawl.v1.ValidationService/ValidateOtp",
                          {"otp": "cccc" + "c" * 32}, key,
                          X_Request_Id="look-for-me")
    assert status == 503
    line = next(json.loads(line) for line in pawld.log.splitlines()
                if "http_failed" in line)
    assert line["request_id"] == "look-for-me"
    assert (line["door"], line["status"]) == ("json", 503)


def words(expression):
    return set(re.findall(r"\bpawl_\w+", expression))


def promtool(*arguments):
    done = subprocess.run(["promtool", *arguments], timeout=60,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_alert_rules_load_and_name_real_metrics(pawld):
    file = EXAMPLES / "alerts.yml"
    promtool("check", "rules", file)
    named = words("".join(line for line in file.read_text().splitlines(True)
                          if "expr:" in line))
    count_everything(pawld)
    assert named and named <= names(pawld)


def test_a_pawld_that_is_gone_is_told_of_also_beside_others(tmp_path):
    alerts = {"rule_files": [str(EXAMPLES / "alerts.yml")],
              "evaluation_interval": "1m", "tests": []}
    up = {"series": 'up{job="pawl",instance="a"}', "values": "1+0x10"}
    down = {"series": 'up{job="pawl",instance="b"}', "values": "1+0x3 0+0x6"}
    for series, told in (([up], []), ([up, down], [("b", "b")]),
                         ([], [(None, "every pawld")])):
        alerts["tests"].append({
            "interval": "1m",
            "input_series": series,
            "alert_rule_test": [{
                "eval_time": "8m", "alertname": "PawlGone",
                "exp_alerts": [{
                    "exp_labels": {"severity": "page", "job": "pawl",
                                   **({"instance": name} if name else {})},
                    "exp_annotations": {"summary": f"{who} gives no metrics"},
                } for name, who in told]}]})
    file = tmp_path / "gone.yml"
    file.write_text(json.dumps(alerts))
    promtool("test", "rules", file)


def test_the_dashboard_names_real_metrics(pawld, tmp_path):
    dashboard = json.loads((EXAMPLES / "grafana-dashboard.json").read_text())
    targets = [target for panel in dashboard["panels"]
               for target in panel.get("targets", ())]
    assert targets and all(target["refId"] for target in targets)
    identifiers = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(identifiers)) == len(identifiers)
    rules = tmp_path / "rules.yml"
    rules.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": [
        {"record": f"panel:{number}", "expr": target["expr"]}
        for number, target in enumerate(targets)]}]}))
    promtool("check", "rules", rules)
    count_everything(pawld)
    for target in targets:
        named = words(target["expr"])
        assert named and named <= names(pawld), target["expr"]


def count_everything(pawld):
    """Metrics with labels are there from the first thing they count on."""
    device = Hotp("b")
    account = create_account(pawld.local, "b@example.org", pin="1234")
    register(pawld.local, device, account=account)
    log_in(pawld.local, "1234000000", login="b@example.org")
