# shellcheck shell=bash
# What the scripts of the test servers share: packages, the cache folder, ports, processes and waiting.
# Sourced, never run. The caller has set `set -euo pipefail` and NAME (rgw, moto, …).

# No compiled Python beside the sources.
export PYTHONDONTWRITEBYTECODE=1
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${WEIGHBRIDGE_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/weighbridge-test}
# shellcheck disable=SC2153 # NAME is the caller's
STATE=$CACHE/$NAME        # everything this server owns; `reset` removes it
PIDS=$STATE/pids          # one line per process: pid, its start time, its name
CONFIG=$STATE/server.json # what the tests read
STOP_SIGNAL=${STOP_SIGNAL:-TERM}
THIN=${THIN:-1} # one of so many ordinary objects is loaded
BUCKET=weighbridge
REGION=us-east-1
# Known to everyone, and worthless: the servers listen on loopback only.
ACCESS_KEY_ID=${ACCESS_KEY_ID:-testkey1234567890ab}
SECRET_ACCESS_KEY=testsecret1234567890abcdefghijklmnopqrst

say() { printf '%s: %s\n' "$NAME" "$*" >&2; }
die() { say "$*"; exit 1; }

# --- packages ---------------------------------------------------------------------------------------------------

installed() { dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

# Installs the Debian packages named, if one of them is missing. One installer at a time: dpkg does not queue.
need_packages() {
  local package missing=()
  for package in "$@"; do installed "$package" || missing+=("$package"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "needs the Debian packages ${missing[*]}"
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo -n)
  say "installing ${missing[*]}"
  mkdir -p "$CACHE"
  (
    flock 9
    # The packages would start system-wide daemons of their own, which are not wanted and would hold ports.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
      # shellcheck disable=SC2064 # expanded now, on purpose
      trap "${as_root[*]} rm -f $policy" EXIT
      printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
      "${as_root[@]}" chmod 755 $policy
    fi
    install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}")
    log=$CACHE/apt.log
    # The lists of packages may be missing or too old to fetch from; only then are they updated.
    if ! "${install[@]}" >"$log" 2>&1 </dev/null; then
      "${as_root[@]}" apt-get update -q >>"$log" 2>&1 </dev/null
      "${install[@]}" >>"$log" 2>&1 </dev/null || { tail -n 20 "$log" >&2; exit 1; }
    fi
  ) 9>"$CACHE/apt.lock" || die "cannot install ${missing[*]}"
}

# need_venv FOLDER PIP-ARGUMENTS...: a Python environment with these packages, made if it is not whole.
need_venv() {
  local folder=$1 python=python3
  shift
  # Complete only with the marker: an installation that was cut short is done again.
  [ ! -e "$folder/complete" ] || return 0
  if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    need_packages python3-venv
    python=/usr/bin/python3
  fi
  say "installing $*"
  "$python" -m venv --clear "$folder"
  "$folder/bin/pip" install -q --disable-pip-version-check "$@" </dev/null
  touch "$folder/complete"
}

# --- ports ------------------------------------------------------------------------------------------------------

# Prints N loopback ports that are free now. Below the ephemeral range, so that no outgoing connection takes one
# between this look and the server's own bind.
free_ports() {
  python3 - "$1" <<'PY'
import random, socket, sys
held = []
for port in random.sample(range(20000, 32000), 4000):
    if len(held) == int(sys.argv[1]):
        break
    s = socket.socket()
    try:
        s.bind(("127.0.0.1", port))
        held.append(s)
    except OSError:
        s.close()
print(*(s.getsockname()[1] for s in held))
PY
}

# Are all the ports named free? (SO_REUSEADDR as servers set it: a port in TIME_WAIT counts as free.)
ports_free() {
  python3 - "$@" <<'PY'
import socket, sys
for port in sys.argv[1:]:
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        s.bind(("127.0.0.1", int(port)))
    except OSError:
        sys.exit(1)
    s.close()
PY
}

# --- processes --------------------------------------------------------------------------------------------------

# A process's start time in clock ticks since boot: with the pid it names a process for good, as pids are used again.
started_at() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  stat=${stat##*) } # the name before it may hold spaces
  # shellcheck disable=SC2086 # split into fields
  set -- $stat
  [ "$1" != Z ] && printf '%s' "${20}"
}

alive() { [ "$(started_at "$1")" = "$2" ]; }

# run NAME COMMAND...: starts a daemon in a session of its own, output to NAME.log, and records it.
run() {
  local name=$1 pid
  shift
  # No descriptor of ours may live on in it: a lock that a caller holds would stay held.
  setsid "$@" </dev/null >"$STATE/$name.log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
  pid=$!
  printf '%s %s %s\n' "$pid" "$(started_at "$pid" || echo 0)" "$name" >>"$PIDS"
  disown "$pid"
}

# Every recorded process is there, and there is one.
all_alive() {
  local pid start _
  [ -s "$PIDS" ] || return 1
  while read -r pid start _; do alive "$pid" "$start" || return 1; done <"$PIDS"
}

# Stops what was started, latest first. Only a process that is still the recorded one is touched. Says 1 where one
# had to be killed or was gone already, so that a server can tell whether its state on disk is whole.
stop_processes() {
  local pid start name clean=0 deadline signal=$STOP_SIGNAL
  [ -e "$PIDS" ] || return 0
  # Where one is missing the others may wait for it and never end in order.
  all_alive || signal=KILL
  while read -r pid start name; do
    if ! alive "$pid" "$start"; then
      clean=1
      continue
    fi
    kill -"$signal" -- "-$pid" 2>/dev/null || kill -"$signal" "$pid" 2>/dev/null || true
    deadline=$((SECONDS + 15))
    while alive "$pid" "$start"; do
      if [ $SECONDS -ge $deadline ]; then
        say "$name ($pid) does not stop, killing it"
        kill -KILL -- "-$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null || true
        clean=1
        deadline=$((SECONDS + 15))
      fi
      sleep 0.05
    done
  done < <(tac "$PIDS")
  rm -f "$PIDS"
  return $clean
}

