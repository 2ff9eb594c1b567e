#!/usr/bin/env bats
# Backups on other machines: OpenSSH's sftp, restic's REST protocol as rclone serves it, and an S3 server that checks
# signatures. All of them real, on loopback, so their `addresses` are named.

bats_require_minimum_version 1.5.0
load helper
load servers

KEY=correct-horse-battery-staple-of-targets-tests
SITE=019396b0-0000-7000-8000-000000200001

setup_file() {
  need_servers
  start_servers
}

teardown_file() { stop_servers; }

setup() {
  need_servers
  new_agent
  sed -i 's|command -v nginx|false|' "$PLACE/agent/lib/nginx.sh"
  sed -i 's|/php-fpm\[0-9\]|/no-php-fpm[0-9]|g' "$PLACE/agent/lib/php.sh"
  SITE_HOME=$VPSMANAGER_ROOT/srv/chom/sites/s200001
}

teardown() { end_agent; }

as_owner() { if ((EUID == 0)); then setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"; else "$@"; fi; }

new_site() { "$AGENT" site:create --site="$SITE" --user=s200001 --uid=200001 --domain=a.example --type=static >/dev/null 2>&1; }

file() { as_owner tee "$SITE_HOME/shared/$1" >/dev/null; }

data() { jq -e "$1" >/dev/null <<<"$output" || { echo "not so: $1"; echo "$output $stderr"; return 1; }; }

# What the panel sends of a target -> AT, ARGUMENTS, SECRETS
target() { # sftp|rest|s3
  KIND=$1
  # a place of its own for each test
  AT=$BATS_TEST_NUMBER/$SITE
  ARGUMENTS=(--addresses=127.0.0.1) SECRETS="{\"key\":\"$KEY\"}"
  case $1 in
    sftp)
      AT=sftp://$SFTP_LOGIN@localhost:$SFTP_PORT/$STORE/sftp/$AT
      ARGUMENTS+=("--host_key=$SFTP_HOST_KEY")
      SECRETS=$(jq -nc --arg key "$KEY" --arg sftp "$(base64 -w 0 <"$SERVERS/client")" '{key: $key, sftp_key: $sftp}')
      ;;
    rest)
      AT=rest:https://localhost:$REST_PORT/$AT
      ARGUMENTS+=("--ca_bundle=$AUTHORITY")
      SECRETS=$(jq -nc --arg key "$KEY" --arg user "$REST_USER" --arg password "$REST_PASSWORD" '{key: $key, rest_user: $user, rest_password: $password}')
      ;;
    s3)
      AT=s3:https://localhost:$S3_PORT/bucket/$AT
      ARGUMENTS+=("--ca_bundle=$AUTHORITY" --s3_region=eu-central-1)
      SECRETS=$(jq -nc --arg key "$KEY" --arg id "$S3_KEY" --arg secret "$S3_SECRET" '{key: $key, s3_key: $id, s3_secret: $secret}')
      ;;
  esac
}

stored() { find "$STORE/$KIND" "$@"; }

agent() { # COMMAND WORD...
  run --separate-stderr "$AGENT" "$1" --repository="$AT" "${ARGUMENTS[@]}" "${@:2}" --secrets=- --format=json <<<"$SECRETS"
}

backup() { agent "backup:$1" --user=s200001 "${@:2}"; }

create() { # [WORD...] -> BACKUP, SNAPSHOT, MANIFEST
  BACKUP=$(uuid)
  backup create --backup="$BACKUP" --type=full "$@"
  SNAPSHOT=$(jq -r '.data.snapshot // ""' <<<"$output") MANIFEST=$(jq -r '.data.manifest // ""' <<<"$output")
}

verify() { backup verify --backup="$BACKUP" --snapshot="$SNAPSHOT" --manifest="$MANIFEST"; }

