# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# The journal of changes: operations/<uuid>/ with request, state, events, spool and result. Never a secret.
#
#   ACCEPTED -> RUNNING -> SUCCEEDED | FAILED | CANCELLED | INTERRUPTED        SEALED (unknown when the panel gave up)
#
# A directory appears by one rename and is complete from its first moment: the rename is the once-only lock.
# `alive` is locked for as long as the operation's process lives, so that a dead one is recognised whatever killed it.

terminal() { [[ $1 == SUCCEEDED || $1 == FAILED || $1 == CANCELLED || $1 == INTERRUPTED || $1 == SEALED ]]; }

state_of() { # UUID -> REPLY; UNKNOWN where there is none
  REPLY=UNKNOWN
  if [[ -r $OPERATIONS/$1/state ]]; then IFS= read -r REPLY <"$OPERATIONS/$1/state" || true; fi
}

set_state() { write_file "$OPERATIONS/$1/state" "$2"$'\n'; }

supervised() { ! rootless && [[ -d /run/systemd/system ]]; }

# The site's user, or the server itself: what a fence belongs to. The panel takes one operation of a subject at a time,
# and those of two subjects in any order: what it counts to a site may not count to the server here.
subject_of() { # COMMAND ARGS-JSON -> REPLY
  REPLY=server
  if [[ $1 == @(site|database|ssl|backup):* && $2 =~ \"user\":\"(s[0-9]{6,9})\" ]]; then REPLY=${BASH_REMATCH[1]}; fi
}

request_hash() { # COMMAND ARGS-JSON -> REPLY
  REPLY=$(printf '%s\n%s' "$1" "$2" | sha256sum) || return 1
  REPLY=${REPLY%% *}
}

read_fence() { # SUBJECT -> REPLY
  REPLY=0
  if [[ -r $FENCES/$1 ]]; then IFS= read -r REPLY <"$FENCES/$1" || true; fi
}

# Does it fit bash's 63 bits? What does not fit comes back negative or as another number.
fence_fits() { # TEXT
  local number
  [[ $1 =~ ^(0|[1-9][0-9]{0,18})$ ]] || return 1
  number=$(($1))
  [[ $number == "$1" ]]
}

# Accepts a change exactly once and starts it. REPLY tells which: `new` or `same` (the id was accepted before).
accept() { # OPERATION COMMAND ARGS-JSON SECRETS-JSON FENCE(may be empty: next)
  local operation=$1 command=$2 arguments=$3 secrets=$4 fence=$5 directory=$OPERATIONS/$1
  local hash subject known temporary alive
  [[ $operation =~ $UUID_PATTERN ]] || fail INVALID_ARGUMENT "operation must be a lower-case UUID"
  request_hash "$command" "$arguments" || fail INTERNAL "cannot compute the request's hash"
  hash=$REPLY
  subject_of "$command" "$arguments"
  subject=$REPLY
  take_lock accept 15
  if [[ -d $directory ]]; then
    same_request "$operation" "$hash"
    release_lock
    REPLY=same
    return
  fi
  read_fence "$subject"
  known=$REPLY
  if [[ -z $fence ]]; then fence=$((known + 1)); fi
  fence_fits "$fence" || fail INVALID_ARGUMENT "fence must be between 0 and 9223372036854775807"
  if ((fence < known)); then
    fail STALE_FENCE "fence $fence is older than $known, the last one seen for $subject; somebody newer has taken over"
  fi
  temporary=$(mktemp -d "$OPERATIONS/.new.XXXXXXXX") || fail INTERNAL "the journal cannot be written (disk full?)" true
  timestamp
  {
    printf '{"operation":"%s","command":"%s","args":%s,"fence":"%s","subject":"%s","hash":"%s","accepted":"%s"}\n' \
      "$operation" "$command" "$arguments" "$fence" "$subject" "$hash" "$REPLY" >"$temporary/request" &&
      printf '%s\n' "$hash" >"$temporary/hash" && printf 'ACCEPTED\n' >"$temporary/state" &&
      : >"$temporary/events" && : >"$temporary/spool" && : >"$temporary/alive" &&
      sync -d -- "$temporary/request" "$temporary/hash" "$temporary/state"
  } || { rm -rf -- "$temporary"; fail INTERNAL "the journal cannot be written (disk full?)" true; }
  if [[ -n $secrets ]]; then
    (umask 077 && printf '%s' "$secrets" >"$RUN_DIR/secrets/$operation") || fail INTERNAL "cannot hand over the secrets"
  fi
  exec {alive}<>"$temporary/alive"
  flock -n "$alive"
  write_file "$FENCES/$subject" "$fence"$'\n'
  if ! mv -T -- "$temporary" "$directory" 2>/dev/null; then
    # A tombstone was quicker: only `seal` makes entries without holding this lock.
    rm -rf -- "$temporary" "$RUN_DIR/secrets/$operation"
    same_request "$operation" "$hash"
    fail INTERNAL "the journal entry could not be put in place" true
  fi
  sync -- "$OPERATIONS"
  start_job "$operation" "$alive"
  exec {alive}>&-
  release_lock
  REPLY=new
}

same_request() { # OPERATION HASH
  local known state
  state_of "$1"
  state=$REPLY
  if [[ $state == SEALED ]]; then
    fail OPERATION_SEALED "the panel has given this operation up before it arrived; it will never be carried out"
  fi
  IFS= read -r known <"$OPERATIONS/$1/hash" || known=''
  if [[ $known != "$2" ]]; then fail OPERATION_MISMATCH "this operation id belongs to another request"; fi
}

# The job outlives the channel: as a systemd unit, whose name is a second once-only lock, or in a session of its own.
start_job() { # OPERATION ALIVE-FD
  local directory=$OPERATIONS/$1
  if supervised; then
    systemd-run --quiet --collect --unit="vpsm-op-$1" --service-type=exec \
      --property=KillMode=control-group --property=TimeoutStopSec=5 --property=SendSIGKILL=yes \
      --property=UMask=0077 --property=OOMPolicy=continue --property=WorkingDirectory=/ \
      --property=StandardOutput="append:$directory/spool" --property=StandardError="append:$directory/spool" \
      --setenv=VPSM_OPERATION="$1" \
      -- "$AGENT_HOME/bin/vpsmanager" run-operation "$1" >&2 ||
      { complete_end "$1" INTERRUPTED; fail DEPENDENCY_FAILED "systemd did not start the operation's unit" true; }
    return
  fi
  (
    close_descriptors_except "$2"
    cd / || exit 10
    export VPSM_OPERATION=$1
    exec setsid "$AGENT_HOME/bin/vpsmanager" run-operation "$1" "$2" </dev/null >>"$directory/spool" 2>&1
  ) &
}

close_descriptors_except() { # FD
  local path number
  for path in /proc/self/fd/*; do
    number=${path##*/}
    if ((number > 2 && number != $1)); then exec {number}>&-; fi
  done
}

# `read` may not fork, and a process id alone may have been given to somebody else: compare the start time too.
job_seen_alive() { # UUID
  local pid started boot stat
  [[ -r $OPERATIONS/$1/pid ]] || return 1
  read -r pid started boot <"$OPERATIONS/$1/pid" || return 1
  process_started "$pid" && [[ $REPLY == "$started" && $boot == "$(</proc/sys/kernel/random/boot_id)" ]]
}

process_started() { # PID -> REPLY: its start time in clock ticks
  local stat
  { IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  stat=${stat##*) }
  local fields
  read -r -a fields <<<"$stat"
  [[ ${fields[0]} != Z ]] || return 1
  REPLY=${fields[19]}
}

# The true state: an operation that says it runs but has no process any more was interrupted. REPLY = state.
settle() { # UUID
  local operation=$1 directory=$OPERATIONS/$1 lock patience=0
  state_of "$operation"
  if [[ $REPLY == CANCELLED || $REPLY == INTERRUPTED ]] && [[ ! -s $directory/result ]]; then complete_end "$operation" "$REPLY"; fi
  if [[ $REPLY == UNKNOWN ]] || terminal "$REPLY"; then return; fi
  # A dead process whose lock is held: somebody else is settling right now, so wait for the verdict.
  if [[ -e $directory/pid ]] && ! job_seen_alive "$operation"; then patience=6; fi
  exec {lock}<>"$directory/alive"
  if ! flock -w "$patience" "$lock" || unit_active "$operation"; then
    exec {lock}>&-
    state_of "$operation"
    return
  fi
  state_of "$operation"
  if ! terminal "$REPLY"; then
    kill_all "$operation"
    rm -f -- "$RUN_DIR/secrets/$operation"
    if [[ -e $directory/cancel ]]; then
      complete_end "$operation" CANCELLED
    else
      complete_end "$operation" INTERRUPTED
    fi
  fi
  exec {lock}>&-
  state_of "$operation"
}

# An end that says everything by itself. REPLY = state.
complete_end() { # UUID STATE
  if [[ $2 == CANCELLED ]]; then
    failure OPERATION_CANCELLED "the operation was cancelled"
  else
    failure OPERATION_INTERRUPTED "the operation's process died before it could finish; ask for the same change again" true
  fi
  conclude "$1" "$REPLY" "$2"
  REPLY=$2
}

unit_active() { # UUID
  supervised || return 1
  local active
  active=$(systemctl is-active "vpsm-op-$1.service" 2>/dev/null)
  [[ $active == active || $active == activating || $active == deactivating || $active == reloading ]]
}

# The result first, then the state, and never the state alone. A stop of the unit reaches every process of it, so what
# writes the end must not hear it.
conclude() { # UUID OUTCOME STATE
  (
    trap '' TERM INT HUP
    write_file "$OPERATIONS/$1/result" "$2"$'\n' && set_state "$1" "$3"
  )
}

# Every process that carries the operation's mark in its environment, except daemons that were let go on purpose.
members() { # UUID -> pids, one a line
  grep -lsz "^VPSM_OPERATION=$1\$" /proc/[0-9]*/environ | cut -d / -f 3
}

# Nothing of an operation may live on when it is called ended.
kill_all() { # UUID
  local try
  for ((try = 0; try < 100; try++)); do
    [[ -n $(members "$1") ]] || return 0
    kill_leftovers "$1" KILL
    doze 0.05
  done
}

kill_leftovers() { # UUID SIGNAL
  local pid pids
  if supervised; then systemctl kill --signal="$2" "vpsm-op-$1.service" >/dev/null 2>&1; fi
  mapfile -t pids < <(members "$1")
  for pid in "${pids[@]}"; do
    if [[ $pid != "$BASHPID" && $pid != "$$" ]]; then kill -s "$2" "$pid" 2>/dev/null; fi
  done
}

# At the start of a gateway: what died while nobody looked, and what may be forgotten.
tend_journal() {
  local directory operation
  for directory in "$OPERATIONS"/*/; do
    operation=${directory%/}
    operation=${operation##*/}
    state_of "$operation"
    terminal "$REPLY" || settle "$operation"
  done
  find "$OPERATIONS" -mindepth 2 -maxdepth 2 -name acked -mtime +30 -printf '%h\0' 2>/dev/null | xargs -0 -r rm -rf --
  find "$OPERATIONS" -mindepth 1 -maxdepth 1 -name '.new.*' -mmin +60 -exec rm -rf -- {} +
}
