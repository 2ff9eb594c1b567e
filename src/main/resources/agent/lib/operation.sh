# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# operation:status|attach|cancel|ack, and the process that carries one operation out.

register read operation:status "what became of an operation; seal=true makes an unknown id impossible for ever"
register read operation:attach "follow an operation from an offset of its event log"
register read operation:cancel "kill an operation and say what it left behind"
register read operation:ack "the panel has the result; the journal may go after 30 days"

# data of operation:status
describe_operation() { # UUID -> DATA
  local operation=$1 state result=null
  state_of "$operation"
  state=$REPLY
  if [[ $state == UNKNOWN ]]; then
    DATA="{\"operation\":\"$operation\",\"state\":\"UNKNOWN\"}"
    return
  fi
  if [[ -s $OPERATIONS/$operation/result ]]; then
    IFS= read -r result <"$OPERATIONS/$operation/result"
    result="{$result}"
  fi
  DATA=$(jq -c --arg state "$state" --argjson result "$result" '
    {operation, state: $state, command, fence} + (if $result == null then {} else {result: $result} end)' \
    "$OPERATIONS/$operation/request") || fail INTERNAL "the journal of $operation cannot be read"
}

cmd_operation_status() {
  local operation=${ARG[operation]}
  if [[ ${ARG[seal]-} == true && ! -d $OPERATIONS/$operation ]]; then seal "$operation"; fi
  settle "$operation"
  describe_operation "$operation"
}

# A tombstone: whoever comes first, this rename or that of `accept`, decides for ever.
seal() { # UUID
  local temporary
  temporary=$(mktemp -d "$OPERATIONS/.new.XXXXXXXX") || fail INTERNAL "the journal cannot be written (disk full?)" true
  {
    printf '{"operation":"%s","command":null,"fence":null}\n' "$1" >"$temporary/request" &&
      printf 'SEALED\n' >"$temporary/state" && : >"$temporary/events" && : >"$temporary/alive" &&
      sync -d -- "$temporary/request" "$temporary/state"
  } || fail INTERNAL "the journal cannot be written (disk full?)" true
  mv -T -- "$temporary" "$OPERATIONS/$1" 2>/dev/null || rm -rf -- "$temporary"
  sync -- "$OPERATIONS"
}

require_operation() { # UUID
  [[ -d $OPERATIONS/$1 ]] || fail OPERATION_UNKNOWN "this server has never accepted that operation"
}

cmd_operation_attach() { # the follower in the gateway or on the command line does the rest
  require_operation "${ARG[operation]}"
  settle "${ARG[operation]}"
  check_offset "${ARG[operation]}" "${ARG[from]:-0}"
}

check_offset() { # UUID OFFSET: it must lie between two events
  local size
  size=$(stat -c %s -- "$OPERATIONS/$1/events") || fail INTERNAL "the event log cannot be read"
  if ((${#2} > 15 || $2 > size)) || { (($2 > 0)) && [[ -n $(tail -c "+$2" -- "$OPERATIONS/$1/events" | head -c 1 | tr -d '\n') ]]; }; then
    fail INVALID_ARGUMENT "from is not an offset that an event of this operation ended at"
  fi
}

cmd_operation_ack() {
  local operation=${ARG[operation]}
  require_operation "$operation"
  settle "$operation"
  terminal "$REPLY" || fail BUSY "the operation is still at work" true
  [[ -e $OPERATIONS/$operation/acked ]] || : >"$OPERATIONS/$operation/acked"
  DATA="{\"operation\":\"$operation\",\"state\":\"$REPLY\"}"
}

cmd_operation_cancel() {
  local operation=${ARG[operation]} state left=() command arguments
  require_operation "$operation"
  settle "$operation"
  if ! terminal "$REPLY"; then
    : >"$OPERATIONS/$operation/cancel"
    stop_job "$operation"
  fi
  state_of "$operation"
  state=$REPLY
  mapfile -t left < <(members "$operation" | sed 's/^/process:/')
  command=$(jq -r '.command // ""' "$OPERATIONS/$operation/request")
  if [[ $state == CANCELLED && -n ${COMMAND_LEFT[$command]-} ]]; then
    arguments=$(jq -c .args "$OPERATIONS/$operation/request")
    validate_arguments "$command" "$arguments"
    mapfile -t -O "${#left[@]}" left < <("${COMMAND_LEFT[$command]}")
  fi
  json_list "${left[@]}"
  DATA="{\"operation\":\"$operation\",\"state\":\"$state\",\"left_behind\":$REPLY}"
}

# Ends the whole group, politely first; returns only when nothing of it lives.
stop_job() { # UUID
  local deadline
  if unit_active "$1"; then
    systemctl stop "vpsm-op-$1.service" >/dev/null 2>&1
  else
    kill_leftovers "$1" TERM
  fi
  now_ms
  deadline=$((REPLY + 4000))
  while :; do
    settle "$1"
    if terminal "$REPLY" && [[ -z $(members "$1") ]]; then return; fi
    now_ms
    if ((REPLY > deadline)); then kill_leftovers "$1" KILL; fi
    if ((REPLY > deadline + 8000)); then
      fail BUSY "the operation's processes do not die; it is still RUNNING" true
    fi
    doze 0.1
  done
}

json_list() { # WORD... -> REPLY
  local word list=''
  for word; do
    json_string "$word"
    list+=,$REPLY
  done
  REPLY="[${list#,}]"
}

# --- the process of one operation ---------------------------------------------------------------------------------

run_operation() { # UUID [ALIVE-FD]
  local operation=$1 alive=${2-} directory=$OPERATIONS/$1 worker outcome state told_to_end=''
  [[ $operation =~ $UUID_PATTERN && -d $directory ]] || exit 1
  if [[ ! $alive =~ ^[0-9]+$ ]]; then
    exec {alive}<>"$directory/alive"
    flock -w 20 "$alive" || exit 7
  fi
  state_of "$operation"
  [[ $REPLY == ACCEPTED ]] || exit 5
  process_started "$$" || REPLY=0
  write_file "$directory/pid" "$$ $REPLY $(</proc/sys/kernel/random/boot_id)"$'\n'
  set_state "$operation" RUNNING
  # A handler, not '': the worker below must get the default, which ends it at once.
  trap 'told_to_end=1' TERM INT HUP
  OPERATION_DIRECTORY=$directory
  if [[ ! -e $directory/cancel ]]; then
    (
      exec {alive}>&-
      work "$operation"
    ) 3>"$directory/outcome" &
    worker=$!
    while kill -0 "$worker" 2>/dev/null; do wait "$worker"; done
  fi
  rm -f -- "$RUN_DIR/secrets/$operation"
  outcome=''
  if [[ -s $directory/outcome ]]; then IFS= read -r outcome <"$directory/outcome" || true; fi
  if [[ $outcome == '"ok":true,'* && $outcome == *\} ]]; then
    state=SUCCEEDED
  elif [[ -e $directory/cancel ]]; then
    failure OPERATION_CANCELLED "the operation was cancelled"
    outcome=$REPLY state=CANCELLED
  elif [[ -n $told_to_end ]]; then
    # not by the panel: the machine goes down
    failure OPERATION_INTERRUPTED "the server ended the operation, as it does at a shutdown; ask for the same change again" true
    outcome=$REPLY state=INTERRUPTED
  else
    if [[ $outcome != *\} ]]; then
      failure INTERNAL "the command ended without an answer; see the operation's output"
      outcome=$REPLY
    fi
    state=FAILED
  fi
  rm -f -- "$directory/outcome"
  conclude "$operation" "$outcome" "$state"
}

work() { # UUID, in a process of its own
  local command arguments
  command=$(jq -r .command "$OPERATION_DIRECTORY/request")
  arguments=$(jq -c .args "$OPERATION_DIRECTORY/request")
  SECRETS='{}'
  if [[ -f $RUN_DIR/secrets/$1 ]]; then
    IFS= read -r -d '' SECRETS <"$RUN_DIR/secrets/$1" || true
    rm -f -- "$RUN_DIR/secrets/$1"
  fi
  run_command "$command" "$arguments"
}

# --- what a running command may say -------------------------------------------------------------------------------

progress() { # PERCENT STEP
  [[ -n ${OPERATION_DIRECTORY-} ]] || return 0
  json_string "${2:0:400}"
  printf '{"type":"progress","percent":%d,"step":%s}\n' "$1" "$REPLY" >>"$OPERATION_DIRECTORY/events"
}

# A line of text for the person who watches. Whole raw output goes to the spool, not here.
say() { # TEXT [STREAM]
  [[ -n ${OPERATION_DIRECTORY-} ]] || return 0
  local text=$1
  while [[ -n $text ]]; do
    if [[ ${text:0:1500} == *[$'\x80'-$'\xff']* ]]; then
      REPLY=$(printf '%s\n' "${text:0:500}" | jq -Rsc .)
      text=${text:500}
    else
      json_string "${text:0:1500}"$'\n'
      text=${text:1500}
    fi
    printf '{"type":"output","stream":"%s","data":%s}\n' "${2:-stdout}" "$REPLY" >>"$OPERATION_DIRECTORY/events"
  done
}

# Notes that a step cannot be done here (rootless mode, missing package) instead of failing.
skip() { # STEP
  local known
  for known in "${SKIPPED[@]}"; do if [[ $known == "$1" ]]; then return; fi; done
  SKIPPED+=("$1")
}

# --- raw output ---------------------------------------------------------------------------------------------------

# `stream <uuid> <offset>`: the bytes the operation's programs wrote, until it has ended.
stream_spool() { # UUID OFFSET
  local operation=$1 spool=$OPERATIONS/$1/spool offset=$2 size
  [[ -f $spool ]] || { echo "vpsmanager: no output is kept for that operation" >&2; exit 3; }
  while :; do
    settle "$operation"
    size=$(stat -c %s -- "$spool")
    if ((size > offset)); then
      tail -c "+$((offset + 1))" -- "$spool" | head -c "$((size - offset))" || exit 10
      offset=$size
    fi
    state_of "$operation"
    if terminal "$REPLY" && (($(stat -c %s -- "$spool") <= offset)); then return; fi
    doze 0.1
  done
}
