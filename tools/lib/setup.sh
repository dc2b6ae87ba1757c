# shellcheck shell=bash
# Sourced by the scripts in tools and bench: installs what is missing and
# builds. Debian 12, as root or with sudo.

PAWL_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# A clone in another directory finds what was compiled here before.
export CCACHE_BASEDIR=$PAWL_ROOT CCACHE_NOHASHDIR=1

say() { printf '%s\n' "-- $*" >&2; }
die() { printf '%s\n' "$(basename "$0"): $*" >&2; exit 1; }

# install_packages LIST...: installs the Debian packages named in
# tools/lib/packages-LIST.txt that are not there yet.
install_packages() {
  local list package missing=()
  for list in "$@"; do
    while read -r package; do
      case $package in '' | '#'*) continue ;; esac
      if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
        missing+=("$package")
      fi
    done <"$PAWL_ROOT/tools/lib/packages-$list.txt"
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "needs these packages, or sudo to install them: ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing ${#missing[@]} Debian packages"
  "${as_root[@]}" apt-get update -qq
  # Tests start their own servers: those of the packages stay stopped.
  local policy=/usr/sbin/policy-rc.d status=0 ours=
  if [ ! -e "$policy" ]; then
    ours=yes
    "${as_root[@]}" sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy"
  fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || status=$?
  [ -z "$ours" ] || "${as_root[@]}" rm -f "$policy"
  return "$status"
}

# build PRESET [TARGET...]: configures and builds below build/PRESET.
build() {
  local preset=$1
  shift
  cd "$PAWL_ROOT" || exit
  say "building ($preset)"
  cmake --preset "$preset" >"/tmp/pawl-configure.$$" 2>&1 || {
    cat "/tmp/pawl-configure.$$" >&2
    rm -f "/tmp/pawl-configure.$$"
    die "configuring $preset failed"
  }
  rm -f "/tmp/pawl-configure.$$"
  cmake --build --preset "$preset" ${1:+--target "$@"} >&2
}
