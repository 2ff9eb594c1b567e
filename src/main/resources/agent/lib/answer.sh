# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# Whether a restored site answers. Its copy runs in a sealed room (room.bash) with a MariaDB of its own, into which its
# dumps are read and where its tables are compared: nothing of the live site, of other sites or of the network is in there.

# --- when a backup is made ----------------------------------------------------------------------------------------

# What a server that does not have the site must know to run its copy.
note_site() {
  local scheme=http
  if certificate_of "$SITE_USER"; then scheme=https; fi
  printf 'site\t%s\t%s\t%s\t%s\n' "$SITE_TYPE" "${SITE_PHP:--}" "$SITE_DOMAIN" "$scheme"
}

# What the site answers while it is backed up: by that a proof judges the copy. Only of a backup that has all it needs.
note_answer() {
  if rootless || [[ $SITE_STATE != active || ${ARG[type]} == database ]] || ! nginx_there; then return; fi
  if [[ $SITE_TYPE == php ]] && ! holds_databases; then return; fi
  progress 1 "Asking the site for its page"
  ask_live_site
  printf 'answered\t%d\n' "$((10#$REPLY))" >>"$WORK/tables"
}

holds_databases() {
  local -a all
  site_databases "$SITE_USER"
  all=("${REPLY_LIST[@]}")
  if ((${#all[@]} == 0)); then return; fi
  [[ ${ARG[type]} == full ]] || return 1
  chosen_databases
  ((${#REPLY_LIST[@]} == ${#all[@]}))
}

ask_live_site() { # -> REPLY, its status; 0 for none
  if certificate_of "$SITE_USER"; then
    REPLY=$(curl --silent --insecure --noproxy '*' --max-time 20 --output /dev/null --write-out '%{http_code}' --user-agent vpsmanager \
      --resolve "$SITE_DOMAIN:$HTTPS_PORT:127.0.0.1" -- "https://$SITE_DOMAIN:$HTTPS_PORT/")
  else
    http_get "$HTTP_PORT" "$SITE_DOMAIN" /
    REPLY=$HTTP_STATUS
  fi
  [[ $REPLY =~ ^[0-9]{3}$ ]] || REPLY=0
}

# How a database's login proves itself, as it is now: a password that is changed later is not the one in these files.
note_login() { # DATABASE
  live_login "$1"
  if [[ -n $REPLY ]]; then printf 'login\t%s\t%s\n' "$1" "$REPLY" >>"$WORK/tables"; fi
}

live_login() { # DATABASE -> REPLY, hexadecimal, without what it may do
  REPLY=$(sql "SELECT HEX(JSON_REMOVE(Priv, '$.access')) FROM mysql.global_priv WHERE user = '$1' AND host = 'localhost';") || exit 1
}

# --- the proof ----------------------------------------------------------------------------------------------------

prove_alive() {
  local databases='' page=''
  ANSWERED=''
  if grep -q $'^databases/..*\tf\t' "$WORK/entries"; then databases=yes; fi
  if has_page; then page=yes; fi
  if rootless; then
    if [[ -n $databases ]]; then skip mariadb; fi
    if [[ -n $page ]]; then skip answer; fi
    return
  fi
  if [[ -n $page && -n $SITE_PHP ]] && ! php_binary "$SITE_PHP"; then
    skip answer
    page=''
  fi
  if [[ -z $databases$page ]]; then return; fi
  if [[ -n $databases ]]; then require_mariadb; fi
  if open_room "$databases"; then
    if [[ -n $databases ]]; then compare_in_room; fi
    if [[ -n $page ]]; then ask_room; fi
    close_room
    return
  fi
  close_room
  say "The site's copy cannot be run here: ${ROOM_COMPLAINT:-it did not say why}." stderr
  if [[ -n $page ]]; then skip answer; fi
  if [[ -n $databases ]]; then compare_databases; fi
}

# The site as it is here, or, on a server that does not have it, as it was when it was backed up -> SITE_AT here or
# manifest, SITE_SCHEME; false where it is known from neither.
know_site() {
  local type php domain scheme
  SITE_AT=here SITE_SCHEME=http
  if load_site "$SITE_USER"; then
    if certificate_of "$SITE_USER"; then SITE_SCHEME=https; fi
    return
  fi
  IFS=$'\t' read -r _ type php domain scheme < <(grep -m 1 $'^site\t' "$WORK/head") || return 1
  if [[ $php == - ]]; then php=''; fi
  [[ $type$php =~ ^(static|php[0-9]\.[0-9]{1,2})$ && $scheme =~ ^https?$ && ${#domain} -le 253 ]] &&
    [[ $domain =~ ^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+$ ]] || return 1
  SITE_AT=manifest SITE_ID=none SITE_UID=${SITE_USER#s} SITE_TYPE=$type SITE_PHP=$php SITE_DOMAIN=$domain SITE_STATE=active SITE_SCHEME=$scheme
}

# A page can be asked for where everything it needs is in the backup.
has_page() {
  local file
  local -a files
  grep -q $'^files[\t/]' "$WORK/entries" && [[ $MANIFEST_USER == "$SITE_USER" ]] || return 1
  if ! know_site; then
    skip answer
    return 1
  fi
  if [[ ! -d $SCRATCH/sites/$SITE_USER ]]; then return 1; fi
  if [[ $SITE_TYPE != php ]] || grep -q $'^answered\t' "$WORK/head"; then return; fi
  if [[ $SITE_AT == manifest ]]; then
    # which databases it needs stands nowhere
    skip answer
    return 1
  fi
  site_databases "$SITE_USER"
  files=("${REPLY_LIST[@]}")
  for file in "${files[@]}"; do
    file=${file##*/}
    grep -q "^databases/${file%.json}\\.sql"$'\tf\t' "$WORK/entries" || return 1
  done
}

# One that answered with less than 500 when it was backed up must do so again. What it calls outside is not there: of one
# that fails after such a call nothing is known.
ask_room() {
  local line='' status called words before
  progress 90 "Asking the restored site for its page"
  echo serve >&"$ROOM_ORDERS"
  hear_room 150 || { room_failed; skip answer; return; }
  read -r _ status called words <<<"$ROOM_SAID"
  if [[ $status != 000 ]]; then ANSWERED=$((10#$status)); fi
  if [[ $status =~ ^[1-4] ]]; then return; fi
  before=$(sed -n 's/^answered\t//p' "$WORK/head")
  if [[ -z $before || $SITE_STATE != active ]] || ((before == 0 || before >= 500)); then return; fi
  if ((called)); then
    skip answer.network
    return
  fi
  if [[ $status == 000 ]]; then status="no answer within a minute"; fi
  reason SITE_DOES_NOT_ANSWER "$status${words:+: $words}"
}

# --- the room -----------------------------------------------------------------------------------------------------

# True when it stands; else ROOM_COMPLAINT says why it does not. As root's processes end with their parent, so does it.
open_room() { # DATABASES
  local bytes program
  ROOM_COMPLAINT='' ROOM_SAID=''
  for program in unshare setpriv pivot_root ip nginx; do
    command -v "$program" >/dev/null || { ROOM_COMPLAINT="$program is missing"; return 1; }
  done
  # a repository in strange hands could have put links here
  if [[ -L $SCRATCH/sites || -L $SCRATCH/sites/$MANIFEST_USER ]]; then ROOM_COMPLAINT="the home is none"; return 1; fi
  ROOM=$(mktemp -d "$SCRATCH_HOME/$SITE_USER.XXXXXXXXXXXX") || fail INTERNAL "cannot create a directory in $SCRATCH_HOME" true
  if ! mkdir -- "$ROOM"/{root,etc,data,run} || ! mkfifo -- "$ROOM/orders"; then fail INTERNAL "cannot create a directory in $ROOM" true; fi
  bytes=$(awk -F '\t' '/^databases\// && $2 == "f" { sum += $6 } END { printf "%.0f", sum }' "$WORK/entries")
  require_room $((BACKUP_RESERVE * 2 + bytes * 2)) "$ROOM"
  progress "$IMPORT_PERCENT" "Opening a sealed room for the restored site"
  name_copy
  furnish_room "$1"
  exec {ROOM_ORDERS}<>"$ROOM/orders"
  exec {ROOM_SAYS}< <(
    exec <"$ROOM/orders"
    close_descriptors_except 0
    cd / || exit 1
    exec env -i PATH="$PATH" LC_ALL=C TZ=UTC VPSM_OPERATION="${VPSM_OPERATION-}" ROOM="$ROOM" COPY="$COPY" DATABASES="$1" SITE_HOME="$SITE_HOME" \
      SITE_LOGS="$SITE_LOGS/$SITE_USER" SITE_UID="$SITE_UID" SITE_DOMAIN="$SITE_DOMAIN" PHP="$ROOM_PHP" GENERATION="$SITE_GENERATION" \
      RESERVE=$((BACKUP_RESERVE / 2)) FILE_KB=$((1048576 + bytes / 512)) ROOM_SECONDS=$((7200 + bytes / 500000)) \
      setpriv --pdeathsig KILL -- nice -n 10 ionice -c 2 -n 7 \
      unshare --mount --propagation private --pid --net --ipc --uts --fork --kill-child=KILL -- bash -p "$AGENT_HOME/lib/room.bash"
  )
  ROOM_PID=$!
  hear_room 120 && [[ $ROOM_SAID == ready ]] && return
  ROOM_COMPLAINT=${ROOM_SAID#failed }
  return 1
}

hear_room() { # SECONDS -> ROOM_SAID
  ROOM_SAID=''
  IFS= read -r -t "$1" -u "$ROOM_SAYS" ROOM_SAID && [[ $ROOM_SAID != full && $ROOM_SAID != failed* ]]
}

# Ends the command where it is the disk that failed.
room_failed() {
  if [[ $ROOM_SAID == full ]]; then fail NO_ROOM "the disk of $SCRATCH_HOME gets full while the restored site is looked at; make room and ask again"; fi
  say "The room of the restored site ended: ${ROOM_SAID:-it did not say why}." stderr
}

# However this process got here: nothing of it lives when this returns. It ends for want of orders, or else by force; the
# kernel ends all others in it before it says that its first process is gone.
close_room() {
  local pid
  [[ -n ${ROOM_PID-} ]] || return 0
  exec {ROOM_ORDERS}>&-
  if ! room_gone 1000; then
    children_of "$ROOM_PID"
    for pid in "${REPLY_LIST[@]}"; do kill -s KILL "$pid" 2>/dev/null; done
    if ((${#REPLY_LIST[@]} == 0)); then kill -s KILL "$ROOM_PID" 2>/dev/null; fi
    room_gone 10000
  fi
  exec {ROOM_SAYS}<&-
  ROOM_PID='' MARIADB_AT=(--protocol=socket)
  rm -rf --one-file-system -- "${ROOM:?}"
}

room_gone() { # MILLISECONDS of patience
  local deadline
  now_ms
  deadline=$((REPLY + $1))
  while process_started "$ROOM_PID"; do
    now_ms
    if ((REPLY > deadline)); then return 1; fi
    doze 0.02
  done
}

# The copy as its home: what was excluded from the backup and every site has is made.
name_copy() {
  COPY=$SCRATCH/sites/$MANIFEST_USER
  if [[ ! -d $COPY ]]; then
    # a room for databases alone
    COPY=$ROOM/home
    mkdir -- "$COPY"
  fi
  if know_site; then
    if [[ -L $COPY/tmp || -e $COPY/tmp ]]; then return; fi
    install -d -m 0750 -o "$SITE_UID" -g "$SITE_UID" -- "$COPY/tmp"
  else
    SITE_UID=${SITE_USER#s} SITE_DOMAIN=none.invalid SITE_PHP='' SITE_TYPE=static SITE_ID=none SITE_SCHEME=http
  fi
}

# The texts by which the live site is served, with less of everything.
furnish_room() { # DATABASES
  local etc=$ROOM/etc database
  IFS= read -r SITE_GENERATION </proc/sys/kernel/random/uuid
  ROOM_PHP=$SITE_PHP
  if [[ -n $SITE_PHP ]] && ! php_binary "$SITE_PHP"; then ROOM_PHP=''; fi
  name_nginx
  php_socket_path "$SITE_USER" "$SITE_PHP"
  SITE_SOCKET=$REPLY
  write_room_nginx >"$etc/nginx.conf"
  printf 'listen 127.0.0.1:80 default_server;\n' >"$etc/listen.conf"
  (
    SITE_STATE=active SITE_CERTIFICATE='' NGINX_DIR=/etc/nginx FASTCGI_PARAMS=/etc/chom/fastcgi_params
    vhost | sed 's|include /etc/nginx/chom/listen.conf;|include /etc/chom/listen.conf;|'
  ) >"$etc/vhost.conf"
  cp -- /etc/nginx/fastcgi_params "$etc/fastcgi_params" 2>/dev/null
  if [[ $SITE_SCHEME == https ]]; then
    # a site that is served by https is told that it is
    sed -i -E 's/^(fastcgi_param +HTTPS +).*/\1on;/; s/^(fastcgi_param +REQUEST_SCHEME +).*/\1https;/; s/^(fastcgi_param +SERVER_PORT +).*/\1443;/' "$etc/fastcgi_params"
  fi
  if [[ -n $ROOM_PHP ]]; then
    pool | sed 's/^pm.max_children = .*/pm.max_children = 3/; s/^request_terminate_timeout = .*/request_terminate_timeout = 45s/' >"$etc/pool.conf"
    printf '[global]\npid = /run/php/fpm.pid\nerror_log = /var/log/chom-room/php-fpm.log\ninclude = /etc/php/%s/fpm/pool.d/*.conf\n' "$ROOM_PHP" >"$etc/fpm.conf"
  fi
  {
    getent passwd root www-data nobody
    printf 'mysql:x:199999:199999::/nonexistent:/usr/sbin/nologin\n%s:x:%s:%s::%s:/usr/sbin/nologin\n' "$SITE_USER" "$SITE_UID" "$SITE_UID" "$SITE_HOME"
  } >"$etc/passwd"
  {
    getent group root www-data nogroup | sed 's/[^:]*$//'
    printf 'mysql:x:199999:\n%s:x:%s:www-data\n' "$SITE_USER" "$SITE_UID"
  } >"$etc/group"
  printf '127.0.0.1 localhost %s\n::1 localhost\n' "$SITE_DOMAIN" >"$etc/hosts"
  if [[ -n $1 ]]; then furnish_mariadb; fi
}

write_room_nginx() {
  cat <<CONF
daemon off;
user www-data;
worker_processes 1;
pid /run/nginx.pid;
error_log /var/log/chom-room/nginx.log;
events { worker_connections 64; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  sendfile on;
  log_format chom '\$status';
  log_format chom_figures '\$status';
  server_names_hash_bucket_size 512;
  include /etc/chom/vhost.conf;
}
CONF
}

# Small, on nobody's word but its own, and not meant to outlive anything. What changes the meaning of statements and
# tables is as the live one has it.
furnish_mariadb() {
  local name value
  chown 199999:199999 -- "$ROOM/data" "$ROOM/run" && chmod 0700 -- "$ROOM/data" && chmod 0755 -- "$ROOM/run"
  cat >"$ROOM/etc/base.cnf" <<'CONF'
[server]
basedir = /usr
datadir = /var/lib/mysql
socket = /run/mysqld/mysqld.sock
pid_file = /run/mysqld/mysqld.pid
tmpdir = /var/lib/mysql
bind_address = 127.0.0.1
skip_log_bin
skip_external_locking
loose_performance_schema = OFF
max_connections = 24
thread_cache_size = 0
table_open_cache = 200
max_allowed_packet = 1G
tmp_table_size = 16M
max_heap_table_size = 16M
key_buffer_size = 4M
loose_aria_pagecache_buffer_size = 8M
innodb_buffer_pool_size = 64M
loose_innodb_buffer_pool_size_max = 64M
innodb_log_file_size = 16M
innodb_data_file_path = ibdata1:4M:autoextend
innodb_temp_data_file_path = ibtmp1:4M:autoextend
innodb_autoextend_increment = 2
loose_innodb_undo_tablespaces = 0
innodb_doublewrite = OFF
innodb_flush_log_at_trx_commit = 0
loose_innodb_flush_method = nosync
loose_innodb_buffer_pool_dump_at_shutdown = OFF
loose_innodb_buffer_pool_load_at_startup = OFF
event_scheduler = OFF
local_infile = OFF
secure_file_priv = /run/mysqld
CONF
  run_sql 20 <<<"SELECT LOWER(variable_name), variable_value FROM information_schema.global_variables
    WHERE variable_name IN ('lower_case_table_names', 'innodb_page_size');" | write_settings >>"$ROOM/etc/base.cnf"
  cp -- "$ROOM/etc/base.cnf" "$ROOM/etc/my.cnf"
  {
    run_sql 20 <<<"SELECT LOWER(variable_name), variable_value FROM information_schema.global_variables WHERE variable_name IN
      ('sql_mode', 'old_mode', 'character_set_server', 'collation_server', 'character_set_collations', 'default_storage_engine', 'innodb_default_row_format',
       'innodb_strict_mode', 'explicit_defaults_for_timestamp', 'group_concat_max_len', 'log_bin_trust_function_creators', 'ft_min_word_len',
       'innodb_ft_min_token_size', 'innodb_ft_enable_stopword', 'optimizer_switch', 'div_precision_increment', 'port', 'skip_name_resolve')
      UNION ALL SELECT 'default_time_zone', variable_value FROM information_schema.global_variables
        WHERE variable_name = 'time_zone' AND variable_value REGEXP '^[+-]'
      UNION ALL SELECT DISTINCT 'plugin_load_add', plugin_library FROM information_schema.plugins WHERE plugin_status = 'ACTIVE'
        AND plugin_library IS NOT NULL AND plugin_type IN ('STORAGE ENGINE', 'AUTHENTICATION', 'DATA TYPE', 'FUNCTION');"
  } | write_settings >>"$ROOM/etc/my.cnf"
}

write_settings() { # "name, value" lines on stdin
  local name value
  while IFS=$'\t' read -r name value; do
    if [[ $name =~ ^[a-z_]+$ && $value =~ ^[A-Za-z0-9_,=:.+-]*$ ]]; then printf 'loose_%s = %s\n' "$name" "$value"; fi
  done
}

# --- its databases ------------------------------------------------------------------------------------------------

# As compare_databases, with the names and logins they have, so that the site finds them where its settings say. Each is
# read in as its own login; the password that the site knows comes after.
compare_in_room() {
  local file database begun zones logins=''
  zones=$(sql "SELECT COUNT(*) FROM mysql.time_zone_name;") || exit 1
  while IFS= read -r database; do
    room_login "$database"
    logins+="$database $REPLY"$'\n'
  done < <(databases_in_manifest)
  if ((zones)); then time_zones; fi
  MARIADB_AT=(--protocol=socket --socket="$ROOM/run/mysqld.sock")
  while read -r database REPLY; do
    if [[ -z $database ]]; then continue; fi
    file=$SCRATCH/dumps/$MANIFEST_USER/$database.sql
    if [[ ! -f $file || -L $file ]]; then continue; fi
    progress "$IMPORT_PERCENT" "Importing the dump of $database"
    make_in_room "$database"
    now_ms
    begun=$REPLY
    if import_dump "$file" "$database" "$database"; then
      now_ms
      RESTORE_MS=$((RESTORE_MS + REPLY - begun))
      progress "$IMPORT_PERCENT" "Comparing the tables of $database"
      compare_tables "$database" "$database"
    else
      reason DUMP_NOT_IMPORTED "$database: $IMPORT_COMPLAINT"
    fi
  done <<<"$logins"
  while read -r database REPLY; do
    if [[ -z $database || -z $REPLY ]]; then continue; fi
    in_room "REPLACE INTO mysql.global_priv (host, user, priv) VALUES ('localhost', '$database', UNHEX('$REPLY')); FLUSH PRIVILEGES;"
  done <<<"$logins"
  MARIADB_AT=(--protocol=socket)
}

databases_in_manifest() { sed -n "s/^databases\\/\\(${MANIFEST_USER}_[a-z][a-z0-9_]*\\)\\.sql\\tf\\t.*/\\1/p" "$WORK/entries"; }

room_login() { # DATABASE -> REPLY: of when it was backed up, or of now
  REPLY=$(sed -n "s/^login\\t$1\\t\\([0-9A-F]*\\)\$/\\1/p" "$WORK/head" | head -n 1)
  if [[ -z $REPLY ]]; then live_login "$1"; fi
}

make_in_room() { # DATABASE -> LOGIN_PASSWORD
  LOGIN_PASSWORD=$(head -c 24 /dev/urandom | base64 | tr '+/' '-_')
  password_hash "$LOGIN_PASSWORD"
  in_room "CREATE DATABASE \`$1\` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci; CREATE USER '$1'@'localhost' IDENTIFIED BY PASSWORD '$REPLY';
    GRANT ALL PRIVILEGES ON \`${1//_/\\_}\`.* TO '$1'@'localhost';"
}

in_room() { # STATEMENTS
  if run_sql 60 <<<"$1" >&2; then return; fi
  blame_room
}

# The live one has tables of time zones only where somebody read them in.
time_zones() {
  local dump
  dump=$(command -v mariadb-dump) || dump=$(command -v mysqldump) || return 0
  "$dump" --no-defaults --protocol=socket --user=root --skip-comments --single-transaction -- mysql \
    time_zone time_zone_name time_zone_transition time_zone_transition_type time_zone_leap_second |
    timeout 60 "$MARIADB" --no-defaults --protocol=socket --socket="$ROOM/run/mysqld.sock" --user=root --local-infile=0 mysql >&2
}

blame_room() {
  if ! hear_room 1; then room_failed; fi
  fail DEPENDENCY_FAILED "the MariaDB that the backup is looked at with does not answer; see the operation's output, then ask again" true
}
