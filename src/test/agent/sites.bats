#!/usr/bin/env bats
# Sites in rootless mode, with the real nginx and PHP-FPM where they are installed.

bats_require_minimum_version 1.5.0
load helper

setup() { new_agent; }

teardown() { end_agent; }

site_args() { # NUMBER TYPE
  printf '%s\n' "--site=019396b0-0000-7000-8000-000000$1" "--user=s$1" "--uid=$1" "--domain=site$1.example" "--type=$2" --format=json
}

create() { # NUMBER TYPE [MORE...]
  local words
  mapfile -t words < <(site_args "$1" "$2")
  run --separate-stderr "$AGENT" site:create "${words[@]}" "${@:3}"
}

visit() { # NAME PATH
  run curl -s -w '\n%{http_code}' --max-time 10 -H "Host: $1" "http://127.0.0.1:$VPSMANAGER_HTTP_PORT$2"
}

# A PATH and a place in which there is no nginx and no PHP-FPM.
hide_daemons() {
  sed -i 's|command -v nginx|false|' "$PLACE/agent/lib/nginx.sh"
  sed -i 's|/php-fpm\[0-9\]|/no-php-fpm[0-9]|g' "$PLACE/agent/lib/php.sh"
}

@test "a static site answers its first request by its name and by name.localhost" {
  need nginx curl
  create 200001 static
  [[ $status == 0 ]]
  jq -e '.ok and .data.user == "s200001" and .data.type == "static" and (.data.document_root | endswith("/s200001/current/public"))' <<<"$output"
  visit site200001.example /
  [[ ${lines[-1]} == 200 && $output == *'site200001.example is ready'* ]]
  visit site200001.example.localhost /
  [[ ${lines[-1]} == 200 ]]
  visit other.example /
  [[ ${lines[-1]} == 404 ]]
  for path in /.env /.git/config /index.php /.chom/other /nothing; do
    visit site200001.example "$path"
    [[ ${lines[-1]} == 404 ]]
  done
}

@test "a PHP site answers with its version and user" {
  need nginx curl
  compgen -G '/usr/sbin/php-fpm[0-9]*' >/dev/null || skip "php-fpm is not installed"
  create 200002 php
  [[ $status == 0 ]]
  jq -e '.data.php_version | test("^[0-9]+[.][0-9]+$")' <<<"$output"
  visit site200002.example /
  [[ ${lines[-1]} == 200 && $output == *'PHP '[0-9].[0-9]*'running as '* ]]
  create 200003 php --php_version=1.2
  [[ $status == 8 && $output == *PHP_VERSION_MISSING* ]]
}

@test "a closed site shows a notice and nothing else, and opens again as it was" {
  need nginx curl
  local kind=static
  if compgen -G '/usr/sbin/php-fpm[0-9]*' >/dev/null && ((EUID != 0)); then kind=php; fi
  create 200030 "$kind"
  create 200031 static
  echo kept >"$VPSMANAGER_ROOT/srv/chom/sites/s200030/current/public/kept.txt"
  run --separate-stderr "$AGENT" site:disable --user=s200030 --plan --format=json
  conforms plan "$output"
  visit site200030.example /
  [[ ${lines[-1]} == 200 ]]

  for _ in 1 2; do
    run --separate-stderr "$AGENT" site:disable --user=s200030 --format=json
    [[ $status == 0 ]]
    conforms site:disable "$output"
    for path in / /kept.txt /index.php /.env /.git/config; do
      visit site200030.example "$path"
      [[ ${lines[-1]} == 503 && $output == *'Closed for now'* && $output != *kept* ]]
    done
  done
  visit site200031.example /
  [[ ${lines[-1]} == 200 ]]
  run --separate-stderr "$AGENT" site:list --format=json
  conforms site:list "$output"
  jq -e '[.data.sites[].state] == ["disabled", "active"]' <<<"$output"
  run --separate-stderr "$AGENT" state:export --format=json
  conforms state:export "$output"

  run --separate-stderr "$AGENT" site:enable --user=s200030 --plan --format=json
  conforms plan "$output"
  for _ in 1 2; do
    run --separate-stderr "$AGENT" site:enable --user=s200030 --format=json
    [[ $status == 0 ]]
    conforms site:enable "$output"
    visit site200030.example /kept.txt
    [[ ${lines[-1]} == 200 && ${lines[0]} == kept ]]
  done
  run --separate-stderr "$AGENT" site:delete --user=s200030 --format=json
  [[ $status == 0 ]]
}

