#!/usr/bin/env bash
# Azurite: Microsoft's emulator of Azure Blob. Lists by UTF-16 code units, from any name on (`startFrom`), in XML; it
# refuses the version of the service that knows Arrow.
set -euo pipefail
NAME=azurite
DIALECT=azure
# shellcheck source=scripts/servers/lib.sh
. "$(dirname "$0")/lib.sh"

# The first with `startFrom` is 3.36. It asks for Node 22 and runs on 20.
VERSION=3.37.0
PROGRAM=$CACHE/azurite-$VERSION
# The account that every emulator has, and that everyone knows.
ACCESS_KEY_ID=devstoreaccount1
SECRET_ACCESS_KEY=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==

install_server() {
  # Complete only with the marker: an installation that was cut short is done again.
  [ -e "$PROGRAM/complete" ] && return
  command -v npm >/dev/null || need_packages nodejs npm
  say "installing Azurite $VERSION"
  rm -rf "$PROGRAM"
  mkdir -p "$PROGRAM"
  npm install --prefix "$PROGRAM" --no-audit --no-fund --no-save --loglevel=error --ignore-scripts \
    "azurite@$VERSION" </dev/null >&2
  touch "$PROGRAM/complete"
}

start_server() {
  local port=$1
  [ -n "$port" ] || port=$(free_ports 1)
  mkdir -p "$STATE/data"
  run azurite node "$PROGRAM/node_modules/azurite/dist/src/blob/main.js" \
    --blobHost 127.0.0.1 --blobPort "$port" --location "$STATE/data" \
    --silent --disableTelemetry
  wait_for 180 Azurite answers "$port"
  write_config "$port"
}

main "$@"
