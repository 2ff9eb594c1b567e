#!/usr/bin/env bats
# The sealed room in which a restored copy of a site is asked for its page, with the real nginx and PHP-FPM. With MariaDB
# and a real backup: BackupsOnHostAcceptanceIT.
# shellcheck disable=SC2034,SC2154,SC2317 # what the agent's libraries read and call

bats_require_minimum_version 1.5.0
load helper

UID_OF_SITE=299991

setup() {
  ((EUID == 0)) || skip "a room of its own needs root"
  need nginx php unshare ip
  command -v unshare >/dev/null && unshare --mount --pid --net --fork true 2>/dev/null || skip "namespaces cannot be made here"
  PLACE=$(mktemp -d "${TMPDIR:-/tmp}/vpsm.XXXXXX")
  cp -r "$SOURCES" "$PLACE/agent"
  mkdir -p "$PLACE"/{work,scratch,copy/sites/s299991/{current/public,tmp}} "$PLACE/state"/{sites,databases}
  HOME_OF_COPY=$PLACE/copy/sites/s299991
  PUBLIC=$HOME_OF_COPY/current/public
  : >"$PLACE/reasons"
  printf 'files\td\n' >"$PLACE/work/entries"
  printf 'answered\t200\n' >"$PLACE/work/head"
}

teardown() {
  if [[ -n ${PLACE-} ]]; then rm -rf --one-file-system -- "$PLACE"; fi
}

# The agent's own functions, as the command runs them, on places of this test.
libraries() {
  local library
  AGENT_HOME=$PLACE/agent ROOT=''
  source "$AGENT_HOME/lib/core.sh"
  for library in "$AGENT_HOME"/lib/*.sh; do if [[ $library != */core.sh ]]; then source "$library"; fi; done
  shopt -s nullglob
  SITE_LOGS=/var/log/chom SITES_HOME=/srv/chom/sites CHALLENGES=/srv/chom/acme CERTIFICATES=$PLACE/state REGISTRY=$PLACE/state/sites
  DATABASES=$PLACE/state/databases RUN_DIR=$PLACE/run STATE_DIR=$PLACE/state
  WORK=$PLACE/work SCRATCH_HOME=$PLACE/scratch SCRATCH=$PLACE/copy IMPORT_PERCENT=75 SKIPPED=() ANSWERED='' MANIFEST_USER=s299991
  : >"$WORK/reasons"
  name_site s299991
}

