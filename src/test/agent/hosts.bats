#!/usr/bin/env bats
# On a real host, as root, with systemd: what rootless mode cannot show. Needs the rig (src/test/rig).

bats_require_minimum_version 1.5.0

RIG="$BATS_TEST_DIRNAME/../rig/rig"

setup_file() {
  "$RIG" check 2>/dev/null || return 0
  CHOM_RIG_NAME=ag$(tr 0-9 a-j <<<$(($$ % 100000)))
  export CHOM_RIG_NAME HOST=${CHOM_RIG_NAME}1
  "$RIG" up 1 --owner $$ >/dev/null 3>&-
  install_agent
  agent server:prepare --format=json
  ADDRESS=$("$RIG" ip "$HOST")
  export ADDRESS
}

teardown_file() { if [[ -n ${CHOM_RIG_NAME-} ]]; then "$RIG" down 3>&-; fi; }

setup() { [[ -n ${HOST-} ]] || skip "real hosts cannot be booted here (rig check says why)"; }

on() { "$RIG" exec "$HOST" "$@" 3>&-; }
agent() { on /opt/vpsmanager/bin/vpsmanager "$@"; }

install_agent() {
  local pack
  pack=$(mktemp -d)
  cp -r "$BATS_TEST_DIRNAME/../../main/resources/agent/." "$pack"
  cp "$BATS_TEST_DIRNAME/selftest/selftest.sh" "$pack/lib/"
  cp "$BATS_TEST_DIRNAME"/selftest/*.json "$pack/schema/"
  chmod -R go+rX "$pack"
  tar -C "$pack" -c . | on sh -c 'mkdir -p /opt/vpsmanager && tar -C /opt/vpsmanager --no-same-owner -x && chmod 0755 /opt/vpsmanager'
  rm -rf "$pack"
}

uuid() { cat /proc/sys/kernel/random/uuid; }

site_id() { printf '019396b0-0000-7000-8000-000000%06d' "$1"; }

create() { # NUMBER TYPE [MORE...]
  agent site:create --site="$(site_id "$1")" --user="s$1" --uid="$1" --domain="site$1.example" --type="$2" --format=json "${@:3}"
}

# Exactly one request from outside, no retry. Prints "status body".
visit() { # NUMBER PATH
  curl -s -o - -w '\n%{http_code}' --max-time 10 -H "Host: site$1.example" "http://$ADDRESS$2"
}

gone() { # NUMBER: nothing on the host belongs to it any more
  run ! on getent passwd "s$1"
  run ! on getent group "s$1"
  # the journal stays until it is acknowledged and 30 days old, and so do the system's own logs
  local traces
  traces=$(on find / -xdev \( -path /proc -o -path /var/lib/vpsmanager/operations -o -path /var/log/journal \) -prune -o \
    \( -uid "$1" -o -gid "$1" -o -name "*s$1*" \) -print)
  [[ -z $traces ]] || { echo "$traces"; return 1; }
  # passwd- and its like are the system's copies from before its last change
  traces=$(on grep -rs --exclude='*-' "s$1\b" /etc /var/spool/cron || true)
  [[ -z $traces ]] || { echo "$traces"; return 1; }
}

@test "prepare is idempotent and leaves health ok" {
  agent server:prepare --format=json
  run agent monitor:health --format=json
  jq -e '.data.status == "ok" and .data.services.nginx == "active" and .data.services["chom-firewall"] == "active"' <<<"$output"
}

@test "an unknown name gets no site" {
  run curl -s -o /dev/null -w '%{http_code}' "http://$ADDRESS/"
  [[ $output == 404 ]]
  run curl -s -I "http://$ADDRESS/"
  [[ $output != *nginx/* ]]
}

@test "twenty sites: the first request to each is right" {
  local number type
  for number in {200101..200120}; do
    type=$([[ $((number % 2)) == 0 ]] && echo php || echo static)
    create "$number" "$type" 2>/dev/null
    run visit "$number" /
    [[ ${lines[-1]} == 200 && $output == *"site$number.example is ready"* ]]
    if [[ $type == php ]]; then [[ $output == *"PHP 8."*"running as s$number"* ]]; fi
  done
  for number in {200101..200120}; do
    run visit "$number" /
    [[ ${lines[-1]} == 200 && $output == *"site$number.example is ready"* ]]
  done
}

@test "one site reads nothing of another" {
  create 200201 php 2>/dev/null
  create 200202 php 2>/dev/null
  local a=/srv/chom/sites/s200201 b=/srv/chom/sites/s200202
  on runuser -u s200202 -- sh -c "umask 022; echo top-secret >$b/current/public/secret.txt; echo '<?php \$x = \"top-secret\";' >$b/current/public/config.php; chmod 644 $b/current/public/*"
  run visit 200202 /secret.txt
  [[ $output == *top-secret* ]]
  # as its user
  run ! on runuser -u s200201 -- cat "$b/current/public/secret.txt"
  run ! on runuser -u s200201 -- ls "$b/releases"
  run ! on runuser -u s200201 -- ls /srv/chom/sites
  run ! on runuser -u s200201 -- ls "/var/log/chom/s200202"
  run ! on runuser -u s200201 -- ln "$b/current/public/secret.txt" "$a/current/public/hard.txt"
  # through PHP
  on runuser -u s200201 -- sh -c "cat >$a/current/public/read.php" <<'PHP'
<?php
foreach (glob('/srv/chom/sites/*') ?: [] as $f) echo "glob $f\n";
foreach (['current/public/secret.txt', 'current/public/config.php', 'current/public/index.php'] as $f) {
  $path = "/srv/chom/sites/s200202/$f";
  echo 'read ', var_export(@file_get_contents($path), true), "\n";
  @include $path;
  @symlink($path, __DIR__ . '/link-' . basename($f));
  echo 'link ', var_export(@file_get_contents(__DIR__ . '/link-' . basename($f)), true), "\n";
}
echo 'passwd ', var_export(@file_get_contents('/etc/passwd'), true), "\n";
echo 'tmp ', var_export(@file_put_contents('/tmp/a', 'x'), true), "\n";
echo 'exec ', var_export(function_exists('exec') && exec('id'), true), "\n";
echo 'cache ', var_export(@opcache_get_status(), true), "\n";
$socket = @stream_socket_client('unix:///run/php/chom-s200202-8.2.sock');
echo 'pool ', var_export($socket !== false, true), "\n";
$metrics = @fsockopen('127.0.0.1', 9100, $e, $m, 2);
echo 'metrics ', var_export($metrics !== false, true), "\n";
echo 'sys_temp ', sys_get_temp_dir(), "\n";
PHP
  visit 200202 /config.php >/dev/null
  run visit 200201 /read.php
  [[ ${lines[-1]} == 200 ]]
  [[ $output != *top-secret* && $output != *'glob '* && $output != *'running as s200202'* ]]
  [[ $output == *'passwd false'* && $output == *'tmp false'* && $output == *'exec false'* && $output == *'cache false'* ]]
  [[ $output == *'pool false'* && $output == *'metrics false'* && $output == *"sys_temp $a/tmp"* ]]
  # through links over HTTP: to a file, to a directory, and with the document root itself exchanged
  on runuser -u s200201 -- ln -sfn "$b/current/public/secret.txt" "$a/current/public/leak.txt"
  on runuser -u s200201 -- ln -sfn "$b/current/public" "$a/current/public/leak"
  on runuser -u s200201 -- ln -sfn /etc/passwd "$a/current/public/passwd.txt"
  on runuser -u s200201 -- ln -sfn "$b/current/public/config.php" "$a/current/public/leak.php"
  for path in /leak.txt /leak/secret.txt /passwd.txt /leak.php /leak/config.php /.chom/generation /.chom/php /.git/config; do
    run visit 200201 "$path"
    # what is not there falls through to the site's own front page
    [[ ${lines[-1]} != 200 || $output == *'running as s200201'* ]]
    [[ $output != *top-secret* && $output != *root:x:* && $output != *'running as s200202'* ]]
  done
  on runuser -u s200201 -- mv "$a/releases/first/public" "$a/releases/first/own"
  on runuser -u s200201 -- ln -sfn "$b/current/public" "$a/releases/first/public"
  run visit 200201 /secret.txt
  [[ ${lines[-1]} != 200 && $output != *top-secret* ]]
  on runuser -u s200201 -- mv "$a/releases/first" "$a/releases/was"
  on runuser -u s200201 -- ln -sfn "$b/releases/first" "$a/releases/first"
  run visit 200201 /secret.txt
  [[ ${lines[-1]} != 200 && $output != *top-secret* ]]
  # an own link is fine
  on runuser -u s200202 -- ln -sfn "$b/current/public/secret.txt" "$b/current/public/own.txt"
  run visit 200202 /own.txt
  [[ $output == *top-secret* ]]
}

@test "root follows no link that the site's user planted" {
  create 200203 php 2>/dev/null
  local a=/srv/chom/sites/s200203
  on runuser -u s200203 -- ln -s /etc "$a/tmp/etc"
  on runuser -u s200203 -- ln -s /etc/shadow "$a/releases/first/public/shadow"
  on stat -c '%U %G %a' /etc/shadow /etc >"$BATS_TEST_TMPDIR/before"
  run ! on runuser -u s200203 -- touch "$a/planted"
  run ! on runuser -u s200203 -- ln -sfn /etc "$a/current"
  create 200203 php 2>/dev/null
  agent site:delete --user=s200203 --purge --format=json 2>/dev/null
  on stat -c '%U %G %a' /etc/shadow /etc | diff - "$BATS_TEST_TMPDIR/before"
  on grep -q ^root: /etc/shadow
  gone 200203
}

@test "purge leaves nothing, also of running processes and files in /tmp" {
  create 200204 php 2>/dev/null
  visit 200204 / >/dev/null
  on runuser -u s200204 -- sh -c 'echo x >/tmp/of-s200204; echo x >/dev/shm/of-s200204; nohup sleep 300 >/dev/null 2>&1 &'
  agent site:delete --user=s200204 --purge --format=json 2>/dev/null
  gone 200204
  run ! on pgrep -u 200204
  run visit 200204 /
  [[ ${lines[-1]} == 404 ]]
  run agent site:info --user=s200204 --format=json
  [[ $status == 3 ]]
}

@test "without purge the files are retained, and purge ends that" {
  create 200205 static 2>/dev/null
  run --separate-stderr agent site:delete --user=s200205 --format=json
  jq -e '.data.retained' <<<"$output"
  run visit 200205 /
  [[ ${lines[-1]} == 404 ]]
  on test -s /srv/chom/retained/s200205/current/public/index.html
  run agent state:export --format=json
  jq -e '.data.retained | any(.user == "s200205" and .path == "/srv/chom/retained/s200205")' <<<"$output"
  agent site:delete --user=s200205 --purge --format=json 2>/dev/null
  gone 200205
}

@test "the same site again rolls forward; another one in its place is refused" {
  create 200206 static 2>/dev/null
  run --separate-stderr create 200206 static
  [[ $status == 0 ]]
  run --separate-stderr create 200206 php
  [[ $status == 4 && $output == *SITE_EXISTS* ]]
  run --separate-stderr agent site:create --site="$(uuid)" --user=s200206 --uid=200206 --domain=other.example --type=static --format=json
  [[ $status == 4 && $output == *USER_EXISTS* ]]
  run --separate-stderr agent site:create --site="$(uuid)" --user=s200207 --uid=200207 --domain=site200206.example --type=static --format=json
  [[ $status == 4 && $output == *DOMAIN_IN_USE* ]]
  on useradd -u 200208 somebody
  run --separate-stderr create 200208 static
  [[ $status == 4 && $output == *USER_EXISTS* ]]
  run --separate-stderr create 200209 php --php_version=5.6
  [[ $status == 8 && $output == *PHP_VERSION_MISSING* ]]
  run ! on getent passwd s200209
  on test ! -e /srv/chom/sites/s200209
}

@test "configuration the daemons refuse never gets into place" {
  create 200210 static 2>/dev/null
  on sh -c 'echo "nonsense here;" >/etc/nginx/conf.d/bad.conf'
  run --separate-stderr create 200211 php
  [[ $status == 8 && $output == *CONFIG_REJECTED* && $output == *nonsense* ]]
  on test ! -e /etc/nginx/chom/sites/s200211.conf
  run visit 200210 /
  [[ ${lines[-1]} == 200 ]]
  on rm /etc/nginx/conf.d/bad.conf
  run --separate-stderr create 200211 php
  [[ $status == 0 ]]
  run visit 200211 /
  [[ ${lines[-1]} == 200 && $output == *'running as s200211'* ]]
  on sh -c 'printf "[broken]\nuser = nobody\n" >/etc/php/8.2/fpm/pool.d/zz.conf'
  run --separate-stderr create 200212 php
  [[ $status == 8 && $output == *CONFIG_REJECTED* ]]
  on test ! -e /etc/php/8.2/fpm/pool.d/chom-s200212.conf
  run visit 200211 /
  [[ ${lines[-1]} == 200 ]]
  on rm /etc/php/8.2/fpm/pool.d/zz.conf
  on sh -c 'ls -d /etc/nginx/chom/sites.check.* /etc/php/8.2/fpm/pool.d.check.* 2>/dev/null | wc -l' | grep -qx 0
}

@test "a create that is cut off at any moment leaves valid configuration and rolls forward" {
  local delay number=200300 id
  for delay in 0.05 0.2 0.35 0.5 0.8; do
    number=$((number + 1))
    id=$(uuid)
    create "$number" php --operation="$id" >/dev/null 2>&1 &
    sleep "$delay"
    on systemctl kill --signal=KILL "vpsm-op-$id.service" 2>/dev/null || true
    wait || true
    on nginx -t 2>/dev/null
    on php-fpm8.2 -t 2>/dev/null
    create "$number" php >/dev/null 2>&1
    run visit "$number" /
    [[ ${lines[-1]} == 200 && $output == *"running as s$number"* ]]
    # as a kill leaves them that meets the daemons' own check
    on mkdir -p "/etc/nginx/chom/sites.check.x/live/s$number.conf" "/etc/php/8.2/fpm/pool.d.check.x/live/chom-s$number.conf"
    agent site:delete --user="s$number" --purge --format=json >/dev/null 2>&1
    gone "$number"
  done
}

@test "a user whose creation was cut off is completed, and leaves nothing behind" {
  local file
  create 200310 php 2>/dev/null
  for file in shadow gshadow; do
    on sh -c "cp /etc/$file /etc/$file+ && sed -i /^s200310:/d /etc/$file"
  done
  create 200310 php 2>/dev/null
  on getent shadow s200310
  on getent gshadow s200310
  on sh -c 'test ! -e /etc/shadow+ && test ! -e /etc/gshadow+'
  for file in shadow gshadow; do
    on sh -c "cp /etc/$file /etc/$file+ && sed -i /^s200310:/d /etc/$file"
  done
  agent site:delete --user=s200310 --purge --format=json >/dev/null 2>&1
  gone 200310
}

@test "an operation is a systemd unit, and cancel ends the whole of it" {
  local id
  id=$(uuid)
  agent selftest:run --seconds=60 --outcome=stubborn --operation="$id" >/dev/null 2>&1 &
  for _ in {1..100}; do
    if [[ $(on systemctl is-active "vpsm-op-$id") == active ]]; then break; fi
    sleep 0.1
  done
  [[ $(on systemctl is-active "vpsm-op-$id") == active ]]
  run agent operation:cancel --operation="$id" --format=json
  jq -e '.data.state == "CANCELLED" and (.data.left_behind | all(startswith("process:") | not))' <<<"$output"
  [[ $(on systemctl is-active "vpsm-op-$id" || true) != active ]]
  wait || true
}

@test "a power cut makes a running operation INTERRUPTED, and the sites come back" {
  local id
  id=$(uuid)
  create 200400 php 2>/dev/null
  agent selftest:run --seconds=60 --operation="$id" >/dev/null 2>&1 &
  for _ in {1..100}; do
    if [[ $(on cat "/var/lib/vpsmanager/operations/$id/state" 2>/dev/null) == RUNNING ]]; then break; fi
    sleep 0.1
  done
  "$RIG" fault "$HOST" powercut 3>&-
  wait || true
  "$RIG" fault "$HOST" poweron 3>&-
  "$RIG" wait "$HOST" 3>&-
  on systemctl is-system-running --wait || true
  run agent operation:status --operation="$id" --format=json
  jq -e '.data.state == "INTERRUPTED"' <<<"$output"
  run visit 200400 /
  [[ ${lines[-1]} == 200 && $output == *'running as s200400'* ]]
  run agent monitor:health --format=json
  jq -e '.data.services["chom-firewall"] == "active"' <<<"$output"
}

@test "the panel's key opens the gateway through sudo, and nothing else" {
  ssh-keygen -q -t ed25519 -N '' -f "$BATS_TEST_TMPDIR/key"
  on sh -c 'useradd -m -s /bin/sh chom && install -d -m 700 -o chom /home/chom/.ssh && cat >/etc/sudoers.d/chom' <<'SUDO'
Defaults!/opt/vpsmanager/bin/vpsmanager !use_pty,!requiretty
chom ALL=(root) NOPASSWD: /opt/vpsmanager/bin/vpsmanager
SUDO
  on sh -c 'cat >/home/chom/.ssh/authorized_keys; chown chom /home/chom/.ssh/authorized_keys' \
    <<<"restrict,command=\"/opt/vpsmanager/bin/entry\" $(cat "$BATS_TEST_TMPDIR/key.pub")"
  local ssh=(ssh -i "$BATS_TEST_TMPDIR/key" -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=no
    -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ConnectTimeout=5 "chom@$ADDRESS")
  run "${ssh[@]}" gateway <<<'{"v":1,"id":"p","command":"ping"}'
  [[ $output == *'"type":"hello"'*'"pong":true'* ]]
  run "${ssh[@]}" 'id'
  [[ $status == 9 && $output != *uid=* ]]
  run "${ssh[@]}" 'gateway; id'
  [[ $status == 9 ]]
}

database() { # COMMAND NUMBER NAME [MORE...]
  printf '{"password":"correct-horse-%s-%s"}' "$2" "$3" |
    agent "database:$1" --user="s$2" --name="$3" --format=json "${@:4}" $([[ $1 == create ]] && echo --secrets=-) 2>/dev/null
}

# A page of the site that uses a database through PHP, as a visitor sees it.
php_page() { # NUMBER OF NAME
  on runuser -u "s$1" -- sh -c "cat >/srv/chom/sites/s$1/current/public/db-$2-$3.php" <<PHP
<?php
mysqli_report(MYSQLI_REPORT_OFF);
\$db = @mysqli_connect('localhost', 's$2_$3', '${4-correct-horse-$2-$3}');
if (!\$db) { echo 'refused ', mysqli_connect_errno(); exit; }
mysqli_query(\$db, 'create table if not exists s$2_$3.note (text varchar(99)) ');
mysqli_query(\$db, "insert into s$2_$3.note values ('größe 🦊')");
echo mysqli_fetch_row(mysqli_query(\$db, 'select text from s$2_$3.note limit 1'))[0];
echo ' sees ', implode(',', array_column(mysqli_fetch_all(mysqli_query(\$db, 'show databases')), 0));
PHP
}

@test "a site uses its own database and reaches no other" {
  create 200401 php 2>/dev/null
  create 200402 php 2>/dev/null
  database create 200401 shop
  run database create 200401 shop
  jq -e .ok <<<"$output"
  database create 200402 shop
  # a name that a careless grant on s200401_shop would open as well
  on mariadb -e 'create database s200401xshop'
  php_page 200401 200401 shop
  run visit 200401 /db-200401-shop.php
  [[ $output == *'größe 🦊 sees information_schema,s200401_shop'* ]]
  php_page 200402 200401 shop wrong-password-wrong
  run visit 200402 /db-200401-shop.php
  [[ $output == *'refused 1045'* ]]
  local login
  login() { on mariadb --no-defaults -u s200401_shop -pcorrect-horse-200401-shop "$@"; }
  login -e 'select 1'
  run ! login -e 'select * from s200402_shop.note'
  run ! login -e 'use s200401xshop'
  run ! login -e 'select * from mysql.global_priv'
  run ! login -e 'create database other'
  run ! login -e "create user x@localhost"
  run ! login -e "select 1 into outfile '/tmp/x'"
  run ! login -h "$ADDRESS" -e 'select 1'
  on mariadb -e 'drop database s200401xshop'
}

@test "what is in MariaDB without being the panel's is left alone" {
  create 200411 static 2>/dev/null
  on mariadb -e 'create database s200411_old'
  run database create 200411 old
  [[ $output == *DATABASE_EXISTS* ]]
  run database drop 200411 old
  [[ $output == *DATABASE_NOT_FOUND* ]]
  on mariadb -e 'use s200411_old; drop database s200411_old'
}

@test "a dropped database leaves a copy for root alone, from which it comes back" {
  create 200421 static 2>/dev/null
  database create 200421 shop
  on mariadb -e "create table s200421_shop.t (v varchar(9)); insert into s200421_shop.t values ('kept')"
  local copy
  run database drop 200421 shop
  copy=$(jq -r .data.copy <<<"$output")
  [[ $(on stat -c '%U %a' "$copy") == 'root 600' ]]
  [[ -z $(on mariadb -N -e "select user from mysql.global_priv where user like 's200421%'; show databases like 's200421%'") ]]
  run database drop 200421 shop
  jq -e --arg copy "$copy" '.data.copy == $copy' <<<"$output"
  database create 200421 shop
  on sh -c "zcat $copy | mariadb s200421_shop"
  [[ $(on mariadb -N -e 'select v from s200421_shop.t') == kept ]]
  # a week later
  on touch -d '8 days ago' "$copy"
  on sh -c 'echo | /opt/vpsmanager/bin/vpsmanager gateway' >/dev/null
  local try
  for try in {1..50}; do on test -e "$copy" || break; sleep 0.1; done
  run ! on test -e "$copy"
}

@test "with MariaDB stopped a change fails clearly, changes nothing, and succeeds when asked again" {
  create 200431 static 2>/dev/null
  database create 200431 shop
  on systemctl stop mariadb
  run database create 200431 two
  jq -e '.error.code == "DEPENDENCY_FAILED" and .error.retryable and (.error.message | contains("start it"))' <<<"$output"
  run database drop 200431 shop
  jq -e '.error.code == "DEPENDENCY_FAILED"' <<<"$output"
  run agent site:delete --user=s200431 --purge --format=json
  [[ $output == *DEPENDENCY_FAILED* ]]
  on test -d /srv/chom/sites/s200431
  run agent state:export --format=json
  jq -e '[.data.databases[] | select(.user == "s200431") | .state] == ["unknown"]' <<<"$output"
  # a site without databases does not need it
  create 200432 static 2>/dev/null
  agent site:delete --user=s200432 --purge 2>/dev/null
  on systemctl start mariadb
  agent site:delete --user=s200431 --purge --format=json 2>/dev/null
  gone 200431
  [[ -z $(on mariadb -N -e "select user from mysql.global_priv where user like 's200431%'; show databases like 's200431%'; select db from mysql.db where db like 's200431%'") ]]
}

@test "a drop that is killed while it copies drops nothing, says what is there, and is finished by the next" {
  create 200441 static 2>/dev/null
  database create 200441 big
  on mariadb -e "create table s200441_big.t (v varchar(9)); insert into s200441_big.t values ('kept')"
  # somebody holds the table, so that the copy is surely in the middle
  on systemd-run --quiet --unit=holder mariadb -e 'lock tables s200441_big.t write; select sleep(120)'
  until [[ -n $(on mariadb -N -e "select id from information_schema.processlist where info like 'select sleep(120)'") ]]; do sleep 0.05; done
  local id
  id=$(uuid)
  agent database:drop --user=s200441 --name=big --operation="$id" >/dev/null 2>&1 &
  until on sh -c 'ls /srv/chom/retained/databases/s200441_big.*.new' >/dev/null 2>&1; do sleep 0.05; done
  run agent operation:cancel --operation="$id" --format=json
  jq -e '.data.state == "CANCELLED" and (.data.left_behind | index("database:s200441_big") and index("login:s200441_big"))' <<<"$output"
  wait
  on sh -c "mariadb -N -e \"select concat('kill ', id, ';') from information_schema.processlist where info like 'select sleep(120)'\" | mariadb"
  [[ $(on mariadb -N -e 'select v from s200441_big.t') == kept ]]
  run database drop 200441 big
  jq -e .data.copy <<<"$output"
  run ! on sh -c 'ls /srv/chom/retained/databases/*.new'
  [[ -z $(on mariadb -N -e "show databases like 's200441%'") ]]
}

@test "PHP is counted by site" {
  create 200451 php 2>/dev/null
  visit 200451 / >/dev/null
  run agent monitor:stats --format=json
  jq -e '.data.sites[] | select(.user == "s200451") | .php.processes >= 1 and .php.memory > 1000000 and .requests["2xx"] >= 1 and .bytes_sent > 100' <<<"$output"
  jq -e '.data.host.network.received_bytes > 0' <<<"$output"
}
