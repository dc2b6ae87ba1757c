"""The layering test: the house of DESIGN.md, checked on every #include.

Reads the sources and fails on an arrow that runs back, on raw key access or
comparisons outside the files that may have them, and on files that no longer
fit in a head. Run by ctest and by tools/lint.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Which layers each folder may include from, besides itself. The longest
# matching prefix counts.
MAY_USE = {
    "base": [],
    "yubico": ["base"],
    "oath": ["base"],
    "db": ["base"],
    "validator/core": ["base", "yubico", "oath", "db"],
    "validator/service": ["base", "yubico", "oath", "db", "validator/core"],
    "validator/grpc": [
        "base", "oath", "db", "validator/core", "validator/service", "pawl/v1",
        "grpc/health/v1",
    ],
    "validator/http": [
        "base", "yubico", "db", "validator/core", "validator/service",
        "validator/grpc", "pawl/v1",
    ],
    "validator/cloud": [
        "base", "yubico", "validator/core", "validator/service",
    ],
    "validator": [
        "base", "db", "validator/core", "validator/service", "validator/grpc",
        "validator/http", "validator/cloud",
    ],
    "tools": ["base", "yubico", "oath", "pawl/v1"],
    "bench": [
        "base", "yubico", "oath", "db", "validator/core", "validator/service",
        "validator/grpc", "pawl/v1", "tools",
    ],
}

# Files that handle raw key material (base/key_access.h).
KEY_ACCESS = {
    "base/file.cc",
    "base/rng.cc",
    "db/seal.cc",
    "validator/service/keyed_hash.cc",
    "validator/service/password_hasher.cc",
    "validator/service/prover.cc",
    "validator/service/token_registration.cc",
    "validator/service/client_admin.cc",
    "validator/grpc/registration.cc",
    "validator/grpc/client_door.cc",
    "validator/http/wsapi_door.cc",
    "validator/cloud/yubicloud.cc",
    "validator/service/caller.cc",
    "validator/wiring.cc",
}
KEY_ACCESS_LAYERS = ("tools/",)

# validator/core is pure: it sees records, never the store, and no clock.
CORE_FORBIDDEN = re.compile(
    r'"db/(store|seal|open)\.h"|<(thread|mutex|fstream|iostream|random)>'
    r"|\bClock\b|system_clock|steady_clock|\bLog\(|GrantKeyAccess"
)
# Engines are chosen in one place.
ENGINE_HEADER = re.compile(r'#include "db/(memory|sqlite|postgres)/')
BARE_COMPARE = re.compile(r"\b(memcmp|strcmp|strncmp)\s*\(")
GENERATED = re.compile(
    r'#include "(pawl|grpc/health)/v1/|<google/protobuf/|<grpcpp/')
GENERATED_LAYERS = (
    "validator/grpc/", "validator/http/", "tools/", "bench/")

MAX_LINES = 450
INCLUDE = re.compile(r'^#include "((?!absl/)[^"]+)"', re.MULTILINE)


def layer_of(path):
    """The folder of MAY_USE that a repository path belongs to, or None."""
    for package in ("pawl/v1", "grpc/health/v1"):  # generated
        if path.startswith(package + "/"):
            return package
    fitting = [f for f in MAY_USE if path.startswith(f + "/")]
    return max(fitting, key=len, default=None)


def check_includes(path, text):
    layer = layer_of(path)
    for target in INCLUDE.findall(text):
        other = layer_of(target)
        if other is None:
            yield f"includes {target}, which is in no layer"
        elif other != layer and other not in MAY_USE[layer]:
            yield f"includes {target}: {layer} must not use {other}"


def check_rules(path, text):
    if '"base/key_access.h"' in text:
        allowed = path in KEY_ACCESS or path.startswith(KEY_ACCESS_LAYERS)
        if not allowed:
            yield "may not read raw keys (base/key_access.h)"
    if path.startswith("validator/core/") and CORE_FORBIDDEN.search(text):
        yield f"is not pure: {CORE_FORBIDDEN.search(text).group(0)}"
    if ENGINE_HEADER.search(text) and not path.startswith("db/"):
        yield "includes an engine; only db/open.cc may"
    if BARE_COMPARE.search(text) and path != "base/ct_equal.cc":
        yield "compares bytes itself; use ConstantTimeEqual"
    if GENERATED.search(text) and not path.startswith(GENERATED_LAYERS):
        yield "uses protobuf or gRPC below the doors"
    if text.count("\n") > MAX_LINES:
        yield f"has more than {MAX_LINES} lines"


def check_own_header(path, text):
    """X.cc includes X.h first, so every header is known to stand alone."""
    if not path.endswith(".cc"):
        return
    header = path[:-3] + ".h"
    first = INCLUDE.search(text)
    if (ROOT / header).exists() and (first is None or first.group(1) != header):
        yield f"must include {header} first"


def main():
    problems = []
    count = 0
    for folder in ("base", "yubico", "oath", "db", "validator", "tools", "bench"):
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix not in (".h", ".cc") or "node_modules" in file.parts:
                continue
            count += 1
            path = file.relative_to(ROOT).as_posix()
            text = file.read_text(encoding="utf-8")
            for check in (check_includes, check_rules, check_own_header):
                problems += [f"{path}: {p}" for p in check(path, text)]
    print("\n".join(problems))
    print(f"{count} files, {len(problems)} problems")
    return 1 if problems or count < 50 else 0


if __name__ == "__main__":
    sys.exit(main())
