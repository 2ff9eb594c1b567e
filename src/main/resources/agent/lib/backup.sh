# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# Backups of a site. One is two snapshots of restic, tied by the tag backup=<id>: the data (part=data), then the manifest of
# that data (part=manifest). The second makes it one: without it there is only half a backup, which nothing counts and
# the next one of the site removes. Each command rolls forward: asked again after any interruption it finishes.

register change backup:create "back a site up into its repository: files, databases, and a manifest to prove it by"
register read backup:list "the backups in a site's repository"
register change backup:delete "remove backups from a site's repository and free their room"
COMMAND_PLAN[backup:create]=plan_backup_create
COMMAND_PLAN[backup:delete]=plan_backup_delete
COMMAND_LEFT[backup:create]=backup_remains
COMMAND_LEFT[backup:delete]=backup_remains

readonly LOOK_SECONDS=60                 # for who only asks: nobody waits longer, and a gateway has few readers
readonly BACKUP_RESERVE=67108864         # bytes that stay free on a disk that is written to
readonly GROWTH_BYTES=1073741824         # so much, and a quarter, may a site's files grow while they are read

name_backup_places() { # USER
  BACKUPS=$STATE_DIR/backups
  DUMPS=${SITES_HOME%/sites}/dumps
  SITE_DUMPS=$DUMPS/$1
  BACKUP_WORK=$BACKUPS/$1
  SCRATCH_HOME=${SITES_HOME%/sites}/scratch
}

# One at a time for a site, and nothing of an earlier one around.
begin_backup_work() { # USER
  name_backup_places "$1"
  take_lock "backup-$1" 20
  BACKUP_LOCK=$LOCK_FD
  clean_backup_work
  # however this process ends
  trap clean_backup_work EXIT
  make_directory 0700 "$BACKUPS"
  mkdir -p -- "$BACKUP_WORK" || fail INTERNAL "cannot create $BACKUP_WORK" true
}

clean_backup_work() {
  close_room
  give_back "$BACKUP_WORK/borrowed"
  rm -rf --one-file-system -- "${SITE_DUMPS:?}" "${SCRATCH_HOME:?}/${BACKUP_WORK##*/}".*
  if [[ -s $BACKUP_WORK/borrowed ]]; then
    # MariaDB does not answer: the next one gives it back
    find "$BACKUP_WORK" -xdev -mindepth 1 ! -name borrowed -delete
  else
    rm -rf --one-file-system -- "${BACKUP_WORK:?}"
  fi
}

# --- create -------------------------------------------------------------------------------------------------------

cmd_backup_create() {
  local begun=$EPOCHSECONDS size_before
  name_backup_places "${ARG[user]}"
  prepare_repository "$BACKUP_WORK"
  require_made_site
  progress 1 "Looking at the repository"
  begin_backup_work "$SITE_USER"
  make_repository
  drop_dead_locks
  snapshots || restic_failed
  if find_backup "${ARG[backup]}"; then
    restic_look dump "$BACKUP_MANIFEST" /answer.json >"$WORK/answer" || restic_failed
    DATA=$(jq -c . "$WORK/answer") || fail REPOSITORY_DAMAGED "what the repository knows of this backup cannot be read"
    # who asks again may do so because it could not be read back
    restic_look dump "$BACKUP_MANIFEST" /manifest >"$WORK/back" || restic_failed
    [[ $(sha256sum <"$WORK/back") == "$(jq -r .manifest <<<"$DATA")  -" ]] ||
      fail REPOSITORY_DAMAGED "the manifest comes back from the repository changed"
    finish_backup_work
    return
  fi
  forget_halves
  repository_bytes
  size_before=$REPLY
  if [[ ${ARG[type]} != files ]]; then dump_databases; else DATABASE_FACTS='[]'; : >"$WORK/tables"; fi
  note_answer
  read_files
  save_data
  make_manifest
  save_manifest "$size_before" "$begun"
  finish_backup_work
  progress 100 "Backed up"
}