# The same repository as restic itself sees it, where the server keeps it.
by_restic() {
  local as=()
  if [[ $KIND == sftp ]]; then as=(as_owner); fi
  "${as[@]}" env RESTIC_PASSWORD="$KEY" restic --no-cache -r "$(stored -name config -path "*/$BATS_TEST_NUMBER/*" -printf '%h\n' | head -n 1)" "$@"
}

tidy() {
  [[ -z $(find "$VPSMANAGER_ROOT/srv/chom/scratch" "$VPSMANAGER_ROOT/srv/chom/dumps" "$VPSMANAGER_ROOT/var/lib/vpsmanager/backups" -mindepth 1 2>/dev/null) ]] &&
    [[ -z $(find "$VPSMANAGER_ROOT/run/vpsmanager" -name 'hidden.*' -o -name 'look.*') ]]
}

# One file, straight from there; the reader stays until it has all.
downloaded() {
  local id hold
  id=$(uuid)
  backup download --backup="$BACKUP" --snapshot="$SNAPSHOT" --download="$id" --what=files --path=shared/big
  data '.data.bytes == 3000000' >&2
  exec {hold}<> <(:)
  "$AGENT" get "$id" <&"$hold"
}

# From the first backup to the last: made, listed, proven, restored, found broken, removed.
whole_life() { # KIND
  local good pack
  target "$1"
  new_site
  head -c 3000000 /dev/urandom | file big
  echo text | file text
  create
  conforms backup:create "$output"
  data '.data.files == 3 and .data.bytes > 3000000 and .data.added_bytes > 3000000'
  backup list
  conforms backup:list "$output"
  data "[.data.snapshots[].backup] == [\"$BACKUP\"] and .data.repository_bytes > 3000000"
  verify
  data '.data.outcome == "PROVEN" and .data.files == 3'
  good=$(sha256sum <"$SITE_HOME/shared/big")
  as_owner rm -rf "$SITE_HOME/shared"
  backup restore --backup="$BACKUP" --snapshot="$SNAPSHOT" --manifest="$MANIFEST" --what=files
  data '.data.state == "active" and .data.files == 3'
  [[ $(sha256sum <"$SITE_HOME/shared/big") == "$good" && $(cat "$SITE_HOME/shared/text") == text ]]
  [[ $(downloaded | sha256sum) == "$good" ]]
  # the cache is the agent's, and nobody else looks into it
  [[ $(stat -c %a "$VPSMANAGER_ROOT/var/lib/vpsmanager/cache/s200001") == 700 ]]
  pack=$(stored -path "*/$BATS_TEST_NUMBER/*/data/*" -type f -printf '%s %p\n' | sort -n | tail -n 1)
  pack=${pack#* }
  chmod u+w "$pack"
  printf 'flipped' | dd of="$pack" bs=1 seek=5000 conv=notrunc status=none
  verify
  data '.data.outcome == "BROKEN" and .data.reasons[0].code == "REPOSITORY_DAMAGED"'
  backup delete --snapshots="$SNAPSHOT" --keep_data
  data '.data.deleted == 1'
  backup list
  data '.data.snapshots == []'
  tidy
}

@test "sftp: a backup is made, listed, proven, restored, found broken when a pack is damaged, and removed" { whole_life sftp; }

@test "rest: a backup is made, listed, proven, restored, found broken when a pack is damaged, and removed" { whole_life rest; }

@test "s3: a backup is made, listed, proven, restored, found broken when a pack is damaged, and removed" { whole_life s3; }

@test "what is removed from another machine frees its room, and the backups that failed go by their ids" {
  local failed
  target sftp
  new_site
  head -c 3000000 /dev/urandom | file big
  create
  failed=$(uuid)
  by_restic backup --quiet --tag "backup=$failed" --tag part=data --host chom "$BATS_TEST_DIRNAME" >/dev/null
  backup delete --backups="$failed,$(uuid)"
  conforms backup:delete "$output"
  data '.data.deleted == 1'
  [[ $(by_restic snapshots --json | jq length) == 2 ]]
  backup delete
  [[ $status == 2 ]]
  backup delete --snapshots="$SNAPSHOT"
  data '.data.deleted == 1 and .data.freed_bytes > 2900000'
  [[ $(stored -path "*/$BATS_TEST_NUMBER/*/data/*" -type f | wc -l) == 0 ]]
}

@test "a backup to another machine leaves a part of that disk free, and says what it lacks there" {
  target sftp
  new_site
  head -c 3000000 /dev/urandom | file big
  # as if the whole disk were the twentieth that stays free
  sed -i 's|reserve = \$1 / 20 \* 1024|reserve = $1 * 1024|; s|reserve > 1e10 ? 1e10|reserve > 1e18 ? 1e18|' "$PLACE/agent/lib/remote.sh"
  grep -q 'reserve = $1 \* 1024' "$PLACE/agent/lib/remote.sh"
  create
  [[ $status == 6 ]]
  data '.error.code == "NO_ROOM" and (.error.message | test("MB must be free at localhost, where a twentieth stays free, and [0-9]+ MB are free"))'
  tidy
  backup list
  data '.data.snapshots == []'
  # what the other kinds cannot ask is not asked: their places are no disks of the panel's servers
  target rest
  create
  data '.ok'
  cp "$SOURCES/lib/remote.sh" "$PLACE/agent/lib/remote.sh"
  target sftp
  create
  data '.ok'
}

@test "each kind of target is checked by writing, reading and removing, also by two at once" {
  local kind one two
  for kind in sftp rest s3; do
    target "$kind"
    AT=${AT%/*}/chom-check
    agent target:check
    conforms target:check "$output"
    data '.data.ok and .data.latency_ms >= 0 and (.data.append_only | not)'
    [[ $(by_restic snapshots --json | jq length) == 0 ]]
  done
  target sftp
  AT=${AT%/*}/chom-check
  agent target:check
  data ".data.host_key == \"$SFTP_HOST_KEY\" and .data.free_bytes > 0"
  for one in 1 2; do
    "$AGENT" target:check --repository="$AT" "${ARGUMENTS[@]}" --secrets=- --format=json <<<"$SECRETS" >"$PLACE/check.$one" 2>/dev/null 3>&- &
  done
  wait
  for one in 1 2; do jq -e .data.ok "$PLACE/check.$one" || { cat "$PLACE/check.$one"; return 1; }; done
  tidy
}

@test "a new sftp target shows its host key and its fingerprint, and nothing is tried with it" {
  target sftp
  ARGUMENTS=(--addresses=127.0.0.1)
  agent target:check
  conforms target:check "$output"
  data ".data.ok == false and .data.host_key == \"$SFTP_HOST_KEY\""
  [[ $(jq -r .data.fingerprint <<<"$output") == "$(ssh-keygen -lf "$SERVERS/host.pub" | cut -d ' ' -f 2)" ]]
  new_site
  create
  [[ $status == 2 ]]
  data '.error.code == "INVALID_ARGUMENT" and (.error.message | test("host_key"))'
}

fails() { # CODE WORDS
  data ".error.code == \"$1\" and (.error.message | test(\"$2\"))"
  run ! grep -qF -e "$KEY" -e "$REST_PASSWORD" -e "$S3_SECRET" <<<"$output $stderr"
}

@test "a host key that changed, a login, a password and a secret that are wrong are each said so" {
  target sftp
  ARGUMENTS=(--addresses=127.0.0.1 "--host_key=$(cut -d ' ' -f 1,2 "$SERVERS/client.pub")")
  agent target:check
  [[ $status == 8 ]]
  fails REPOSITORY_UNREACHABLE 'host key of localhost is not the one'
  target sftp
  SECRETS=$(jq -c --arg sftp "$(base64 -w 0 <"$SERVERS/stranger")" '.sftp_key = $sftp' <<<"$SECRETS")
  agent target:check
  fails REPOSITORY_UNREACHABLE 'localhost refuses the login'
  target rest
  SECRETS=$(jq -c '.rest_password = "wrong/@:%"' <<<"$SECRETS")
  agent target:check
  fails REPOSITORY_UNREACHABLE 'localhost refuses these credentials'
  target rest
  ARGUMENTS=(--addresses=127.0.0.1)
  agent target:check
  fails REPOSITORY_UNREACHABLE 'certificate of localhost'
  target s3
  SECRETS=$(jq -c '.s3_secret = "wrong"' <<<"$SECRETS")
  agent target:check
  fails REPOSITORY_UNREACHABLE 'localhost refuses these credentials'
  target s3
  SECRETS=$(jq -c 'del(.s3_secret)' <<<"$SECRETS")
  agent target:check
  [[ $status == 2 ]]
  target rest
  agent target:check
  data '.data.ok'
  SECRETS=$(jq -c '.key = "another-horse-battery-staple-0123456789"' <<<"$SECRETS")
  agent target:check
  [[ $status == 9 ]]
  data '.error.retryable | not'
  fails REPOSITORY_KEY_WRONG .
  tidy
}

@test "a server that is away, one that takes connections and says nothing, and a name that is none are told apart in time" {
  local begun=$SECONDS
  target rest
  AT=${AT/:$REST_PORT/:$(free_port)}
  agent target:check
  fails REPOSITORY_UNREACHABLE 'localhost cannot be reached at port .*: connection refused'
  data .error.retryable
  target rest
  AT=rest:https://no-such-name.invalid/x/chom-check ARGUMENTS=()
  agent target:check
  fails REPOSITORY_UNREACHABLE 'name no-such-name.invalid is not known'
  # it listens, and never accepts
  start_silent
  for kind in sftp s3; do
    target "$kind"
    case $kind in
      sftp) AT=${AT/:$SFTP_PORT/:$SILENT_PORT} ;;
      s3) AT=${AT/:$S3_PORT/:$SILENT_PORT} ;;
    esac
    begun=$SECONDS
    agent target:check
    fails REPOSITORY_UNREACHABLE 'localhost'
    ((SECONDS - begun < 40))
  done
  tidy
}

@test "addresses that are not public and ways without TLS are refused unless its addresses are named" {
  local host
  for host in 127.0.0.1 localhost '[::1]' 10.1.2.3 192.168.1.1 169.254.169.254 100.64.1.1 '[fd00::1]' '[::ffff:127.0.0.1]' '[64:ff9b::7f00:1]' 0x7f.1 2130706433; do
    target s3
    AT=s3:https://$host/bucket/x ARGUMENTS=()
    agent target:check
    [[ $status == 9 ]] || { echo "$host $output"; return 1; }
    fails FORBIDDEN 'not public'
  done
  target sftp
  ARGUMENTS=("--host_key=$SFTP_HOST_KEY")
  agent target:check
  fails FORBIDDEN 'not public'
  target rest
  AT=rest:http://backups.example/x ARGUMENTS=()
  agent target:check
  fails FORBIDDEN 'without TLS'
}

# Its name could come to mean another place at any time: restic is led to what was judged, and never asks for the name.
@test "a target whose addresses are named is gone to there and nowhere else, whatever its name means" {
  local kind
  for kind in sftp rest s3; do
    target "$kind"
    AT=${AT/localhost/backups.invalid}
    agent target:check
    data '.data.ok' || { echo "$kind"; return 1; }
    target "$kind"
    ARGUMENTS=("${ARGUMENTS[@]/127.0.0.1/127.0.0.9}")
    agent target:check
    fails REPOSITORY_UNREACHABLE 'localhost cannot be reached'
  done
  target rest
  ARGUMENTS=(--addresses=)
  agent target:check
  [[ $status == 2 || $status == 9 ]]
  tidy
}

@test "an answer that leads elsewhere reaches no service of this server" {
  local place
  start_inner
  for place in "http://127.0.0.1:$INNER_PORT/" "http://localhost:$INNER_PORT/" "http://127.1:$INNER_PORT/" http://169.254.169.254/latest/meta-data/ \
    https://10.0.0.1/ "http://[::1]:$INNER_PORT/" "http://[::ffff:127.0.0.1]:$INNER_PORT/"; do
    start_leading "$place"
    target rest
    AT=rest:http://localhost:$LEADING_PORT/x/chom-check ARGUMENTS=(--addresses=127.0.0.1)
    agent target:check
    [[ $status == 9 ]] || { echo "$place"; return 1; }
    fails FORBIDDEN 'localhost leads to another machine'
    kill "$(cat "$SERVERS/leading.pid")"
  done
  [[ ! -s $SERVERS/inner.calls ]]
  # and the service is there
  curl -s "http://127.0.0.1:$INNER_PORT/" >/dev/null
  [[ -s $SERVERS/inner.calls ]]
  tidy
}

@test "through the door of a public target nothing that is not public is reached, and its program has no other way" {
  local place
  need curl
  start_inner
  # shellcheck disable=SC2016 # the program's
  through() { as_owner perl "$SOURCES/lib/remote.pl" door 127.0.0.1 "$REST_PORT" localhost public must bash -c "$1" - "${@:2}"; }
  # shellcheck disable=SC2016
  run through 'curl -sk --max-time 20 --proxy "${HTTPS_PROXY/socks5:/socks5h:}" -o /dev/null -w "%{http_code}" "https://localhost:$1/"' "$REST_PORT"
  [[ $output == 401 ]]
  for place in "localhost:$INNER_PORT" "127.0.0.1:$INNER_PORT" "[::1]:$INNER_PORT" 10.0.0.1:443 169.254.169.254:80 "[fd00::1]:443" 2130706433:80; do
    # shellcheck disable=SC2016
    run through 'curl -s --max-time 20 --proxy "${HTTPS_PROXY/socks5:/socks5h:}" "http://$1/"' "$place"
    [[ $status == 97 ]] || { echo "$place $status $output"; return 1; }
  done
  # shellcheck disable=SC2016
  run through 'curl -s --max-time 5 --noproxy "*" "http://127.0.0.1:$1/"' "$INNER_PORT"
  [[ $status == 7 && ! -s $SERVERS/inner.calls ]]
  # shellcheck disable=SC2016
  run through 'tail -n +3 /proc/net/dev | cut -d : -f 1 | tr -d " "'
  [[ $output == lo ]]
  # whoever was at the door goes with the program
  until_true 10 nobody_at_the_door
}

nobody_at_the_door() { ! pgrep -f "remote.pl door 127.0.0.1 $REST_PORT" >/dev/null; }

@test "machines that answer slowly leave a gateway's readers for others" {
  local number begun=$SECONDS
  start_silent
  target rest
  AT=rest:https://localhost:$SILENT_PORT/x/chom-check
  gateway_open
  for number in 1 2 3 4 5 6; do
    send "$(jq -nc --arg at "$AT" --arg id "t$number" --argjson secrets "$SECRETS" '{v: 1, id: $id, command: "target:check", args: {repository: $at, addresses: ["127.0.0.1"]}, secrets: $secrets}')"
  done
  for number in 1 2; do
    frame 15
    is '.error.code == "BUSY" and .error.retryable'
  done
  ask m monitor:health
  is .ok
  for number in 1 2 3 4; do
    frame 40
    is '.error.code == "REPOSITORY_UNREACHABLE"'
  done
  ((SECONDS - begun < 35))
  gateway_close
  tidy
}

@test "no word of a target is an option, a command or a way out" {
  local place canary=$VPSMANAGER_ROOT/canary
  target sftp
  while IFS= read -r place; do
    AT=$place
    agent target:check
    [[ $status == 2 ]] || { echo "$place: $status $output"; return 1; }
  done <<LIST
sftp://-oProxyCommand=touch%20$canary@localhost/x
sftp://login@-oProxyCommand=touch/x
sftp://login@localhost:22/x;touch $canary
sftp://login@localhost/\$(touch $canary)
sftp://login@localhost/../etc
sftp://login@localhost/a/../../etc
sftp://login@localhost///etc
sftp://login@localhost/a//b
sftp://login@localhost/a/
sftp://login@localhost:0/a
sftp://login@localhost:99999/a
sftp://login:password@localhost/a
rest:https://user:password@localhost/a
rest:https://localhost/a?x=y
rest:https://localhost/../a
rest:ftp://localhost/a
s3:https://localhost
s3:https://localhost/bucket/..
s3:https://local host/bucket
s3:https://localhost/bu"cket
s3:https://localhost/bucket'x
--repo=x
-oProxyCommand=x
LIST
  target sftp
  for place in -oProxyCommand=x 'ssh-ed25519 AAAA' "ssh-ed25519 $(printf 'A%.0s' {1..68}) comment" "$(cut -d ' ' -f 1,2 "$SERVERS/client.pub")
localhost $(cut -d ' ' -f 1,2 "$SERVERS/stranger.pub")"; do
    ARGUMENTS=(--addresses=127.0.0.1 "--host_key=$place")
    agent target:check
    [[ $status == 2 ]] || { echo "$place: $status $output"; return 1; }
  done
  target rest
  SECRETS=$(jq -c '.rest_user = "a\nb"' <<<"$SECRETS")
  agent target:check
  [[ $status == 2 ]]
  target s3
  for place in 'eu;x' '-x' 'EU' 'a b'; do
    agent target:check --s3_region="$place"
    [[ $status == 2 ]]
  done
  [[ ! -e $canary && -z $(ls "$JOURNAL") ]]
}

# Starts a backup at the gateway and stops its restic when it has begun to write there.
begin_and_stop() { # OPERATION BACKUP FENCE
  send "$(jq -nc --arg at "$AT" --arg operation "$1" --arg backup "$2" --arg fence "$3" --argjson secrets "$SECRETS" --argjson more "$MORE" '
    {v: 1, id: "b\($fence)", command: "backup:create", args: ({user: "s200001", backup: $backup, repository: $at, type: "full", addresses: ["127.0.0.1"]} + $more),
     secrets: $secrets, operation: $operation, fence: $fence}')"
  until_true 60 stopped
}

stopped() { # -> RESTIC_PID
  local pid
  for pid in $(pgrep -x restic); do
    if [[ $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null) == *" backup --json --tag"* && $(tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null) == *"$VPSMANAGER_ROOT"* ]]; then
      RESTIC_PID=$pid
      kill -STOP "$pid"
      return
    fi
  done 2>/dev/null
  return 1
}

@test "nothing secret is in an argument, a log, a journal or a file while a backup is at work, or after it" {
  local kind found fence=0
  printf '%s\n' "$KEY" "$REST_PASSWORD" "$(jq -rn --arg word "$REST_PASSWORD" '$word | @uri')" "$S3_SECRET" "$(sed -n 3p "$SERVERS/client")" \
    "$(base64 -w 0 <"$SERVERS/client" | cut -c 200-260)" >"$PLACE/words"
  new_site
  gateway_open
  for kind in sftp rest s3; do
    target "$kind"
    MORE='{}'
    if [[ $kind == sftp ]]; then MORE=$(jq -nc --arg key "$SFTP_HOST_KEY" '{host_key: $key}'); else MORE=$(jq -nc --arg ca "$AUTHORITY" '{ca_bundle: $ca}'); fi
    begin_and_stop "$(uuid)" "$(uuid)" "$((++fence))"
    # rclone, which is no part of this, has its password in its arguments
    found=$(grep -lsF -f "$PLACE/words" /proc/[0-9]*/cmdline | grep -vx "/proc/$(cat "$SERVERS/rest.pid")/cmdline" || true)
    [[ -z $found ]] || { echo "$found"; return 1; }
    run ! grep -rlF -f "$PLACE/words" "$VPSMANAGER_ROOT"
    kill -CONT "$RESTIC_PID"
    result_of "b$fence"
    is .ok
    run ! grep -rlF -f "$PLACE/words" "$VPSMANAGER_ROOT"
    [[ -z $(ls "$VPSMANAGER_ROOT/run/vpsmanager/secrets") ]]
  done
  tidy
}

