# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# restic, and the repository that one site has at one target. Its key comes in the request's secrets, lives in a
# variable of this process and reaches restic through a pipe: it is in no argument, no environment and no file.

# --- the repository -----------------------------------------------------------------------------------------------

# What every command on a repository begins with. -> BACKUP_KEY, REPOSITORY (a directory), RESTIC, WORK
prepare_repository() { # WORK-DIRECTORY
  take_key
  name_repository
  RESTIC=$(command -v restic) || fail SERVICE_MISSING "restic is not installed on this server; prepare the server first"
  WORK=$1
}

take_key() {
  BACKUP_KEY=$(jq -r '.key // "" | strings' <<<"${SECRETS:-{\}}")
  SECRETS='{}'
  [[ $BACKUP_KEY =~ ^[A-Za-z0-9_-]{32,256}$ ]] ||
    fail INVALID_ARGUMENT "the secret 'key' is missing: 32 to 256 letters, digits, _ or - (by hand: --secrets=- and {\"key\":\"…\"} on stdin)"
}

name_repository() {
  local place=${ARG[repository]#local:} taken
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

# A disk that is not mounted must not be taken for an empty one, so only the default target is made here.
require_target() {
  local target=${REPOSITORY%/*}
  [[ -d $target || $target == "$ROOT/var/backups/chom" ]] ||
    fail REPOSITORY_UNREACHABLE "the directory ${target#"$ROOT"} is not there (a disk that is not mounted?)" true
}

require_repository() {
  require_target
  [[ -e $REPOSITORY/config ]] || fail REPOSITORY_MISSING "there is no repository in ${REPOSITORY#"$ROOT"}"
}

# Makes it where there is none; what an interrupted attempt left is no repository yet.
make_repository() {
  if [[ -e $REPOSITORY/config ]]; then return; fi
  require_target
  if [[ -n $(find "$REPOSITORY" -path '*/snapshots/*' -type f -print -quit 2>/dev/null) ]]; then
    fail REPOSITORY_DAMAGED "the repository in ${REPOSITORY#"$ROOT"} has lost its file config"
  fi
  mkdir -p -- "$REPOSITORY" || fail REPOSITORY_UNREACHABLE "${REPOSITORY#"$ROOT"} cannot be made" true
  rm -rf -- "$REPOSITORY/keys"
  restic_work init --quiet >/dev/null || restic_failed
}

repository_bytes() { # -> REPLY
  REPLY=$(du -sb -- "$REPOSITORY" 2>/dev/null | cut -f 1)
  REPLY=${REPLY:-0}
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
  local key status
  exec {key}< <(printf '%s' "$BACKUP_KEY")
  (
    note_restic
    export RESTIC_PROGRESS_FPS=2 TMPDIR=$WORK HOME=$WORK
    cd "${RESTIC_FROM:-$WORK}" || exit 1
    exec nice -n 10 ionice -c 2 -n 7 "$RESTIC" --no-cache --password-file "/proc/self/fd/$key" --repo "$REPOSITORY" "$@"
  ) </dev/null 2>"$WORK/complaint" 3>&-
  status=$?
  exec {key}<&-
  return "$status"
}

# Reading without a lock: who only looks must not stand in anybody's way, nor wait for anybody.
restic_look() { restic_work "$1" --no-lock "${@:2}"; }

note_restic() {
  [[ -n ${OPERATION_DIRECTORY-} ]] || return 0
  process_started "$BASHPID" || REPLY=0
  printf '%s %s %s %s %s\n' "$BASHPID" "$REPLY" "$(</proc/sys/kernel/random/boot_id)" "$EPOCHSECONDS" \
    "$(</proc/sys/kernel/hostname)" >>"$OPERATION_DIRECTORY/restic"
}

# What restic's complaint means: fail's words in RESTIC_CODE, RESTIC_SAYS and RESTIC_AGAIN. restic has one exit code for
# all of them in the versions servers run.
judge_complaint() {
  local text where=${REPOSITORY#"$ROOT"}
  text=$(tr -c '[:print:]\n' ' ' <"$WORK/complaint" | head -c 4000)
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
      *'not found in'* | *'unexpected EOF'* | *'nvalid header'* | *'wrong hash'* | *'no such file'* | *'invalid character'* | *'unable to load index'* | *truncated* | *StreamPack* | *'too short'* | *'is invalid'*)
      RESTIC_CODE=REPOSITORY_DAMAGED RESTIC_SAYS="the repository in $where is damaged: $(tr '\n' ' ' <<<"${text:0:300}")" ;;
    *) RESTIC_CODE=DEPENDENCY_FAILED RESTIC_AGAIN=true RESTIC_SAYS="restic failed: $(tail -c 300 <<<"${text:-it said nothing}" | tr '\n' ' ')" ;;
  esac
}

restic_failed() {
  cat -- "$WORK/complaint" >&2
  judge_complaint
  fail "$RESTIC_CODE" "$RESTIC_SAYS" "$RESTIC_AGAIN"
}

# --- locks --------------------------------------------------------------------------------------------------------

# Takes away the locks whose restic this server's journal knows and knows to be dead, and never another one.
drop_dead_locks() {
  local file lock
  for file in "$REPOSITORY"/locks/*; do
    lock=$(restic_look cat lock "${file##*/}" 2>/dev/null) || continue
    lock=$(jq -r '"\(.pid) \(.time | sub("\\.[0-9]+"; "") | sub("[+-]00:00$"; "Z") | try fromdate catch 0) \(.hostname)"' <<<"$lock" 2>/dev/null) || continue
    if lock_is_dead "$lock"; then
      say "Removing the lock ${file##*/}, which an ended operation of this server left behind."
      rm -f -- "$file"
    fi
  done
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
