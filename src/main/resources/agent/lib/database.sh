# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# Databases of sites in MariaDB. A database and the one login that may use it bear the same name, <user>_<name>.
# Each command rolls forward: asked again after any interruption it finishes what is there.

register change database:create "create a site's database and its login; asked again it sets the password anew"
register change database:drop "drop a site's database and its login; without purge a copy is kept for a week"
register read database:list "the databases of this server, or of one site, with their sizes"
COMMAND_PLAN[database:create]=plan_database_create
COMMAND_PLAN[database:drop]=plan_database_drop
COMMAND_LEFT[database:create]=database_remains
COMMAND_LEFT[database:drop]=database_remains

readonly DATABASE_COPY_DAYS=7
MARIADB_AT=(--protocol=socket)           # where statements go: the live one, but for a while

# --- the register -------------------------------------------------------------------------------------------------
# An entry is there before the database and goes after it: what is in MariaDB without an entry is not ours.

name_database() { # USER NAME
  DATABASE=$1_$2
  DATABASE_FILE=$DATABASES/$DATABASE.json
}

save_database() { # USER NAME
  write_file "$DATABASE_FILE" "{\"user\":\"$1\",\"name\":\"$2\",\"database\":\"$DATABASE\"}"$'\n' ||
    fail INTERNAL "cannot write $DATABASE_FILE" true
}

forget_database() { rm -f -- "$DATABASE_FILE" || fail INTERNAL "cannot remove $DATABASE_FILE" true; }

