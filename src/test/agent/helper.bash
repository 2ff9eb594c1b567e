# shellcheck shell=bash disable=SC2034,SC2154
# An agent of its own for each test file, rootless in a fresh directory, and a gateway to talk to.

SOURCES=$(cd -- "$BATS_TEST_DIRNAME/../../main/resources/agent" && pwd)

# As root the agent becomes the owner of its directory: nobody, as the demo server does it.
new_agent() {
  PLACE=$(mktemp -d "${TMPDIR:-/tmp}/vpsm.XXXXXX")
  chmod 0755 "$PLACE"
  cp -r "$SOURCES" "$PLACE/agent"
  cp "$BATS_TEST_DIRNAME"/selftest/selftest.sh "$PLACE/agent/lib/"
  cp "$BATS_TEST_DIRNAME"/selftest/*.json "$PLACE/agent/schema/"
  chmod -R a+rX "$PLACE/agent"
  mkdir "$PLACE/root"
  if ((EUID == 0)); then chown 65534:65534 "$PLACE/root"; fi
  export VPSMANAGER_ROOT=$PLACE/root
  VPSMANAGER_HTTP_PORT=$(free_port)
  export VPSMANAGER_HTTP_PORT
  AGENT=$PLACE/agent/bin/vpsmanager
  JOURNAL=$VPSMANAGER_ROOT/var/lib/vpsmanager/operations
}

end_agent() {
  gateway_close
  if [[ -n ${AGENT-} ]]; then "$AGENT" server:stop >/dev/null 2>&1 || true; fi
  if [[ -n ${PLACE-} ]]; then rm -rf -- "$PLACE"; fi
}

free_port() {
  local port
  for port in {1..200}; do
    port=$((20000 + RANDOM % 12000))
    if ! { exec {probe}<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null; then
      echo "$port"
      return
    fi
    exec {probe}>&-
  done
  return 1
}

gateway_open() {
  coproc GATEWAY { exec "$AGENT" gateway 2>"$PLACE/gateway.err" 3>&-; }
  exec {TO_GATEWAY}>&"${GATEWAY[1]}" {FROM_GATEWAY}<&"${GATEWAY[0]}"
  exec {GATEWAY[1]}>&-
  IFS= read -r -t 20 -u "$FROM_GATEWAY" HELLO
}

gateway_close() {
  if [[ -n ${TO_GATEWAY-} ]]; then exec {TO_GATEWAY}>&- {FROM_GATEWAY}<&-; fi
  TO_GATEWAY='' FROM_GATEWAY=''
}

send() { printf '%s\n' "$1" >&"$TO_GATEWAY"; }

# The next frame in FRAME.
frame() { IFS= read -r -t "${1:-20}" -u "$FROM_GATEWAY" FRAME || { echo "no frame came" >&2; return 1; }; }

# Frames up to the result for an id; those before it are kept in FRAMES.
result_of() { # ID
  FRAMES=()
  while frame 40; do
    if [[ $FRAME == *"\"id\":\"$1\""* && $FRAME == *'"type":"result"'* ]]; then return; fi
    FRAMES+=("$FRAME")
  done
  return 1
}

ask() { # ID COMMAND ARGS
  send "{\"v\":1,\"id\":\"$1\",\"command\":\"$2\",\"args\":${3:-{\}}}"
  result_of "$1"
}

change() { # ID COMMAND ARGS OPERATION FENCE
  send "{\"v\":1,\"id\":\"$1\",\"command\":\"$2\",\"args\":$3,\"operation\":\"$4\",\"fence\":\"$5\"}"
}

# Is the jq condition true of FRAME?
is() { jq -e "$1" >/dev/null <<<"$FRAME" || { echo "not so: $1"; echo "$FRAME"; return 1; }; }

uuid() { cat /proc/sys/kernel/random/uuid; }

until_true() { # SECONDS COMMAND...
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.05
  done
}

state_is() { [[ $(cat "$JOURNAL/$1/state" 2>/dev/null) == "$2" ]]; }

need() { # PROGRAM...
  local program
  for program; do
    command -v "$program" >/dev/null || [[ -x /usr/sbin/$program ]] || skip "$program is not installed"
  done
}

conforms() { # COMMAND OUTPUT: its data matches schema/<command>.data.json
  local check wrong
  check=$(source "$PLACE/agent/lib/validate.sh" && printf '%s' "$VALIDATE_JQ")
  wrong=$(jq -r --slurpfile schema "$PLACE/agent/schema/${1//:/-}.data.json" "$check"' .data | [check($schema[0]; "")] | join("; ")' <<<"$2")
  [[ -z $wrong ]] || { echo "$1: $wrong in $2"; return 1; }
}
