"""bench/peers: the Yubico protocol of pawld beside Debian's yubiserver.

Both answer unsigned questions with signed answers, and both write each OTP to
an SQLite database on disk. Every answer that is counted says status=OK, and
after each run the database must have used up as many OTPs. The forms:

  yubiserver   ends each answer by closing, whatever it is asked
  pawld        connections are kept
  pawld-close  a new connection for each OTP, as for yubiserver
  ceiling      pawld's /livez, which reads no store: what wrk and HTTP take

Where connections are kept the load is wrk's (peers.lua), else that of
closing_load.py. The load is not the limit where client_cpu, its share of a
core, is well below 1, or the ceiling well above the rate.
"""

import dataclasses
import json
import pathlib
import resource
import statistics

from closing_load import ClosingLoad
from peer_servers import Pawld, Yubiserver
from program import BenchError, Table, arguments, count, main, medians, run, say

LUA = pathlib.Path(__file__).with_name("peers.lua")
VERIFY, LIVE = "/wsapi/2.0/verify", "/livez"
OK = {VERIFY: "status=OK\r\n", LIVE: "ok\n"}  # what a good answer holds


@dataclasses.dataclass
class Form:
    """How a server is asked."""

    peer: type
    path: str
    kept: bool  # are connections
    at_one: int  # OTPs in a second at the most, at one connection
    at_more: int  # and at more


FORMS = {
    "yubiserver": Form(Yubiserver, VERIFY, False, 5_000, 10_000),
    "pawld": Form(Pawld, VERIFY, True, 20_000, 90_000),
    "pawld-close": Form(Pawld, VERIFY, False, 10_000, 30_000),
    "ceiling": Form(Pawld, LIVE, True, 40_000, 150_000),
}
COLUMNS = {"form": "", "connections": "", "rate": ".0f", "ratio": ".1f",
           "p50_us": ".0f", "p99_us": ".0f", "server_cpu_us": ".0f",
           "client_cpu": ".2f", "not_ok": ".0f"}
CASE = ("form", "connections")
WARM_UP_SECONDS = 1


def options():
    parser = arguments("bench/peers")
    parser.add_argument("--connections", nargs="+", type=count,
                        default=[1, 16, 256])
    parser.add_argument("--tokens", type=count, default=2048)
    parser.add_argument("--pairs", type=count, default=3)
    parser.add_argument("--seconds", type=count, default=3, help="of each run")
    chosen = parser.parse_args()
    if chosen.tokens < 2 * max(chosen.connections):
        parser.error("--tokens must be twice as many as connections")
    return chosen


def cpu_seconds():
    """What this process and those that it has waited for have used."""
    used = [resource.getrusage(who) for who in
            (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def check(told, form, connections, otps, used):
    """OK was answered, and all of that is in the database. yubiserver says
    BAD_OTP to a good OTP now and then; that is told and not counted."""
    if told["asked"] > otps:
        raise BenchError(f"{form}: {otps} OTPs were not enough")
    if (told["bad"] and form != "yubiserver") or not told["good"]:
        raise BenchError(f"{form}, {connections} connections: {told}")
    if form == "ceiling":
        return
    # At the end a question on each connection is without answer, and wrk asks
    # once for nothing before it begins. An OTP that was called bad is used up
    # by the key's next one.
    most = told["good"] + told["bad"] + connections + 1
    if not told["good"] <= used <= most:
        raise BenchError(f"{form}: {told['good']} OK, but {used} used up")


def ask_with_wrk(address, path, otp_file, connections, seconds):
    output = run("wrk", "-t1", "-c", connections, "-d", f"{seconds}s",
                 "--timeout", "10s", "-s", LUA, f"http://{address}", "--",
                 otp_file, path, OK[path])
    told = json.loads(output.splitlines()[-1])
    told["bad"] += told["errors"]
    return told


def ask_and_close(address, path, otp_file, connections, seconds):
    with open(otp_file, encoding="ascii") as otps:
        requests = [
            f"GET {path}?id=1&nonce={otp[-33:-1]}&otp={otp[:-1]} HTTP/1.1\r\n"
            "Host: localhost\r\nConnection: close\r\n\r\n".encode()
            for otp in otps]
    return ClosingLoad(address, requests).run(connections, seconds)


def load(peers, form, connections, seconds, directory):
    """One run; its row."""
    how, otp_file = FORMS[form], directory / "otps"
    peer = peers[how.peer]
    otps = peer.write_otps(
        otp_file, (how.at_one if connections == 1 else how.at_more) * seconds)
    ask = ask_with_wrk if how.kept else ask_and_close
    server, client = peer.cpu_seconds(), cpu_seconds()
    told = ask(peer.address, how.path, otp_file, connections, seconds)
    server, client = peer.cpu_seconds() - server, cpu_seconds() - client
    check(told, form, connections, otps, peer.used())
    return {"form": form, "connections": connections,
            "rate": told["good"] / told["seconds"], "p50_us": told["p50_us"],
            "p99_us": told["p99_us"],
            "server_cpu_us": server / told["good"] * 1e6,
            "client_cpu": client / told["seconds"], "not_ok": told["bad"]}


def summary(rows, pairs_with):
    """One row with the medians; `pairs_with` are yubiserver's."""
    return {**{name: rows[0][name] for name in CASE}, "runs": len(rows),
            **medians(rows, [name for name in rows[0] if name not in CASE]),
            "ratio": statistics.median(
                row["rate"] / other["rate"]
                for row, other in zip(rows, pairs_with))}


def measure(chosen, directory):
    peers = {}
    for make in (Pawld, Yubiserver):
        say(f"{make.__name__.lower()} with {chosen.tokens} YubiKeys")
        peers[make] = make(directory, chosen.tokens)
    for form in FORMS:
        load(peers, form, max(chosen.connections), WARM_UP_SECONDS, directory)
    table = Table(COLUMNS, width=11)
    rows = []
    for connections in chosen.connections:
        runs = {form: [] for form in FORMS}
        for pair in range(chosen.pairs):
            for form in list(FORMS)[::-1 if pair % 2 else 1]:
                runs[form].append(load(peers, form, connections,
                                       chosen.seconds, directory))
        for form in FORMS:
            rows.append(summary(runs[form], runs["yubiserver"]))
            table.show(rows[-1])
    return rows


if __name__ == "__main__":
    CHOSEN = options()
    main("bench/peers", lambda directory: measure(CHOSEN, directory),
         CHOSEN.json)
