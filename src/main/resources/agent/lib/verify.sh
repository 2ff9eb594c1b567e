# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# backup:verify: a backup is restored where only root looks, and compared with what was written down when it was made.
# BROKEN is an answer. What keeps it from being judged (a wrong key, no room, a lock) is an error.

register change backup:verify "restore a backup aside and compare it with its manifest: PROVEN or BROKEN, and why"
COMMAND_PLAN[backup:verify]=plan_backup_verify
COMMAND_LEFT[backup:verify]=backup_remains

readonly REASONS_SHOWN=50

cmd_backup_verify() {
  name_site "${ARG[user]}"
  name_backup_places "$SITE_USER"
  prepare_repository "$BACKUP_WORK"
  require_repository
  progress 1 "Looking at the repository"
  begin_backup_work "$SITE_USER"
  drop_dead_locks
  TABLES=0 ROWS=0 RESTORE_MS=0 IMPORT_PERCENT=75 ANSWERED=''
  RESTORE_ONLY=()
  : >"$WORK/reasons"
  judge_backup
  give_verdict
  finish_backup_work
  progress 100 "$OUTCOME"
}

reason() { printf '%s\t%s\n' "$1" "$2" >>"$WORK/reasons"; } # CODE WHAT

# restic has failed: damage is a finding, anything else keeps us from finding out.
damage_or_failure() {
  cat -- "$WORK/complaint" >&2
  judge_complaint
  [[ $RESTIC_CODE == REPOSITORY_DAMAGED ]] || fail "$RESTIC_CODE" "$RESTIC_SAYS" "$RESTIC_AGAIN"
  reason REPOSITORY_DAMAGED "${RESTIC_SAYS#*: }"
}

judge_backup() {
  read_manifest || return 0
  make_directory 0700 "$SCRATCH_HOME"
  SCRATCH=$(mktemp -d "$SCRATCH_HOME/$SITE_USER.XXXXXXXXXXXX") || fail INTERNAL "cannot create a directory in $SCRATCH_HOME" true
  restore_aside || return 0
  progress 60 "Comparing every file"
  compare_files
  prove_alive
}

# -> WORK/manifest, WORK/entries (sorted by path) and MANIFEST_USER; false, with the reason, where it is not what the panel
# remembers.
read_manifest() {
  local sum
  snapshots || { damage_or_failure; return 1; }
  find_manifest "${ARG[backup]}"
  if [[ -z $BACKUP_MANIFEST ]]; then
    reason MANIFEST_MISSING "${ARG[backup]}"
    return 1
  fi
  restic_look dump "$BACKUP_MANIFEST" /manifest >"$WORK/manifest" || { damage_or_failure; return 1; }
  sum=$(sha256sum <"$WORK/manifest")
  if [[ ${sum%% *} != "${ARG[manifest]}" ]]; then
    reason MANIFEST_CHANGED "${sum%% *}"
    return 1
  fi
  sed '1,/^entries$/d' "$WORK/manifest" | sort_list >"$WORK/entries"
  sed -n '/^entries$/q; p' "$WORK/manifest" >"$WORK/head"
  MANIFEST_USER=$(sed -n 's/^user\t//p' "$WORK/head")
  [[ $MANIFEST_USER =~ ^s[0-9]{6,9}$ ]] || fail REPOSITORY_DAMAGED "the manifest does not name its site's user"
  if ! jq -e --arg id "${ARG[snapshot]}" 'any(.[]; .id == $id)' >/dev/null <<<"$SNAPSHOTS"; then
    reason SNAPSHOT_MISSING "${ARG[snapshot]}"
    return 1
  fi
}

# The manifest of a backup, also where its data is gone -> BACKUP_MANIFEST
find_manifest() { # ID
  BACKUP_MANIFEST=$(jq -r --arg backup "$1" '[.[] | select(.backup == $backup and .part == "manifest") | .id][0] // ""' <<<"$SNAPSHOTS")
}

# In SCRATCH, all of it or what RESTORE_ONLY says; below it there are then sites/ and dumps/ of MANIFEST_USER.
restore_aside() {
  local begun bytes reading=restic_work
  # a server that does not have the site leaves no lock there: should it die, no other would dare to remove it
  if [[ ! -e $SITE_FILE ]]; then reading=restic_look; fi
  bytes=$(awk -F '\t' '$2 == "f" { sum += $6; if ($1 ~ /^databases\//) sum += 2 * $6 } END { printf "%.0f", sum }' "$WORK/entries")
  require_room $((bytes + BACKUP_RESERVE)) "$SCRATCH"
  progress 10 "Restoring $(megabytes "$bytes") MB aside"
  now_ms
  begun=$REPLY
  "$reading" restore --quiet "${ARG[snapshot]}" --target "$SCRATCH" "${RESTORE_ONLY[@]}" >&2 || damage_or_failure
  now_ms
  RESTORE_MS=$((REPLY - begun))
}

compare_files() {
  {
    if [[ -d $SCRATCH/sites/$MANIFEST_USER ]]; then walk "$SCRATCH/sites/$MANIFEST_USER" files; fi
    if [[ -d $SCRATCH/dumps/$MANIFEST_USER ]]; then walk "$SCRATCH/dumps/$MANIFEST_USER" databases; fi
  } | cut -f 2-7,10 | sort_list >"$WORK/restored"
  if [[ -n ${ARG[paths]-} ]]; then
    # what leads to them is not compared: only they take their places
    mv -T -- "$WORK/restored" "$WORK/restored.all"
    pick chosen "$WORK/restored.all" "$WORK/paths" >"$WORK/restored" || fail INTERNAL "the files cannot be compared" true
  fi
  perl "$AGENT_HOME/lib/backup.pl" compare "$WORK/entries" "$WORK/restored" >>"$WORK/reasons" || fail INTERNAL "the files cannot be compared" true
}