# wait_for SECONDS WHAT COMMAND...: polls until the command succeeds. Gives up at the deadline, or at once when a
# recorded process has died, and shows the logs' ends.
wait_for() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ $SECONDS -ge $deadline ] || ! all_alive; then
      tail -n 8 "$STATE"/*.log >&2 || true
      die "$what does not answer"
    fi
    sleep 0.1
  done
}

# Any HTTP answer will do: without credentials most of them are 403.
answers() { curl -s -o /dev/null --max-time 2 "http://127.0.0.1:$1/"; }

# --- the file for the tests -------------------------------------------------------------------------------------

# write_config PORT [BUCKET FILE TRUTH]
write_config() {
  local port=$1 bucket=${2:-$BUCKET} file=${3:-$CONFIG} truth=${4:-$STATE/truth.jsonl}
  cat >"$file.new" <<JSON
{
  "dialect": "${DIALECT:-s3}",
  "endpoint": "http://127.0.0.1:$port",
  "region": "$REGION",
  "access_key_id": "$ACCESS_KEY_ID",
  "secret_access_key": "$SECRET_ACCESS_KEY",
  "bucket": "$bucket",
  "truth": "$truth",
  "refused": "$STATE/refused.jsonl"
}
JSON
  mv "$file.new" "$file"
}

config_port() { sed -n 's/.*127\.0\.0\.1:\([0-9]*\)".*/\1/p' "$CONFIG" 2>/dev/null; }

# Running, all of it, and answering.
healthy() {
  local port
  all_alive || return 1
  port=$(config_port) && [ -n "$port" ] && answers "$port"
}

# --- the verbs --------------------------------------------------------------------------------------------------

# One change of a server's state at a time, whoever asks. The lock goes with the descriptor, so a killed script
# leaves none behind.
locked() {
  mkdir -p "$CACHE"
  exec 8>"$CACHE/$NAME.lock"
  flock 8
}

# Starts the server; $1 is the port or empty.
bring_up() {
  install_server
  # A former run may have been killed: what is left of it goes, alive or not.
  stop_server || true
  mkdir -p "$STATE"
  # Else whoever holds it would answer in the server's place.
  [ -z "$1" ] || ports_free "$1" || die "port $1 is taken"
  # Nothing may stay behind half set up when a step fails or the user loses patience.
  trap 'stop_server || true' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  start_server "$1"
  trap - EXIT INT TERM
  say "running on port $(config_port) after $SECONDS s"
}

# Loads the known objects where they are not yet: the marker names the data set's version and is written last.
# Anything else than nothing or exactly these goes first, with the server's whole state: on some servers it matters
# what was there before.
load() {
  local wanted port
  wanted=$({ cat "$HERE"/{blob,dataset,load,s3}.py; echo "$THIN"; } | sha256sum | cut -d' ' -f1)
  healthy || die "is not running"
  if [ "$(cat "$STATE/loaded" 2>/dev/null)" = "$wanted" ] && python3 "$HERE/load.py" check --config "$CONFIG"; then
    say "already loaded"
    return
  fi
  if [ -e "$STATE/touched" ]; then
    say "holds something else, starting anew"
    port=$(config_port)
    stop_server || true
    rm -rf "$STATE"
    bring_up "$port"
  fi
  touch "$STATE/touched"
  load_objects
  python3 "$HERE/load.py" check --config "$CONFIG" || die "what it lists is not what was loaded"
  printf '%s\n' "$wanted" >"$STATE/loaded"
}

# Servers override this where there is a faster way.
load_objects() { python3 "$HERE/load.py" put --config "$CONFIG" --thin "$THIN"; }

usage() {
  cat >&2 <<TEXT
usage: $0 VERB
  install       what the server needs, if it is missing
  start [PORT]  start it on loopback (default: a free port) and wait until it answers
  load          put the known objects into it, if they are not there yet
  up [PORT]     start and load
  env           print the variable that the tests read, for eval
  status        is it running?
  stop          stop all that start started
  reset         stop it and forget its state
${EXTRA_USAGE:-}
TEXT
  exit 2
}

main() {
  local verb=${1:-} variable
  [ $# -gt 0 ] && shift
  case $verb in
    install) install_server ;;
    start | up)
      locked
      if healthy && [ "${1:-$(config_port)}" = "$(config_port)" ]; then
        say "already running on port $(config_port)"
      else
        bring_up "${1:-}"
      fi
      [ "$verb" = start ] || load
      ;;
    load)
      locked
      load
      ;;
    env)
      variable=WEIGHBRIDGE_TEST_${NAME^^}
      [ -s "$CONFIG" ] || die "was never started"
      printf 'export %s=%q\n' "$variable" "$CONFIG"
      ;;
    status)
      healthy || { say "not running"; return 1; }
      say "running on port $(config_port)"
      ;;
    stop)
      locked
      stop_server || true
      ;;
    reset)
      locked
      stop_server || true
      rm -rf "$STATE"
      ;;
    *)
      if [ -n "$verb" ] && declare -F "verb_$verb" >/dev/null; then
        locked
        "verb_$verb" "$@"
      else
        usage
      fi
      ;;
  esac
}

# What start and stop are unless the server says otherwise.
stop_server() { stop_processes; }
