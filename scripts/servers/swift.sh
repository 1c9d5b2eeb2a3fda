#!/usr/bin/env bash
# OpenStack Swift with its S3 front end: byte order, a database per container, and every key it accepts.
set -euo pipefail
NAME=swift
ACCESS_KEY_ID=test:tester
EXTRA_USAGE="  bulk [N]      a bucket 'bulk' with N objects (default 1000000), rows written into its database; prints its JSON file"
# shellcheck source=scripts/servers/lib.sh
. "$(dirname "$0")/lib.sh"

# Swift is a Debian package and so belongs to Debian's Python, whatever python3 is on the path.
SYSTEM_PYTHON=/usr/bin/python3
NODE=$HERE/swift_node.py

install_server() {
  need_packages swift-proxy swift-account swift-container swift-object memcached curl
}

start_server() {
  local ports
  # Rings are made anew for every start, so the ports may differ each time; the data does not name them.
  read -ra ports < <(free_ports 5)
  [ -z "$1" ] || ports[0]=$1
  mkdir -p "$STATE/etc" "$STATE/srv/d1"
  "$SYSTEM_PYTHON" "$NODE" configure "$STATE" "${ports[@]}" \
    --user "${ACCESS_KEY_ID/:/_}" --secret "$SECRET_ACCESS_KEY" --region "$REGION"
  # The proxy asks for a cache, and is slow without: it would look up account and container for each request.
  run memcached memcached -u "$(id -un)" -l 127.0.0.1 -p "${ports[4]}" -U 0 -m 64
  run node "$SYSTEM_PYTHON" "$NODE" serve "$STATE"
  local port
  for port in "${ports[@]:0:4}"; do wait_for 180 "port $port" answers "$port"; done
  write_config "${ports[0]}"
}

# The nasty keys go in through the front door, as it is the one to accept or refuse them. The thousands of ordinary
# ones are written as rows: a PUT here costs several fsyncs, and a listing reads nothing but rows.
load_objects() {
  python3 "$HERE/load.py" put --config "$CONFIG" --only nasty
  python3 "$HERE/load.py" rows --config "$CONFIG" --only ordinary |
    "$SYSTEM_PYTHON" "$NODE" rows "$STATE" "$BUCKET"
}

verb_bulk() {
  local count=${1:-1000000}
  local bucket=bulk-$count file=$STATE/bulk-$count.json
  healthy || die "is not running"
  write_config "$(config_port)" "$bucket" "$file" "$STATE/bulk-$count-totals.json"
  if [ ! -e "$STATE/$bucket.loaded" ]; then
    python3 "$HERE/load.py" bulk --config "$file" --count "$count" |
      "$SYSTEM_PYTHON" "$NODE" rows "$STATE" "$bucket"
    touch "$STATE/$bucket.loaded"
  fi
  printf '%s\n' "$file"
}

main "$@"
