"""Settings from file, environment and command line."""

import pytest

from helpers import fails
from pawld import run_pawld
from stubs import ROOT


def check(text=None, *flags, directory=None, **environment):
    """--check-config: exit code and output."""
    if text is not None:
        file = directory / "pawld.toml"
        file.write_text(text)
        flags = (f"--config={file}", *flags)
    return run_pawld("--check-config", *flags, **environment)


GOOD_CONFIG = """
data_dir = "/srv/pawl"
store = "sqlite:/srv/pawl/pawl.db"
master_key = "/etc/pawl/master.key"
socket = "/run/pawl/pawld.sock"
listen = "[::1]:7295"
log_level = "warning"
pin_min_length = 6
attempt_ttl = "5m"

[throttle]
free_failures = 3
first_delay = "500ms"
max_delay = "1h"
lock_after = 50
"""


def test_good_configuration_is_good(directory):
    code, output = check(GOOD_CONFIG, directory=directory)
    assert (code, output) == (0, "the configuration is good\n")


BAD_CONFIG = {
    'colour = "blue"': "colour: is not a setting",
    'data_dir = ""': "data_dir: must not be empty",
    "data_dir = 7": "data_dir: must be a text in quotes",
    'store = ""': "store: must not be empty",
    'listen = "7295"': "listen: must be HOST:PORT",
    'listen = "localhost:99999"': "listen: must end in a port",
    'listen = "localhost:x"': "listen: must end in a port",
    'listen = "0.0.0.0:7295"': "listen: beyond loopback needs tls_cert",
    'tls_cert = "/c.pem"': "tls_cert and tls_key must be set together",
    'tls_key = "/k.pem"': "tls_cert and tls_key must be set together",
    'tls_client_ca = "/a.pem"': "tls_client_ca needs tls_cert",
    'log_level = "loud"': "log_level: must be debug, info, warning or error",
    'pin_min_length = "6"': "pin_min_length: must be a number",
    "pin_min_length = 6.0": "pin_min_length: must be a number",
    "pin_min_length = true": "pin_min_length: must be a number",
    "pin_min_length = [6]": "pin_min_length: must be a number",
    "pin_min_length = 3": "pin_min_length: must be a number from 4 to 64",
    "pin_min_length = 65": "pin_min_length: must be a number from 4 to 64",
    "attempt_ttl = 600": "attempt_ttl: must be a text in quotes",
    'attempt_ttl = "600"': "attempt_ttl: must be a time like",
    'attempt_ttl = "-5s"': "attempt_ttl: must be a time like",
    'attempt_ttl = "1.5s"': "attempt_ttl: must be a time like",
    'attempt_ttl = "0s"': "attempt_ttl: must be a time like",
    'attempt_ttl = "25h"': "attempt_ttl: must be a time like",
    'attempt_ttl = "99999999999999999999h"': "attempt_ttl: must be a time",
    'attempt_ttl = "9223372036854775807h"': "attempt_ttl: must be a time",
    "[throttle]\nlock_after = 0": "throttle.lock_after: must be a number",
    "[throttle]\nlock_after = 101": "throttle.lock_after: must be a number",
    "[throttle]\nfree_failures = 60\nlock_after = 50":
        "throttle.free_failures must not be above throttle.lock_after",
    '[throttle]\nfirst_delay = "10m"':
        "throttle.first_delay must not be above throttle.max_delay",
    "[throttle]\nbrake = 1": "throttle.brake: is not a setting",
    "throttle = 5": "throttle: is not a setting",
    "[throttle.deep]\nx = 1": "throttle.deep: is not a setting",
    "[[throttle]]\nlock_after = 5": "throttle: is not a setting",
    "listen = ": "pawld.toml:1",
    'listen = "127.0.0.1:1"\nlisten = "127.0.0.1:2"': "pawld.toml:2",
    "\xff": "pawld.toml:1",
}


@pytest.mark.parametrize("text, problem", BAD_CONFIG.items())
def test_bad_configuration_is_refused_by_its_setting(
        directory, text, problem):
    code, output = check(text, directory=directory)
    assert code == 2
    assert f"{problem}" in output
    assert all(line.startswith("pawld: ") for line in output.splitlines())


def test_all_problems_are_told_together(directory):
    code, output = check(
        'colour = "blue"\npin_min_length = 3\ntls_cert = "/c.pem"\n',
        "--log-level=loud", directory=directory, PAWL_ATTEMPT_TTL="soon")
    assert code == 2
    for problem in ("pawld.toml:1: colour", "pawld.toml: pin_min_length",
                    "environment: attempt_ttl", "command line: log_level",
                    "tls_cert and tls_key"):
        assert problem in output, problem
    assert len(output.splitlines()) == 5


def test_bad_configuration_does_not_start(directory):
    code, output = run_pawld(f"--data-dir={directory}/d",
                             "--pin-min-length=3")
    assert code == 2
    assert "pin_min_length" in output
    assert not (directory / "d").exists()


def test_missing_configuration_file_is_refused(directory):
    for flags, environment in (
            ([f"--config={directory}/none.toml"], {}),
            ([], {"PAWL_CONFIG": f"{directory}/none.toml"}),
            ([f"--config={directory}"], {})):
        code, output = run_pawld("--check-config", *flags, **environment)
        assert code == 2, flags
        assert str(directory) in output


def test_configuration_file_may_be_named_by_the_environment(directory):
    file = directory / "pawld.toml"
    file.write_text("pin_min_length = 3")
    code, output = check(PAWL_CONFIG=str(file))
    assert code == 2
    assert "pin_min_length" in output


PIN_LENGTHS = [
    # file, environment, flag: which PIN length counts
    (6, None, None, 6),
    (6, 8, None, 8),
    (6, 8, 10, 10),
    (None, 8, 10, 10),
    (6, None, 10, 10),
    (None, None, None, 4),
]


@pytest.mark.parametrize("file, environment, flag, counts", PIN_LENGTHS)
def test_later_sources_win(
        pawlds, directory, file, environment, flag, counts):
    flags = []
    if file:
        path = directory / "pawld.toml"
        path.write_text(f"pin_min_length = {file}\n")
        flags.append(f"--config={path}")
    if flag:
        flags.append(f"--pin-min-length={flag}")
    server = pawlds(environment={"PAWL_PIN_MIN_LENGTH": str(environment)}
                    if environment else {})
    server.start(*flags)
    with fails("INVALID_ARGUMENT", "pin"):
        server.local.CreateAccount(login="short", pin="x" * (counts - 1))
    server.local.CreateAccount(login="right", pin="x" * counts)


@pytest.mark.parametrize("flags", [
    ["--unknown"], ["--listen"], ["argument"], ["--check-config=maybe"]])
def test_unknown_flags_are_refused(flags):
    code, _ = run_pawld(*flags)
    assert code == 2


def test_version_and_help_are_printed():
    assert run_pawld("--version") == (0, "0.1.0\n")
    code, output = run_pawld("--help")
    assert code == 0
    assert "--throttle-max-delay" in output
    assert "PAWL_THROTTLE_MAX_DELAY" in output


def test_help_names_every_setting_of_this_test():
    _, output = run_pawld("--help")
    for line in GOOD_CONFIG.splitlines():
        key = line.partition(" = ")[0]
        if key and not key.startswith("["):
            assert key.replace("_", "-") in output


EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.toml"))


def test_there_are_examples():
    assert EXAMPLES


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_configuration_is_good(path):
    code, output = run_pawld("--check-config", f"--config={path}")
    assert (code, output) == (0, "the configuration is good\n")
