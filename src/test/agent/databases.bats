#!/usr/bin/env bats
# Databases and counters where there is no MariaDB; with the real one: hosts.bats.

bats_require_minimum_version 1.5.0
load helper

setup() {
  new_agent
  sed -i 's|command -v nginx|false|' "$PLACE/agent/lib/nginx.sh"
  sed -i 's|/php-fpm\[0-9\]|/no-php-fpm[0-9]|g' "$PLACE/agent/lib/php.sh"
  "$AGENT" site:create --site=019396b0-0000-7000-8000-000000200001 --user=s200001 --uid=200001 --domain=a.example --type=static >/dev/null 2>&1
  LOGS=$VPSMANAGER_ROOT/var/log/chom/s200001
}

teardown() { end_agent; }

database() { # COMMAND WORD...
  run --separate-stderr "$AGENT" "database:$1" --user=s200001 "${@:2}" --format=json </dev/null
}

create() { # NAME [PASSWORD]
  run --separate-stderr "$AGENT" database:create --user=s200001 --name="$1" --secrets=- --format=json <<<"{\"password\":\"${2-correct-horse-battery}\"}"
}

@test "rootless a database is registered and the answer says that MariaDB was skipped" {
  for _ in 1 2; do
    create shop
    [[ $status == 0 ]]
    conforms database:create "$output"
    jq -e '.data.database == "s200001_shop" and .data.skipped == ["mariadb"]' <<<"$output"
  done
  database list
  jq -e '.data.skipped == ["mariadb"] and (.data.databases | map([.database, .state])) == [["s200001_shop", "unknown"]]' <<<"$output"
  run --separate-stderr "$AGENT" state:export --format=json
  conforms state:export "$output"
  jq -e '[.data.databases[].database] == ["s200001_shop"]' <<<"$output"
  database drop --name=shop
  conforms database:drop "$output"
  database list
  jq -e '.data.databases == []' <<<"$output"
  database drop --name=shop
  [[ $status == 3 && $output == *DATABASE_NOT_FOUND* ]]
}

@test "without purge a site's databases stay, with it they go, and another site's stay" {
  "$AGENT" site:create --site=019396b0-0000-7000-8000-002000012222 --user=s2000012 --uid=2000012 --domain=b.example --type=static >/dev/null 2>&1
  create shop
  create shop_two
  "$AGENT" database:create --user=s2000012 --name=shop --secrets=- <<<'{"password":"correct-horse-battery"}' >/dev/null 2>&1
  "$AGENT" site:delete --user=s200001 2>/dev/null
  database list
  jq -e '[.data.databases[].database] == ["s200001_shop", "s200001_shop_two"]' <<<"$output"
  run --separate-stderr "$AGENT" site:delete --user=s200001 --purge --plan --format=json
  jq -e '[.data.plan[].target] | index("s200001_shop") and index("s200001_shop_two") and (index("s2000012_shop") | not)' <<<"$output"
  "$AGENT" site:delete --user=s200001 --purge 2>/dev/null
  [[ -z $(find "$VPSMANAGER_ROOT" -name '*s200001_*') ]]
  run --separate-stderr "$AGENT" database:list --format=json
  jq -e '[.data.databases[].database] == ["s2000012_shop"]' <<<"$output"
}

@test "only a site that was made and is not deleted gets a database" {
  run --separate-stderr "$AGENT" database:create --user=s200077 --name=shop --secrets=- --format=json <<<'{"password":"correct-horse-battery"}'
  [[ $status == 3 && $output == *SITE_NOT_FOUND* ]]
  "$AGENT" site:delete --user=s200001 2>/dev/null
  create shop
  [[ $status == 5 && $output == *SITE_NOT_READY* ]]
}

@test "a name is letters, digits and underscores, whoever asks" {
  local name
  for name in '' A shop-2 'a`b' "a'b" 'a"b' 'a;b' 'a b' 'a%' 'a\_b' '_a' '1a' ../x 'a/*' 'a#' 'a--' "$(printf 'a%.0s' {1..33})" 'ä'; do
    create "$name"
    [[ $status == 2 && $output == *INVALID_ARGUMENT* ]] || { echo "$name: $status $output"; return 1; }
    database drop "--name=$name"
    [[ $status == 2 ]]
  done
  gateway_open
  change r1 database:create '{"user":"s200001","name":"a\u0000b"}' "$(uuid)" 1
  result_of r1
  is '.error.code == "INVALID_ARGUMENT"'
  [[ -z $(ls "$VPSMANAGER_ROOT/var/lib/vpsmanager/databases") ]]
}

