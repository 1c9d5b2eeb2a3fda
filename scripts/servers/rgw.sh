#!/usr/bin/env bash
# Ceph's object gateway on a monitor and one OSD in memory: byte order, every key, and short pages that say there is more.
set -euo pipefail
NAME=rgw
# shellcheck source=scripts/servers/lib.sh
. "$(dirname "$0")/lib.sh"

CONF=$STATE/ceph.conf

install_server() {
  need_packages radosgw ceph-mon ceph-osd ceph-common curl
}

configure() {
  local port=$1 mon=$2 mon_v1=$3 fsid=$4
  cat >"$CONF" <<INI
[global]
fsid = $fsid
mon_host = [v2:127.0.0.1:$mon,v1:127.0.0.1:$mon_v1]
public_network = 127.0.0.0/8
cluster_network = 127.0.0.0/8
# Everybody may do everything: it is a test server on loopback.
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
auth_allow_insecure_global_id_reclaim = false
mon_allow_pool_size_one = true
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_crush_chooseleaf_type = 0
# The gateway makes seven pools one after the other, each a few rounds of the monitor, which by default waits a
# second for company in each: ten seconds of the start were this.
paxos_propose_interval = 0.02
paxos_min_wait = 0.01
mon_data_avail_crit = 0
run_dir = $STATE/run
pid_file = $STATE/run/\$name.pid
admin_socket = $STATE/run/\$name.asok
log_file = $STATE/log/\$name.log
[mon.a]
mon_data = $STATE/mon
[osd.0]
osd_objectstore = memstore
osd_data = $STATE/osd
memstore_device_bytes = 8589934592
# Stop in order: only then does the memory store write itself to disk.
osd_fast_shutdown = false
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
[client.rgw]
# The gateway's own default is stricter than the cluster's.
ms_mon_client_mode = crc
auth_client_required = none
# Without tcp_nodelay each page costs a client that waits for it 40 ms.
rgw_frontends = beast endpoint=127.0.0.1:$port tcp_nodelay=1
rgw_thread_pool_size = 64
# Several index shards, as in production: their merge is what makes short pages.
rgw_override_bucket_index_max_shards = 11
rgw_dynamic_resharding = false
INI
}

daemon() {
  local name=$1
  shift
  run "$name" "$@" -c "$CONF" -f --setuser "$(id -un)" --setgroup "$(id -gn)"
}

mon_answers() { timeout 5 ceph -c "$CONF" --connect-timeout 3 osd stat; }
osd_is_up() { mon_answers | grep -q '1 up'; }

# A new cluster, or the one of the last start: the OSD keeps everything in memory and writes it to disk only when it
# stops in order, so that one is of use only after a clean stop, and only at the ports that its monitor map names.
start_server() {
  local ports=() id fresh=1
  read -ra ports 2>/dev/null <"$STATE/ports" || true
  if [ -e "$STATE/clean" ] && [ "${1:-${ports[0]}}" = "${ports[0]}" ] && ports_free "${ports[@]}"; then
    fresh=0
  else
    rm -rf "$STATE"
    mkdir -p "$STATE"/{mon,osd,run,log}
    read -ra ports < <(free_ports 3)
    [ -z "$1" ] || ports[0]=$1
    echo "${ports[*]}" >"$STATE/ports"
  fi
  rm -f "$STATE/clean"

  if [ $fresh = 1 ]; then
    id=$(cat /proc/sys/kernel/random/uuid)
    configure "${ports[@]}" "$id"
    monmaptool --create --clobber --fsid "$id" \
      --addv a "[v2:127.0.0.1:${ports[1]},v1:127.0.0.1:${ports[2]}]" "$STATE/monmap" >/dev/null
    ceph-mon -c "$CONF" --mkfs -i a --monmap "$STATE/monmap" --mon-data "$STATE/mon"
  fi
  daemon mon ceph-mon -i a
  wait_for 180 "the monitor" mon_answers

  if [ $fresh = 1 ]; then
    id=$(cat /proc/sys/kernel/random/uuid)
    timeout 60 ceph -c "$CONF" osd new "$id" >/dev/null
    ceph-osd -c "$CONF" -i 0 --mkfs --osd-uuid "$id" --no-mon-config 2>"$STATE/osd-mkfs.log"
  fi
  daemon osd ceph-osd -i 0
  wait_for 180 "the OSD" osd_is_up

  if [ $fresh = 1 ]; then
    # Not --max-buckets=-1: that forbids creating any.
    timeout 120 radosgw-admin -c "$CONF" -n client.rgw user create --uid=test --display-name=test \
      --access-key="$ACCESS_KEY_ID" --secret="$SECRET_ACCESS_KEY" --max-buckets=1000 >"$STATE/user.log" 2>&1 ||
      { cat "$STATE/user.log" >&2; die "cannot create the user"; }
  fi
  daemon rgw radosgw -n client.rgw
  wait_for 180 "the gateway" answers "${ports[0]}"
  write_config "${ports[0]}"
}

# The gateway first, then the OSD, then the monitor: stop_processes goes backwards.
stop_server() {
  [ -e "$PIDS" ] || return 0
  if stop_processes && [ -e "$STATE/loaded" ]; then touch "$STATE/clean"; fi
}

main "$@"
