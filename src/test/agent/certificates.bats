#!/usr/bin/env bats
# Certificates from a real ACME server (Pebble, which validates for real), in rootless mode with the real nginx.

bats_require_minimum_version 1.5.0
load helper

setup() {
  need nginx certbot pebble pebble-challtestsrv openssl curl python3
  new_agent
  VPSMANAGER_HTTPS_PORT=$(free_port)
  export VPSMANAGER_HTTPS_PORT
  # shellcheck source=../rig/lib/common.sh
  source "$BATS_TEST_DIRNAME/../rig/lib/common.sh"
  # shellcheck source=../rig/lib/acme.sh
  source "$BATS_TEST_DIRNAME/../rig/lib/acme.sh"
  ACME_PORT=$((33000 + RANDOM % 8000 * 4))
  authority "$VPSMANAGER_HTTP_PORT"
  run --separate-stderr "$AGENT" site:create --site="$(uuid)" --user=s200001 --uid=200001 --domain=one.example --type=static --format=json
  [[ $status == 0 ]]
}

teardown() {
  if [[ -n ${PLACE-} ]]; then acme_down "$PLACE/acme"; fi
  if [[ -n ${SILENT-} ]]; then kill "$SILENT"; fi
  end_agent
}

# Pebble as at its first start: it knows no account. Validates at the port given.
authority() { acme_up "$PLACE/acme" 127.0.0.1 "$ACME_PORT" "$1" 127.0.0.1 >/dev/null; }

acme_args() { printf '%s\n' --user=s200001 "--directory=https://127.0.0.1:$ACME_PORT/dir" "--ca_bundle=$(base64 -w0 "$PLACE/acme/ca.crt")" --format=json; }

ssl() { # COMMAND [MORE...]
  local words
  mapfile -t words < <(acme_args)
  run --separate-stderr "$AGENT" "ssl:$1" "${words[@]}" "${@:2}"
}

# What visitors get, verified against the authority's present root.
visit() { # PATH
  run curl -s -w '\n%{http_code}' --max-time 10 --cacert "$PLACE/acme/root.crt" \
    --resolve "one.example:$VPSMANAGER_HTTPS_PORT:127.0.0.1" "https://one.example:$VPSMANAGER_HTTPS_PORT$1"
}

shown() { # -> the serial number that nginx shows
  openssl s_client -connect "127.0.0.1:$VPSMANAGER_HTTPS_PORT" -servername "${1:-one.example}" </dev/null 2>/dev/null |
    openssl x509 -noout -serial | sed 's/serial=//' | tr A-F a-f
}

state() { "$AGENT" ssl:status --user=s200001 --format=json; }

serial() { jq -r .data.serial <<<"$1"; }

conforms() { # COMMAND OUTPUT: its data matches schema/<command>.data.json
  local check wrong
  check=$(source "$PLACE/agent/lib/validate.sh" && printf '%s' "$VALIDATE_JQ")
  wrong=$(jq -r --slurpfile schema "$PLACE/agent/schema/${1//:/-}.data.json" "$check"' .data | [check($schema[0]; "")] | join("; ")' <<<"$2")
  [[ -z $wrong ]] || { echo "$1: $wrong in $2"; return 1; }
}

# Something that takes the authority's question and never answers it.
silent_port() {
  python3 -c 'import socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(50); print(s.getsockname()[1], flush=True); time.sleep(600)' >"$PLACE/silent" 3>&- &
  SILENT=$!
  until_true 10 test -s "$PLACE/silent"
}

@test "issue: https answers and verifies, http leads there, status and export tell what is served" {
  conforms ssl:status "$(state)"
  jq -e '.data.state == "none"' <<<"$(state)"
  ssl issue --plan
  conforms plan "$output"
  jq -e '.data.state == "none"' <<<"$(state)"

  ssl issue
  [[ $status == 0 ]]
  conforms ssl:issue "$output"
  local first=$output
  [[ $(shown) == "$(serial "$first")" ]]
  visit /
  [[ ${lines[-1]} == 200 && $output == *'one.example is ready'* ]]
  run curl -s -o /dev/null -w '%{http_code} %{redirect_url}' -H 'Host: one.example' "http://127.0.0.1:$VPSMANAGER_HTTP_PORT/a?b=c"
  [[ $output == "301 https://one.example:$VPSMANAGER_HTTPS_PORT/a?b=c" ]]
  conforms ssl:status "$(state)"
  jq -e --argjson issued "$first" '.data | del(.state) == ($issued.data | del(.skipped))' <<<"$(state)"
  run --separate-stderr "$AGENT" state:export --format=json
  conforms state:export "$output"
  jq -e --arg serial "$(serial "$first")" '.data.certificates | length == 1 and .[0].serial == $serial' <<<"$output"
  # keys are for root alone (here: the owner of the directory)
  [[ -z $(find "$VPSMANAGER_ROOT/var/lib/vpsmanager/certificates" -perm /077) ]]
  # a name that is no site's is not shown this site's certificate
  [[ $(shown other.example) != "$(serial "$first")" ]]

  # asked again it costs no second certificate
  ssl issue
  [[ $status == 0 && $(serial "$output") == "$(serial "$first")" ]]
  [[ $(find "$VPSMANAGER_ROOT/srv/chom/acme" -type f) == '' ]]
}

