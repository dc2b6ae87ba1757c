"""The commands of docs/guide-provider.md do what the guide says."""

import pathlib
import re
import subprocess

from pawld import PAWLD, clean_environment

GUIDE = pathlib.Path(__file__).parents[2] / "docs" / "guide-provider.md"


def blocks():
    return re.findall(r"^```sh\n(.*?)^```$", GUIDE.read_text(), re.M | re.S)


def commands(block):
    """Each command with the line it is said to print, or None."""
    command = []
    for line in block.splitlines():
        if line.startswith("#=> "):
            yield "\n".join(command), line.removeprefix("#=> ")
            command = []
        else:
            command.append(line)
    if command:
        yield "\n".join(command), None


def run(script, directory, environment):
    """Runs a script; variables do not outlive it, files do."""
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "umask 077\n" + script],
        cwd=directory, env=environment, capture_output=True, text=True,
        timeout=60)


def test_guide(pawld, directory):
    environment = clean_environment(PAWL_SERVER=f"unix:{pawld.socket}")
    environment["PATH"] = f"{PAWLD.parent}:{environment['PATH']}"
    work = directory / "work"
    work.mkdir()
    promised = 0
    for block in blocks():
        for command, printed in commands(block):
            done = run(command, work, environment)
            assert done.returncode == 0, (command, done.stdout, done.stderr)
            if printed is not None:
                promised += 1
                assert printed in done.stdout.splitlines(), (
                    command, done.stdout, done.stderr)
    assert promised >= 15