@test "the password is a secret and nothing else, and without a good one nothing is made" {
  local password
  for password in '' short 'with space in it here' "quote'quote'quote'quote" "$(printf 'a%.0s' {1..129})"; do
    create shop "$password"
    [[ $status == 2 && $output == *INVALID_ARGUMENT* ]]
  done
  database create --name=shop
  [[ $status == 2 ]]
  database create --name=shop --password=correct-horse-battery
  [[ $status == 2 ]]
  for password in 'no json' '[]' '{"password":7}' '{"a":"b"}{"a":"b"}' ''; do
    run "$AGENT" database:create --user=s200001 --name=shop --secrets=- <<<"$password"
    [[ $status == 1 || $status == 2 ]]
  done
  [[ -z $(ls "$VPSMANAGER_ROOT/var/lib/vpsmanager/databases") ]]
  gateway_open
  send "{\"v\":1,\"id\":\"r1\",\"command\":\"database:create\",\"args\":{\"user\":\"s200001\",\"name\":\"shop\"},\"secrets\":{\"password\":\"a-very-good-secret-1\"},\"operation\":\"$(uuid)\",\"fence\":\"99\"}"
  result_of r1
  is '.ok and .data.login == "s200001_shop"'
  ! grep -r a-very-good-secret-1 "$VPSMANAGER_ROOT"
}

@test "the hash a login is checked against is MariaDB's own" {
  source "$PLACE/agent/lib/core.sh"
  source "$PLACE/agent/lib/database.sh"
  password_hash mypass
  [[ $REPLY == '*6C8989366EAF75BB670AD8EA7A7FC1176A95CEF4' ]]
}

line() { printf 'a.example 203.0.113.9 [2026-01-01T00:00:0%d+00:00] "GET /%s" %d %d 0.001\n' "$1" "$2" "$3" "$4" >>"$LOGS/access.log"; }

counts() { # JSON of the site's counters
  run --separate-stderr "$AGENT" monitor:stats --format=json
  conforms monitor:stats "$output"
  jq -c '.data.sites[0] | [.requests["2xx"], .requests["3xx"], .requests["4xx"], .requests["5xx"], .bytes_sent]' <<<"$output"
}

@test "requests are counted once, also over a log that is rotated, and lines that lie about their status are not believed" {
  line 1 '' 200 1000
  line 2 'x" 500 9 1' 404 5
  [[ $(counts | tail -n 1) == '[1,0,1,0,1005]' ]]
  [[ $(counts | tail -n 1) == '[1,0,1,0,1005]' ]]
  line 3 '' 301 10
  printf 'half a line' >>"$LOGS/access.log"
  [[ $(counts | tail -n 1) == '[1,1,1,0,1015]' ]]
  sed -i '$d' "$LOGS/access.log"
  line 4 late 502 20
  # as logrotate does it: copied and truncated, and then as long as before
  cp "$LOGS/access.log" "$LOGS/access.log.1"
  : >"$LOGS/access.log"
  for _ in {1..9}; do line 5 new 200 1; done
  [[ $(counts | tail -n 1) == '[10,1,1,1,1044]' ]]
  mv "$LOGS/access.log" "$LOGS/access.log.1"
  line 6 newer 200 1
  [[ $(counts | tail -n 1) == '[11,1,1,1,1045]' ]]
  rm "$LOGS/access.log"
  [[ $(counts | tail -n 1) == '[11,1,1,1,1045]' ]]
}

@test "two looks at once count nothing twice" {
  local i
  for i in {1..50}; do line 1 "$i" 200 2; done
  "$AGENT" monitor:stats >/dev/null &
  "$AGENT" monitor:stats >/dev/null
  wait $!
  [[ $(counts | tail -n 1) == '[50,0,0,0,100]' ]]
}

@test "a site's disk is measured with its time, and a retained site is not counted" {
  head -c 300000 /dev/urandom >"$VPSMANAGER_ROOT/srv/chom/sites/s200001/shared/data"
  measured() { "$AGENT" monitor:stats | jq -e '.sites[0] | .disk_bytes > 300000 and .disk_at'; }
  until_true 20 measured
  "$AGENT" monitor:stats | jq -e '.host.cores >= 1 and .host.cpu.idle_ms > 0 and .host.memory.total > 0 and .skipped == ["processes"]'
  "$AGENT" site:delete --user=s200001 2>/dev/null
  "$AGENT" monitor:stats | jq -e '.sites == []'
}
