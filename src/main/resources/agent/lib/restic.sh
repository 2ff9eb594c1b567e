# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# restic, and the repository that one site has at one target. Its key comes in the request's secrets, lives in a
# variable of this process and reaches restic through a pipe: it is in no argument, no environment and no file.

readonly STALL_SECONDS=600               # without movement for so long, restic is ended
readonly LOCKS_READ=32 LOCKS_SECONDS=120  # more are looked at by nobody: each takes a restic
readonly STALL_BYTES=65536               # less than this is no movement: a lock that is renewed, a line for the log

# --- the repository -----------------------------------------------------------------------------------------------

# What every command on a repository begins with. -> BACKUP_KEY, REPOSITORY (a directory, where it is one), RESTIC, WORK
prepare_repository() { # WORK-DIRECTORY
  name_repository
  if remote; then take_remote_secrets; fi
  take_key
  RESTIC=$(command -v restic) || fail SERVICE_MISSING "restic is not installed on this server; prepare the server first"
  WORK=$1
  name_cache "${ARG[user]-}"
  if remote; then find_way; fi
}

take_key() {
  BACKUP_KEY=$(secret key)
  SECRETS='{}'
  [[ $BACKUP_KEY =~ ^[A-Za-z0-9_-]{32,256}$ ]] ||
    fail INVALID_ARGUMENT "the secret 'key' is missing: 32 to 256 letters, digits, _ or - (by hand: --secrets=- and {\"key\":\"…\"} on stdin)"
}

name_repository() { # -> KIND, WHERE
  KIND=local REPOSITORY=''
  if [[ ${ARG[repository]} == local:* ]]; then name_directory "${ARG[repository]#local:}"; else name_remote; fi
}

