# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# backup:browse, and what backup:restore does for a part of a backup (paths, tables) and for another site than the one
# it was made of. What is read there may come from a server that somebody else had in hand: no name in it is used before
# it was looked at.

register read backup:browse "what lies in a directory of a backup, its databases, or the tables of one"

readonly LISTED=200                      # entries in one answer
readonly MANIFESTS_KEPT=8

pick() { perl "$AGENT_HOME/lib/pick.pl" "$@"; }

# --- browse -------------------------------------------------------------------------------------------------------

check_backup_browse() {
  if [[ -n ${ARG[path]-} && ${ARG[what]} != files ]]; then fail INVALID_ARGUMENT "backup:browse: path belongs to what=files"; fi
  if [[ ${ARG[what]} == tables && -z ${ARG[database]-} || ${ARG[what]} != tables && -n ${ARG[database]-} ]]; then
    fail INVALID_ARGUMENT "backup:browse: database belongs to what=tables"
  fi
  if [[ -n ${ARG[path]-} ]]; then judge_path path "${ARG[path]}"; fi
}

# The schema has let through what is written as a manifest writes it; here nothing may lead elsewhere.
judge_path() { # ARGUMENT PATH
  if [[ /$2/ == *//* || /$2/ =~ /\.\.?/ ]]; then
    fail INVALID_ARGUMENT "$1 must be relative to the site's home, without . and .. in it"
  fi
}

cmd_backup_browse() {
  fetch_manifest
  LISTING=$MANIFEST.$BASHPID
  # shellcheck disable=SC2064 # the names as they are now
  trap "rm -rf -- '${WORK-}' '$LISTING'" EXIT
  if [[ ${ARG[what]} == files ]]; then
    pick list "$MANIFEST" "${ARG[path]-}" "${ARG[after]-}" "$LISTED" >"$LISTING" || fail BACKUP_NOT_FOUND "this backup has no directory /${ARG[path]-}"
  else
    pick tables "$MANIFEST" "${ARG[user]}" "${ARG[database]-}" "${ARG[after]-}" "$LISTED" >"$LISTING" || fail INTERNAL "the manifest cannot be read" true
  fi
  DATA=$(jq -Rsc --arg what "${ARG[what]}" '
    [split("\n")[] | select(. != "") | split("\t")] as $lines
    | {entries: [$lines[] | select(.[0] != "")
        | if $what == "files" then {name: .[0], type: .[1], size: (.[2] | tonumber), files: (.[3] | tonumber)}
            + (if .[4] == "" then {} else {mtime: (.[4] | tonumber | todate)} end)
          elif $what == "databases" then {name: .[0], type: "database", tables: (.[1] | tonumber), rows: (.[2] | tonumber)}
          else {name: .[0], type: "table", rows: (.[1] | tonumber)} end]}
      + ([$lines[] | select(.[0] == "") | {next: .[1]}] | add // {})' "$LISTING") || fail INTERNAL "the manifest cannot be read" true
}

# Looking around asks for many directories of one backup: its manifest, which never changes, stays here for an hour.
fetch_manifest() { # -> MANIFEST
  local home=$STATE_DIR/manifests secrets=$SECRETS new sum
  take_key
  MANIFEST=$home/${ARG[manifest]}
  make_directory 0700 "$home" || fail INTERNAL "cannot create $home" true
  find "$home" -mindepth 1 -mmin +60 -delete 2>/dev/null
  if [[ ! -e $MANIFEST ]]; then
    SECRETS=$secrets
    DEADLINE=$((EPOCHSECONDS + LOOK_SECONDS))
    look_at_repository
    snapshots || restic_failed
    find_manifest "${ARG[backup]}"
    [[ -n $BACKUP_MANIFEST ]] || fail BACKUP_NOT_FOUND "the backup is not in the repository any more"
    new=$MANIFEST.$BASHPID
    # shellcheck disable=SC2064 # the names as they are now
    trap "rm -rf -- '$WORK' '$new'" EXIT
    restic_look dump "$BACKUP_MANIFEST" /manifest >"$new" || restic_failed
    sum=$(sha256sum <"$new")
    [[ ${sum%% *} == "${ARG[manifest]}" ]] || fail REPOSITORY_DAMAGED "the manifest in the repository is another one than the backup's"
    # shellcheck disable=SC2012 # names of ours
    ls -t -- "$home" | tail -n "+$MANIFESTS_KEPT" | (cd -- "$home" && xargs -r rm -f --)
    mv -T -- "$new" "$MANIFEST" || fail NO_ROOM "the manifest cannot be written (disk full?)"
  fi
  head -n 8 -- "$MANIFEST" | grep -qx $'user\t'"${ARG[user]}" || fail INVALID_ARGUMENT "this is a backup of another site than that of ${ARG[user]}"
}

# --- what is asked for --------------------------------------------------------------------------------------------

check_backup_restore() {
  local path
  if [[ -n ${ARG[database]-} && ${ARG[what]} != database ]]; then fail INVALID_ARGUMENT "backup:restore: database belongs to what=database"; fi
  if [[ -n ${ARG[paths]-} && ${ARG[what]} != files ]]; then fail INVALID_ARGUMENT "backup:restore: paths belongs to what=files"; fi
  if [[ -n ${ARG[tables]-} && -z ${ARG[database]-} ]]; then fail INVALID_ARGUMENT "backup:restore: tables belongs to one database"; fi
  if [[ ${ARG[source]-} == "${ARG[user]}" ]]; then unset 'ARG[source]'; fi
  if [[ ${ARG[adapt]-} == true && (-z ${ARG[source]-} || -n ${ARG[paths]-}${ARG[tables]-}) ]]; then
    fail INVALID_ARGUMENT "backup:restore: adapt belongs to a whole restore of another site's backup"
  fi
  if [[ ${ARG[paths]-} == '[]' || ${ARG[tables]-} == '[]' ]]; then fail INVALID_ARGUMENT "backup:restore: an empty list restores nothing"; fi
  if [[ -n ${ARG[paths]-} ]]; then
    while IFS= read -r path; do judge_path paths "$path"; done < <(jq -r '.[]' <<<"${ARG[paths]}")
  fi
}

# By what a restore that did not end is known again -> WANTED
name_wanted() {
  local more
  if [[ -n ${ARG[paths]-} ]]; then ARG[paths]=$(jq -c unique <<<"${ARG[paths]}"); fi
  if [[ -n ${ARG[tables]-} ]]; then ARG[tables]=$(jq -c unique <<<"${ARG[tables]}"); fi
  WANTED=${ARG[backup]}:${ARG[what]}:${ARG[database]-}
  more=${ARG[paths]-}${ARG[tables]-}${ARG[source]-}${ARG[adapt]-}
  if [[ -n $more ]]; then
    more=$(printf '%s\n' "${ARG[paths]-}" "${ARG[tables]-}" "${ARG[source]-}" "${ARG[adapt]-}" "$PASSWORDS" | sha256sum)
    WANTED+=:${more%% *}
  fi
}

# The passwords that logins of the site get -> PASSWORDS, {name: password}
take_passwords() {
  PASSWORDS=$(jq -c '.databases // "{}" | fromjson | if type == "object" and
      all(to_entries[]; (.key | test("^[a-z][a-z0-9_]{0,31}$")) and (.value | type == "string" and test("^[A-Za-z0-9_-]{16,128}$"))) then . else error("") end' \
    <<<"${SECRETS:-{\}}" 2>/dev/null)
  [[ -n $PASSWORDS ]] || fail INVALID_ARGUMENT "the secret 'databases' must be {\"name\": \"password\"} as text; a password has 16 to 128 letters, digits, _ or -"
}

# WORK/entries becomes what is asked for -> RESTORE_ONLY, as restic is told
choose_parts() {
  local pattern missing
  case ${ARG[what]} in
    files) pattern='^files[\t/]' RESTORE_ONLY=(--include "/sites/$MANIFEST_USER") ;;
    database)
      pattern="^databases/${MANIFEST_USER}_${ARG[database]-[a-z0-9_]*}\\.sql\\t"
      RESTORE_ONLY=(--include "/dumps/$MANIFEST_USER/${MANIFEST_USER}_${ARG[database]-*}.sql")
      ;;
    full) pattern='^(files[\t/]|databases/)' ;;
  esac
  grep -P -- "$pattern" "$WORK/entries" >"$WORK/chosen" ||
    fail BACKUP_NOT_FOUND "this backup has no ${ARG[what]}${ARG[database]+ ${ARG[database]}} in it"
  mv -T -- "$WORK/chosen" "$WORK/entries"
  if [[ -n ${ARG[paths]-} ]]; then
    # a path below another one comes with it
    jq -r '.[]' <<<"${ARG[paths]}" | sort -u | awk '{ for (i = 0; i < n; i++) if (index($0 "/", kept[i] "/") == 1) next; kept[n++] = $0; print }' >"$WORK/paths"
    cp -- "$WORK/entries" "$WORK/all"
    missing=$(pick chosen "$WORK/all" "$WORK/paths" all 2>&1 >"$WORK/entries") || fail BACKUP_NOT_FOUND "this backup does not have ${missing:-what is asked for}"
    mapfile -d '' -t RESTORE_ONLY < <(pick includes "$WORK/paths" "/sites/$MANIFEST_USER" | sed -z 's/^/--include=/')
    require_way "$WORK/paths"
  fi
  if [[ -n ${ARG[tables]-} ]]; then choose_tables; fi
}

# --- single files and directories ---------------------------------------------------------------------------------
# What comes lies in KEPT/paths under a number, and after the swap what was there does; KEPT/paths.list has what is what.

# Looked at before anything has changed.
require_way() { # PATHS
  sed 's/$/\t0\t/; s/^/0\t/' -- "$1" >"$WORK/way"
  run_swap "$WORK/way" look
}

run_swap() { # LIST [look]
  local complaint status
  complaint=$(pick swap "$SITE_HOME" "$KEPT/paths" "$(site_owner)" "$(site_owner)" "$@" 2>&1 >>"$KEPT/paths.made")
  status=$?
  if ((status == 4)); then
    fail IN_THE_WAY "${complaint%%$'\t'*} cannot take its place: ${complaint#*$'\t'} is not the directory it was; restore that instead, or take away what is there"
  elif ((status)); then
    fail INTERNAL "the files cannot be put in place: ${complaint:0:300}" true
  fi
}

gather_paths() {
  mkdir -p -- "$KEPT/paths" || fail INTERNAL "cannot create $KEPT/paths" true
  pick gather "$SCRATCH/sites/$SITE_USER" "$KEPT/paths" "$WORK/paths" "$WORK/all" >"$KEPT/paths.list" ||
    fail INTERNAL "what comes cannot be put aside" true
  note_in_record paths "$(wc -l <"$WORK/paths")"
}

swap_paths() {
  progress 34 "Putting the files in place"
  run_swap "$KEPT/paths.list"
  sync -f -- "$SITE_HOME"
}

undo_paths() {
  progress 34 "Putting the files back"
  if [[ ! -e $KEPT/paths.back ]]; then
    if ! pick back "$KEPT/paths" "$KEPT/paths.list" >"$KEPT/paths.back.new" || ! mv -T -- "$KEPT/paths.back.new" "$KEPT/paths.back"; then
      fail NO_ROOM "$KEPT cannot be written (disk full?)"
    fi
  fi
  run_swap "$KEPT/paths.back"
  pick unmake "$SITE_HOME" "$KEPT/paths.made"
  sync -f -- "$SITE_HOME"
}

# --- single tables ------------------------------------------------------------------------------------------------

# -> TABLES_CHOSEN, by name
choose_tables() {
  local table hex
  TABLES_CHOSEN=()
  while IFS= read -r table; do
    read_back "$table"
    hex=$(printf '%s' "$REPLY" | od -An -v -tx1 | tr -d ' \n')
    if [[ $REPLY == *[\\$'\x01'-$'\x1f'$'\x7f']* ]] || ! grep -qP "^table\\t${MANIFEST_USER}_${ARG[database]}\\t${hex^^}\\t" "$WORK/head"; then
      fail BACKUP_NOT_FOUND "this backup has no table $table in ${ARG[database]}"
    fi
    TABLES_CHOSEN+=("$REPLY")
  done < <(jq -r 'unique[]' <<<"${ARG[tables]}")
  require_mariadb
  present_tables "${SITE_USER}_${ARG[database]}" 'NOT LIKE'
  if ((${#REPLY_LIST[@]})); then fail IN_THE_WAY "in ${ARG[database]} something that is no table has the name of one that should come; drop or rename it"; fi
}

read_back() { # TEXT with %XX -> REPLY
  local text=${1//\\/\\\\}
  printf -v REPLY '%b' "${text//%/\\x}"
}

quoted_tables() { # -> REPLY, for an IN ()
  local table
  REPLY="''"
  for table in "${TABLES_CHOSEN[@]}"; do REPLY+=",'${table//\'/\'\'}'"; done
}

# Those of the chosen that are there, as tables or as something else -> REPLY_LIST
present_tables() { # DATABASE LIKE|NOT LIKE
  local rows
  quoted_tables
  rows=$(sql "SELECT table_name FROM information_schema.tables WHERE table_schema = '$1' AND table_type $2 'BASE TABLE' AND table_name IN ($REPLY);") || exit 1
  REPLY_LIST=()
  if [[ -n $rows ]]; then mapfile -t REPLY_LIST <<<"$rows"; fi
}

# The chosen ones out of the database into which the whole dump went: with what belongs to them and nothing else.
save_chosen_tables() { # SCRATCH-DATABASE
  mkdir -p -- "$KEPT/new/tables" || fail INTERNAL "cannot create $KEPT/new/tables" true
  write_tables "$1" "$KEPT/new/tables/tables.sql" "${TABLES_CHOSEN[@]}" ||
    fail DEPENDENCY_FAILED "the tables cannot be written aside: ${DUMP_COMPLAINT:-the disk may be full}" true
  printf '%s\0' "${TABLES_CHOSEN[@]}" >"$KEPT/tables.list"
  note_in_record tables_of "${SITE_USER}_${ARG[database]}" tables "${#TABLES_CHOSEN[@]}"
}

# Without routines and events, which belong to the database.
write_tables() { # DATABASE FILE TABLE...
  local status
  DUMP=$(command -v mariadb-dump) || DUMP=$(command -v mysqldump) || fail SERVICE_MISSING "mariadb-dump is not installed on this server"
  nice -n 10 ionice -c 2 -n 7 "$DUMP" --no-defaults --protocol=socket --user=root --single-transaction --quick --triggers --no-tablespaces \
    --skip-comments --default-character-set=utf8mb4 --max-allowed-packet=1G -- "$1" "${@:3}" >"$2.new" 2>"$WORK/dump-said"
  status=$?
  cat -- "$WORK/dump-said" >&2
  DUMP_COMPLAINT=$(tr -c '[:print:]' ' ' <"$WORK/dump-said" | head -c 300)
  ((status == 0)) && keep_dump "$2"
}

load_tables() { # -> TABLES_CHOSEN
  require_mariadb
  mapfile -d '' -t TABLES_CHOSEN <"$KEPT/tables.list"
  [[ -e $DATABASES/$(record tables_of).json ]] || fail DATABASE_NOT_FOUND "the site has no database $(record tables_of) any more; create it, then restore again"
}

# As they are now; of those that are not there yet nothing is kept. `tables_kept`: from now on what MariaDB has is nothing to keep.
keep_tables() {
  local database
  database=$(record tables_of)
  if [[ -n $(record tables_kept) ]]; then return; fi
  progress "$KEEP_PERCENT" "Keeping the tables as they are"
  rm -f -- "$KEPT/tables/tables.sql"
  mkdir -p -- "$KEPT/tables" || fail INTERNAL "cannot create $KEPT/tables" true
  present_tables "$database" LIKE
  if ((${#REPLY_LIST[@]})); then
    write_tables "$database" "$KEPT/tables/tables.sql" "${REPLY_LIST[@]}" ||
      fail DEPENDENCY_FAILED "the tables cannot be kept as they are, and nothing was changed: ${DUMP_COMPLAINT:-the disk may be full}" true
  fi
}

# Everything else in the database stays as it is.
replace_tables() { # DUMP MARK
  local database table statements
  database=$(record tables_of)
  if [[ -n $(record "$2") ]]; then return; fi
  progress 36 "Replacing tables of $database"
  if [[ $2 == tables_restored ]]; then note_in_record tables_kept true; fi
  statements='SET SESSION foreign_key_checks = 0;'
  for table in "${TABLES_CHOSEN[@]}"; do statements+=" DROP TABLE IF EXISTS \`$database\`.\`${table//\`/\`\`}\`;"; done
  sql "$statements" >&2 || exit 1
  if [[ -e $1 ]]; then
    grant_own "$database"
    open_login "$database"
    import_dump "$1" "$database" "$database" || fail DEPENDENCY_FAILED "the tables do not go into $database; ask again, or undo: $IMPORT_COMPLAINT" true
    give_back "$WORK/borrowed"
  fi
  note_in_record "$2" true
}

# --- a backup of another site -------------------------------------------------------------------------------------

# Its files become this site's. chown takes away what would let a file run as somebody else: special bits, capabilities.
adopt_files() {
  if [[ ! -d $SCRATCH/sites/$MANIFEST_USER ]]; then return; fi
  mv -T -- "$SCRATCH/sites/$MANIFEST_USER" "$SCRATCH/sites/$SITE_USER" || fail INTERNAL "the files cannot be made this site's" true
  if rootless; then return; fi
  if ! chown -hR "$SITE_UID:$SITE_UID" -- "$SCRATCH/sites/$SITE_USER" || ! chown 0:0 -- "$SCRATCH/sites/$SITE_USER" ||
    ! find "$SCRATCH/sites/$SITE_USER" -type f -perm /7000 -exec chmod a-st -- {} +; then
    fail INTERNAL "the files cannot be made this site's" true
  fi
}

# Before a dump is read: whom it names as definer is whoever reads it in. Only where statements begin, never in a row.
adopt_dumps() {
  local file name login
  for file in "$SCRATCH/dumps/$MANIFEST_USER"/*.sql; do
    name=${file##*/}
    name=${name%.sql}
    [[ $name =~ ^"${MANIFEST_USER}"_[a-z][a-z0-9_]{0,31}$ ]] || fail REPOSITORY_DAMAGED "a dump in the backup is of no database of its site"
    login=$SITE_USER${name#"$MANIFEST_USER"}
    # shellcheck disable=SC2016 # sed's own
    if ! sed -E 's#^((/\*![0-9]+ (CREATE\*/ /\*![0-9]+ )?)|CREATE )DEFINER=`'"$name"'`@`localhost`#\1DEFINER=`'"$login"'`@`localhost`#' <"$file" >"$file.new" ||
      ! mv -T -- "$file.new" "$file"; then
      fail NO_ROOM "the dumps cannot be written (disk full?)"
    fi
  done
}

# A database that MariaDB has and the panel has not is nobody's to be replaced.
require_databases() {
  local name found
  if rootless; then return; fi
  while IFS= read -r name; do
    name_database "$SITE_USER" "$name"
    if [[ -e $DATABASE_FILE ]]; then continue; fi
    [[ -n $(jq -r --arg name "$name" '.[$name] // ""' <<<"$PASSWORDS") ]] || fail DATABASE_NOT_FOUND "the site has no database $DATABASE; create it, then restore again"
    require_mariadb
    found=$(in_mariadb "$DATABASE") || exit 1
    if [[ -n $found ]]; then fail DATABASE_EXISTS "MariaDB has a database or login $DATABASE that is not the panel's"; fi
  done < <(sed -n "s/^databases\\/${MANIFEST_USER}_\\([a-z0-9_]*\\)\\.sql\\tf\\t.*/\\1/p" "$WORK/entries")
}

# The dumps under this site's names, and of each password what MariaDB is to know of it.
adopt_databases() {
  local file name password
  if [[ ! -d $SCRATCH/dumps/$MANIFEST_USER ]]; then return; fi
  mkdir -p -- "$SCRATCH/dumps/$SITE_USER" || fail INTERNAL "cannot create $SCRATCH/dumps/$SITE_USER" true
  for file in "$SCRATCH/dumps/$MANIFEST_USER"/*.sql; do
    name=${file##*/"${MANIFEST_USER}"_}
    name=${name%.sql}
    mv -T -- "$file" "$SCRATCH/dumps/$SITE_USER/${SITE_USER}_$name.sql" || fail INTERNAL "the dumps cannot be made this site's" true
    password=$(jq -r --arg name "$name" '.[$name] // ""' <<<"$PASSWORDS")
    if [[ -n $password ]]; then
      password_hash "$password"
      note_in_record "hash:${SITE_USER}_$name" "$REPLY"
    fi
  done
}

adapt_settings() {
  local scheme=http name password changed
  if [[ ${ARG[adapt]-} != true || ! -d $SCRATCH/sites/$SITE_USER ]]; then return; fi
  if certificate_of "$SITE_USER"; then scheme=https; fi
  {
    while IFS=$'\t' read -r name password; do
      printf 'database\t%s_%s\t%s_%s\t%s\n' "$MANIFEST_USER" "$name" "$SITE_USER" "$name" "$password"
    done < <(jq -r 'to_entries[] | "\(.key)\t\(.value)"' <<<"$PASSWORDS")
    printf 'address\t%s\t%s\n' "$scheme" "$SITE_DOMAIN"
  } >"$WORK/facts"
  pick adapt "$SCRATCH/sites/$SITE_USER" "$WORK/facts" >"$WORK/adapted" || fail INTERNAL "the settings of the site cannot be adapted" true
  changed=$(head -n 20 -- "$WORK/adapted" | jq -Rsc 'split("\n") | map(select(. != ""))')
  note_in_record adapted "$changed"
}

# With an entry, a schema and a login, as database:create makes them.
make_missing_databases() {
  local database hash
  for database in "${RESTORED[@]}"; do
    name_database "$SITE_USER" "${database#"${SITE_USER}"_}"
    hash=$(record "hash:$database")
    if [[ -z $hash || -e $DATABASE_FILE && -z $(record "made:$database") ]]; then continue; fi
    progress 30 "Creating the database $database"
    note_in_record "made:$database" true
    take_lock databases 60
    save_database "$SITE_USER" "${database#"${SITE_USER}"_}"
    create_schema_for "$hash"
    release_lock
  done
}

# What was there before is written down first: an undo sets it again.
set_passwords() {
  local database hash facts
  for database in "${RESTORED[@]}"; do
    hash=$(record "hash:$database")
    if [[ -z $hash || -n $(record "made:$database") || -n $(record "password:$database") ]]; then continue; fi
    if [[ -z $(record "login:$database") ]]; then
      facts=$(sql "SELECT CONCAT(JSON_VALUE(Priv, '$.plugin'), ' ', JSON_VALUE(Priv, '$.authentication_string')) FROM mysql.global_priv
        WHERE user = '$database' AND host = 'localhost';") || exit 1
      note_in_record "login:$database" "$facts"
    fi
    sql "ALTER USER '$database'@'localhost' IDENTIFIED BY PASSWORD '$hash';" >&2 || exit 1
    note_in_record "password:$database" true
  done
}

undo_passwords() {
  local database facts
  for database in "${RESTORED[@]}"; do
    facts=$(record "login:$database")
    if [[ $facts =~ ^([a-z0-9_]+)\ ([A-Za-z0-9*+/=.$]*)$ ]]; then
      sql "ALTER USER '$database'@'localhost' IDENTIFIED VIA ${BASH_REMATCH[1]} USING '${BASH_REMATCH[2]}';" >&2 || exit 1
    fi
  done
}
