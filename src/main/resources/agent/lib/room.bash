#!/bin/bash -p
# shellcheck disable=SC2015,SC2153 # give_up ends it; what the agent says in the environment
# The first process of a sealed room: a restored copy of a site, with a MariaDB, a PHP and an nginx of its own, is asked
# for its page there. Its mounts, processes, network and shared memory are its own; what is not put into it does not
# exist for it. It ends with this process, and this one ends when nobody gives it orders any more.
#
# Says, a line each: `ready`, `answered STATUS CALLS WORDS` (000: no answer), `full`, `failed WHY`. Orders: `serve`.
set -uo pipefail
shopt -s nullglob
umask 022
readonly BASE=$ROOM/root
readonly DATABASE_UID=199999             # nobody's: sites begin at 200000
readonly ANSWER_SECONDS=60 START_SECONDS=60
readonly DATABASE_KB=2097152 PHP_KB=1572864 PROCESSES=256

give_up() {
  printf 'failed %s\n' "$1"
  tail -n 20 /var/log/chom-room/* >&2 2>/dev/null
  exit 1
}

# --- walls --------------------------------------------------------------------------------------------------------

build_room() {
  local name
  # whoever takes memory from the server goes first
  echo 1000 >/proc/self/oom_score_adj
  ip link set lo up || give_up "no loopback"
  mount -t tmpfs -o mode=0755,nosuid,nodev,size=64m tmpfs "$BASE" || give_up "no memory file system"
  mkdir -p "$BASE"/{usr,proc,dev/shm,etc/chom,etc/nginx,etc/ssl,tmp,run/php,run/mysqld,srv/chom/acme,var/lib/nginx,var/lib/mysql,var/log/chom-room} \
    "$BASE$SITE_HOME" "$BASE$SITE_LOGS"
  read_only /usr
  for name in bin sbin lib lib32 lib64 libx32; do
    if [[ -L /$name ]]; then cp -P "/$name" "$BASE/$name"; elif [[ -d /$name ]]; then read_only "/$name"; fi
  done
  furnish_etc
  mount -t tmpfs -o mode=1777,nosuid,nodev,noexec,size=128m tmpfs "$BASE/tmp" && mount -t tmpfs -o mode=1777,nosuid,nodev,noexec,size=64m tmpfs "$BASE/dev/shm" ||
    give_up "no memory file system"
  ln -s ../tmp "$BASE/var/tmp"
  ln -s ../run "$BASE/var/run"
  for name in null zero full random urandom; do
    : >"$BASE/dev/$name"
    mount --bind "/dev/$name" "$BASE/dev/$name" || give_up "no /dev/$name"
  done
  ln -s /proc/self/fd "$BASE/dev/fd"
  build_proc
  put_in "$COPY" "$SITE_HOME"
  if [[ -n $DATABASES ]]; then
    put_in "$ROOM/data" /var/lib/mysql
    put_in "$ROOM/run" /run/mysqld
  fi
  : >"$BASE$SITE_LOGS/php.log"
  chown "$SITE_UID:$SITE_UID" "$BASE$SITE_LOGS/php.log"
  cd "$BASE" && mkdir .old && pivot_root . .old && cd / && umount -l /.old && rmdir /.old || give_up "no root of its own"
}

read_only() { # PATH
  mkdir -p "$BASE$1"
  mount --bind "$1" "$BASE$1" && mount -o remount,bind,ro,nosuid,nodev "$BASE$1" || give_up "no $1"
}

put_in() { # DIRECTORY PATH
  mount --bind "$1" "$BASE$2" && mount -o remount,bind,nosuid,nodev "$BASE$2" || give_up "no $2"
}

# Programs' settings, and nothing that tells of other sites.
furnish_etc() {
  local name
  for name in ld.so.cache ld.so.conf localtime timezone nsswitch.conf mime.types services protocols host.conf hostname nginx/mime.types ssl/openssl.cnf; do
    if [[ -e /etc/$name ]]; then cp -L "/etc/$name" "$BASE/etc/$name"; fi
  done
  for name in alternatives ld.so.conf.d ssl/certs fonts ImageMagick-6 ImageMagick-7 ${PHP:+"php/$PHP"}; do
    if [[ -d /etc/$name ]]; then read_only "/etc/$name"; fi
  done
  cp "$ROOM"/etc/* "$BASE/etc/chom/" && mv "$BASE"/etc/chom/{passwd,group,hosts} "$BASE/etc/" && chmod -R a+rX "$BASE"/etc/{chom,passwd,group,hosts} ||
    give_up "no settings"
  : >"$BASE/etc/resolv.conf"
  if [[ -n $PHP ]]; then
    mount -t tmpfs -o mode=0755,nosuid,nodev,noexec,size=1m tmpfs "$BASE/etc/php/$PHP/fpm/pool.d" || give_up "no PHP $PHP"
  fi
}

build_proc() {
  local name
  mount -t proc -o nosuid,nodev,noexec,hidepid=2 proc "$BASE/proc" || give_up "no processes of its own"
  mount --bind "$BASE/proc/sys" "$BASE/proc/sys" && mount -o remount,bind,ro "$BASE/proc/sys" || give_up "no settings of the kernel's that stay"
  for name in sysrq-trigger kcore kmsg keys timer_list; do
    if [[ -e $BASE/proc/$name ]]; then mount --bind /dev/null "$BASE/proc/$name" || give_up "no $name"; fi
  done
}

# --- programs -----------------------------------------------------------------------------------------------------

# Root's daemons keep what they need to become somebody else.
limited() { # PROGRAM...
  exec setpriv --no-new-privs --inh-caps=-all --bounding-set=-all,+chown,+dac_override,+fowner,+kill,+setgid,+setuid,+net_bind_service -- "$@"
}

as_database() { # PROGRAM...
  ulimit -v "$DATABASE_KB"
  exec setpriv --reuid="$DATABASE_UID" --regid="$DATABASE_UID" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all -- "$@"
}

# Made by hand: mariadb-install-db takes three times as long, for help texts and views that no site asks for.
start_database() {
  local scripts=(/usr/share/m{ysql,ariadb}/m{ysql,ariadb}_system_tables.sql) path pid log=/var/log/chom-room/mariadb.log
  path=$(command -v mariadbd || command -v mysqld) || give_up "no MariaDB"
  ((${#scripts[@]})) || give_up "no system tables of MariaDB's"
  {
    printf 'create database mysql;\nuse mysql;\nset @auth_root_socket='\''root'\'';\nset @skip_auth_anonymous=1;\n'
    cat "${scripts[0]}" "${scripts[0]/system_tables/performance_tables}" "${scripts[0]/system_tables/system_tables_data}"
  } | (as_database "$path" --defaults-file=/etc/chom/base.cnf --bootstrap) >"$log" 2>&1 || give_up "no system tables"
  (as_database "$path" --defaults-file=/etc/chom/my.cnf) </dev/null >>"$log" 2>&1 &
  pid=$!
  until [[ -S /run/mysqld/mysqld.sock ]]; do
    kill -0 "$pid" 2>/dev/null && ((SECONDS < START_SECONDS)) || give_up "MariaDB does not start"
    doze 0.05
  done
}

serve() {
  local log=/var/log/chom-room
  if [[ -n $PHP ]]; then
    cp /etc/chom/pool.conf "/etc/php/$PHP/fpm/pool.d/chom.conf"
    (
      ulimit -v "$PHP_KB"
      ulimit -u "$PROCESSES"
      limited "php-fpm$PHP" --nodaemonize --fpm-config /etc/chom/fpm.conf
    ) </dev/null >"$log/php-fpm.log" 2>&1 &
  fi
  (
    ulimit -u "$PROCESSES"
    limited nginx -c /etc/chom/nginx.conf
  ) </dev/null >"$log/nginx.log" 2>&1 &
  wait_for /.chom/generation || give_up "nginx does not start"
  if [[ -n $PHP ]]; then wait_for /.chom/php || give_up "PHP does not start"; fi
}

doze() { read -r -t "$1" -u "$SILENCE" _ || true; } # SECONDS

wait_for() { # PATH
  local try
  for ((try = 0; try < 300; try++)); do
    if get "$1" 5 && [[ $STATUS == 200 && ${BODY%$'\n'} == "$GENERATION" ]]; then return; fi
    doze 0.05
  done
  return 1
}

get() { # PATH SECONDS -> STATUS, and BODY where it is short
  local socket line
  STATUS=000 BODY=''
  { exec {socket}<>/dev/tcp/127.0.0.1/80; } 2>/dev/null || return 1
  printf 'GET %s HTTP/1.0\r\nHost: %s\r\nUser-Agent: vpsmanager\r\nAccept: */*\r\n\r\n' "$1" "$SITE_DOMAIN" >&"$socket"
  if IFS= read -r -t "$2" -u "$socket" line && [[ $line =~ ^HTTP/1\.[01]\ ([0-9]{3}) ]]; then
    STATUS=${BASH_REMATCH[1]}
    while IFS= read -r -t 5 -u "$socket" line && [[ $line != $'\r' ]]; do :; done
    IFS= read -r -t 5 -N 200 -u "$socket" BODY 2>/dev/null
  fi
  exec {socket}>&-
  [[ $STATUS != 000 ]]
}