all_databases() { # [USER] -> JSON array on stdout
  local files=("$DATABASES"/s*.json)
  if [[ -n ${1-} ]]; then files=("$DATABASES/$1"_*.json); fi
  if ((${#files[@]})); then jq -cs 'sort_by(.database)' "${files[@]}"; else echo '[]'; fi
}

# --- MariaDB ------------------------------------------------------------------------------------------------------
# Root's login on the local socket, by who asks: no password anywhere. Statements travel on stdin, never as arguments.

mariadb_there() {
  ! rootless && { MARIADB=$(command -v mariadb) || MARIADB=$(command -v mysql); } && [[ -e /var/lib/mysql/mysql ]]
}

require_mariadb() {
  mariadb_there || fail SERVICE_MISSING "MariaDB is not installed on this server; prepare the server first"
}

run_sql() { # statements on stdin
  timeout -k 2 "${1:-100}" "$MARIADB" --no-defaults "${MARIADB_AT[@]}" --user=root --connect-timeout=10 --local-infile=0 \
    --default-character-set=utf8mb4 --batch --skip-column-names
}

# Rows on stdout; whoever cannot be asked is named with what to do about it.
sql() { # STATEMENTS
  local complaint=$RUN_DIR/sql.$BASHPID rows status
  rows=$(run_sql <<<"SET SESSION lock_wait_timeout = 30, max_statement_time = 90; $1" 2>"$complaint")
  status=$?
  SQL_COMPLAINT=$(head -c 400 -- "$complaint" | tr -c '[:print:]' ' ')
  rm -f -- "$complaint"
  if ((status == 0)); then
    if [[ -n $rows ]]; then printf '%s\n' "$rows"; fi
    return
  fi
  if ((status >= 124)) || [[ $SQL_COMPLAINT =~ ERROR\ (1040|1053|2002|2003|2006|2013|2026)\  ]]; then
    fail DEPENDENCY_FAILED "MariaDB does not answer; look at 'systemctl status mariadb' and start it again" true
  fi
  fail DEPENDENCY_FAILED "MariaDB refused: ${SQL_COMPLAINT:-it ended with $status}" true
}

# Everything in a name has passed the schema (letters, digits, _); in a GRANT a bare _ would stand for any letter.
granted_name() { REPLY=${1//_/\\_}; }

# What a login is checked against, so that MariaDB, its logs and its process list never see the password itself.
password_hash() { # PASSWORD -> REPLY
  local first
  first=$(printf '%s' "$1" | sha1sum)
  # shellcheck disable=SC2001,SC2059 # the bytes of the first hash
  REPLY=$(printf "$(sed 's/../\\x&/g' <<<"${first%% *}")" | sha1sum)
  REPLY=${REPLY%% *}
  REPLY="*${REPLY^^}"
}

# "schema" and "login" lines for what MariaDB has of a database.
in_mariadb() { # DATABASE
  sql "SELECT 'schema' FROM information_schema.schemata WHERE schema_name = '$1';
    SELECT 'login' FROM mysql.global_priv WHERE user = '$1' AND host = 'localhost';"
}

# --- create -------------------------------------------------------------------------------------------------------

cmd_database_create() {
  local user=${ARG[user]} name=${ARG[name]} password found
  password=$(jq -r '.password // "" | strings' <<<"$SECRETS")
  SECRETS='{}'
  [[ $password =~ ^[A-Za-z0-9_-]{16,128}$ ]] ||
    fail INVALID_ARGUMENT "database:create needs the secret 'password': 16 to 128 letters, digits, _ or - (by hand: --secrets=- and {\"password\":\"…\"} on stdin)"
  name_database "$user" "$name"
  if rootless; then
    require_made_site
    save_database "$user" "$name"
    skip mariadb
  else
    require_mariadb
    progress 5 "Asking MariaDB"
    take_lock databases 60
    require_made_site
    found=$(in_mariadb "$DATABASE") || exit 1
    if [[ -n $found && ! -e $DATABASE_FILE ]]; then
      fail DATABASE_EXISTS "MariaDB has a database or login $DATABASE that is not the panel's; choose another name"
    fi
    save_database "$user" "$name"
    progress 30 "Creating $DATABASE"
    create_schema "$password"
    release_lock
  fi
  progress 100 "Ready"
  json_list "${SKIPPED[@]}"
  DATA="{\"user\":\"$user\",\"name\":\"$name\",\"database\":\"$DATABASE\",\"login\":\"$DATABASE\",\"host\":\"localhost\",\"skipped\":$REPLY}"
}

create_schema() { # PASSWORD
  password_hash "$1"
  create_schema_for "$REPLY"
}

create_schema_for() { # HASH
  local hash=$1 granted
  granted_name "$DATABASE"
  granted=$REPLY
  sql "CREATE DATABASE IF NOT EXISTS \`$DATABASE\` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
    CREATE USER IF NOT EXISTS '$DATABASE'@'localhost' IDENTIFIED BY PASSWORD '$hash';
    ALTER USER '$DATABASE'@'localhost' IDENTIFIED BY PASSWORD '$hash' ACCOUNT UNLOCK;
    GRANT ALL PRIVILEGES ON \`$granted\`.* TO '$DATABASE'@'localhost';" >&2 || exit 1
}

# --- drop ---------------------------------------------------------------------------------------------------------

cmd_database_drop() {
  local user=${ARG[user]} name=${ARG[name]} copy=''
  name_database "$user" "$name"
  if ! rootless; then require_mariadb; fi
  take_lock databases 60
  newest_copy "$DATABASE"
  copy=$REPLY
  if [[ ! -e $DATABASE_FILE ]]; then
    [[ -n $copy ]] || fail DATABASE_NOT_FOUND "no database $DATABASE on this server"
  elif rootless; then
    forget_database
    skip mariadb
  else
    progress 10 "Closing its login"
    drop_schema "${ARG[purge]:-false}"
    if [[ ${ARG[purge]-} == true ]]; then
      progress 95 "Removing its copies"
      forget_copies_of "$DATABASE"
    fi
    newest_copy "$DATABASE"
    copy=$REPLY
    forget_database
  fi
  release_lock
  progress 100 "Gone"
  json_list "${SKIPPED[@]}"
  DATA="{\"user\":\"$user\",\"name\":\"$name\",\"database\":\"$DATABASE\",${copy:+\"copy\":\"$copy\",}\"skipped\":$REPLY}"
}

# The login goes first, and whoever is still connected with it: nothing may be written after the copy.
drop_schema() { # PURGE
  local found
  found=$(in_mariadb "$DATABASE") || exit 1
  if [[ $found == *login* ]]; then
    sql "ALTER USER '$DATABASE'@'localhost' ACCOUNT LOCK; KILL CONNECTION USER '$DATABASE'@'localhost';" >&2 || exit 1
  fi
  if [[ $found == *schema* ]]; then
    if [[ $1 != true ]]; then
      progress 25 "Keeping a copy"
      copy_database
    fi
    sql "DROP DATABASE IF EXISTS \`$DATABASE\`;" >&2 || exit 1
  fi
  sql "DROP USER IF EXISTS '$DATABASE'@'localhost';" >&2 || exit 1
}

# Only root can read it, and it is whole before anything is dropped.
copy_database() {
  local directory=$RETAINED_HOME/databases target dump status
  dump=$(command -v mariadb-dump) || dump=$(command -v mysqldump) ||
    fail SERVICE_MISSING "mariadb-dump is not installed on this server; prepare the server first, or drop with purge"
  make_directory 0700 "$RETAINED_HOME"
  make_directory 0700 "$directory" || fail INTERNAL "cannot create $directory" true
  rm -f -- "$directory/$DATABASE".*.new
  printf -v target '%s/%s.%(%s)T.sql.gz' "$directory" "$DATABASE" -1
  (
    set -o pipefail
    "$dump" --no-defaults --protocol=socket --user=root --single-transaction --quick --routines --events --triggers \
      --default-character-set=utf8mb4 -- "$DATABASE" | nice -n 5 gzip -1 >"$target.new"
  )
  status=$?
  if ((status == 0)) && gzip -t -- "$target.new" && sync -d -- "$target.new" && mv -T -- "$target.new" "$target"; then return; fi
  rm -f -- "$target.new"
  fail DEPENDENCY_FAILED "no copy of $DATABASE could be made (disk full?), so it was not dropped; make room, or drop it with purge" true
}

newest_copy() { # DATABASE -> REPLY; empty where there is none
  local copies=("$RETAINED_HOME/databases/$1".[0-9]*.sql.gz)
  REPLY=''
  if ((${#copies[@]})); then REPLY=${copies[-1]}; fi
}

forget_copies_of() { # DATABASE
  rm -f -- "$RETAINED_HOME/databases/$1".[0-9]*.sql.gz "$RETAINED_HOME/databases/$1".*.new
}

# At the start of a gateway.
tend_database_copies() {
  [[ -d $RETAINED_HOME/databases ]] || return 0
  find "$RETAINED_HOME/databases" -xdev -type f -mtime "+$((DATABASE_COPY_DAYS - 1))" -delete
}

# --- with their site ----------------------------------------------------------------------------------------------

site_databases() { # USER -> files in REPLY_LIST
  REPLY_LIST=("$DATABASES/$1"_*.json)
}

# A site without databases is purged without asking MariaDB.
purge_databases() { # USER
  local file files
  site_databases "$1"
  files=("${REPLY_LIST[@]}")
  if ((${#files[@]})); then
    if rootless; then skip mariadb; else require_mariadb; fi
    take_lock databases 60
    for file in "${files[@]}"; do
      file=${file##*/}
      file=${file%.json}
      name_database "$1" "${file#"$1"_}"
      if ! rootless; then drop_schema true; fi
      forget_database
    done
    release_lock
  fi
  rm -f -- "$RETAINED_HOME/databases/$1"_*
}

# --- what is there ------------------------------------------------------------------------------------------------

cmd_database_list() {
  local known rows='' found
  known=$(all_databases "${ARG[user]-}")
  if rootless; then
    skip mariadb
  elif [[ $known != '[]' ]]; then
    require_mariadb
    rows=$(sql "SELECT s.schema_name, COALESCE(SUM(t.data_length + t.index_length), 0) FROM information_schema.schemata s
      LEFT JOIN information_schema.tables t ON t.table_schema = s.schema_name
      WHERE s.schema_name LIKE 's%\_%' GROUP BY s.schema_name;") || exit 1
  fi
  json_list "${SKIPPED[@]}"
  found=$(jq -Rsc '[split("\n")[] | select(. != "") | split("\t") | {key: .[0], value: (.[1] | tonumber | floor)}] | from_entries' <<<"$rows")
  DATA=$(jq -c --argjson found "$found" --argjson skipped "$REPLY" '
    {databases: [.[] | . + {login: .database} + if $skipped != [] then {state: "unknown"}
      elif $found[.database] != null then {state: "present", bytes: $found[.database]} else {state: "missing"} end],
     skipped: $skipped}' <<<"$known")
}

# For state:export, which answers also where MariaDB does not.
export_databases() { # -> JSON array on stdout
  local known rows state=unknown
  known=$(all_databases)
  rows='[]'
  if [[ $known != '[]' ]] && mariadb_there &&
    rows=$(run_sql 10 <<<"SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 's%\_%';" 2>/dev/null |
      jq -Rsc 'split("\n") | map(select(. != ""))' && ((PIPESTATUS[0] == 0))); then
    state=asked
  fi
  jq -c --argjson rows "${rows:-[]}" --arg state "$state" '
    [.[] | .database as $d | . + {state: (if $state != "asked" then "unknown" elif $rows | index($d) then "present" else "missing" end)}]' <<<"$known"
}

# What an ended create or drop left on the server.
database_remains() {
  name_database "${ARG[user]}" "${ARG[name]}"
  if [[ -e $DATABASE_FILE ]]; then printf 'register:%s\n' "$DATABASE"; fi
  if mariadb_there; then
    # in a process of its own: what cannot be asked is left out, and the answer stays whole
    (in_mariadb "$DATABASE") 3>/dev/null | sed "s/^schema\$/database:$DATABASE/; s/^login\$/login:$DATABASE/"
  fi
  newest_copy "$DATABASE"
  if [[ -n $REPLY ]]; then printf 'copy:%s\n' "$REPLY"; fi
}

# --- plans --------------------------------------------------------------------------------------------------------

plan_database_create() {
  require_made_site
  name_database "${ARG[user]}" "${ARG[name]}"
  if ! rootless; then require_mariadb; fi
  if [[ -e $DATABASE_FILE ]]; then
    plan_steps "password of the login" "$DATABASE@localhost" write
  else
    plan_steps "database (utf8mb4)" "$DATABASE" create "login that may use this database only" "$DATABASE@localhost" create
  fi
}

plan_database_drop() {
  name_database "${ARG[user]}" "${ARG[name]}"
  if ! rootless; then require_mariadb; fi
  [[ -e $DATABASE_FILE ]] || fail DATABASE_NOT_FOUND "no database $DATABASE on this server"
  local steps=("login, and its connections" "$DATABASE@localhost" remove)
  if [[ ${ARG[purge]-} != true ]]; then
    steps+=("copy, kept for $DATABASE_COPY_DAYS days" "$RETAINED_HOME/databases/$DATABASE.*.sql.gz" create)
  fi
  plan_steps "${steps[@]}" "database with everything in it" "$DATABASE" remove
}
