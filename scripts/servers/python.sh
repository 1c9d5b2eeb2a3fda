#!/usr/bin/env bash
# The official Python SDKs of the services that the simulator passes for: clients that we did not write, which the
# tests point at it. An environment in the cache, rebuilt when the list of packages changes.
#
#   scripts/servers/python.sh install    make it, if it is missing
#   scripts/servers/python.sh env        print `export WEIGHBRIDGE_TEST_PYTHON=…`, the interpreter that has them
set -euo pipefail
NAME=python
# shellcheck source=scripts/servers/lib.sh
. "$(dirname "$0")/lib.sh"

PACKAGES=$HERE/requirements.txt
VENV=$CACHE/python-$(sha256sum "$PACKAGES" | cut -c1-12)

install_packages() {
  # Complete only with the marker: an installation that was cut short is done again.
  [ -e "$VENV/complete" ] && return
  local python=python3
  if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    need_packages python3-venv
    python=/usr/bin/python3
  fi
  say "installing $(grep -c '^[a-z]' "$PACKAGES") packages"
  "$python" -m venv --clear "$VENV"
  "$VENV/bin/pip" install -q --disable-pip-version-check -r "$PACKAGES" </dev/null
  touch "$VENV/complete"
}

case ${1:-} in
  install)
    locked
    install_packages
    ;;
  env)
    [ -e "$VENV/complete" ] || die "is not installed"
    printf 'export WEIGHBRIDGE_TEST_PYTHON=%q\n' "$VENV/bin/python"
    ;;
  *)
    sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' "$0" >&2
    exit 2
    ;;
esac