@test "only a site that was made and is not deleted can be closed or opened" {
  for command in site:disable site:enable; do
    run --separate-stderr "$AGENT" "$command" --user=s200039 --format=json
    [[ $status == 3 && $output == *SITE_NOT_FOUND* ]]
    run --separate-stderr "$AGENT" "$command" --user=s200039 --purge --format=json
    [[ $status == 2 ]]
  done
  create 200032 static
  run --separate-stderr "$AGENT" site:delete --user=s200032 --format=json
  for command in site:disable site:enable; do
    run --separate-stderr "$AGENT" "$command" --user=s200032 --format=json
    [[ $status == 5 && $output == *SITE_NOT_READY* ]]
  done
}

@test "where there is no nginx and no PHP a site is laid out and the result says what was skipped" {
  hide_daemons
  create 200004 php
  [[ $status == 0 ]]
  jq -e '.data.skipped | index("nginx.reload") and index("php-fpm")' <<<"$output"
  [[ -s $VPSMANAGER_ROOT/srv/chom/sites/s200004/current/public/index.php ]]
}

@test "list, info, health and export agree with their schemas" {
  need nginx
  create 200005 static
  local command
  for command in site:list monitor:health state:export; do
    run --separate-stderr "$AGENT" "$command" --format=json
    conforms "$command" "$output"
  done
  run --separate-stderr "$AGENT" site:info --user=s200005 --format=json
  conforms site:info "$output"
  jq -e '.data.state == "active" and .data.bytes > 0' <<<"$output"
  create 200005 static
  conforms site:create "$output"
  run --separate-stderr "$AGENT" site:delete --user=s200005 --purge --plan --format=json
  conforms plan "$output"
  run --separate-stderr "$AGENT" site:delete --user=s200005 --purge --format=json
  conforms site:delete "$output"
  run --separate-stderr "$AGENT" server:prepare --format=json
  conforms server:prepare "$output"
  run --separate-stderr "$AGENT" server:stop --format=json
  conforms server:stop "$output"
}

@test "plan tells the steps and changes nothing" {
  need nginx
  create 200006 static --plan
  [[ $status == 0 ]]
  conforms plan "$output"
  jq -e '[.data.plan[].target] | any(endswith("/s200006.conf"))' <<<"$output"
  [[ ! -e $VPSMANAGER_ROOT/srv/chom/sites/s200006 ]]
  [[ -z $(ls "$JOURNAL") ]]
  gateway_open
  ask p1 server:prepare '{"plan":true}'
  is '.ok and (.data.plan | length) > 0'
}

@test "conflicts are named" {
  create 200007 static
  create 200007 php
  [[ $status == 4 && $output == *SITE_EXISTS* ]]
  run --separate-stderr "$AGENT" site:create --site="$(uuid)" --user=s200008 --uid=200008 --domain=site200007.example --type=static --format=json
  [[ $status == 4 && $output == *DOMAIN_IN_USE* ]]
  run --separate-stderr "$AGENT" site:create --site="$(uuid)" --user=s200008 --uid=200009 --domain=x.example --type=static --format=json
  [[ $status == 2 && $output == *'uid must be the number'* ]]
}

@test "retained, then purged, then nothing is left but the journal" {
  create 200010 static
  run --separate-stderr "$AGENT" site:delete --user=s200010 --format=json
  jq -e '.data.retained' <<<"$output"
  [[ -s $VPSMANAGER_ROOT/srv/chom/retained/s200010/current/public/index.html ]]
  run --separate-stderr "$AGENT" state:export --format=json
  jq -e '.data.retained[0].user == "s200010" and .data.sites == []' <<<"$output"
  run --separate-stderr "$AGENT" site:delete --user=s200010 --purge --format=json
  [[ $status == 0 ]]
  [[ -z $(find "$VPSMANAGER_ROOT" -name '*s200010*') ]]
}

@test "server:stop stops what the agent started, and a new gateway starts it again" {
  need nginx curl
  create 200011 static
  visit site200011.example /
  [[ ${lines[-1]} == 200 ]]
  "$AGENT" server:stop
  visit site200011.example /
  [[ ${lines[-1]} != 200 ]]
  gateway_open
  until_true 20 answers site200011.example
}

answers() { [[ $(curl -s -o /dev/null -w '%{http_code}' -H "Host: $1" "http://127.0.0.1:$VPSMANAGER_HTTP_PORT/") == 200 ]]; }

@test "a cancelled create does not take nginx with it" {
  need nginx curl
  create 200012 static
  local id
  id=$(uuid)
  gateway_open
  change r1 selftest:run '{"seconds":30}' "$id" 1
  until_true 20 state_is "$id" RUNNING
  ask c1 operation:cancel "{\"operation\":\"$id\"}"
  is '.data.state == "CANCELLED"'
  visit site200012.example /
  [[ ${lines[-1]} == 200 ]]
}