site_of_type() { # php or static
  local version=''
  if [[ $1 == php ]]; then
    version=$(compgen -G '/usr/sbin/php-fpm[0-9]*' | head -n 1)
    [[ -n $version ]] || skip "PHP-FPM is not installed"
  fi
  printf '{"site":"x","user":"s299991","uid":%d,"domain":"a.example","type":"%s","php_version":"%s","state":"active"}' \
    "$UID_OF_SITE" "$1" "${version#/usr/sbin/php-fpm}" >"$PLACE/state/sites/s299991.json"
  chown -R "$UID_OF_SITE:$UID_OF_SITE" "$HOME_OF_COPY"/*
  chmod 0711 "$HOME_OF_COPY"
}

# Without what keeps PHP in its place: the room alone must hold.
free_php() { sed -i '/open_basedir/d; /disable_functions/d' "$PLACE/agent/lib/php.sh"; }

prove() { # -> ANSWERED, REASONS, SKIPPED_STEPS
  local outcome
  outcome=$(
    libraries
    prove_alive 3>&2 >&2
    [[ -z ${ROOM_PID-} ]] || echo "the room is still open" >&2
    printf '%s|%s|%s' "$ANSWERED" "$(tr '\t\n' ' ;' <"$WORK/reasons")" "${SKIPPED[*]}"
  ) 2>"$PLACE/said"
  echo "$outcome"
  cat "$PLACE/said"
  IFS='|' read -r ANSWERED REASONS SKIPPED_STEPS <<<"$outcome"
}

nothing_is_left() {
  [[ -z $(find "$PLACE/scratch" -mindepth 1) && -z $(pgrep -f "$PLACE/agent/lib/room.bash") && -z $(mounts) ]]
}

mounts() { grep -F "$PLACE" /proc/mounts || true; }

@test "a static copy answers 200, and 403 without its page is an answer too" {
  site_of_type static
  echo hello >"$PUBLIC/index.html"
  prove
  [[ $ANSWERED == 200 && -z $REASONS$SKIPPED_STEPS ]]
  nothing_is_left
  rm "$PUBLIC/index.html"
  prove
  [[ $ANSWERED == 403 && -z $REASONS ]]
}

@test "PHP runs as the site's user at the site's own path, and a page that fails is a reason with PHP's words" {
  site_of_type php
  echo '<?php http_response_code(__FILE__ === "/srv/chom/sites/s299991/current/public/index.php" && posix_geteuid() === 299991 ? 201 : 500);' >"$PUBLIC/index.php"
  prove
  [[ $ANSWERED == 201 && -z $REASONS$SKIPPED_STEPS ]]
  echo '<?php throw new Exception("the shop is closed");' >"$PUBLIC/index.php"
  prove
  [[ $ANSWERED == 500 && $REASONS == 'SITE_DOES_NOT_ANSWER 500: PHP Fatal error: '*'the shop is closed'* ]]
  # one that did not answer when it was backed up, or of which that is not known, is told and not judged
  printf 'answered\t500\n' >"$PLACE/work/head"
  prove
  [[ $ANSWERED == 500 && -z $REASONS ]]
  : >"$PLACE/work/head"
  prove
  [[ $ANSWERED == 500 && -z $REASONS ]]
  # nor one that is closed
  printf 'answered\t200\n' >"$PLACE/work/head"
  sed -i 's/"active"/"disabled"/' "$PLACE/state/sites/s299991.json"
  prove
  [[ $ANSWERED == 500 && -z $REASONS ]]
  nothing_is_left
}

@test "one that fails after it called outside is not judged" {
  site_of_type php
  echo '<?php if (!@fsockopen("192.0.2.7", 443, $n, $e, 3)) throw new Exception("no bank: $e");' >"$PUBLIC/index.php"
  prove
  [[ $ANSWERED == 500 && -z $REASONS && $SKIPPED_STEPS == answer.network ]]
}

@test "a site that is served by https sees https" {
  site_of_type php
  mkdir -p "$PLACE/state/s299991/7"
  echo 7 >"$PLACE/state/s299991/current"
  echo x | tee "$PLACE/state/s299991/7/fullchain.pem" >"$PLACE/state/s299991/7/privkey.pem"
  echo '<?php http_response_code($_SERVER["HTTPS"] === "on" && $_SERVER["SERVER_PORT"] === "443" && $_SERVER["HTTP_HOST"] === "a.example" ? 202 : 500);' >"$PUBLIC/index.php"
  prove
  [[ $ANSWERED == 202 ]]
}

@test "hostile code sees nothing but its copy, reaches nobody and changes nothing outside" {
  local listener port
  free_php
  site_of_type php
  port=$(free_port)
  (cd "$PLACE" && exec php -n -S "127.0.0.1:$port" >/dev/null 2>&1 3>&-) &
  listener=$!
  echo secret >"$PLACE/secret"
  chmod 0644 "$PLACE/secret"
  cat >"$PUBLIC/index.php" <<PHP
<?php
\$sh = fn(\$words) => trim((string) shell_exec("(\$words) 2>&1"));
\$found = [];
\$must = function (\$what, \$is) use (&\$found) { if (!\$is) \$found[] = \$what; };
\$must('who', \$sh('id -u') === '299991' && \$sh('id -G') === '299991');
\$must('no file of the machine', !file_exists('$PLACE') && !file_exists('/root') && !file_exists('/home') && !file_exists('/var/lib/vpsmanager') && !file_exists('/opt'));
\$must('no shadow', !file_exists('/etc/shadow') && !file_exists('/etc/ssh'));
\$must('one site', \$sh('ls /srv/chom/sites') === 's299991' && \$sh('ls /var/log/chom') === 's299991');
\$must('one site in the accounts', \$sh('grep -c "^s[0-9]" /etc/passwd') === '1');
\$must('no pool of others', \$sh('ls /etc/php/*/fpm/pool.d') === 'chom.conf');
\$must('no sockets', !file_exists('/run/dbus') && !file_exists('/run/systemd') && !file_exists('/var/run/mysqld/mysqld.sock'));
\$must('no network', !@fsockopen('127.0.0.1', $port, \$n, \$e, 2) && !@fsockopen('192.0.2.1', 80, \$n, \$e, 2) && gethostbyname('example.org') === 'example.org');
\$must('only its processes', count(array_filter(scandir('/proc'), 'ctype_digit')) < 8 && !is_readable('/proc/1/environ'));
\$must('no tracing', !is_readable('/proc/1/root') && !is_readable('/proc/kcore'));
foreach (['/usr', '/etc', '/etc/chom', '/srv', '/var', '/run', '/', '/proc/sys/kernel', '/etc/php'] as \$place) \$must("no writing to \$place", !is_writable(\$place));
\$must('no sysctl', @file_put_contents('/proc/sys/kernel/hostname', 'x') === false);
\$must('no rights', preg_match('/^CapEff:\t0+\$/m', file_get_contents('/proc/self/status')) && preg_match('/^NoNewPrivs:\t1\$/m', file_get_contents('/proc/self/status')));
\$must('no devices', count(scandir('/dev')) <= 10 && \$sh('ls /dev/sd* /dev/vd* /dev/loop* 2>/dev/null') === '');
\$must('no setuid', !str_contains(\$sh('su -c id </dev/null'), 'uid=0'));
\$must('no mounts', \$sh('mount -t tmpfs none /tmp && echo mounted') !== 'mounted');
\$must('its own home', file_put_contents('/srv/chom/sites/s299991/current/public/new', 'x') === 1);
\$limits = file_get_contents('/proc/self/limits');
\$must('bounded memory', preg_match('/^Max address space +1610612736 /m', \$limits));
\$must('bounded processes', preg_match('/^Max processes +256 /m', \$limits));
if (\$found) throw new Exception(implode(', ', \$found));
PHP
  prove
  kill "$listener"
  [[ $ANSWERED == 200 && -z $REASONS ]]
  nothing_is_left
}