finish_backup_work() {
  clean_backup_work
  trap - EXIT
  exec {BACKUP_LOCK}>&-
  bound_caches
}

# SNAPSHOTS: what restic has, as a JSON array.
snapshots() {
  SNAPSHOTS=$(restic_look snapshots --json) || return 1
  SNAPSHOTS=$(jq -c '[(. // [])[] | . as $s | {id, time, size: 0} + ([(.tags // [])[] | capture("^(?<key>backup|part|type|data|bytes|files)=(?<value>.*)$")] | from_entries)]' <<<"$SNAPSHOTS")
}

# A whole backup of that id -> BACKUP_DATA, BACKUP_MANIFEST
find_backup() { # ID
  read -r BACKUP_MANIFEST BACKUP_DATA < <(jq -r --arg backup "$1" '
    . as $all | [.[] | select(.backup == $backup and .part == "manifest") | .data as $data
      | select(any($all[]; .id == $data)) | "\(.id) \(.data)"][0] // ""' <<<"$SNAPSHOTS")
  [[ -n $BACKUP_DATA ]]
}

# Data without a manifest, or a manifest whose data is gone. The room goes with the next deletion.
forget_halves() {
  local -a halves
  mapfile -t halves < <(jq -r '. as $all | .[]
    | select((.part == "data" and (.id as $id | any($all[]; .data == $id) | not))
      or (.part == "manifest" and (.data as $data | any($all[]; .id == $data) | not))) | .id' <<<"$SNAPSHOTS")
  ((${#halves[@]})) || return 0
  say "Removing what an interrupted backup left: ${halves[*]:0:10}"
  restic_work forget --quiet "${halves[@]}" >/dev/null || restic_failed
}

# What is about to be saved, as it is before restic reads it: WORK/walk.
read_files() {
  local bytes
  local -a ends
  progress 15 "Reading the files"
  CLAIMED_BYTES=0
  if [[ ${ARG[type]} != database ]]; then judge_size; fi
  READ_LIMIT=$((CLAIMED_BYTES + CLAIMED_BYTES / 4 + GROWTH_BYTES))
  mkdir -p -- "$DUMPS" "$SITE_DUMPS" || fail INTERNAL "cannot create $SITE_DUMPS" true
  {
    if [[ ${ARG[type]} != database ]]; then walk "$SITE_HOME" files "$READ_LIMIT" || exit; fi
    walk "$SITE_DUMPS" databases || exit 1
  } | sort_list >"$WORK/walk"
  ends=("${PIPESTATUS[@]}")
  if ((ends[0] == 3)); then files_grow; fi
  if [[ ${ends[*]} != '0 0' ]]; then fail BACKUP_INCOMPLETE "not all files of the site can be read; see the operation's output"; fi
  if [[ $(jq length <<<"$SNAPSHOTS") == 0 ]]; then
    bytes=$(awk -F '\t' '{ sum += $7 } END { printf "%.0f", sum }' "$WORK/walk")
  else
    bytes=0
  fi
  require_room_there $((bytes + BACKUP_RESERVE))
  # what restic reads beside the files, which are watched: what has been dumped
  READ_LIMIT=$((READ_LIMIT + $(du -sb -- "$SITE_DUMPS" | cut -f 1)))
}

# Hollow ones can do so at once, and without end.
files_grow() {
  fail BACKUP_INCOMPLETE "the files grow while they are read: they were $((CLAIMED_BYTES / 1000000)) MB, and more than $((READ_LIMIT / 1000000)) MB have been read; find out what writes there, or exclude it"
}

# A file can claim to be any size and hold nothing; all of that would be read. Files that claim more than twice what their
# disk could hold are not the site's data.
judge_size() { # -> CLAIMED_BYTES
  local sum disk largest
  disk=$(df -B1 --output=size -- "$SITE_HOME" 2>/dev/null | tail -n 1)
  sum=$(find "$SITE_HOME" -xdev -type f -printf '%s\n' 2>/dev/null | awk '{ sum += $1 } END { printf "%.0f", sum }')
  if ((${#sum} < 18 && sum <= 2 * disk)); then
    CLAIMED_BYTES=$sum
    return
  fi
  largest=$(find "$SITE_HOME" -xdev -type f -printf '%s %P\0' 2>/dev/null | sort -z -rn | head -z -n 1 | tr -d '\0' | tr -c '[:print:]' '?' | head -c 300)
  fail BACKUP_INCOMPLETE "the files claim $((${sum:0:17} / 1000000000)) GB, more than their disk could hold, the largest: ${largest#* }; exclude or remove what is hollow"
}

walk() { nice -n 10 ionice -c 2 -n 7 perl "$AGENT_HOME/lib/backup.pl" walk "$@"; }

sort_list() { sort -t $'\t' -k 1,1 -S 32M -T "$WORK"; }

# -> BACKUP_DATA
save_data() {
  local try status pattern first
  local -a words=(--tag "backup=${ARG[backup]}" --tag part=data --tag "type=${ARG[type]}" --host chom)
  local -a sources=("dumps/$SITE_USER")
  if [[ ${ARG[type]} != database ]]; then sources+=("sites/$SITE_USER"); fi
  backup_patterns
  for pattern in "${PATTERNS[@]}"; do words+=(--exclude "$SITE_HOME/$pattern"); done
  RESTIC_FROM=${SITES_HOME%/sites}
  # What goes while restic looks at it is an unreadable file to restic; with what stayed it is quick to look again.
  for try in 1 2 3; do
    watch_restic 35 80 backup --json "${words[@]}" -- "${sources[@]}"
    status=$?
    if [[ -z $BACKUP_DATA || $status != 3 || -e $WORK/stalled || -e $WORK/grew ]] || unreadable_files >/dev/null; then break; fi
    restic_work forget --quiet "$BACKUP_DATA" >/dev/null || restic_failed
    BACKUP_DATA=''
  done
  RESTIC_FROM=''
  if [[ -e $WORK/grew ]]; then files_grow; fi
  if [[ -e $WORK/stalled ]]; then
    fail BACKUP_INCOMPLETE "restic was ended, $(<"$WORK/stalled"); it was $(reading_now)$(if remote; then printf ', or %s took nothing more' "$HOST"; fi)" "$(if remote; then echo true; else echo false; fi)"
  fi
  case $status in
    0) [[ -n $BACKUP_DATA ]] || fail DEPENDENCY_FAILED "restic ended without naming its snapshot" true ;;
    3)
      first=$(unreadable_files | head -n 1)
      if [[ -n $BACKUP_DATA ]]; then restic_work forget --quiet "$BACKUP_DATA" >/dev/null; fi
      fail BACKUP_INCOMPLETE "files could not be read, or go while they are read; the first: ${first:-see its output}"
      ;;
    *) restic_failed ;;
  esac
}

# Where it was when it was last heard of.
reading_now() {
  local file
  file=$(jq -r '.current_files[0] // ""' <<<"${CURRENT:-{\}}" 2>/dev/null | tr -c '[:print:]\n' '?' | head -c 300)
  printf 'reading %s' "${file:-the files}"
}

# restic's complaints are JSON, one a line; those about files that are gone by now are not about reading.
unreadable_files() {
  cat -- "$WORK/complaint" >&2
  jq -Rr 'fromjson? | select(.message_type == "error" and (.error.Err? // 0) != 2) | "\(.item): \(.error.message? // .error.Op? // .error)" | .[0:300]' \
    "$WORK/complaint" 2>/dev/null | tr -c '[:print:]\n' '?' | grep .
}

backup_patterns() { # -> PATTERNS, relative to the home
  local pattern
  PATTERNS=()
  [[ -n ${ARG[exclude]-} ]] || return 0
  while IFS= read -r pattern; do
    pattern=${pattern#/}
    if [[ -n $pattern ]]; then PATTERNS+=("$pattern"); fi
  done < <(jq -r '.[]' <<<"${ARG[exclude]}")
}

# Runs restic and shows how far it is -> BACKUP_DATA, the snapshot it names. It is ended when it stands still.
watch_restic() { # FROM-PERCENT TO-PERCENT WORD...
  local from=$1 to=$2 line part='' status=1 last=-1 percent at heard=0 looked=$EPOCHSECONDS progressed='' restic WATCHED=1
  shift 2
  BACKUP_DATA=''
  rm -f -- "$WORK/restic.pid" "$WORK/at"
  exec {restic}< <(restic_work "$@"; printf 'exit %d\n' "$?")
  while :; do
    if IFS= read -r -t 5 -u "$restic" line; then
      line=$part$line part=''
      heard=$((heard + ${#line} + 1))
    elif (($? > 128)); then
      part+=$line line=''
    else
      break
    fi
    if [[ $line =~ ^exit\ ([0-9]+)$ ]]; then
      status=${BASH_REMATCH[1]}
    elif [[ $line =~ \"message_type\":\"summary\".*\"snapshot_id\":\"([0-9a-f]+)\" ]]; then
      BACKUP_DATA=${BASH_REMATCH[1]}
    elif [[ $line =~ \"message_type\":\"status\".*\"percent_done\":([0-9.]+).*\"total_bytes\":([0-9]+) ]]; then
      local total=${BASH_REMATCH[2]} bytes=0 files=0
      if [[ $line =~ \"bytes_done\":([0-9]+) ]]; then bytes=${BASH_REMATCH[1]}; fi
      if [[ $line =~ \"files_done\":([0-9]+) ]]; then files=${BASH_REMATCH[1]}; fi
      if [[ $line == *'"current_files":'* ]]; then CURRENT=$line; fi
      percent=$((total > 0 ? from + (to - from) * (bytes < total ? bytes : total) / total : from))
      if ((percent != last || EPOCHSECONDS != at)); then
        last=$percent at=$EPOCHSECONDS
        progress "$percent" "$(megabytes "$bytes") of $(megabytes "$total") MB"
      fi
      if [[ -n ${READ_LIMIT-} && ! -e $WORK/grew && -s $WORK/restic.pid ]] && ((bytes > READ_LIMIT)); then
        : >"$WORK/grew"
        end_restic "$(<"$WORK/restic.pid")"
      fi
      if [[ $bytes/$files != "$progressed" ]]; then progressed=$bytes/$files MOVED_AT=$EPOCHSECONDS; fi
    fi
    if ((EPOCHSECONDS - looked >= 5)) && [[ -s $WORK/restic.pid ]]; then
      looked=$EPOCHSECONDS
      if [[ ${WATCHED_PID-} != "$(<"$WORK/restic.pid")" ]]; then begin_watching "$(<"$WORK/restic.pid")"; fi
      if [[ ! -e $WORK/stalled ]] && stands_still "$heard"; then end_restic "$WATCHED_PID"; fi
    fi
  done
  exec {restic}<&-
  return "$status"
}

megabytes() { printf '%d.%d' $(($1 / 1000000)) $(($1 / 100000 % 10)); }

# What restic says it has, beside what was there before it looked -> BACKUP_DATA in full, WORK/manifest
make_manifest() {
  local problems
  progress 82 "Comparing the snapshot with the files"
  restic_look ls --json "$BACKUP_DATA" >"$WORK/ls" || restic_failed
  BACKUP_DATA=$(head -n 1 -- "$WORK/ls" | jq -r 'select(.struct_type == "snapshot") | .id')
  [[ $BACKUP_DATA =~ ^[0-9a-f]{64}$ ]] || fail DEPENDENCY_FAILED "restic does not name its snapshot" true
  jq -r 'select(.struct_type == "node") | [(.path | @uri), .type, .mode, .uid, .gid, .size // 0, .mtime, .ctime] | @tsv' "$WORK/ls" |
    perl "$AGENT_HOME/lib/backup.pl" listed "/sites/$SITE_USER=files" "/dumps/$SITE_USER=databases" | sort_list >"$WORK/listed"
  backup_patterns
  perl "$AGENT_HOME/lib/backup.pl" manifest "$WORK/walk" "$WORK/listed" "$(site_owner)" "$SITE_HOME" "${PATTERNS[@]}" |
    sort_list >"$WORK/entries" || fail INTERNAL "the manifest cannot be made" true
  problems=$(grep $'^PROBLEM\t' "$WORK/entries" | head -n 1)
  if [[ -n $problems ]]; then
    # foreign names are nothing for the tenant, who reads this
    grep $'^PROBLEM\tlost\t' "$WORK/entries" | head -n 100 >&2
    restic_work forget --quiet "$BACKUP_DATA" >/dev/null
    case $problems in
      *$'\tlost\t'*) fail BACKUP_INCOMPLETE "the snapshot lacks files that are there, the first: ${problems##*$'\t'}" ;;
      *) fail BACKUP_INCOMPLETE "a file that is not the site's got into the snapshot: something exchanges its directories meanwhile; stop that, then ask again" ;;
    esac
  fi
  timestamp
  {
    printf 'chom-manifest\t1\nbackup\t%s\ntype\t%s\nat\t%s\nuser\t%s\n' "${ARG[backup]}" "${ARG[type]}" "$REPLY" "$SITE_USER"
    note_site
    cat -- "$WORK/tables"
    printf 'entries\n'
    cat -- "$WORK/entries"
  } >"$WORK/manifest" || fail NO_ROOM "the manifest cannot be written (disk full?)"
}

site_owner() { if rootless; then echo "$EUID"; else echo "$SITE_UID"; fi; }

# The manifest and the answer, in a snapshot of their own: with it the backup is one. Then it is read back.
save_manifest() { # SIZE-BEFORE BEGUN
  local sum facts added
  progress 90 "Saving the manifest"
  sum=$(sha256sum -- "$WORK/manifest")
  sum=${sum%% *}
  facts=$(awk -F '\t' '/^files[\t\/]/ && $2 == "f" { files++; bytes += $6 } /^databases\// && $2 == "f" { bytes += $6 } END { printf "%d %.0f", files, bytes }' "$WORK/entries")
  repository_bytes
  added=$((REPLY > $1 ? REPLY - $1 : 0))
  json_list "${SKIPPED[@]}"
  DATA=$(jq -nc --arg backup "${ARG[backup]}" --arg snapshot "$BACKUP_DATA" --arg type "${ARG[type]}" --arg manifest "$sum" \
    --argjson files "${facts% *}" --argjson bytes "${facts#* }" --argjson added "$added" --argjson databases "$DATABASE_FACTS" \
    --argjson seconds $((EPOCHSECONDS - $2)) --argjson skipped "$REPLY" '
    {backup: $backup, snapshot: $snapshot, type: $type, files: $files, bytes: $bytes, added_bytes: $added, databases: $databases,
     manifest: $manifest, seconds: $seconds, skipped: $skipped}')
  if ! mkdir -- "$WORK/proof" || ! mv -T -- "$WORK/manifest" "$WORK/proof/manifest" || ! printf '%s\n' "$DATA" >"$WORK/proof/answer.json"; then
    fail NO_ROOM "the manifest cannot be written (disk full?)"
  fi
  RESTIC_FROM=$WORK/proof
  restic_work backup --json --quiet --tag "backup=${ARG[backup]}" --tag part=manifest --tag "data=$BACKUP_DATA" --tag "type=${ARG[type]}" \
    --tag "bytes=${facts#* }" --tag "files=${facts% *}" --host chom -- manifest answer.json >"$WORK/said" || restic_failed
  RESTIC_FROM=''
  BACKUP_MANIFEST=$(sed -n 's/.*"snapshot_id":"\([0-9a-f]*\)".*/\1/p' "$WORK/said")
  progress 95 "Reading the manifest back"
  restic_look dump "$BACKUP_MANIFEST" /manifest >"$WORK/back" || restic_failed
  [[ $(sha256sum <"$WORK/back") == "$sum  -" ]] || fail REPOSITORY_DAMAGED "the manifest comes back from the repository changed"
}

# --- list ---------------------------------------------------------------------------------------------------------

cmd_backup_list() {
  DEADLINE=$((EPOCHSECONDS + LOOK_SECONDS))
  look_at_repository
  snapshots || restic_failed
  repository_bytes
  DATA=$(jq -c --argjson size "$REPLY" '. as $all
    | {snapshots: [.[] | select(.part == "manifest") | . as $m | $all[] | select(.id == $m.data)
        | {snapshot: .id, backup, type, at: .time} + (if $m.bytes then {bytes: ($m.bytes | tonumber)} else {} end)] | sort_by(.at),
       repository_bytes: $size}' <<<"$SNAPSHOTS")
}

# For whoever only asks, beside any work on it.
look_at_repository() {
  local place
  place=$(mktemp -d "$RUN_DIR/look.XXXXXXXX") || fail INTERNAL "cannot write to $RUN_DIR" true
  # shellcheck disable=SC2064 # the directory as it is now
  trap "rm -rf -- '$place'" EXIT
  prepare_repository "$place"
  require_repository
}

# --- delete -------------------------------------------------------------------------------------------------------

check_backup_delete() {
  [[ -n ${ARG[snapshots]-}${ARG[backups]-} ]] || fail INVALID_ARGUMENT "backup:delete: snapshots or backups must say which"
}

cmd_backup_delete() {
  local size_before
  local -a words=(--quiet)
  name_backup_places "${ARG[user]}"
  prepare_repository "$BACKUP_WORK"
  require_repository
  progress 2 "Looking at the repository"
  begin_backup_work "${ARG[user]}"
  drop_dead_locks
  DAMAGED='' DELETED=0 size_before=0
  if snapshots; then
    repository_bytes
    size_before=$REPLY
    going
    if [[ ${ARG[keep_data]-} != true ]]; then words+=(--prune); fi
    if ((${#REPLY_LIST[@]})); then
      progress 20 "Removing $DELETED backups"
      restic_work forget "${words[@]}" -- "${REPLY_LIST[@]}" >&2 || forget_in_ruins
    elif [[ ${ARG[keep_data]-} != true ]]; then
      # asked again after an interruption: what they held may still be there
      progress 20 "Freeing the room"
      restic_work prune --quiet >&2 || forget_in_ruins
    fi
  else
    clear_ruins
  fi
  REPLY=0
  if [[ $DAMAGED != gone ]]; then repository_bytes; fi
  DATA="{\"deleted\":$DELETED,\"freed_bytes\":$((size_before > REPLY ? size_before - REPLY : 0)),\"repository_bytes\":$REPLY,\"damaged\":$(if [[ -n $DAMAGED ]]; then echo true; else echo false; fi)}"
  finish_backup_work
  progress 100 "Gone"
}

# Room cannot be freed in a damaged repository: restic would have to read what is damaged. But backups are forgotten by
# taking away their own small files, and the data goes with all of it.
forget_in_ruins() {
  local deleted=$DELETED
  cat -- "$WORK/complaint" >&2
  judge_complaint
  [[ $RESTIC_CODE == REPOSITORY_DAMAGED ]] || fail "$RESTIC_CODE" "$RESTIC_SAYS" "$RESTIC_AGAIN"
  DAMAGED=true
  say "The repository is damaged: no room can be freed in it. The backups are forgotten, and what they held stays." stderr
  snapshots || { clear_ruins; return; }
  going
  if ((${#REPLY_LIST[@]})); then restic_work forget --quiet -- "${REPLY_LIST[@]}" >&2 || restic_failed; fi
  DELETED=$deleted
  # restic no longer has to read anything to see that nothing is needed
  if [[ ${ARG[whole]-} == true && $(jq length <<<"$SNAPSHOTS") == "${#REPLY_LIST[@]}" ]]; then clear_ruins; fi
}

# Of a damaged repository in which nothing is wanted any more (`whole`), the directory goes where it lies on this server.
clear_ruins() {
  if [[ -z $DAMAGED ]]; then
    damaged_or_failed
    DAMAGED=true
  fi
  if remote || [[ ${ARG[whole]-} != true ]]; then
    if ((DELETED)); then return; fi
    restic_failed
  fi
  say "Nothing in the damaged repository is wanted any more: it is removed." stderr
  rm -rf --one-file-system -- "$REPOSITORY" || fail INTERNAL "the damaged repository cannot be removed" true
  DAMAGED=gone
}

# The manifests first: what is interrupted leaves halves, not backups that look whole. -> REPLY_LIST, DELETED
going() {
  local -a facts
  mapfile -t facts < <(jq -r --argjson wanted "${ARG[snapshots]-[]}" --argjson backups "${ARG[backups]-[]}" '
    def named: .id as $id | $wanted | index($id);
    def of_one: .backup as $backup | $backups | index($backup);
    ([.[] | select(named)] | length) + ([.[] | select(named | not) | select(of_one) | .backup] | unique | length),
    ([.[] | select(named or of_one or (.part == "manifest" and (.data as $d | $wanted | index($d))))]
      | unique_by(.id) | sort_by(.part != "manifest") | .[].id)' <<<"$SNAPSHOTS")
  DELETED=${facts[0]:-0} REPLY_LIST=("${facts[@]:1}")
}

# --- what is there ------------------------------------------------------------------------------------------------

# What an ended one left, after what can go has gone: a dump is nothing to leave lying about.
backup_remains() {
  local place lock
  name_backup_places "${ARG[user]}"
  exec {lock}>>"$RUN_DIR/backup-${ARG[user]}.lock"
  if flock -n "$lock"; then clean_backup_work; fi
  exec {lock}>&-
  for place in "$BACKUP_WORK" "$SITE_DUMPS" "$SCRATCH_HOME/${ARG[user]}".*; do if [[ -d $place ]]; then printf 'work:%s\n' "$place"; fi; done
  if [[ ${ARG[repository]-} != local:* ]]; then return; fi
  place=$ROOT${ARG[repository]#local:}
  if [[ -d $place ]]; then printf 'repository:%s\n' "$place"; fi
  for lock in "$place"/locks/*; do printf 'lock:%s\n' "$lock"; done
}

# At the start of a gateway: what a power cut left of operations that have ended.
tend_backups() {
  local directory lock
  name_backup_places none
  for directory in "$BACKUPS"/s* "$DUMPS"/s* "$SCRATCH_HOME"/s*; do
    directory=${directory##*/}
    directory=${directory%%.*}
    exec {lock}>>"$RUN_DIR/backup-$directory.lock" || continue
    if flock -n "$lock"; then
      name_backup_places "$directory"
      clean_backup_work
    fi
    exec {lock}>&-
  done
  find "$RUN_DIR" -maxdepth 1 -name 'hidden.*' -mmin +5 -delete
  bound_caches
}

# --- plans --------------------------------------------------------------------------------------------------------

plan_backup_create() {
  name_repository
  require_made_site
  require_target
  local steps=()
  if remote; then
    steps+=("repository, encrypted, where it is not there yet" "$WHERE" create)
  elif ! repository_made; then
    steps+=("repository, encrypted" "$REPOSITORY" create)
  fi
  if [[ ${ARG[type]} != files ]]; then
    chosen_databases
    local name
    for name in "${REPLY_LIST[@]}"; do steps+=("dump of the database" "${SITE_USER}_$name" run); done
  fi
  if [[ ${ARG[type]} != database ]]; then steps+=("snapshot of the files" "$SITE_HOME" run); fi
  plan_steps "${steps[@]}" "backup" "${REPOSITORY:-$WHERE}" write
}

plan_backup_delete() {
  name_repository
  require_repository
  local snapshot steps=()
  while IFS= read -r snapshot; do steps+=("backup, for good" "$snapshot" remove); done < <(jq -r '.[]' <<<"${ARG[snapshots]-[]}${ARG[backups]-[]}")
  if [[ ${ARG[keep_data]-} != true ]]; then steps+=("room that nothing else needs" "${REPOSITORY:-$WHERE}" remove); fi
  plan_steps "${steps[@]}"
}
