# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# The gateway: requests in on stdin, frames out on stdout.
#
# Everything the loop must know reaches it as whole lines on one pipe, the bus: decoded requests, and word from
# the processes that answer in the background. The loop is the only one that writes to stdout, so that no frame is
# ever broken by another. `ping` and refusals are answered here without starting a process; the events of followed
# operations are read from their journals, twenty-five times a second, without starting one either.

readonly MAX_READERS=12 TICK=0.04

declare -gA READER=()                      # ticket -> process that will answer
declare -gA FOLLOW_ID=() FOLLOW_FD=() FOLLOW_AT=() FOLLOW_TAIL=() FOLLOW_DOUBT=()   # ticket -> ...
declare -ga WAITING=()                     # decoded requests for which there was no free reader
declare -ga CHANGES=()                     # changes wait for the one before: fences must be judged in order of arrival
ACCEPTING=''                               # ticket of the change that is being accepted

gateway() {
  GATEWAY_DIR=$RUN_DIR/gateway.$$ TICKET=0 TICKER='' LAST_TICK=0 BIG='' CLOSING=0 RESTARTS=0
  exec {REQUESTS}<&0 </dev/null
  mkdir -p -- "$GATEWAY_DIR" && mkfifo -- "$GATEWAY_DIR/bus" || exit 10
  exec {BUS}<>"$GATEWAY_DIR/bus"
  trap end_gateway EXIT
  hello
  start_decoder
  # In the background: neither may delay the first request.
  (
    tend_journal
    tend_database_copies
    tend_backups
    tend_restores
    resume_daemons
    tend_vhosts
    forget_dead_gateways
  ) </dev/null >/dev/null {BUS}>&- {REQUESTS}<&- &
  gateway_loop
}

end_gateway() {
  if [[ -n ${DECODER-} ]]; then kill "$DECODER" 2>/dev/null; fi
  if [[ -n $TICKER ]]; then kill "$TICKER" 2>/dev/null; fi
  rm -rf -- "$GATEWAY_DIR"
}

forget_dead_gateways() {
  local directory
  for directory in "$RUN_DIR"/gateway.*/; do
    directory=${directory%/}
    kill -0 "${directory##*.}" 2>/dev/null || rm -rf -- "$directory"
  done
}

hello() {
  local os=linux name=unknown command
  local -a commands=()
  if [[ -r /etc/os-release ]]; then
    os=$(. /etc/os-release && printf '%s %s' "${ID-linux}" "${VERSION_ID-}")
  fi
  if [[ -r /proc/sys/kernel/hostname ]]; then IFS= read -r name </proc/sys/kernel/hostname; fi
  for command in "${!COMMAND_KIND[@]}"; do commands+=("$command"); done
  mapfile -t commands < <(printf '%s\n' get ping put stream "${commands[@]}" | sort)
  agent_installed || true
  if rootless; then commands+=(rootless); fi
  json_string "$os"
  os=$REPLY
  json_string "$name"
  name=$REPLY
  json_list "${commands[@]}"
  printf '{"type":"hello","agent":"%s","release":"%s","protocol":%d,"capabilities":%s,"host":{"os":%s,"hostname":%s}}\n' \
    "$AGENT_VERSION" "$RELEASE" "$AGENT_PROTOCOL" "$REPLY" "$os" "$name"
}

start_decoder() {
  { decode_requests; printf 'X%s%d\n' "$US" "$?"; } <&"$REQUESTS" >&"$BUS" &
  DECODER=$!
}