@test "an endless script is ended by a limit, and so is a fork bomb" {
  sed -i 's/request_terminate_timeout = 45s/request_terminate_timeout = 3s/' "$PLACE/agent/lib/answer.sh"
  sed -i 's/ANSWER_SECONDS=60/ANSWER_SECONDS=8/' "$PLACE/agent/lib/room.bash"
  free_php
  site_of_type php
  echo '<?php set_time_limit(0); while (true);' >"$PUBLIC/index.php"
  prove
  [[ $ANSWERED == 502 && $REASONS == 'SITE_DOES_NOT_ANSWER 502'* ]]
  echo '<?php shell_exec("f() { f | f & }; f; sleep 100; kill -9 -1");' >"$PUBLIC/index.php"
  prove
  [[ $ANSWERED != 000 && -z $SKIPPED_STEPS ]]
  nothing_is_left
  [[ -z $(pgrep -u "$UID_OF_SITE") ]]
}

@test "whoever opened the room is killed, and everything in it ends" {
  local opener pid
  free_php
  site_of_type php
  echo '<?php shell_exec("setsid sleep 1000 & sleep 1000");' >"$PUBLIC/index.php"
  (
    libraries
    exec >"$PLACE/said" 2>&1 3>&-
    prove_alive
  ) 3>&- &
  opener=$!
  until_true 30 pgrep -u "$UID_OF_SITE" -x sleep
  kill -KILL "$opener"
  until_true 10 nobody_of_the_room
  wait "$opener" || true
  [[ -z $(mounts) ]]
}

nobody_of_the_room() { [[ -z $(pgrep -u "$UID_OF_SITE") && -z $(pgrep -f "$PLACE/agent/lib/room.bash") ]]; }

@test "a link in place of the restored home opens no room" {
  site_of_type static
  mkdir "$PLACE/other"
  mv "$HOME_OF_COPY" "$PLACE/other/home"
  ln -s "$PLACE/other/home" "$HOME_OF_COPY"
  prove
  [[ -z $ANSWERED && $SKIPPED_STEPS == answer ]]
}

@test "on a server that does not have the site, the copy runs as the manifest says" {
  site_of_type php
  version=$(jq -r .php_version "$PLACE/state/sites/s299991.json")
  rm "$PLACE/state/sites/s299991.json"
  printf 'site\tphp\t%s\tb.example\thttps\nanswered\t200\n' "$version" >"$PLACE/work/head"
  echo '<?php http_response_code($_SERVER["HTTPS"] === "on" && $_SERVER["HTTP_HOST"] === "b.example" && posix_geteuid() === 299991 ? 203 : 500);' >"$PUBLIC/index.php"
  prove
  [[ $ANSWERED == 203 && -z $REASONS$SKIPPED_STEPS ]]
  echo '<?php throw new Exception("the shop is closed");' >"$PUBLIC/index.php"
  prove
  [[ $ANSWERED == 500 && $REASONS == 'SITE_DOES_NOT_ANSWER 500: PHP Fatal error: '*'the shop is closed'* ]]
  nothing_is_left
}

@test "on a server that does not have the site, what cannot be known or run is skipped and no fault" {
  site_of_type php
  version=$(jq -r .php_version "$PLACE/state/sites/s299991.json")
  rm "$PLACE/state/sites/s299991.json"
  echo '<?php echo 1;' >"$PUBLIC/index.php"
  local line
  for line in '' $'site\tphp\t'"$version"$'\ta.example\thttp' $'site\tphp\t5.0\ta.example\thttp\nanswered\t200' \
    $'site\tphp\t'"$version"$'\ta.example;\thttp\nanswered\t200' $'site\tstatic\t8.3\ta.example\thttp\nanswered\t200'; do
    printf '%s\n' "$line" >"$PLACE/work/head"
    prove
    [[ -z $ANSWERED$REASONS && $SKIPPED_STEPS == answer ]]
  done
  printf 'site\tstatic\t-\ta.example\thttp\n' >"$PLACE/work/head"
  prove
  [[ $ANSWERED == 403 && -z $REASONS$SKIPPED_STEPS ]]
  nothing_is_left
}

@test "a backup that lacks what its site needs is not asked" {
  site_of_type php
  : >"$PLACE/work/head"
  : >"$PLACE/state/databases/s299991_shop.json"
  echo '<?php echo 1;' >"$PUBLIC/index.php"
  prove
  [[ -z $ANSWERED$REASONS$SKIPPED_STEPS ]]
  # databases alone
  printf 'databases/s299991_x.sql\td\n' >"$PLACE/work/entries"
  prove
  [[ -z $ANSWERED$REASONS$SKIPPED_STEPS ]]
}