name_directory() { # PLACE -> REPOSITORY
  local place=$1 taken
  WHERE=$place
  if [[ $place == *//* || $place == */ || $place =~ (^|/)\.\.?(/|$) ]]; then
    fail INVALID_ARGUMENT "repository must be local: and an absolute directory without . and .. in it"
  fi
  for taken in /srv/chom /var/lib/vpsmanager /opt/vpsmanager /etc /run /dev /proc /sys /tmp /var/tmp /boot; do
    if [[ $place/ == "$taken"/* ]]; then fail INVALID_ARGUMENT "a repository cannot be in $taken"; fi
  done
  REPOSITORY=$ROOT$place
  judge_way "$place"
}

# Whoever may write to a directory above could put another in its place, or read what is meant for root alone.
judge_way() { # PLACE
  local part path=$ROOT facts
  local -a parts
  IFS=/ read -r -a parts <<<"${1#/}"
  for part in "${parts[@]}"; do
    path+=/$part
    if [[ -L $path ]]; then fail FORBIDDEN "$path is a link; name the directory it leads to"; fi
    if [[ ! -e $path ]]; then return; fi
    facts=$(stat -c '%F %u %a' -- "$path") || fail REPOSITORY_UNREACHABLE "$path cannot be looked at" true
    [[ $facts == "directory $EUID "* ]] || fail FORBIDDEN "$path must be a directory of root's"
    if ((8#${facts##* } & 8#22)); then fail FORBIDDEN "others than root may write to $path"; fi
  done
}

# A disk that is not mounted must not be taken for an empty one: only the default target is made here, and in a directory
# that has held backups there is a mark, which the place where a disk was mounted does not have.
require_target() {
  if remote; then return; fi
  local target=${REPOSITORY%/*}
  name_mark "$target"
  if [[ -e $MARKED && ! -e $target/.chom-target ]]; then
    fail REPOSITORY_UNREACHABLE "the directory ${target#"$ROOT"} is not the one that held backups (a disk that is not mounted?); if it is to be used all the same, remove $MARKED" true
  fi
  [[ -d $target || $target == "$ROOT/var/backups/chom" ]] ||
    fail REPOSITORY_UNREACHABLE "the directory ${target#"$ROOT"} is not there (a disk that is not mounted?)" true
}

name_mark() { # TARGET -> MARKED
  MARKED=$(printf '%s' "${1#"$ROOT"}" | sha256sum)
  MARKED=$STATE_DIR/targets/${MARKED:0:32}
}

mark_target() {
  local target=${REPOSITORY%/*}
  name_mark "$target"
  if [[ -e $MARKED && -e $target/.chom-target ]]; then return; fi
  make_directory 0700 "${MARKED%/*}"
  if ! : >>"$target/.chom-target" || ! printf '%s\n' "${target#"$ROOT"}" >"$MARKED"; then
    fail REPOSITORY_UNREACHABLE "${target#"$ROOT"} cannot be written" true
  fi
}

# Of one that lies elsewhere the first look at it tells.
require_repository() {
  if remote; then return; fi
  require_target
  repository_made || fail REPOSITORY_MISSING "there is no repository in $WHERE"
}

# Is there one? Whoever cannot find out fails.
repository_made() {
  if ! remote; then
    [[ -e $REPOSITORY/config ]]
    return
  fi
  if restic_look cat config >/dev/null; then return; fi
  judge_complaint
  [[ $RESTIC_CODE == REPOSITORY_MISSING ]] || restic_failed
  return 1
}

# Makes it where there is none; what an interrupted attempt left is no repository yet.
make_repository() {
  require_target
  if repository_made; then
    if ! remote; then mark_target; fi
    return
  fi
  if [[ ${ARG[expect]-} == true ]]; then
    fail REPOSITORY_MISSING "the repository in $WHERE, which has held backups, is not there any more; nothing was begun anew"
  fi
  if ! remote; then make_place; fi
  restic_work init --quiet >/dev/null || restic_failed
}

make_place() {
  if [[ -n $(find "$REPOSITORY" -path '*/snapshots/*' -type f -print -quit 2>/dev/null) ]]; then
    fail REPOSITORY_DAMAGED "the repository in $WHERE has lost its file config"
  fi
  mkdir -p -- "$REPOSITORY" || fail REPOSITORY_UNREACHABLE "$WHERE cannot be made" true
  mark_target
  rm -rf -- "$REPOSITORY/keys"
}

# What it takes there; of one that lies elsewhere, what its snapshots need. -> REPLY
repository_bytes() {
  if remote; then
    REPLY=$(restic_look stats --mode raw-data --json) || { damaged_or_failed; REPLY='{}'; }
    REPLY=$(jq '.total_size // 0' <<<"$REPLY" 2>/dev/null)
  else
    REPLY=$(du -sb -- "$REPOSITORY" 2>/dev/null | cut -f 1)
  fi
  REPLY=${REPLY:-0}
}

# Of a damaged one nobody knows the size, and that is no reason not to show what is in it.
damaged_or_failed() {
  judge_complaint
  [[ $RESTIC_CODE == REPOSITORY_DAMAGED ]] || restic_failed
}

require_room_there() { # BYTES
  if ! remote; then
    require_room "$1" "$REPOSITORY"
    return
  fi
  remote_free_bytes
  if [[ -n $REPLY ]] && ((REPLY < $1 + THERE_RESERVE)); then
    fail NO_ROOM "$((($1 + THERE_RESERVE + 1048575) / 1048576)) MB must be free at $HOST, where a twentieth stays free, and $((REPLY / 1048576)) MB are free; make room and ask again"
  fi
}

require_room() { # BYTES PATH
  local free
  free=$(df -B1 --output=avail -- "$2" 2>/dev/null | tail -n 1)
  if ((free < $1)); then
    fail NO_ROOM "$((($1 + 1048575) / 1048576)) MB are needed in ${2#"$ROOT"}, and $((free / 1048576)) MB are free; make room and ask again"
  fi
}

# --- restic -------------------------------------------------------------------------------------------------------

# What restic prints goes to stdout, what it complains of to WORK. Its pid goes to the operation's journal: by that a
# lock it leaves behind is told from anybody else's. Of low priority, on a server that has other things to do.
restic_work() { # WORD...
  local key status own
  rm -f -- "$WORK/stalled" "$WORK/ssh-said"
  exec {key}< <(printf '%s' "$BACKUP_KEY")
  (
    note_restic
    # a place that answers without end must cost this work its memory, not the sites theirs
    { echo 1000 >/proc/self/oom_score_adj; } 2>/dev/null
    own=$BASHPID
    if remote && [[ -z ${WATCHED-} ]]; then guard_restic "$own" </dev/null >/dev/null 2>&1 & fi
    export RESTIC_PROGRESS_FPS=2 TMPDIR=$WORK HOME=$WORK
    RESTIC_WORDS=(--no-cache --repo "$REPOSITORY") RESTIC_DOOR=()
    if remote; then go_remote; fi
    cd "${RESTIC_FROM:-$WORK}" || exit 1
    exec nice -n 10 ionice -c 2 -n 7 "${RESTIC_DOOR[@]}" "$RESTIC" --password-file "/proc/self/fd/$key" "${RESTIC_WORDS[@]}" "$@"
  ) </dev/null 2>"$WORK/complaint" 3>&-
  status=$?
  exec {key}<&-
  # restic may end before it has passed on what ssh said
  if [[ -s $WORK/ssh-said ]]; then sed 's/^/subprocess ssh: /' "$WORK/ssh-said" >>"$WORK/complaint"; fi
  return "$status"
}

# Reading without a lock: who only looks must not stand in anybody's way, nor wait for anybody.
restic_look() { restic_work "$1" --no-lock "${@:2}"; }

# What ends it where nothing moves any more, or where whoever waits for it has no more time (DEADLINE).
guard_restic() { # PID
  local started looked=$EPOCHSECONDS
  # nobody shall wait for it, and it has no business with locks and keys
  close_descriptors_except 2
  unset DOZE_FD
  process_started "$1" || return 0
  started=$REPLY
  begin_watching "$1"
  while doze 0.5 && process_started "$1" && [[ $REPLY == "$started" ]]; do
    if ((EPOCHSECONDS >= ${DEADLINE:-EPOCHSECONDS + 1})); then
      printf 'it took too long' >"$WORK/stalled"
      end_restic "$1"
    elif ((EPOCHSECONDS - looked >= 5)); then
      looked=$EPOCHSECONDS
      if stands_still 0; then end_restic "$1"; fi
    fi
  done
}

begin_watching() { WATCHED_PID=$1 MOVED_BYTES=0 MOVED_AT=$EPOCHSECONDS; } # PID

# Has it read and written next to nothing for long, beside what it says of itself? That is what a pipe in the place of a
# file does to it, and a server that takes a connection and then nothing.
stands_still() { # BYTES-IT-SAID
  local name value bytes=0
  while read -r name value; do
    if [[ $name == rchar: || $name == wchar: ]]; then bytes=$((bytes + value)); fi
  done 2>/dev/null <"/proc/$WATCHED_PID/io"
  bytes=$((bytes - $1))
  if ((bytes - MOVED_BYTES > STALL_BYTES)); then
    MOVED_BYTES=$bytes MOVED_AT=$EPOCHSECONDS
  fi
  ((EPOCHSECONDS - MOVED_AT >= STALL_SECONDS)) || return 1
  printf 'nothing moved for %d seconds' "$STALL_SECONDS" >"$WORK/stalled"
}

# Asked first, so that it can take its lock away.
end_restic() { # PID
  local try
  kill -s INT "$1" 2>/dev/null
  for ((try = 0; try < 50; try++)); do
    doze 0.1
    kill -0 "$1" 2>/dev/null || return 0
  done
  kill -s KILL "$1" 2>/dev/null
}

note_restic() {
  printf '%s\n' "$BASHPID" >"$WORK/restic.pid"
  [[ -n ${OPERATION_DIRECTORY-} ]] || return 0
  process_started "$BASHPID" || REPLY=0
  printf '%s %s %s %s %s\n' "$BASHPID" "$REPLY" "$(</proc/sys/kernel/random/boot_id)" "$EPOCHSECONDS" \
    "$(</proc/sys/kernel/hostname)" >>"$OPERATION_DIRECTORY/restic"
}

# What restic's complaint means: fail's words in RESTIC_CODE, RESTIC_SAYS and RESTIC_AGAIN. restic has one exit code for
# all of them in the versions servers run.
judge_complaint() {
  local text where=$WHERE
  text=$(tr -c '[:print:]\n' ' ' <"$WORK/complaint" | head -c 4000)
  if [[ -e $WORK/stalled ]]; then
    RESTIC_CODE=REPOSITORY_UNREACHABLE RESTIC_AGAIN=true RESTIC_SAYS="the repository in $where does not answer: $(<"$WORK/stalled")"
    return
  fi
  if remote && judge_way_there "$text"; then return; fi
  RESTIC_AGAIN=false
  case $text in
    *'wrong password or no key found'*)
      RESTIC_CODE=REPOSITORY_KEY_WRONG RESTIC_SAYS="the key does not open the repository in $where" ;;
    *'already locked'*)
      RESTIC_CODE=REPOSITORY_LOCKED RESTIC_AGAIN=true
      RESTIC_SAYS="the repository in $where is locked by somebody who is not this panel's work: $(sed -n 's/.*\(already locked.*\)/\1/p; s/^lock was created/created/p' <<<"$text" | paste -sd, - | head -c 300)" ;;
    *'no space left on device'*)
      RESTIC_CODE=NO_ROOM RESTIC_SAYS="the disk of $where or of ${WORK#"$ROOT"} is full; make room and ask again" ;;
    *'Is there a repository at'* | *'unable to open config file'*)
      RESTIC_CODE=REPOSITORY_MISSING RESTIC_SAYS="there is no repository in $where" ;;
    *'permission denied'* | *'input/output error'* | *'read-only file system'* | *'stale file handle'* | *'operation not permitted'*)
      RESTIC_CODE=REPOSITORY_UNREACHABLE RESTIC_AGAIN=true RESTIC_SAYS="the repository in $where cannot be read or written: ${text:0:300}" ;;
    *'no matching ID'* | *'not found in snapshots'* | *'no snapshot found'*)
      RESTIC_CODE=BACKUP_NOT_FOUND RESTIC_SAYS="the snapshot is not in the repository in $where" ;;
    *'iphertext verification failed'* | *damaged* | *corrupt* | *'hash does not match'* | *'invalid data returned'* | *'does not exist'* | \
      *'not found in'* | *'unexpected EOF'* | *'nvalid header'* | *'wrong hash'* | *'no such file'* | *'invalid character'* | *'unable to load index'* | *truncated* | *StreamPack* | *'too short'* | *'is invalid'* | *'(404)'*)
      RESTIC_CODE=REPOSITORY_DAMAGED RESTIC_SAYS="the repository in $where is damaged: $(tr '\n' ' ' <<<"${text:0:300}")" ;;
    *) RESTIC_CODE=DEPENDENCY_FAILED RESTIC_AGAIN=true RESTIC_SAYS="restic failed: $(tail -c 300 <<<"${text:-it said nothing}" | tr '\n' ' ')" ;;
  esac
  # what a connection that ended leaves half read looks damaged
  if [[ $RESTIC_CODE == REPOSITORY_DAMAGED ]] && remote && ! still_answers; then
    RESTIC_CODE=REPOSITORY_UNREACHABLE RESTIC_AGAIN=true RESTIC_SAYS="$HOST does not answer any more"
  fi
}

restic_failed() {
  cat -- "$WORK/complaint" >&2
  judge_complaint
  fail "$RESTIC_CODE" "$RESTIC_SAYS" "$RESTIC_AGAIN"
}

# --- locks --------------------------------------------------------------------------------------------------------

# Takes away the locks whose restic this server's journal knows and knows to be dead, and never another one.
drop_dead_locks() {
  local file lock facts
  if remote; then
    drop_dead_locks_there
    return
  fi
  for file in "$REPOSITORY"/locks/*; do
    read_lock "${file##*/}" || continue
    if lock_is_dead "$REPLY"; then
      say "Removing the lock ${file##*/}, which an ended operation of this server left behind."
      rm -f -- "$file"
    fi
  done
}

# -> REPLY: "PID SECONDS HOST"
read_lock() { # ID
  REPLY=$(restic_look cat lock "$1" 2>/dev/null) || return 1
  REPLY=$(jq -r '"\(.pid) \(.time | sub("\\.[0-9]+"; "") | sub("[+-]00:00$"; "Z") | try fromdate catch 0) \(.hostname)"' <<<"$REPLY" 2>/dev/null)
}

# restic takes away those it thinks are left behind: older than half an hour, or of a process that is not on this server
# any more. It is let do so only where these are all ours, and where no process is in the way that it would send a signal
# to, because it has the number that a dead one had.
drop_dead_locks_there() {
  local id facts pid at host dead='' others='' list
  list=$(restic_look list locks --quiet | head -c $((LOCKS_READ * 65 + 65)); exit "${PIPESTATUS[0]}") || {
    judge_complaint
    # the work itself will say what it cannot do without
    return 0
  }
  if ((${#list} >= LOCKS_READ * 65 + 64)); then
    say "Leaving the locks alone: there are more than $LOCKS_READ." stderr
    return 0
  fi
  local DEADLINE=$((EPOCHSECONDS + LOCKS_SECONDS))
  while read -r id; do
    # one that nobody can read may be anybody's
    read_lock "$id" || { others+=" ${id:0:8}"; continue; }
    facts=$REPLY
    read -r pid at host <<<"$facts"
    if lock_is_dead "$facts"; then
      dead+=" ${id:0:8}"
      if ((EPOCHSECONDS - at <= 1800)) && [[ -e /proc/$pid ]]; then others+=" ${id:0:8}"; fi
    elif ((EPOCHSECONDS - at > 1800)) || [[ $host == "$(</proc/sys/kernel/hostname)" && $(cat "/proc/$pid/comm" 2>/dev/null) != restic ]]; then
      others+=" ${id:0:8}"
    fi
  done < <(grep -E '^[0-9a-f]{64}$' <<<"$list")
  if [[ -z $dead ]]; then return 0; fi
  if [[ -n $others ]]; then
    say "Leaving the locks$dead, which ended operations of this server left behind: restic would not stop at them, or meet a process that has the number of a dead one (${others# })." stderr
    return 0
  fi
  say "Removing the locks$dead, which ended operations of this server left behind."
  DEADLINE=$((EPOCHSECONDS + LOCKS_SECONDS))
  restic_work unlock --quiet >&2 || restic_failed
}

lock_is_dead() { # "PID SECONDS HOST" of the lock
  local pid at host journal known_pid started boot since known_host command=''
  read -r pid at host <<<"$1"
  [[ $pid =~ ^[0-9]+$ && $at =~ ^[0-9]+$ ]] || return 1
  # a restic that lives under this number now is somebody's at work
  { read -r command <"/proc/$pid/comm"; } 2>/dev/null
  if [[ $command == restic ]]; then return 1; fi
  for journal in "$OPERATIONS"/*/restic; do
    while read -r known_pid started boot since known_host; do
      if [[ $known_pid == "$pid" && $known_host == "$host" ]] && ((at >= since - 1)); then
        journal=${journal%/restic}
        settle "${journal##*/}"
        if ! terminal "$REPLY" || [[ ! -e $journal/result ]] || ((at <= $(stat -c %Y -- "$journal/result") + 1)); then return 0; fi
        break
      fi
    done <"$journal"
  done
  return 1
}
