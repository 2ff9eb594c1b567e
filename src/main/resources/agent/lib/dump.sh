# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# The databases of a site as a backup has them: dumps, and what was in the tables when they were made.

readonly DUMP_STALL_SECONDS=120

# Names of the databases to be backed up, without the site's user -> REPLY_LIST; those asked for, or all of the site.
chosen_databases() {
  local name file
  local -a wanted=()
  if [[ -n ${ARG[databases]-} ]]; then
    mapfile -t wanted < <(jq -r 'unique[]' <<<"${ARG[databases]}")
    for name in "${wanted[@]}"; do
      [[ -e $DATABASES/${SITE_USER}_$name.json ]] || fail DATABASE_NOT_FOUND "no database ${SITE_USER}_$name on this server"
    done
  else
    site_databases "$SITE_USER"
    for file in "${REPLY_LIST[@]}"; do
      file=${file##*/"${SITE_USER}"_}
      wanted+=("${file%.json}")
    done
  fi
  REPLY_LIST=("${wanted[@]}")
}

# -> SITE_DUMPS/<database>.sql, WORK/tables (lines of the manifest) and DATABASE_FACTS (JSON)
dump_databases() {
  local name bytes number=0
  local -a names
  DATABASE_FACTS='[]'
  : >"$WORK/tables"
  chosen_databases
  names=("${REPLY_LIST[@]}")
  ((${#names[@]})) || return 0
  if rootless; then
    skip mariadb
    return
  fi
  require_mariadb
  DUMP=$(command -v mariadb-dump) || DUMP=$(command -v mysqldump) ||
    fail SERVICE_MISSING "mariadb-dump is not installed on this server; prepare the server first"
  mkdir -p -- "$DUMPS" "$SITE_DUMPS" || fail INTERNAL "cannot create $SITE_DUMPS" true
  bytes=$(sql "SELECT COALESCE(SUM(data_length), 0) FROM information_schema.tables WHERE table_schema IN ($(printf "'${SITE_USER}_%s'," "${names[@]}") '');") || exit 1
  require_room $((bytes * 2 + BACKUP_RESERVE)) "$DUMPS"
  for name in "${names[@]}"; do
    progress $((2 + 12 * number++ / ${#names[@]})) "Dumping the database $name"
    name_database "$SITE_USER" "$name"
    [[ -n $(sql "SELECT 1 FROM information_schema.schemata WHERE schema_name = '$DATABASE';") ]] ||
      fail DATABASE_NOT_FOUND "MariaDB does not have the database $DATABASE"
    dump_database "$name"
  done
}

# The tables are looked at before and after: one that is the same both times was so in the dump, which saw a single
# moment in between. Any other is `moving`, and only its existence can be proved later.
dump_database() { # NAME
  local file=$SITE_DUMPS/$DATABASE.sql status
  measure_tables "$DATABASE" >"$WORK/before"
  write_dump "$DATABASE" "$file" || fail DEPENDENCY_FAILED "no dump of $DATABASE could be made: ${DUMP_COMPLAINT:-the disk may be full}" true
  measure_tables "$DATABASE" >"$WORK/after"
  list_programs "$DATABASE" >"$WORK/programs"
  awk -F '\t' -v OFS='\t' -v database="$DATABASE" '
    FILENAME == ARGV[1] { before[$1] = $2 "\t" $3; next }
    { if (before[$1] == $2 "\t" $3 && $3 != "NULL") print "table", database, $1, $2, $3; else print "table", database, $1, $2, "moving" }' \
    "$WORK/before" "$WORK/after" >"$WORK/measured"
  cat -- "$WORK/measured" "$WORK/programs" >>"$WORK/tables" || fail INTERNAL "cannot write to $WORK" true
  note_login "$DATABASE"
  DATABASE_FACTS=$(jq -c --arg name "$1" --argjson bytes "$(stat -c %s -- "$file")" \
    --argjson facts "$(awk -F '\t' '{ tables++; rows += $4 } END { printf "[%d,%.0f]", tables, rows }' "$WORK/measured")" \
    '. + [{name: $name, tables: $facts[0], rows: $facts[1], bytes: $bytes}]' <<<"$DATABASE_FACTS")
}

# Without comments, in which names stand as they are: the dump will be read again, and a name may hold a line break.
# False, with the program's words in DUMP_COMPLAINT, when it is not whole. It is ended where nothing comes any more, as
# of a table that its site keeps locked, and where the disk gets full.
write_dump() { # DATABASE FILE [WORD]
  local status pid size last='' at=$EPOCHSECONDS looked=$EPOCHSECONDS ended=''
  nice -n 10 ionice -c 2 -n 7 "$DUMP" --no-defaults --protocol=socket --user=root --single-transaction --quick --routines --events \
    --triggers --no-tablespaces --skip-comments --default-character-set=utf8mb4 --max-allowed-packet=1G "${@:3}" -- "$1" >"$2.new" 2>"$WORK/dump-said" 3>&- &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    doze 0.05
    if ((EPOCHSECONDS - looked < 2)); then continue; fi
    looked=$EPOCHSECONDS size=$(stat -c %s -- "$2.new")
    if [[ $size != "$last" ]]; then last=$size at=$EPOCHSECONDS; fi
    if ((EPOCHSECONDS - at >= DUMP_STALL_SECONDS)); then
      ended="nothing came for $DUMP_STALL_SECONDS seconds (does the site keep a table locked?)"
    elif (($(df -B1 --output=avail -- "${2%/*}" | tail -n 1) < BACKUP_RESERVE / 2)); then
      ended="the disk of ${2%/*} gets full"
    fi
    if [[ -n $ended ]]; then
      kill -s KILL "$pid"
      break
    fi
  done
  wait "$pid"
  status=$?
  cat -- "$WORK/dump-said" >&2
  DUMP_COMPLAINT=${ended:-$(tr -c '[:print:]' ' ' <"$WORK/dump-said" | head -c 300)}
  ((status == 0)) && keep_dump "$2"
}

# On the disk before what it is kept for goes: after a power cut a database that is dropped is gone for good.
keep_dump() { # FILE
  sync -- "$1.new" && mv -T -- "$1.new" "$1" && sync -- "${1%/*}"
}

# Of a database with views that lead nowhere any more everything else can be had: enough to keep what a restore replaces.
write_dump_of_ruins() { # DATABASE FILE
  if write_dump "$1" "$2"; then return; fi
  if write_dump "$1" "$2" --force; then return; fi
  if grep -qv '(1356)' "$WORK/dump-said"; then return 1; fi
  say "Views of $1 that lead nowhere any more are not kept." stderr
  keep_dump "$2"
}

# "table, rows, checksum" a line, with the table's name in hexadecimal.
measure_tables() { # DATABASE
  local script=$WORK/measure.sql
  run_sql 600 >"$script" <<<"SET SESSION lock_wait_timeout = 60; SELECT CONCAT('SELECT ''', HEX(table_name), ''', COUNT(*) FROM \`$1\`.\`', REPLACE(table_name, '\`', '\`\`'),
    '\`; CHECKSUM TABLE \`$1\`.\`', REPLACE(table_name, '\`', '\`\`'), '\`;') FROM information_schema.tables
    WHERE table_schema = '$1' AND table_type = 'BASE TABLE' ORDER BY table_name;" || measuring_failed "$1"
  # a name with a line break comes as \n, which has no meaning between backticks
  if grep -qF \\ "$script"; then fail DEPENDENCY_FAILED "a table of $1 has a line break or a backslash in its name; rename it"; fi
  # of the session that asks, and so here once more
  { echo 'SET SESSION lock_wait_timeout = 60;'; cat -- "$script"; } | run_sql 7200 >"$WORK/rows" 2>"$WORK/measuring" || measuring_failed "$1"
  paste - - <"$WORK/rows" | awk -F '\t' -v OFS='\t' 'NF >= 4 { print $1, $2, $NF }'
}

measuring_failed() { # DATABASE
  cat -- "$WORK/measuring" >&2 2>/dev/null
  if grep -q '^ERROR 1205 ' "$WORK/measuring" 2>/dev/null; then
    fail DEPENDENCY_FAILED "a table of $1 has been locked by its site for more than a minute; ask again when it is not" true
  fi
  fail DEPENDENCY_FAILED "the tables of $1 cannot be looked at; see the operation's output" true
}

# Views, triggers, routines and events, one a line.
list_programs() { # DATABASE
  run_sql 600 <<<"SELECT 'view', '$1', HEX(table_name), 0, '-' FROM information_schema.views WHERE table_schema = '$1'
    UNION ALL SELECT 'trigger', '$1', HEX(trigger_name), 0, '-' FROM information_schema.triggers WHERE trigger_schema = '$1'
    UNION ALL SELECT LOWER(routine_type), '$1', HEX(routine_name), 0, MD5(routine_definition) FROM information_schema.routines WHERE routine_schema = '$1'
    UNION ALL SELECT 'event', '$1', HEX(event_name), 0, '-' FROM information_schema.events WHERE event_schema = '$1'
    ORDER BY 1, 3;" || measuring_failed "$1"
}

# --- putting a dump back ------------------------------------------------------------------------------------------
# A dump holds whatever its site put into its database, and may hold more than restic was ever given. It is never read
# with root's rights but with the database's own login, which can touch nothing else, and can name itself as the
# definer of its views and triggers. For that the login has a second password, made here and forgotten here.

# -> LOGIN_PASSWORD; what was changed is written down first, so that whoever comes after an interruption undoes it.
open_login() { # DATABASE
  local facts plugin hash second
  LOGIN_PASSWORD=$(head -c 24 /dev/urandom | base64 | tr '+/' '-_')
  password_hash "$LOGIN_PASSWORD"
  second=$REPLY
  facts=$(sql "SELECT JSON_VALUE(Priv, '$.plugin'), JSON_VALUE(Priv, '$.authentication_string') FROM mysql.global_priv
    WHERE user = '$1' AND host = 'localhost';") || exit 1
  IFS=$'\t' read -r plugin hash <<<"$facts"
  if [[ -z $plugin ]]; then
    printf 'login\t%s\n' "$1" >>"$WORK/borrowed"
    sql "CREATE USER '$1'@'localhost' IDENTIFIED BY PASSWORD '$second';" >&2 || exit 1
    return
  fi
  [[ $plugin =~ ^[a-z0-9_]+$ && $hash =~ ^[A-Za-z0-9*+/=.$]*$ ]] || fail DEPENDENCY_FAILED "the login $1 is not as this agent makes it"
  printf 'password\t%s\t%s\t%s\n' "$1" "$plugin" "$hash" >>"$WORK/borrowed"
  sql "ALTER USER '$1'@'localhost' IDENTIFIED VIA $plugin USING '$hash' OR mysql_native_password USING '$second';" >&2 || exit 1
}

scratch_database() { # SCRATCH LOGIN
  printf 'database\t%s\t%s\n' "$1" "$2" >>"$WORK/borrowed"
  sql "DROP DATABASE IF EXISTS \`$1\`; CREATE DATABASE \`$1\` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
    GRANT ALL PRIVILEGES ON \`${1//_/\\_}\`.* TO '$2'@'localhost';" >&2 || exit 1
}

# False, with the client's words in IMPORT_COMPLAINT, when it does not go in to its end. The client reads what a site
# may have written, and is root: it must not send files on anybody's word (LOAD DATA LOCAL).
import_dump() { # FILE DATABASE LOGIN
  local credentials status
  exec {credentials}< <(printf '[client]\nuser=%s\npassword=%s\n' "$3" "$LOGIN_PASSWORD")
  nice -n 10 ionice -c 2 -n 7 "$MARIADB" --defaults-file="/proc/self/fd/$credentials" "${MARIADB_AT[@]}" --binary-mode --local-infile=0 \
    --default-character-set=utf8mb4 --max-allowed-packet=1G -- "$2" <"$1" 2>"$WORK/import" >&2
  status=$?
  exec {credentials}<&-
  # before its complaint the client repeats the whole statement
  IMPORT_COMPLAINT=$({ grep -a '^ERROR ' "$WORK/import" || tail -n 1 -- "$WORK/import"; } | tail -n 1 | tr -c '[:print:]' ' ' | head -c 300)
  if ((status)); then blame_mariadb; fi
  return "$status"
}

# Ends the command where it is MariaDB that failed, and not the dump.
blame_mariadb() {
  if [[ ${#MARIADB_AT[@]} != 1 && $IMPORT_COMPLAINT =~ ERROR\ (1021|1040|1053|1114|1152|1927|2002|2003|2006|2013|2026)\  ]]; then blame_room; fi
  if [[ $IMPORT_COMPLAINT =~ ERROR\ (1021|1114)\  ]]; then
    fail NO_ROOM "MariaDB has no room for the databases of this backup; make room, then ask again" true
  elif [[ $IMPORT_COMPLAINT =~ ERROR\ (1040|1053|1152|1927|2002|2003|2006|2013|2026)\  ]]; then
    fail DEPENDENCY_FAILED "MariaDB does not answer; look at 'systemctl status mariadb' and start it again" true
  fi
}

# Takes back what BORROWED says, the last first: scratch databases, second passwords, logins that were not there. Where
# MariaDB does not answer it stays noted.
give_back() { # BORROWED
  local kind one two three
  [[ -s $1 ]] && mariadb_there && run_sql 20 <<<'SELECT 1;' >/dev/null 2>&1 || return 0
  while IFS=$'\t' read -r kind one two three; do
    case $kind in
      database) run_sql <<<"DROP DATABASE IF EXISTS \`$one\`; REVOKE ALL PRIVILEGES ON \`${one//_/\\_}\`.* FROM '$two'@'localhost';" ;;
      # a password that was set meanwhile is nothing of ours
      password) run_sql <<<"SELECT 1 FROM mysql.global_priv WHERE user = '$one' AND host = 'localhost'
        AND JSON_VALUE(Priv, '$.authentication_string') = '$three';" | grep -q 1 &&
        run_sql <<<"ALTER USER '$one'@'localhost' IDENTIFIED VIA $two USING '$three';" ;;
      login) run_sql <<<"DROP USER IF EXISTS '$one'@'localhost';" ;;
    esac >&2
  done < <(tac -- "$1")
  rm -f -- "$1"
}
