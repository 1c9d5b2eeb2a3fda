#!/usr/bin/env bash
# moto: the mock of AWS that Python projects test with. Byte order, exact starts, no signature check. It forgets
# everything when it stops and takes longer for each page the more it holds, so it gets a thinned data set.
set -euo pipefail
NAME=moto
THIN=5
# shellcheck source=scripts/servers/lib.sh
. "$(dirname "$0")/lib.sh"

VERSION=5.2.5
VENV=$CACHE/moto-$VERSION

install_server() {
  need_packages curl
  # Not `moto[server]`: that is every mocked service, and 300 MB.
  need_venv "$VENV" "moto[s3]==$VERSION" flask==3.1.2 flask-cors==6.0.1
}

start_server() {
  local port=${1:-$(free_ports 1)}
  # What it held is gone with its process.
  rm -rf "$STATE"
  mkdir -p "$STATE"
  run moto "$VENV/bin/moto_server" -H 127.0.0.1 -p "$port"
  wait_for 180 "the server" answers "$port"
  write_config "$port"
}

main "$@"