@test "renew: a new serial number is served, and one certificate is kept" {
  ssl renew
  [[ $status == 3 && $output == *CERTIFICATE_MISSING* ]]
  ssl issue
  local first=$output
  ssl renew
  [[ $status == 0 ]]
  conforms ssl:renew "$output"
  [[ $(serial "$output") != "$(serial "$first")" && $(shown) == "$(serial "$output")" ]]
  visit /
  [[ ${lines[-1]} == 200 ]]
  [[ $(find "$VPSMANAGER_ROOT/var/lib/vpsmanager/certificates/s200001" -name fullchain.pem | wc -l) == 1 ]]
}

@test "a name that leads elsewhere gets the authority's own reason, and the site goes on without https" {
  silent_port
  authority 1
  ssl issue
  [[ $status == 8 ]]
  jq -e '.error.code == "ACME_FAILED" and (.error.retryable | not)
    and (.error.message | test("one[.]example [(]connection[)].*connection refused"))' <<<"$output"
  [[ $output != *Traceback* && $output != *AttributeError* ]]
  jq -e '.data.state == "none"' <<<"$(state)"
  run curl -s -o /dev/null -w '%{http_code}' -H 'Host: one.example' "http://127.0.0.1:$VPSMANAGER_HTTP_PORT/"
  [[ $output == 200 ]]
}

@test "with the authority away, untrusted or full of requests a renewal says so and the old certificate stays" {
  ssl issue
  local first
  first=$(serial "$output")
  acme_down "$PLACE/acme"
  ssl renew
  [[ $status == 8 ]]
  jq -e '.error.code == "ACME_UNREACHABLE" and .error.retryable and (.error.message | test("refused"))' <<<"$output"
  [[ $(shown) == "$first" ]]

  authority "$VPSMANAGER_HTTP_PORT"
  run --separate-stderr "$AGENT" ssl:renew --user=s200001 --directory="https://127.0.0.1:$ACME_PORT/dir" --format=json
  [[ $status == 8 && $output == *'not trusted'* ]]
  [[ $(shown) == "$first" && $(serial "$(state)") == "$first" ]]
}

@test "an authority that forgot the account gets a new one by itself" {
  ssl issue
  authority "$VPSMANAGER_HTTP_PORT"
  ssl renew
  [[ $status == 0 && $stderr == *'does not know'* ]]
  visit /
  [[ ${lines[-1]} == 200 ]]
}

@test "when nginx refuses, the old certificate serves, also after a start" {
  ssl issue
  local first
  first=$(serial "$output")
  echo 'nonsense;' >"$VPSMANAGER_ROOT/etc/nginx/chom/sites/s200009.conf"
  ssl renew
  [[ $status == 8 && $output == *CONFIG_REJECTED* && $output == *'what it served before stays'* ]]
  [[ $(shown) == "$first" && $(serial "$(state)") == "$first" ]]
  rm "$VPSMANAGER_ROOT/etc/nginx/chom/sites/s200009.conf"
  "$AGENT" server:stop
  gateway_open
  until_true 20 shows "$first"
  ssl renew
  [[ $status == 0 && $(shown) != "$first" ]]
}

shows() { [[ $(shown) == "$1" ]]; }

@test "a certificate outlives closing and opening the site, and goes with it" {
  ssl issue
  local first
  first=$(serial "$output")
  "$AGENT" site:disable --user=s200001 >/dev/null 2>&1
  visit /
  [[ ${lines[-1]} == 503 && $output == *'Closed for now'* ]]
  # also a closed site's certificate is renewed
  ssl renew
  [[ $status == 0 && $(serial "$output") != "$first" ]]
  visit /
  [[ ${lines[-1]} == 503 ]]
  "$AGENT" site:enable --user=s200001 >/dev/null 2>&1
  visit /
  [[ ${lines[-1]} == 200 ]]
  "$AGENT" site:delete --user=s200001 --format=json >/dev/null 2>&1
  ssl renew
  [[ $status == 5 && $output == *SITE_NOT_READY* ]]
  "$AGENT" site:delete --user=s200001 --purge >/dev/null 2>&1
  [[ -z $(find "$VPSMANAGER_ROOT" -name '*s200001*') ]]
  run grep -rl one.example "$VPSMANAGER_ROOT/etc" "$VPSMANAGER_ROOT/var/lib/vpsmanager/certificates"
  [[ -z $output ]]
}

