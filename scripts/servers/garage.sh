#!/usr/bin/env bash
# Garage on one node: byte order, exact starts, but nothing at all for a start before the prefix. Never installed here:
# building it takes half an hour. Its binary (2.5.0 was looked at) is taken from $WEIGHBRIDGE_GARAGE or from the path,
# and without one the server is left out:
#
#   cargo install garage@2.5.0 --locked
set -euo pipefail
NAME=garage
EXTRA_USAGE="  available     is its binary at hand?"
# shellcheck source=scripts/servers/lib.sh
. "$(dirname "$0")/lib.sh"

# Keys of Garage look like this.
ACCESS_KEY_ID=GK0123456789abcdef01234567
SECRET_ACCESS_KEY=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
PROGRAM=${WEIGHBRIDGE_GARAGE:-$(command -v garage || true)}
CONF=$STATE/garage.toml

verb_available() {
  [ -x "$PROGRAM" ] || die "has no binary here: set WEIGHBRIDGE_GARAGE, or put it into the path"
}

install_server() {
  verb_available
  need_packages curl
}

garage() { RUST_LOG=warn "$PROGRAM" -c "$CONF" "$@"; }

# sqlite, as with lmdb keys of more than some 460 bytes are answered with 503.
configure() {
  local port=$1 rpc=$2
  cat >"$CONF" <<TOML
metadata_dir = "$STATE/meta"
data_dir = "$STATE/data"
db_engine = "sqlite"
replication_factor = 1
rpc_bind_addr = "127.0.0.1:$rpc"
rpc_public_addr = "127.0.0.1:$rpc"
rpc_secret = "1799bccfd7411eddcf9ebd316bc1f5287ad12a68094e1c6ac6abde7e6feae1ec"
[s3_api]
s3_region = "$REGION"
api_bind_addr = "127.0.0.1:$port"
root_domain = ".s3.garage.localhost"
TOML
}

start_server() {
  local ports=() fresh=1 node
  read -ra ports < <(free_ports 2)
  [ -z "$1" ] || ports[0]=$1
  [ ! -d "$STATE/meta" ] || fresh=0
  mkdir -p "$STATE"/{meta,data}
  configure "${ports[@]}"
  run garage env RUST_LOG=warn "$PROGRAM" -c "$CONF" server
  wait_for 180 "the node" garage status
  if [ $fresh = 1 ]; then
    node=$(garage node id -q)
    garage layout assign -z dc1 -c 10G "${node%%@*}" >/dev/null
    garage layout apply --version 1 >/dev/null
    garage key import --yes -n test "$ACCESS_KEY_ID" "$SECRET_ACCESS_KEY" >/dev/null
    garage key allow --create-bucket "$ACCESS_KEY_ID" >/dev/null
  fi
  wait_for 180 "the server" answers "${ports[0]}"
  write_config "${ports[0]}"
}

main "$@"
