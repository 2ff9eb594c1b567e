# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# Downloads: `backup:download` looks whether what is wanted is there and leaves a ticket, `get <download>` gives it as raw
# bytes, straight from restic: nothing of a backup is written to a disk. A ticket holds the repository's secrets as an
# operation's job gets them (0600, in memory), serves one reader, and is gone after half a minute.

register read backup:download "prepare a download of a backup or a part of it, which 'get <download>' then gives"

readonly DOWNLOADS_AT_ONCE=4 TICKETS_KEPT=8 TICKET_SECONDS=30
# The repository may need a while to be opened. After that something moves, or nobody is there any more.
readonly DOWNLOAD_BEGINS=120 DOWNLOAD_STALLS=60

check_backup_download() {
  local path=${ARG[path]-}
  if [[ -n $path && ${ARG[what]} != files || -n ${ARG[database]-} && ${ARG[what]} != database ]]; then
    fail INVALID_ARGUMENT "path goes with what=files, database with what=database"
  fi
  if [[ -n $path ]]; then judge_path path "$path"; fi
}

cmd_backup_download() {
  local secrets=$SECRETS kind bytes=''
  look_at_repository
  name_download
  snapshots || restic_failed
  if ! find_backup "${ARG[backup]}" || [[ $BACKUP_DATA != "${ARG[snapshot]}" ]]; then
    fail BACKUP_NOT_FOUND "the backup is not in the repository"
  fi
  kind=tar
  if [[ $DOWNLOAD_FROM != / ]]; then look_at_download; fi
  if [[ $kind == file && ${ARG[compress]-} != true ]]; then bytes=",\"bytes\":$bytes"; else bytes=''; fi
  leave_ticket "$secrets" "$kind"
  DATA="{\"download\":\"${ARG[download]}\",\"kind\":\"$kind\"$bytes}"
}

# -> DOWNLOAD_FROM, its place in the snapshot; DOWNLOAD_NAMES, what its names begin with there and in the archive
name_download() {
  local user=${ARG[user]} path=${ARG[path]-}
  # as the schema lets it through, each % begins a byte of two digits
  path=${path//\\/\\x5C}
  printf -v path '%b' "${path//%/\\x}"
  case ${ARG[what]} in
    full) DOWNLOAD_FROM=/ DOWNLOAD_NAMES=("sites/$user/=files/" "dumps/$user/${user}_=databases/") ;;
    files) DOWNLOAD_FROM=/sites/$user${path:+/$path} DOWNLOAD_NAMES=("sites/$user/=") ;;
    database) DOWNLOAD_FROM=/dumps/$user${ARG[database]:+/${user}_${ARG[database]}.sql} DOWNLOAD_NAMES=("dumps/$user/${user}_=") ;;
  esac
}

