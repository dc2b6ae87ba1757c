# shellcheck shell=bash
# Sourced by the scripts of bench.

# shellcheck source=tools/lib/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib/setup.sh"

# That of Debian, for which install_packages installs modules.
python=(/usr/bin/python3 -B)

# prepare TARGET...: builds the programs and puts them first in PATH.
prepare() {
  # Files named on the command line are meant from where the caller is.
  local here=$PWD name
  install_packages build bench
  build bench "$@"
  PATH=$PAWL_ROOT/build/bench/bin:$PATH
  cd "$here" || exit
  # Only the servers started here are meant, whatever the environment says.
  for name in "${!PAWL_@}" "${!PG@}"; do
    [ "$name" = PAWL_ROOT ] || unset "$name"
  done
}