# Never a read with a time limit on the bus: when it runs out in the middle of a line, bash may lose a byte, and with it
# a whole request. A ticker puts ticks on the bus instead, for as long as somebody waits for something.
gateway_loop() {
  local line idle=0
  while IFS= read -r -u "$BUS" line; do
    case $line in
      R"$US"*) request "$line" ;;
      T) tick ;;
      F"$US"* | G"$US"* | O"$US"*) answered "$line" ;;
      P*) BIG+=${line:1} ;;
      E)
        if [[ $BIG == R"$US"* ]]; then request "$BIG"; else refused "$BIG"; fi
        BIG=''
        ;;
      B"$US"*) refused "$line" ;;
      X"$US"*) decoder_ended "${line#*"$US"}" ;;
    esac
    if ((${#FOLLOW_ID[@]} + ${#READER[@]} + CLOSING > 0)); then
      idle=0
      if ((CLOSING)) && ((${#READER[@]} + ${#WAITING[@]} + ${#CHANGES[@]} == 0)); then return; fi
      if [[ -z $TICKER ]]; then start_ticker; fi
    elif [[ -n $TICKER ]] && ((++idle > 100)); then
      kill "$TICKER" 2>/dev/null
      TICKER='' idle=0
    fi
  done
}

start_ticker() {
  (
    trap - EXIT
    while kill -0 "$$" 2>/dev/null; do
      doze "$TICK"
      printf 'T\n'
    done
  ) </dev/null >&"$BUS" {REQUESTS}<&- &
  TICKER=$!
}

answer() { printf '{"id":"%s","type":"result",%s}\n' "$1" "$2"; }

refuse() { # ID CODE MESSAGE
  failure "$2" "$3"
  if [[ -n $1 ]]; then answer "$1" "$REPLY"; else printf '{"id":null,"type":"result",%s}\n' "$REPLY"; fi
}

refused() { # B id code why
  local id code rest=${1#*"$US"}
  id=${rest%%"$US"*} rest=${rest#*"$US"}
  code=${rest%%"$US"*}
  refuse "$id" "$code" "${rest#*"$US"}"
}

# The decoder has ended: at the end of the requests, or because something killed it.
decoder_ended() { # STATUS
  if (($1 == 0 || $1 == 5)); then
    CLOSING=1
    return
  fi
  if ((++RESTARTS > 20)); then exit 10; fi
  BIG=''
  failure INTERNAL "the decoder was restarted; ask again about requests that stay without an answer" true
  printf '{"id":null,"type":"result",%s}\n' "$REPLY"
  start_decoder
}

request() { # R id command operation fence from args secrets
  local rest=${1#*"$US"} id command
  id=${rest%%"$US"*} rest=${rest#*"$US"}
  command=${rest%%"$US"*} rest=${rest#*"$US"}
  if [[ $command == ping && $rest == *"$US{}$US" ]]; then
    printf '{"id":"%s","type":"result","ok":true,"data":{"pong":true}}\n' "$id"
  elif [[ $command == ping ]]; then
    refuse "$id" INVALID_ARGUMENT "ping takes no arguments"
  elif [[ -z ${COMMAND_KIND[$command]-} ]]; then
    refuse "$id" UNKNOWN_COMMAND "this agent has no command $command; its hello frame lists those it has"
  elif [[ ${COMMAND_KIND[$command]} == change && -n $ACCEPTING ]]; then
    CHANGES+=("$1")
  elif ((${#READER[@]} >= MAX_READERS)); then
    WAITING+=("$1")
  else
    start_reader "$id" "$command" "$rest"
    if [[ ${COMMAND_KIND[$command]} == change ]]; then ACCEPTING=$TICKET; fi
  fi
}

start_reader() { # ID COMMAND REST
  local ticket=$((++TICKET))
  ( answer_in_background "$ticket" "$@" ) </dev/null >/dev/null {REQUESTS}<&- &
  READER[$ticket]=$!
  FOLLOW_ID[$ticket]=$1
}

# In a process of its own: reads answer with data, changes and operation:attach with an operation to follow.
answer_in_background() { # TICKET ID COMMAND REST
  local ticket=$1 id=$2 command=$3 rest=$4 operation fence from arguments secrets outcome frames
  trap - EXIT
  operation=${rest%%"$US"*} rest=${rest#*"$US"}
  fence=${rest%%"$US"*} rest=${rest#*"$US"}
  from=${rest%%"$US"*} rest=${rest#*"$US"}
  arguments=${rest%"$US"*} secrets=${rest##*"$US"}
  if [[ ${COMMAND_KIND[$command]} == change && $arguments != *'"plan":true'* ]]; then
    outcome=$(accept_request "$command" "$operation" "$fence" "$from" "$arguments" "$secrets" 3>&1 >/dev/null)
    if [[ -z $outcome ]]; then
      printf 'O%s%d%s%s%s%s\n' "$US" "$ticket" "$US" "$operation" "$US" "$from" >&"$BUS"
      return
    fi
  else
    # in this process alone, which ends with its answer
    SECRETS=${secrets:-'{}'}
    outcome=$(run_command "$command" "$arguments" 3>&1 >/dev/null)
    if [[ $command == operation:attach && $outcome == '"ok":true,'* && $arguments =~ \"operation\":\"([0-9a-f-]{36})\" ]]; then
      operation=${BASH_REMATCH[1]} from=0
      if [[ $arguments =~ \"from\":([0-9]+) ]]; then from=${BASH_REMATCH[1]}; fi
      printf 'O%s%d%s%s%s%s\n' "$US" "$ticket" "$US" "$operation" "$US" "$from" >&"$BUS"
      return
    fi
  fi
  deliver "$ticket" "$id" "$outcome" ''
}

# Short frames travel on the bus, long ones in a file that the loop copies.
deliver() { # TICKET ID OUTCOME EXTRA
  local outcome=$3
  if [[ -z $outcome ]]; then
    failure INTERNAL "the command ended without an answer" true
    outcome=$REPLY
  fi
  if ((${#outcome} + ${#4} < 3800)); then
    printf 'F%s%d%s{"id":"%s","type":"result",%s%s}\n' "$US" "$1" "$US" "$2" "$outcome" "$4" >&"$BUS"
  else
    frames_of "$2" "$outcome" "$4" >"$GATEWAY_DIR/$1"
    printf 'G%s%d\n' "$US" "$1" >&"$BUS"
  fi
}

accept_request() { # COMMAND OPERATION FENCE FROM ARGS SECRETS; silent when accepted
  [[ -n $2 && -n $3 ]] || fail INVALID_ARGUMENT "$1 changes the server: it needs operation (a UUID) and fence"
  fence_fits "$3" || fail INVALID_ARGUMENT "fence must be between 0 and 9223372036854775807"
  # What is refused for its arguments leaves no trace in the journal.
  if [[ ! -d $OPERATIONS/$2 ]]; then validate_arguments "$1" "$5"; fi
  accept "$2" "$1" "$5" "$6" "$3"
  check_offset "$2" "$4"
}

answered() { # F ticket frame | G ticket | O ticket operation from
  local kind=${1%%"$US"*} rest=${1#*"$US"} ticket line
  ticket=${rest%%"$US"*} rest=${rest#*"$US"}
  [[ -n ${READER[$ticket]-} ]] || return 0
  unset "READER[$ticket]"
  case $kind in
    F)
      unset "FOLLOW_ID[$ticket]"
      printf '%s\n' "$rest"
      ;;
    G)
      unset "FOLLOW_ID[$ticket]"
      while IFS= read -r line; do printf '%s\n' "$line"; done <"$GATEWAY_DIR/$ticket"
      rm -f -- "$GATEWAY_DIR/$ticket" >/dev/null {BUS}>&- {REQUESTS}<&- &
      ;;
    O) follow "$ticket" "${rest%%"$US"*}" "${rest#*"$US"}" ;;
  esac
  next_request "$ticket"
}

# Whoever waited for this ticket, or for a place, is next.
next_request() { # TICKET
  local line
  if [[ $ACCEPTING == "$1" ]]; then
    ACCEPTING=''
    if ((${#CHANGES[@]})); then
      line=${CHANGES[0]}
      CHANGES=("${CHANGES[@]:1}")
      request "$line"
    fi
  fi
  while ((${#WAITING[@]} && ${#READER[@]} < MAX_READERS)); do
    line=${WAITING[0]}
    WAITING=("${WAITING[@]:1}")
    request "$line"
  done
}

# --- following an operation ---------------------------------------------------------------------------------------

follow() { # TICKET OPERATION FROM
  local fd skipped
  exec {fd}<"$OPERATIONS/$2/events" || { FOLLOW_FD[$1]=''; return; }
  if (($3 > 0)); then IFS= read -r -N "$3" -u "$fd" skipped; fi
  FOLLOW_FD[$1]="$fd $2" FOLLOW_AT[$1]=$3 FOLLOW_TAIL[$1]='' FOLLOW_DOUBT[$1]=0
  forward "$1"
}

tick() {
  local ticket
  # While the loop was busy ticks have piled up; one is enough for all of them.
  now_ms
  if ((REPLY - LAST_TICK < 30)); then return; fi
  LAST_TICK=$REPLY
  for ticket in "${!FOLLOW_FD[@]}"; do forward "$ticket"; done
  # A reader that was killed will never answer: say so instead of letting the panel wait.
  for ticket in "${!READER[@]}"; do
    if ! kill -0 "${READER[$ticket]}" 2>/dev/null && ! read -r -t 0 -u "$BUS"; then
      refuse "${FOLLOW_ID[$ticket]}" INTERNAL "the process that should have answered was killed"
      unset "READER[$ticket]" "FOLLOW_ID[$ticket]"
      next_request "$ticket"
    fi
  done
}

forward() { # TICKET: new events, then the result once there is one
  local ticket=$1 fd=${FOLLOW_FD[$1]% *} operation=${FOLLOW_FD[$1]#* } id=${FOLLOW_ID[$1]} state
  # State before events: whatever was written before the end is then certainly seen.
  state_of "$operation"
  state=$REPLY
  forward_events "$ticket" "$fd" "$id" || return 0
  if terminal "$state"; then
    exec {fd}<&-
    give_result "$ticket" "$id" "$operation" "$state"
  elif ((++FOLLOW_DOUBT[$ticket] >= 25)); then
    FOLLOW_DOUBT[$ticket]=0
    if ! job_seen_alive "$operation"; then ( settle "$operation" ) </dev/null >/dev/null {BUS}>&- {REQUESTS}<&- & fi
  fi
}

forward_events() { # TICKET FD ID; false when more may be waiting
  local line count=0
  while IFS= read -r -u "$2" line; do
    line=${FOLLOW_TAIL[$1]}$line
    FOLLOW_TAIL[$1]=''
    FOLLOW_AT[$1]=$((FOLLOW_AT[$1] + ${#line} + 1))
    printf '{"id":"%s",%s,"offset":%d}\n' "$3" "${line:1:-1}" "${FOLLOW_AT[$1]}"
    if ((++count >= 200)); then return 1; fi
  done
  FOLLOW_TAIL[$1]+=$line
}

give_result() { # TICKET ID OPERATION STATE
  local outcome='' extra=",\"operation\":\"$3\",\"state\":\"$4\""
  if [[ $4 == SEALED ]]; then
    failure OPERATION_SEALED "the panel has given this operation up before it arrived; it will never be carried out"
    outcome=$REPLY
  else
    IFS= read -r outcome <"$OPERATIONS/$3/result"
  fi
  unset "FOLLOW_FD[$1]" "FOLLOW_AT[$1]" "FOLLOW_TAIL[$1]" "FOLLOW_DOUBT[$1]"
  if ((${#outcome} + 300 <= FRAME_LIMIT)); then
    unset "FOLLOW_ID[$1]"
    printf '{"id":"%s","type":"result",%s%s}\n' "$2" "$outcome" "$extra"
  else
    ( trap - EXIT; deliver "$1" "$2" "$outcome" "$extra" ) </dev/null >/dev/null {REQUESTS}<&- &
    READER[$1]=$!
  fi
}
