# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# target:check: can this server keep backups there? It writes, reads back and removes, as a backup would.

register read target:check "write a little to a backup target, read it back and remove it; or look at its host key"

readonly TARGET_CHECK_SECONDS=18

cmd_target_check() {
  local place snapshot
  DEADLINE=$((EPOCHSECONDS + TARGET_CHECK_SECONDS))
  name_repository
  if [[ $KIND == sftp && -z ${ARG[host_key]-} ]]; then
    find_way
    scan_host_key
    return
  fi
  place=$(mktemp -d "$RUN_DIR/look.XXXXXXXX") || fail INTERNAL "cannot write to $RUN_DIR" true
  # shellcheck disable=SC2064 # the directory as it is now
  trap "rm -rf -- '$place'" EXIT
  prepare_repository "$place"
  now_ms
  TARGET_BEGAN=$REPLY
  make_repository
  if ! mkdir -- "$WORK/sample" || ! head -c 4096 /dev/urandom >"$WORK/sample/sample"; then fail NO_ROOM "$RUN_DIR cannot be written (disk full?)"; fi
  RESTIC_FROM=$WORK/sample
  restic_work backup --json --quiet --host chom --tag chom-check -- sample >"$WORK/said" || restic_failed
  RESTIC_FROM=''
  snapshot=$(sed -n 's/.*"snapshot_id":"\([0-9a-f]*\)".*/\1/p' "$WORK/said")
  restic_look dump "$snapshot" /sample >"$WORK/back" || restic_failed
  cmp -s -- "$WORK/sample/sample" "$WORK/back" || fail REPOSITORY_DAMAGED "what was written to $WHERE comes back changed"
  DATA='{"ok":true}'
  remove_sample "$snapshot"
  answer_check
}

# Another check may be at it, from any server, and hold the lock for a moment. What one that died left is nobody's.
remove_sample() { # SNAPSHOT
  local try
  for ((try = 0; try < 4; try++)); do
    if restic_work forget --quiet --prune -- "$1" >/dev/null; then return; fi
    judge_complaint
    if [[ $RESTIC_CODE != REPOSITORY_LOCKED ]]; then break; fi
    doze 1
  done
  if [[ $RESTIC_CODE == REPOSITORY_LOCKED ]]; then
    # what it wrote goes with the next one's
    if old_locks; then restic_work unlock --remove-all --quiet >/dev/null 2>&1; fi
  elif grep -qE '\(40[35]\)|403 Forbidden|AccessDenied|Access Denied' "$WORK/complaint"; then
    DATA='{"ok":true,"append_only":true}'
  else
    restic_failed
  fi
}

# A check takes seconds: are all the locks left behind?
old_locks() {
  local id pid at host
  while read -r id; do
    read_lock "$id" || return 1
    read -r pid at host <<<"$REPLY"
    ((EPOCHSECONDS - at > 120)) || return 1
  done < <(restic_look list locks --quiet | grep -E '^[0-9a-f]{64}$')
}

answer_check() { # -> DATA
  local free
  if remote; then
    remote_free_bytes
    free=$REPLY
  else
    free=$(df -B1 --output=avail -- "$REPOSITORY" 2>/dev/null | tail -n 1)
    now_ms
    LATENCY_MS=$((REPLY - TARGET_BEGAN))
  fi
  DATA=$(jq -c --arg key "${ARG[host_key]-}" --arg free "${free// /}" --argjson latency "$LATENCY_MS" '. + {latency_ms: $latency}
    + (if $key == "" then {} else {host_key: $key} end) + (if $free == "" then {} else {free_bytes: ($free | tonumber)} end)' <<<"$DATA")
}

# The strongest of the keys it shows. Whether it is the right one, a person decides.
scan_host_key() { # -> DATA
  local keys key='' kind print
  seconds_left 10
  keys=$(timeout "$REPLY" ssh-keyscan -T 5 -p "$PORT" -t ed25519,ecdsa,rsa -- "$ADDRESS" 2>/dev/null | sed 's/^[^ ]* //' | tr -d '\r')
  for kind in ssh-ed25519 ecdsa-sha2-nistp ssh-rsa; do
    key=$(grep -E "^${kind}[0-9]* [A-Za-z0-9+/=]+\$" <<<"$keys" | head -n 1)
    if [[ -n $key ]]; then break; fi
  done
  [[ -n $key ]] || fail REPOSITORY_UNREACHABLE "$HOST answers at port $PORT, but not as an SSH server does" true
  print=$(ssh-keygen -lf - <<<"$key" 2>/dev/null | cut -d ' ' -f 2)
  DATA=$(jq -nc --arg key "$key" --arg print "$print" --argjson latency "$LATENCY_MS" '{ok: false, host_key: $key, fingerprint: $print, latency_ms: $latency}')
}