# How often somebody in here has called a door that is not there: there is no way out, and nobody else is in.
calls() {
  awk '$1 ~ /^(Ip|Tcp|Udp):$/ && $2 ~ /^[A-Z]/ { split($0, name); next }
    $1 ~ /^(Ip|Tcp|Udp):$/ { for (i = 2; i <= NF; i++) if (name[i] ~ /^(OutNoRoutes|AttemptFails|NoPorts)$/) sum += $i }
    $1 == "Ip6OutNoRoutes" { sum += $2 }
    END { print sum + 0 }' /proc/net/snmp /proc/net/snmp6 2>/dev/null
}

ask() {
  local before words=''
  : >"$SITE_LOGS/error.log"
  before=$(calls)
  get / "$ANSWER_SECONDS"
  if [[ $STATUS =~ ^(5|000) ]]; then
    words=$(cat "$SITE_LOGS/php.log" "$SITE_LOGS/error.log" 2>/dev/null | grep -aE 'PHP (Fatal|Parse)|\[error\]|\[crit\]|execution timed out' | head -n 1 |
      tr -c '[:print:]' ' ' | sed -E 's/^\[[^]]*\] //; s/^[0-9/: ]+\[(error|crit)\] [0-9#]+: \*[0-9]+ //' | head -c 200)
    tail -n 20 "$SITE_LOGS"/*.log >&2
  fi
  printf 'answered %s %s %s\n' "$STATUS" "$(($(calls) - before))" "$words" >/run/answer.new
  mv /run/answer.new /run/answer
}

# --- orders -------------------------------------------------------------------------------------------------------

enough_room() {
  local free
  free=$(df --block-size=1 --output=avail -- "$SITE_HOME" | tail -n 1)
  ((free > RESERVE))
}

exec {SILENCE}<> <(:)
build_room
ulimit -f "$FILE_KB"
if [[ -n $DATABASES ]]; then start_database; fi
echo ready
while ((SECONDS < ROOM_SECONDS)); do
  # a status above 128 is silence, and any other the end of whoever gave the orders
  if read -r -t 1 order; then
    if [[ $order == serve ]]; then
      serve
      ask &
    fi
  elif (($? <= 128)); then
    exit
  fi
  if ! enough_room; then
    echo full
    exit
  fi
  if [[ -e /run/answer ]]; then
    cat /run/answer
    rm /run/answer
  fi
done
