"""docs/examples/pam-pawl, run by pam_exec. pamtester is the program that people
log in to, and pam_wrapper stands in for /etc/pam.d."""

import subprocess

import pytest

from consumers import (EXAMPLES, IN, OUTAGE, PAWLD_ADDRESS, REFUSED, Site,
                       example, make_directory, write_private)
from helpers import LOGIN, create_account, log_in, outcome
from pawl.v1 import account_pb2
from pawld import OTHER_USER, clean_environment
from software_tokens import Hotp

UNDECIDED = "Logins cannot be checked at the moment"


class Pam:
    """A directory of PAM services, each with the example stack."""

    def __init__(self, folder):
        self.folder = make_directory(folder)
        self.services = make_directory(folder / "services")
        helper = folder / "pam-pawl"
        helper.write_bytes((EXAMPLES / "pam-pawl").read_bytes())
        helper.chmod(0o755)
        self.environment = {"LD_PRELOAD": "libpam_wrapper.so",
                            "PAM_WRAPPER": "1",
                            "PAM_WRAPPER_SERVICE_DIR": str(self.services)}

    def add(self, name, site):
        config = write_private(
            self.folder / f"{name}.curl",
            example("pam-pawl.curl", {PAWLD_ADDRESS: site.address,
                                      "service=office": f"service={name}",
                                      "X-Pawl-Key: KEY":
                                      f"X-Pawl-Key: {site.key}"}))
        (self.services / name).write_text(example("pam-pawl.pam", {
            "/usr/local/sbin/pam-pawl": f"{self.folder}/pam-pawl {config}",
            "account required pam_unix.so":
            "account required pam_permit.so"}))
        return config

    def test(self, service, user, password, address="192.0.2.7"):
        """A login with pamtester; what it printed."""
        done = subprocess.run(
            ["pamtester", "-I", f"rhost={address}", service, user,
             "authenticate", "acct_mgmt"],
            env=clean_environment(**self.environment), input=password + "\n",
            text=True, capture_output=True, timeout=30, cwd=self.folder,
            **OTHER_USER)
        said = done.stdout + done.stderr
        assert (done.returncode == 0) == ("successfully authenticated" in said
                                          and "management done" in said), said
        print(said)
        return said

    def log_in(self, *arguments, **more):
        said = self.test(*arguments, **more)
        if "successfully authenticated" in said:
            return IN
        return OUTAGE if UNDECIDED in said else REFUSED


@pytest.fixture
def pam(public_directory):
    return Pam(public_directory / "pam")


def test_who_is_let_in(pawlds, pam):
    site = Site(pawlds(), "smtp", "mail")
    pam.add("smtp", site)
    said = []

    def ask(user, password):
        said.append(pam.test("smtp", user, password))
        if "successfully authenticated" in said[-1]:
            return IN
        return OUTAGE if UNDECIDED in said[-1] else REFUSED

    # PAM goes on with the name that was typed, and a device is no user.
    site.check(ask, by_device_id=REFUSED)
    site.check_log("".join(said))


def test_a_code_is_good_once_and_its_address_is_known(pawlds, pam):
    site = Site(pawlds(), "office", "mail")
    pam.add("office", site)
    admin = site.pawld.local
    token = Hotp("a", digits=8)
    create_account(admin, login="kim", pin='12"4\\', tokens=[token])
    credential = '12"4\\' + token.press()
    assert pam.log_in("office", "kim", credential) == IN
    entry = admin.ListAuditEntries(page_size=1).entries[0]
    assert entry.client_address == "192.0.2.7"
    assert pam.log_in("office", "kim", credential) == REFUSED
    assert pam.log_in("office", "kim", '12"4\\' + token.press(),
                      address="a.host.example") == IN


@pytest.mark.parametrize("user", ["kim:1", ":", "KIM", " kim"])
def test_only_the_accounts_own_name_is_a_user(pawlds, pam, user):
    site = Site(pawlds(), "smtp", "mail", login="kim")
    pam.add("smtp", site)
    made = site.device()
    assert pam.log_in("smtp", "kim", made.password) == IN
    assert pam.log_in("smtp", user, made.password) == REFUSED


def test_a_user_name_cannot_carry_half_a_password(pawlds, pam):
    site = Site(pawlds(), "office", "mail")
    pam.add("office", site)
    create_account(site.pawld.local, login="kim", pin="", password="half:and half",
                   policy=account_pb2.POLICY_PASSWORD)
    assert outcome(log_in(site.pawld.local, "half:and half", login="kim",
                          service="office")) == "GOOD_PASSWORD"
    assert pam.log_in("office", "kim", "half:and half") == IN
    assert pam.log_in("office", "kim:half", "and half") == REFUSED


def test_what_is_set_up_wrongly_is_an_outage(pawlds, pam):
    site = Site(pawlds(), "smtp", "mail")
    config = pam.add("smtp", site)
    made = site.device()
    right = config.read_text()
    for wrong in (right.replace(site.key, "x" + site.key),
                  right.replace("service=smtp", "service=imap"),
                  right.replace("service=smtp", "service=nothing"),
                  right.replace("/auth/basic", "/auth/nothing"), ""):
        config.write_text(wrong)
        assert pam.log_in("smtp", LOGIN, made.password) == OUTAGE
    config.unlink()
    assert pam.log_in("smtp", LOGIN, made.password) == OUTAGE
    (pam.folder / "pam-pawl").unlink()
    assert pam.log_in("smtp", LOGIN, made.password) == REFUSED