@test "cancelled while the authority looks: what is left behind is told, and asked again it works" {
  silent_port
  authority "$(<"$PLACE/silent")"
  local id
  id=$(uuid)
  gateway_open
  change r1 ssl:issue "$(acme_json)" "$id" 1
  until_true 20 challenged
  ask c1 operation:cancel "{\"operation\":\"$id\"}"
  is '.data.state == "CANCELLED" and (.data.left_behind | any(startswith("unfinished:")))
    and (.data.left_behind | any(startswith("process:")) | not)'
  jq -e '.data.state == "none"' <<<"$(state)"
  authority "$VPSMANAGER_HTTP_PORT"
  ssl issue
  [[ $status == 0 ]]
  [[ -z $(find "$VPSMANAGER_ROOT" -name '.new.*' -path '*certificates*') ]]
}

challenged() { [[ -n $(find "$VPSMANAGER_ROOT/srv/chom/acme" -type f 2>/dev/null) ]]; }

acme_json() { jq -nc --arg port "$ACME_PORT" --arg bundle "$(base64 -w0 "$PLACE/acme/ca.crt")" '{user: "s200001", directory: "https://127.0.0.1:\($port)/dir", ca_bundle: $bundle}'; }

@test "killed between getting and serving it: asked again, the same certificate is served and no second one is ordered" {
  local id
  id=$(uuid)
  # nginx's directory is held by somebody else, so that the operation waits with its certificate in the hand
  "$AGENT" ssl:status --user=s200001 >/dev/null
  (
    exec 9>>"$VPSMANAGER_ROOT/run/vpsmanager/config.lock"
    flock 9
    touch "$PLACE/held"
    until [[ -e $PLACE/let-go ]]; do sleep 0.1; done
  ) 3>&- &
  local holder=$!
  until_true 10 test -e "$PLACE/held"
  gateway_open
  change r1 ssl:issue "$(acme_json)" "$id" 1
  until_true 40 grep -qs '"percent":70' "$JOURNAL/$id/events"
  local pid
  for pid in $(marked "$id"); do kill -9 "$pid" 2>/dev/null || true; done
  touch "$PLACE/let-go"
  wait "$holder" || true
  ask s1 operation:status "{\"operation\":\"$id\"}"
  is '.data.state == "INTERRUPTED"'
  jq -e '.data.state == "none"' <<<"$(state)"
  local got
  got=$(find "$VPSMANAGER_ROOT/var/lib/vpsmanager/certificates/s200001" -mindepth 1 -maxdepth 1 -type d -printf '%f\n')
  ssl issue
  [[ $status == 0 && $(serial "$output") == "$got" && $(shown) == "$got" ]]
}

marked() { grep -lsaz "^VPSM_OPERATION=$1" /proc/[0-9]*/environ | sed 's|/proc/||; s|/environ||'; }

@test "bad arguments are refused at the door, and nothing else is done" {
  local bad
  for bad in http://ca.example/dir 'https://ca.example/dir x' 'https://u:p@ca.example/' https://-x/ 'https://ca.example/$(id)' 'ftp://x' ''; do
    run --separate-stderr "$AGENT" ssl:issue --user=s200001 --directory="$bad" --format=json
    [[ $status == 2 && $output == *INVALID_ARGUMENT* ]]
  done
  for bad in --email=nobody --email='a b@c.example' --email='--help@x.example' --ca_bundle='#' --ca_bundle=aGVsbG8= --other=1; do
    ssl issue "$bad"
    [[ $status == 2 && $output == *INVALID_ARGUMENT* ]]
  done
  # as long as one may be
  local bundle
  bundle=$(for _ in {1..40}; do cat "$PLACE/acme/ca.crt"; done | head -c 36000 | base64 -w0)
  for _ in {1..12}; do
    ssl issue --plan "--ca_bundle=$bundle"
    [[ $status == 0 ]]
  done
  run --separate-stderr "$AGENT" ssl:issue --user=s200999 --directory=https://ca.example/dir --format=json
  [[ $status == 3 && $output == *SITE_NOT_FOUND* ]]
  run --separate-stderr "$AGENT" ssl:status --user=s200999 --format=json
  [[ $status == 3 && $output == *SITE_NOT_FOUND* ]]
}

@test "what a server lacks for certificates is said plainly" {
  sed -i 's|command -v nginx|false|' "$PLACE/agent/lib/nginx.sh"
  ssl issue
  [[ $status == 8 && $output == *SERVICE_MISSING* && $output == *nginx* ]]
}