@test "a server that dies in the middle of a backup is said to, and the next one goes through without hands" {
  local operation backup
  target rest
  new_site
  head -c 30000000 /dev/urandom | file big
  MORE=$(jq -nc --arg ca "$AUTHORITY" '{ca_bundle: $ca}') operation=$(uuid) backup=$(uuid)
  gateway_open
  begin_and_stop "$operation" "$backup" 1
  kill "$(cat "$SERVERS/rest.pid")"
  until_true 20 away "$REST_PORT"
  kill -CONT "$RESTIC_PID"
  result_of b1 || result_of b1 || result_of b1
  is '.error.code == "REPOSITORY_UNREACHABLE" and .error.retryable'
  start_rest_again
  backup create --backup="$backup" --type=full
  data .ok
  # what the dead one left of a lock is gone
  [[ $(by_restic list locks --quiet | wc -l) == 0 ]]
  backup delete --snapshots="$(jq -r .data.snapshot <<<"$output")"
  data '.data.deleted == 1'
}

away() { ! listens "$1"; }

@test "a lock there of an operation that was killed is removed, somebody else's stays and is named" {
  local operation holder
  target sftp
  new_site
  create
  head -c 60000000 /dev/urandom | file big
  operation=$(uuid) MORE=$(jq -nc --arg key "$SFTP_HOST_KEY" '{host_key: $key}')
  gateway_open
  begin_and_stop "$operation" "$(uuid)" 5
  kill -CONT "$RESTIC_PID"
  until_true 20 locked
  kill -KILL "$RESTIC_PID"
  result_of b5
  is '.ok == false'
  gateway_close
  locked
  backup delete --snapshots="$(printf 'a%.0s' {1..64})" --keep_data
  data .ok
  run ! locked
  mkfifo "$PLACE/held"
  exec {holder}<>"$PLACE/held"
  by_restic backup --quiet --stdin <"$PLACE/held" >/dev/null 2>&1 {holder}>&- 3>&- &
  until_true 20 locked
  backup delete --snapshots="$SNAPSHOT"
  [[ $status == 7 ]]
  data '.error.code == "REPOSITORY_LOCKED" and .error.retryable'
  locked
  exec {holder}>&-
  wait
  backup delete --snapshots="$SNAPSHOT"
  data '.data.deleted == 1'
}

@test "locks without number in a place that others write to hold nobody up" {
  local number begun
  target sftp
  new_site
  create
  as_owner bash -c 'cd "$(dirname "$(find "$1" -name config -path "*/$2/*")")/locks" && for number in {1..60}; do
    head -c 100 /dev/urandom >new && mv new "$(sha256sum new | cut -d " " -f 1)"; done' - "$STORE/sftp" "$BATS_TEST_NUMBER"
  begun=$SECONDS
  backup delete --snapshots="$SNAPSHOT"
  # restic passes over what it cannot read
  data '.data.deleted == 1'
  [[ $stderr == *'more than 32'* ]]
  ((SECONDS - begun < 60))
}

locked() { [[ -n $(stored -path "*/$BATS_TEST_NUMBER/*/locks/*" -type f) ]]; }

@test "a repository that held backups and is gone is not begun anew" {
  target s3
  new_site
  ARGUMENTS+=(--expect)
  create
  [[ $status == 3 ]]
  data '.error.code == "REPOSITORY_MISSING"'
  [[ -z $(stored -path "*/$BATS_TEST_NUMBER/*") ]]
  backup list
  data '.error.code == "REPOSITORY_MISSING"'
}