# -> kind and bytes of the caller
look_at_download() {
  local found depth=${DOWNLOAD_FROM//[^\/]/}
  depth=$((${#depth} + 1))
  # restic names what was asked for and what is right below it; in its JSON not every name is what it is
  found=$(restic_look ls --json "${ARG[snapshot]}" "$DOWNLOAD_FROM" | jq -rn --argjson depth "$depth" '
    reduce (inputs | select(.struct_type == "node")) as $node ({};
      if ($node.path | split("/") | length) == $depth then .type = $node.type | .size = ($node.size // 0) else .below = true end)
    | "\(.type // "none") \(.size // 0) \(.below // false)"') || {
    if [[ -s $WORK/complaint ]]; then restic_failed; fi
    fail REPOSITORY_DAMAGED "what the repository says of this backup cannot be read"
  }
  bytes=${found#* }
  bytes=${bytes% *}
  case $found in
    file\ *) kind='file' ;;
    dir\ *)
      [[ ${ARG[what]} != database || $found == *true ]] || fail BACKUP_NOT_FOUND "this backup holds no database" ;;
    none\ *) fail BACKUP_NOT_FOUND "this backup does not hold that" ;;
    *) fail INVALID_ARGUMENT "that is a link in this backup; take the directory it is in" ;;
  esac
}

leave_ticket() { # SECRETS KIND
  local place=$RUN_DIR/downloads ticket key
  local -a waiting
  make_directory 0700 "$place" || fail INTERNAL "cannot write to $RUN_DIR" true
  forget_tickets
  waiting=("$place"/*)
  ((${#waiting[@]} < TICKETS_KEPT)) || fail BUSY "$TICKETS_KEPT downloads wait to be fetched already; try again in a minute" true
  ticket=$place/${ARG[download]}
  {
    printf '%s\0' "$1" "$2"
    for key in "${!ARG[@]}"; do printf '%s\0%s\0' "$key" "${ARG[$key]}"; done
  } >"$place/.new.$BASHPID"
  mv -T -- "$place/.new.$BASHPID" "$ticket" || fail INTERNAL "cannot write to $RUN_DIR" true
  (
    trap - EXIT
    close_descriptors_except 0
    sleep $((TICKET_SECONDS + 1))
    forget_tickets
  ) </dev/null >/dev/null 2>&1 &
}

forget_tickets() { find "$RUN_DIR/downloads" -mindepth 1 -maxdepth 1 ! -newermt "-$TICKET_SECONDS seconds" -delete 2>/dev/null; }

# --- get ----------------------------------------------------------------------------------------------------------

# `get <download>`: the bytes on stdout and exit code 0, or not the whole: then the last line of stderr says why, as a result
# does. Whoever reads leaves stdin open; its end means that nobody reads any more.
give_download() { # UUID
  local outcome given status
  exec {given}>&1
  outcome=$(serve_download "$1" "$given" 3>&1 >&2)
  status=$?
  if [[ -z $outcome ]]; then
    if ((status == 0)); then return 0; fi
    failure INTERNAL "the download ended without an answer" true
    outcome=$REPLY
  fi
  printf '{%s}\n' "$outcome" >&2
  exit_code_of "$outcome"
  exit "$REPLY"
}

serve_download() { # UUID STDOUT
  local feed channel status
  SECRETS='{}' DATA='{}'
  exec {channel}<&0 </dev/null
  take_slot
  take_ticket "$1"
  look_at_repository
  SOURCE=''
  trap end_download EXIT
  trap 'exit 1' TERM HUP INT
  name_download
  exec {feed}< <(feed_download {channel}<&- 3>&-)
  SOURCE=$!
  perl "$AGENT_HOME/lib/download.pl" pump "$DOWNLOAD_BEGINS" "$DOWNLOAD_STALLS" "$channel" <&"$feed" >&"$2" 3>&-
  status=$?
  case $status in
    0) ;;
    4) fail REPOSITORY_UNREACHABLE "the repository gave nothing for a while; the download was ended" true ;;
    5) fail DOWNLOAD_STOPPED "nothing was taken for $DOWNLOAD_STALLS seconds; the download was ended" true ;;
    6) fail DOWNLOAD_STOPPED "the reader has gone" true ;;
    *) fail INTERNAL "the download broke" true ;;
  esac
  wait "$SOURCE" || restic_failed
  SOURCE=''
}

# However many wait, the disks and the line of a server serve so many.
take_slot() {
  local number slot
  for ((number = 1; number <= DOWNLOADS_AT_ONCE; number++)); do
    exec {slot}>>"$RUN_DIR/download-$number.lock" || fail INTERNAL "cannot open a lock in $RUN_DIR" true
    if flock -n "$slot"; then return; fi
    exec {slot}>&-
  done
  fail BUSY "$DOWNLOADS_AT_ONCE downloads are under way on this server; try again when one has ended" true
}

# Of several readers one gets it. -> ARG, SECRETS, DOWNLOAD_KIND
take_ticket() { # UUID
  local taken=$RUN_DIR/downloads/.taken.$BASHPID at
  local -a fields
  if [[ -d $RUN_DIR/downloads ]]; then forget_tickets; fi
  mv -T -- "$RUN_DIR/downloads/$1" "$taken" 2>/dev/null || fail DOWNLOAD_NOT_FOUND "no such download waits: it was fetched, or its time is over"
  mapfile -d '' -t fields <"$taken"
  rm -f -- "$taken"
  SECRETS=${fields[0]} DOWNLOAD_KIND=${fields[1]}
  ARG=()
  for ((at = 2; at < ${#fields[@]}; at += 2)); do ARG["${fields[at]}"]=${fields[at + 1]}; done
}

# True when all of it went out whole.
feed_download() {
  if [[ $DOWNLOAD_KIND == tar ]]; then
    restic_look dump --archive tar "${ARG[snapshot]}" "$DOWNLOAD_FROM" | perl "$AGENT_HOME/lib/download.pl" names "${DOWNLOAD_NAMES[@]}" | squeeze
  else
    restic_look dump "${ARG[snapshot]}" "$DOWNLOAD_FROM" | squeeze
  fi
  [[ ${PIPESTATUS[*]} =~ ^0(\ 0)+$ ]]
}

squeeze() { if [[ ${ARG[compress]-} == true ]]; then nice -n 10 gzip -n; else cat; fi; }

end_download() {
  if [[ -n $SOURCE ]]; then end_tree "$SOURCE"; fi
  rm -rf -- "$WORK"
}

# A process and all below it, politely for two seconds.
end_tree() { # PID
  local try
  local -a tree=("$1")
  for ((try = 0; try < ${#tree[@]}; try++)); do
    children_of "${tree[try]}"
    tree+=("${REPLY_LIST[@]}")
  done
  kill -s TERM "${tree[@]}" 2>/dev/null
  for ((try = 0; try < 40; try++)); do
    kill -0 "${tree[@]}" 2>/dev/null || return 0
    doze 0.05
  done
  kill -s KILL "${tree[@]}" 2>/dev/null
}
