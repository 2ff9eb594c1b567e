# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# backup:restore and backup:undo. What is restored is made beside, compared with its manifest and imported into a scratch
# database first; until then nothing of the site has changed. Then the home is exchanged in one step, and databases
# are replaced while the site is closed. What was there before is kept, for a week, in KEPT:
#
#   record.json   what is being restored, and what the site was
#   new/          what comes, until it is in place
#   home/         the home as it was
#   databases/    dumps of the databases as they were
#   paths/        single files and directories: what comes, and after the swap what was there
#   tables/       single tables as they were
#
# Asked for again, an interrupted restore goes on where it was, under the name it had.

register change backup:restore "put a site, its files or a database back as a backup has them; what was there is kept"
register change backup:undo "put back what a restore replaced"
COMMAND_PLAN[backup:restore]=plan_backup_restore
COMMAND_PLAN[backup:undo]=plan_backup_undo
COMMAND_LEFT[backup:restore]=restore_remains
COMMAND_LEFT[backup:undo]=restore_remains

readonly KEEP_PREVIOUS_DAYS=7

check_backup_undo() {
  if [[ -z ${ARG[previous]-}${ARG[backup]-} || (-n ${ARG[previous]-} && -n ${ARG[backup]-}) ]]; then
    fail INVALID_ARGUMENT "backup:undo: give previous, or backup"
  fi
}

name_kept() { # USER OPERATION
  RESTORES=$RETAINED_HOME/restores
  KEPT=$RESTORES/$1/$2
}

record() { jq -r --arg name "$1" '.[$name] // ""' "$KEPT/record.json" 2>/dev/null; } # NAME

note_in_record() { # NAME VALUE ...
  local old='{}'
  if [[ -e $KEPT/record.json ]]; then old=$(<"$KEPT/record.json"); fi
  # what is noted may be a secret, and no argument: everybody on the server can read those
  write_file "$KEPT/record.json" "$(printf '%s\x01' "$old" "$@" |
    jq -Rsc 'split("\u0001") | (.[0] | fromjson) + ([.[1:-1] | _nwise(2) | {key: .[0], value: .[1]}] | from_entries)')"$'\n' ||
    fail NO_ROOM "$KEPT cannot be written (disk full?)"
}

# Not its device, whose number may be another one after a reboot.
inode_of() { REPLY=$(stat -c %i -- "$1" 2>/dev/null) || REPLY=none; }

# --- restore ------------------------------------------------------------------------------------------------------