# --- databases ----------------------------------------------------------------------------------------------------

compare_databases() {
  local file database login number=0 begun
  require_mariadb
  while IFS= read -r database; do
    file=$SCRATCH/dumps/$MANIFEST_USER/$database.sql
    if [[ ! -f $file ]]; then continue; fi
    progress "$IMPORT_PERCENT" "Importing the dump of $database"
    # of a backup of another site, the login of the database that it comes to
    login=$SITE_USER${database#"$MANIFEST_USER"}
    open_login "$login"
    scratch_database "chom_verify_${SITE_USER}_$((++number))" "$login"
    now_ms
    begun=$REPLY
    if import_dump "$file" "chom_verify_${SITE_USER}_$number" "$login"; then
      now_ms
      RESTORE_MS=$((RESTORE_MS + REPLY - begun))
      progress "$IMPORT_PERCENT" "Comparing the tables of $database"
      compare_tables "$database" "chom_verify_${SITE_USER}_$number"
      if [[ -n ${ARG[tables]-} && ! -s $WORK/reasons ]]; then save_chosen_tables "chom_verify_${SITE_USER}_$number"; fi
    else
      reason DUMP_NOT_IMPORTED "$database: $IMPORT_COMPLAINT"
    fi
    give_back "$WORK/borrowed"
  done < <(sed -n "s/^databases\\/\\(${MANIFEST_USER}_[a-z][a-z0-9_]*\\)\\.sql\\tf\\t.*/\\1/p" "$WORK/entries")
}

# "table, rows, checksum" and what is not a table, as it was then and as it is now.
compare_tables() { # DATABASE SCRATCH-DATABASE
  local kind name rows sum
  { measure_tables "$2" | sed $'s/^/table\t/'; list_programs "$2" | cut -f 1,3-; } >"$WORK/found"
  while IFS=$'\t' read -r kind name rows sum; do
    if [[ $kind == table ]]; then TABLES=$((TABLES + 1)) ROWS=$((ROWS + rows)); fi
  done <"$WORK/found"
  awk -F '\t' -v database="$1" '
    FILENAME == ARGV[1] { found[$1 "\t" $2] = 1; rows[$1 "\t" $2] = $3; sum[$1 "\t" $2] = $4; next }
    $2 != database { next }
    { key = $1 "\t" $3 }
    $1 !~ /^(table|view|trigger|procedure|function|event)$/ { next }
    { known[key] = 1 }
    !(key in found) { print toupper($1) "_MISSING\t" $3; next }
    $1 == "table" && $5 != "moving" && rows[key] != $4 { print "ROWS_DIFFER\t" $3 "\t" $4 "\t" rows[key]; next }
    $5 != "moving" && sum[key] != $5 { print toupper($1) "_CHANGED\t" $3 }
    END { for (key in found) if (!(key in known)) { split(key, parts, "\t"); print toupper(parts[1]) "_EXTRA\t" parts[2] } }' \
    "$WORK/found" "$WORK/head" >"$WORK/differences"
  while IFS=$'\t' read -r kind name rows sum; do
    name=$(printf '%s' "$name" | sed 's/../\\x&/g')
    # shellcheck disable=SC2059 # the bytes of the name
    name=$(printf "$name" | tr -c '[:alnum:]_ .,:;/@+-' '?')
    reason "$kind" "$1.$name${rows:+: $sum rows instead of $rows}"
  done <"$WORK/differences"
}

# --- the verdict --------------------------------------------------------------------------------------------------

give_verdict() { # -> DATA, OUTCOME
  local count files=0 bytes=0 facts
  count=$(wc -l <"$WORK/reasons")
  OUTCOME=PROVEN
  if ((count)); then OUTCOME=BROKEN; fi
  if [[ -e $WORK/restored ]]; then
    facts=$(awk -F '\t' '$2 == "f" { bytes += $6; if ($1 ~ /^files\//) files++ } END { printf "%d %.0f", files, bytes }' "$WORK/restored")
    files=${facts% *} bytes=${facts#* }
  fi
  json_list "${SKIPPED[@]}"
  DATA=$(head -n "$REASONS_SHOWN" -- "$WORK/reasons" | tr -c '[:print:]\t\n' '?' | jq -Rsc --arg backup "${ARG[backup]}" --arg outcome "$OUTCOME" \
    --argjson more $((count > REASONS_SHOWN ? count - REASONS_SHOWN : 0)) --argjson files "$files" --argjson bytes "$bytes" \
    --argjson tables "$TABLES" --argjson rows "$ROWS" --argjson ms "$RESTORE_MS" --argjson skipped "$REPLY" --argjson answered "${ANSWERED:-null}" '
    {backup: $backup, outcome: $outcome,
     reasons: [split("\n")[] | select(. != "") | split("\t") | {code: .[0], what: .[1][0:300]}], more: $more,
     files: $files, bytes: $bytes, tables: $tables, rows: $rows, restore_ms: $ms, skipped: $skipped}
    + (if $answered == null then {} else {answered: $answered} end)')
}

plan_backup_verify() {
  name_repository
  require_repository
  name_backup_places "${ARG[user]}"
  plan_steps "restored aside, compared and removed again" "$SCRATCH_HOME" run
}
