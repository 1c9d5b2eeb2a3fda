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

case ${1:-} in
  install)
    locked
    need_venv "$VENV" -r "$PACKAGES"
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