cmd_backup_restore() {
  name_backup_places "${ARG[user]}"
  take_passwords
  name_wanted
  prepare_repository "$BACKUP_WORK"
  require_repository
  require_made_site
  progress 1 "Looking at the repository"
  begin_backup_work "$SITE_USER"
  find_interrupted
  if [[ -z $(record ready) ]]; then make_beside; fi
  let_others_give_way
  load_beside
  make_missing_databases
  if ((${#RESTORED[@]})) || [[ -n $(record tables_of) ]]; then close_and_keep; fi
  if [[ -n $(record inode) ]]; then swap_home "$KEPT/new/sites/$SITE_USER" "$(record inode)"; fi
  if [[ -n $(record paths) ]]; then swap_paths; fi
  replace_databases "$KEPT/new/dumps/$SITE_USER" restored
  if [[ -n $(record tables_of) ]]; then replace_tables "$KEPT/new/tables/tables.sql" tables_restored; fi
  set_passwords
  back_to_state "$(record state)"
  printf -v SITE_UNTIL '%(%Y-%m-%dT%H:%M:%SZ)T' $((EPOCHSECONDS + 86400 * KEEP_PREVIOUS_DAYS))
  note_in_record ended true until "$SITE_UNTIL"
  rm -rf --one-file-system -- "$KEPT/new"
  answer_restore
  finish_backup_work
  progress 100 "Restored"
}

# KEPT of a restore of the same that did not end, or a new one. Others that did not end -> GAVE_WAY
find_interrupted() {
  local file operation found='' state=''
  GAVE_WAY=()
  for file in "$RETAINED_HOME/restores/$SITE_USER"/*/record.json; do
    operation=${file%/record.json}
    operation=${operation##*/}
    name_kept "$SITE_USER" "$operation"
    if [[ -n $(record ended) || -n $(record undone) || -n $(record gave_way) ]]; then continue; fi
    if [[ -z $(record ready) ]]; then
      # nothing of the site had changed
      rm -rf --one-file-system -- "$KEPT"
      continue
    fi
    # what it was before that one closed it
    state=$(record state)
    if [[ $(record wanted) == "$WANTED" ]]; then found=$operation; else GAVE_WAY+=("$operation"); fi
  done
  name_kept "$SITE_USER" "${found:-${OPERATION_DIRECTORY##*/}}"
  if [[ -n $found ]]; then
    say "Going on with the restore $found, which was interrupted."
    state_to_keep "$(record state)"
    note_in_record state "$REPLY"
    return
  fi
  make_directory 0700 "$RETAINED_HOME"
  mkdir -p -- "$KEPT" || fail INTERNAL "cannot create $KEPT" true
  state_to_keep "${state:-$(settled_state)}"
  note_in_record wanted "$WANTED" state "$REPLY"
  # whether nothing else had it half-way
  if [[ $SITE_STATE == "$REPLY" ]]; then note_in_record settled true; fi
}

# What they replaced is replaced again: nobody may go on with them where they were. What they keep can still be undone to.
let_others_give_way() {
  local operation kept=${KEPT##*/}
  for operation in "${GAVE_WAY[@]}"; do
    name_kept "$SITE_USER" "$operation"
    note_in_record gave_way true
  done
  name_kept "$SITE_USER" "$kept"
}

# Somebody may have opened or closed it since it was interrupted: then that holds.
state_to_keep() { # STATE-BEFORE -> REPLY
  REPLY=$1
  if [[ $SITE_STATE == active || $SITE_STATE == disabled ]]; then REPLY=$SITE_STATE; fi
}

# Nothing of the site changes here. The record is `ready` when what comes is whole and right.
make_beside() {
  local code what
  RESTORE_ONLY=()
  TABLES=0 ROWS=0 RESTORE_MS=0 IMPORT_PERCENT=25
  : >"$WORK/reasons"
  SCRATCH=$KEPT/new
  mkdir -p -- "$SCRATCH" || fail INTERNAL "cannot create $SCRATCH" true
  drop_dead_locks
  if read_manifest; then
    [[ $MANIFEST_USER == "${ARG[source]-$SITE_USER}" ]] ||
      fail INVALID_ARGUMENT "this is a backup of $MANIFEST_USER, not of ${ARG[source]-$SITE_USER}"
    choose_parts
    if [[ -n ${ARG[source]-} ]]; then require_databases; fi
    if restore_aside; then compare_chosen; fi
  fi
  if [[ -s $WORK/reasons ]]; then
    head -n 100 -- "$WORK/reasons" >&2
    IFS=$'\t' read -r code what <"$WORK/reasons"
    rm -rf --one-file-system -- "$KEPT"
    case $code in
      MANIFEST_MISSING | SNAPSHOT_MISSING) fail BACKUP_NOT_FOUND "the backup is not in the repository any more ($code)" ;;
      *) fail REPOSITORY_DAMAGED "the backup is broken, and nothing was changed: $code $what" ;;
    esac
  fi
  # a file of a site is none, whoever made it
  find "$SCRATCH" -xdev \( -type b -o -type c \) -delete
  if [[ -n ${ARG[source]-} ]]; then
    adopt_files
    adopt_databases
    adapt_settings
  fi
  if [[ -n ${ARG[paths]-} ]]; then
    gather_paths
  elif [[ -d $SCRATCH/sites/$SITE_USER ]]; then
    inode_of "$SCRATCH/sites/$SITE_USER"
    note_in_record inode "$REPLY"
  fi
  # they are in tables/, and only they come
  if [[ -n ${ARG[tables]-} ]]; then rm -rf -- "$SCRATCH/dumps"; fi
  sync -f -- "$SCRATCH"
  note_in_record ready true files "$(grep -c $'^files/.*\tf\t' "$WORK/entries")" \
    bytes "$(awk -F '\t' '$2 == "f" { sum += $6 } END { printf "%.0f", sum }' "$WORK/entries")"
}

compare_chosen() {
  progress 22 "Comparing every file"
  compare_files
  # the directory of the dumps is none of the chosen where only some are
  sed -i $'/^FILE_EXTRA\tdatabases$/d' "$WORK/reasons"
  if [[ -s $WORK/reasons ]]; then return; fi
  if [[ -n ${ARG[source]-} ]]; then adopt_dumps; fi
  if grep -q $'^databases/..*\tf\t' "$WORK/entries"; then
    if rootless; then skip mariadb; else compare_databases; fi
  fi
}

# -> RESTORED, the databases that come
load_beside() {
  local file
  RESTORED=()
  for file in "$KEPT/new/dumps/$SITE_USER"/*.sql; do
    file=${file##*/}
    RESTORED+=("${file%.sql}")
  done
  if [[ -n $(record tables_of) ]]; then load_tables; fi
  if rootless || ((${#RESTORED[@]} == 0)); then
    RESTORED=()
    return
  fi
  require_mariadb
  DUMP=$(command -v mariadb-dump) || DUMP=$(command -v mysqldump) || fail SERVICE_MISSING "mariadb-dump is not installed on this server"
  for file in "${RESTORED[@]}"; do
    [[ -e $DATABASES/$file.json || -n $(record "hash:$file") ]] || fail DATABASE_NOT_FOUND "the site has no database $file any more; create it, then restore again"
  done
}

# What was written until the site is closed is kept, and nothing is written after that. Where it cannot be kept nothing has
# been replaced, and the site is opened again as it was.
close_and_keep() {
  local state message
  state=$(record state)
  # of a site that is closed anyway nothing has changed when it is kept
  KEEP_PERCENT=33
  if [[ $state == disabled ]]; then KEEP_PERCENT=31; fi
  if (
    require_room_to_keep
    close_for_restore "$state"
    keep_databases
    if [[ -n $(record tables_of) ]]; then keep_tables; fi
  ) 3>"$WORK/outcome"; then
    load_site "$SITE_USER"
    note_in_record changing true
    return
  fi
  load_site "$SITE_USER"
  if [[ $SITE_STATE == "$state" || -z $(record settled) || -n $(record changing) ]]; then
    cat -- "$WORK/outcome" >&3
    exit 1
  fi
  say "What is there cannot be kept. The site is opened again." stderr
  message=$(jq -Rr '"{\(.)}" | fromjson | .error.message' "$WORK/outcome" 2>/dev/null)
  back_to_state "$state"
  rm -rf --one-file-system -- "$KEPT"
  fail NOT_KEPT "${message:-what is there cannot be kept, and nothing was changed}"
}

still_to_keep() { # DATABASE
  [[ -z $(record "restored:$1") && -z $(record "replacing:$1") ]]
}

# About as much as the dumps will take, so that no site is closed in vain.
require_room_to_keep() {
  local database bytes names="''"
  for database in "${RESTORED[@]}"; do
    if still_to_keep "$database"; then names+=",'$database'"; fi
  done
  bytes=$(sql "SELECT COALESCE(SUM(data_length), 0) FROM information_schema.tables WHERE table_schema IN ($names);") || exit 1
  if ((bytes)); then require_room $((bytes + BACKUP_RESERVE)) "$KEPT"; fi
}

# As they are now, before anything goes. One that MariaDB does not have any more has nothing to keep.
keep_databases() {
  local database
  for database in "${RESTORED[@]}"; do
    still_to_keep "$database" || continue
    progress "$KEEP_PERCENT" "Keeping $database as it is"
    mkdir -p -- "$KEPT/databases" || fail INTERNAL "cannot create $KEPT/databases" true
    if [[ -z $(sql "SELECT 1 FROM information_schema.schemata WHERE schema_name = '$database';") ]]; then
      note_in_record "gone:$database" true
      continue
    fi
    write_dump_of_ruins "$database" "$KEPT/databases/$database.sql" ||
      fail DEPENDENCY_FAILED "$database cannot be kept as it is, and nothing was changed: ${DUMP_COMPLAINT:-the disk may be full}" true
  done
}

# Nobody of the site's may write from here to the database that comes. A site that is closed stays so.
close_for_restore() { # STATE
  local database
  if [[ $1 == disabled ]]; then return; fi
  progress 32 "Closing the site meanwhile"
  note_in_record closing true
  save_site disabling
  lock_config 120
  put_up_notice
  remove_pool
  release_lock
  end_processes
  if [[ -n $SITE_PHP ]] && ! rootless; then await_silence; fi
  # what they have begun there is not gone on with
  for database in "${RESTORED[@]}" "$(record tables_of)"; do
    if [[ -n $database ]]; then run_sql <<<"KILL CONNECTION USER '$database'@'localhost';" >&2; fi
  done
}

# PHP's master listens until its last process is gone, and may make one more for a visitor who waits already.
await_silence() {
  local deadline
  now_ms
  deadline=$((REPLY + 30000))
  while grep -qF " $SITE_SOCKET" /proc/net/unix; do
    now_ms
    if ((REPLY > deadline)); then fail BUSY "PHP does not let go of the site" true; fi
    doze 0.05
    end_processes
  done
  end_processes
}

# One step: at every moment there is a whole home, the old or the new one.
swap_home() { # NEW INODE-OF-NEW
  progress 34 "Putting the files in place"
  inode_of "$SITE_HOME"
  if [[ $REPLY != "$2" ]]; then
    [[ -d $1 ]] || fail INTERNAL "what should come is not in $1 any more"
    if [[ ! -d $SITE_HOME ]]; then
      mv -T -- "$1" "$SITE_HOME" || fail INTERNAL "the files cannot be put in place" true
    elif ! perl "$AGENT_HOME/lib/backup.pl" exchange "$1" "$SITE_HOME"; then
      # a filesystem that cannot exchange: two steps
      mv -T -- "$SITE_HOME" "$KEPT/home" || fail INTERNAL "the files cannot be put in place" true
      mv -T -- "$1" "$SITE_HOME" || fail INTERNAL "the files cannot be put in place" true
    fi
    sync -- "${SITE_HOME%/*}"
  fi
  complete_swap
  # what was excluded from the backup and every site must have
  create_home
}

# After the exchange the old home stands where the new one was made.
complete_swap() {
  local old=$KEPT/new/sites/$SITE_USER
  inode_of "$SITE_HOME"
  if [[ $REPLY == "$(record inode)" && -d $old ]]; then
    mv -T -- "$old" "$KEPT/home" || fail INTERNAL "the files that were there cannot be kept" true
  fi
}

replace_databases() { # DIRECTORY-OF-DUMPS MARK
  local database facts
  for database in "${RESTORED[@]}"; do
    if [[ -n $(record "$2:$database") ]]; then continue; fi
    progress 36 "Replacing the database $database"
    facts=$(sql "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata WHERE schema_name = '$database';") || exit 1
    [[ $facts =~ ^([a-z0-9]+)$'\t'([a-z0-9_]+)$ ]] || facts=$'utf8mb4\tutf8mb4_unicode_ci'
    # from here on what MariaDB has is nothing to keep
    if [[ $2 == restored ]]; then note_in_record "replacing:$database" true; fi
    sql "DROP DATABASE IF EXISTS \`$database\`; CREATE DATABASE \`$database\` CHARACTER SET ${facts%$'\t'*} COLLATE ${facts#*$'\t'};" >&2 || exit 1
    if [[ -e $1/$database.sql ]]; then
      grant_own "$database"
      open_login "$database"
      import_dump "$1/$database.sql" "$database" "$database" || fail DEPENDENCY_FAILED "the dump of $database does not go in; ask again, or undo: $IMPORT_COMPLAINT" true
      give_back "$WORK/borrowed"
    fi
    note_in_record "$2:$database" true
  done
}

grant_own() { # DATABASE
  granted_name "$1"
  if [[ -n $(sql "SELECT 1 FROM mysql.global_priv WHERE user = '$1' AND host = 'localhost';") ]]; then
    sql "GRANT ALL PRIVILEGES ON \`$REPLY\`.* TO '$1'@'localhost';" >&2 || exit 1
  else
    fail DATABASE_NOT_FOUND "the login of $1 is gone; create the database again, then restore"
  fi
}

# Exactly as it was: open and answering, or closed. Single files close nothing.
back_to_state() { # STATE
  if [[ -n $(record paths) && $SITE_STATE == "$1" ]]; then return; fi
  if [[ $1 == disabled ]]; then
    if [[ $SITE_STATE != disabled ]]; then save_site disabled; fi
  else
    save_site enabling
    open_site
  fi
}

answer_restore() {
  local databases='[]'
  if ((${#RESTORED[@]})); then
    json_list "${RESTORED[@]#"${SITE_USER}"_}"
    databases=$REPLY
  fi
  json_list "${SKIPPED[@]}"
  DATA=$(jq -c --arg user "$SITE_USER" --arg what "${ARG[what]}" --arg previous "${KEPT##*/}" --argjson databases "$databases" --arg state "$SITE_STATE" \
    --argjson skipped "$REPLY" '{user: $user, what: $what, previous: $previous, until, files: (.files | tonumber), bytes: (.bytes | tonumber),
      databases: $databases, state: $state, skipped: $skipped}
      + (if .paths then {paths: (.paths | tonumber)} else {} end) + (if .tables then {tables: (.tables | tonumber)} else {} end)
      + (if .adapted then {adapted: (.adapted | fromjson)} else {} end)' "$KEPT/record.json")
}

# --- undo ---------------------------------------------------------------------------------------------------------

cmd_backup_undo() {
  local file
  name_backup_places "${ARG[user]}"
  require_made_site
  progress 1 "Looking at what is kept"
  WORK=$BACKUP_WORK
  begin_backup_work "$SITE_USER"
  judge_undo
  if [[ -z $(record undone) ]]; then
    if [[ -z $(record undo_state) ]]; then
      complete_swap
      if [[ -d $KEPT/home ]]; then
        inode_of "$KEPT/home"
        note_in_record undo_inode "$REPLY"
      fi
      # a restore that did not end has closed it
      if [[ -n $(record ended) ]]; then file=$(settled_state); else file=$(record state); fi
      note_in_record undo_state "$file"
    fi
    load_replaced
    if [[ -n $(record tables_kept) ]]; then load_tables; fi
    if ((${#RESTORED[@]})) || [[ -n $(record tables_kept) ]]; then
      require_mariadb
      close_for_restore "$(record undo_state)"
    fi
    if [[ -n $(record undo_inode) ]]; then undo_home; fi
    if [[ -n $(record paths) ]]; then undo_paths; fi
    replace_databases "$KEPT/databases" undone
    if [[ -n $(record tables_kept) ]]; then replace_tables "$KEPT/tables/tables.sql" tables_undone; fi
    undo_passwords
    back_to_state "$(record undo_state)"
    note_in_record undone true
    rm -rf --one-file-system -- "${KEPT:?}"/{home,new,databases,replaced,paths,tables}
  fi
  site_standing
  finish_backup_work
  progress 100 "As it was"
}

# -> RESTORED, the databases of which more than a copy is kept: of any other what is there is newer
load_replaced() {
  RESTORED=()
  if rootless; then return; fi
  mapfile -t RESTORED < <(jq -r '[keys[] | select(startswith("replacing:") or startswith("restored:")) | sub("^[a-z]+:"; "")] | unique[]' "$KEPT/record.json")
}

judge_undo() {
  local kept=${ARG[previous]-}
  if [[ -z $kept ]]; then last_restore_of "${ARG[backup]}"; kept=$REPLY; fi
  name_kept "$SITE_USER" "$kept"
  [[ -e $KEPT/record.json && (-n $(record ready) || -n $(record undone)) ]] ||
    fail BACKUP_NOT_FOUND "nothing is kept of that restore (any more)"
}

# A restore that did not end has told nobody under which name it keeps what was there.
last_restore_of() { # BACKUP -> REPLY
  local file
  REPLY=none
  while IFS= read -r -d '' file; do
    name_kept "$SITE_USER" "$(basename -- "${file%/record.json}")"
    if [[ $(record wanted) == "$1":* ]]; then REPLY=${KEPT##*/}; return; fi
  done < <(find "$RETAINED_HOME/restores/$SITE_USER" -mindepth 2 -maxdepth 2 -name record.json -printf '%T@ %p\0' 2>/dev/null | sort -z -n -r | cut -z -d ' ' -f 2-)
}

# As swap_home, the other way round.
undo_home() {
  progress 34 "Putting the files back"
  inode_of "$SITE_HOME"
  if [[ $REPLY == "$(record undo_inode)" ]]; then return; fi
  if [[ ! -d $SITE_HOME ]]; then
    mv -T -- "$KEPT/home" "$SITE_HOME" || fail INTERNAL "the files cannot be put back" true
  elif ! perl "$AGENT_HOME/lib/backup.pl" exchange "$KEPT/home" "$SITE_HOME"; then
    mv -T -- "$SITE_HOME" "$KEPT/replaced" || fail INTERNAL "the files cannot be put back" true
    mv -T -- "$KEPT/home" "$SITE_HOME" || fail INTERNAL "the files cannot be put back" true
  fi
  sync -- "${SITE_HOME%/*}"
}

# --- what is there ------------------------------------------------------------------------------------------------

restore_remains() {
  local place
  name_site "${ARG[user]}"
  backup_remains
  for place in "$RETAINED_HOME/restores/$SITE_USER"/*/; do
    name_kept "$SITE_USER" "$(basename -- "$place")"
    if [[ -n $(record ended) || -n $(record undone) ]]; then continue; fi
    if [[ -z $(record ready) ]]; then
      rm -rf --one-file-system -- "$KEPT"
    elif ! reopen_untouched "${operation-}"; then
      printf 'unfinished:%s\n' "$KEPT"
    fi
  done
  # also for who asks once more
  if [[ -n ${operation-} && -e $OPERATIONS/$operation/untouched ]]; then printf 'untouched:%s\n' "$SITE_USER"; fi
}

# A restore that ended when it had closed the site and replaced nothing left it closed in vain: it is opened again as it was,
# and nothing of that restore is left. False where anything may have been replaced.
reopen_untouched() { # OPERATION of the journal that is told
  local state lock done=1
  state=$(record state)
  if [[ -z $(record closing) || -z $(record settled) || -n $(record changing)$(record gave_way) ]]; then return 1; fi
  exec {lock}>>"$RUN_DIR/backup-$SITE_USER.lock" || return 1
  if flock -n "$lock" && load_site "$SITE_USER" && [[ $SITE_STATE =~ ^(disabling|enabling)$ || $SITE_STATE == "$state" ]]; then
    if [[ $SITE_STATE == "$state" ]] || (back_to_state "$state") >&2 3>/dev/null; then
      load_site "$SITE_USER"
      if [[ -d $OPERATIONS/$1 && -n $1 ]]; then : >"$OPERATIONS/$1/untouched"; fi
      rm -rf --one-file-system -- "$KEPT"
      done=0
    fi
  fi
  exec {lock}>&-
  return "$done"
}

# At the start of a gateway: what has been kept for long enough.
tend_restores() {
  [[ -d $RETAINED_HOME/restores ]] || return 0
  local file user
  # a power cut while a site was closed
  for file in "$RETAINED_HOME/restores"/s*/*/record.json; do
    file=${file%/record.json}
    user=${file%/*}
    name_site "${user##*/}"
    name_kept "$SITE_USER" "${file##*/}"
    if [[ -n $(record ready) && -z $(record ended)$(record undone) ]]; then reopen_untouched "${file##*/}"; fi
  done
  while IFS= read -r -d '' file; do
    # of one that did not end this may be all there is of the site
    if jq -e '.ready and ((.ended // .undone // .gave_way) | not)' "$file" >/dev/null 2>&1; then continue; fi
    rm -rf --one-file-system -- "${file%/record.json}"
  done < <(find "$RETAINED_HOME/restores" -mindepth 3 -maxdepth 3 -name record.json -mtime "+$((KEEP_PREVIOUS_DAYS - 1))" -print0)
}

# --- plans --------------------------------------------------------------------------------------------------------

plan_backup_restore() {
  name_repository
  require_repository
  require_made_site
  name_nginx
  name_kept "$SITE_USER" "<operation>"
  local part steps=("restored beside and compared" "$RESTORES/$SITE_USER" create)
  if [[ -n ${ARG[tables]-} ]]; then
    while IFS= read -r part; do steps+=("table, replaced by the backup's" "${SITE_USER}_${ARG[database]}.$part" write); done < <(jq -r '.[]' <<<"${ARG[tables]}")
  elif [[ ${ARG[what]} != files && -n ${ARG[source]-} ]]; then
    steps+=("databases of the backup, made or replaced" "${SITE_USER}_${ARG[database]-*}" write)
  elif [[ ${ARG[what]} != files ]]; then
    site_databases "$SITE_USER"
    for part in "${REPLY_LIST[@]}"; do
      part=${part##*/}
      part=${part%.json}
      if [[ -z ${ARG[database]-} || $part == "${SITE_USER}_${ARG[database]}" ]]; then
        steps+=("database, replaced by the backup's if it is in it" "$part" write)
      fi
    done
  fi
  if [[ -n ${ARG[paths]-} ]]; then
    while IFS= read -r part; do steps+=("put in its place, with all below it" "$SITE_HOME/$part" write); done < <(jq -r '.[]' <<<"${ARG[paths]}")
  elif [[ ${ARG[what]} != database ]]; then
    steps+=("home, exchanged for the backup's" "$SITE_HOME" write)
  fi
  if [[ ${ARG[adapt]-} == true ]]; then steps+=("database, password and address of this site" "wp-config.php, .env" write); fi
  steps+=("what is there now, kept for $KEEP_PREVIOUS_DAYS days" "$RESTORES/$SITE_USER" create)
  if ! site_closed && [[ -z ${ARG[paths]-} ]]; then plan_open_site; fi
  plan_steps "${steps[@]}" "${PLANNED[@]}"
}

plan_backup_undo() {
  require_made_site
  name_nginx
  judge_undo
  local file steps=()
  if [[ -d $KEPT/home ]]; then steps+=("home, as it was before the restore" "$SITE_HOME" write); fi
  if [[ -n $(record paths) ]]; then steps+=("files and directories, as they were before the restore" "$(record paths)" write); fi
  if [[ -n $(record tables_kept) ]]; then steps+=("tables, as they were before the restore" "$(record tables_of)" write); fi
  load_replaced
  for file in "${RESTORED[@]}"; do steps+=("database, as it was before the restore" "$file" write); done
  if ! site_closed; then plan_open_site; fi
  plan_steps "${steps[@]}" "${PLANNED[@]}"
}
