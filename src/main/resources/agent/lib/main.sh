# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# What the program does with its words: the gateway, one command by hand, or a word about itself.

main() {
  prepare_environment
  local word=${1:-help}
  case $word in
    --version)
      printf 'vpsmanager %s (protocol %d)\n' "$AGENT_VERSION" "$AGENT_PROTOCOL"
      return
      ;;
    help | --help | -h)
      show_help
      return
      ;;
  esac
  settle_identity "$@"
  name_places
  case $word in
    gateway) gateway ;;
    stream)
      [[ ${2-} =~ $UUID_PATTERN && ${3-} =~ ^[0-9]{1,15}$ ]] || { echo "usage: vpsmanager stream <operation> <offset>" >&2; exit 1; }
      stream_spool "$2" "$3"
      ;;
    put)
      [[ ${2-} =~ $UUID_PATTERN && ${3-} =~ ^[1-9][0-9]{0,9}$ && ${4-} =~ ^[0-9a-f]{64}$ ]] ||
        { echo "usage: vpsmanager put <id> <bytes> <sha256>" >&2; exit 1; }
      receive_upload "$2" "$3" "$4"
      ;;
    get)
      [[ ${2-} =~ $UUID_PATTERN && $# == 2 ]] || { echo "usage: vpsmanager get <download>" >&2; exit 1; }
      give_download "$2"
      ;;
    run-operation) run_operation "${2-}" "${3-}" ;;
    *) by_hand "$@" ;;
  esac
}

show_help() {
  local command
  echo "usage: vpsmanager <command> [--name=value ...] [--format=json|text] [--plan]"
  echo "       vpsmanager gateway | stream <operation> <offset> | put <id> <bytes> <sha256> | get <download> | --version | help"
  echo
  printf '  %-18s %s\n' ping "answers at once, and shows that the agent is there"
  for command in $(printf '%s\n' "${!COMMAND_KIND[@]}" | sort); do printf '  %-18s %s\n' "$command" "${COMMAND_ABOUT[$command]}"; done
  echo
  echo "Changes are journaled: --operation=<uuid> and --fence=<n> name one, else a new one is made."
  echo "Secrets come on stdin as one JSON object, with --secrets=-; a list is written with commas."
  echo "Exit codes: 0 ok, 1 usage, 2 invalid, 3 not found, 4 exists, 5 conflict, 6 limit, 7 busy, 8 dependency failed,"
  echo "9 forbidden, 10 internal."
}

# The command line: the same commands, the same answers, one exit code for each kind of failure.
by_hand() { # COMMAND WORD...
  local command=$1 format=text operation='' fence='' secrets='' outcome word arguments
  local -a words=()
  shift
  for word; do
    case $word in
      --format=json | --format=text) format=${word#*=} ;;
      --operation=*) if [[ $command == operation:* ]]; then words+=("$word"); else operation=${word#*=}; fi ;;
      --fence=*) fence=${word#*=} ;;
      --secrets=-)
        read_secrets
        secrets=$REPLY
        ;;
      *) words+=("$word") ;;
    esac
  done
  if [[ $command != ping && -z ${COMMAND_KIND[$command]-} ]]; then
    json_string "$command"
    echo "vpsmanager: no command $REPLY; see vpsmanager help" >&2
    exit 1
  else
    arguments_from_words "$command" "${words[@]}" || exit 1
    arguments=$REPLY
    if [[ $command == ping ]]; then
      outcome=$(validate_arguments ping "$arguments" 3>&1 >/dev/null)
      outcome=${outcome:-'"ok":true,"data":{"pong":true}'}
    elif [[ ${COMMAND_KIND[$command]} == change && $arguments != *'"plan":true'* ]]; then
      change_by_hand "$command" "$arguments" "$operation" "$fence" "$secrets"
      outcome=$REPLY
    elif [[ $command == operation:attach ]]; then
      outcome=$(run_command "$command" "$arguments" 3>&1 >/dev/null)
      if [[ $outcome == '"ok":true,'* ]]; then
        watch_operation "$(jq -r .operation <<<"$arguments")" "$(jq -r '.from // 0' <<<"$arguments")"
        outcome=$REPLY
      fi
    else
      SECRETS=${secrets:-'{}'}
      outcome=$(run_command "$command" "$arguments" 3>&1 >/dev/null)
    fi
  fi
  if [[ -z $outcome ]]; then
    failure INTERNAL "the command ended without an answer"
    outcome=$REPLY
  fi
  if [[ $format == json ]]; then
    printf '{%s}\n' "$outcome"
  elif [[ $outcome == '"ok":true,'* ]]; then
    printf '{%s}' "$outcome" | jq .data
  else
    printf '{%s}' "$outcome" | jq -r '"vpsmanager: \(.error.message) (\(.error.code))"' >&2
  fi
  exit_code_of "$outcome"
  exit "$REPLY"
}

# A secret is never a word of the command line: those can be read by everybody on the machine.
read_secrets() { # -> REPLY
  REPLY=$(head -c "$REQUEST_LIMIT" | jq -c 'if type == "object" and all(.[]; type == "string") then . else error("") end' 2>/dev/null)
  if [[ -z $REPLY || $REPLY == *$'\n'* ]]; then
    echo "vpsmanager: --secrets=- reads one JSON object of texts from stdin" >&2
    exit 1
  fi
}

change_by_hand() { # COMMAND ARGS-JSON OPERATION FENCE SECRETS-JSON -> REPLY
  local operation=$3 outcome
  if [[ -z $operation ]]; then IFS= read -r operation </proc/sys/kernel/random/uuid; fi
  arguments=$(jq -cS . <<<"$2")
  outcome=$(
    {
      [[ $operation =~ $UUID_PATTERN ]] || fail INVALID_ARGUMENT "operation must be a lower-case UUID"
      if [[ ! -d $OPERATIONS/$operation ]]; then validate_arguments "$1" "$arguments"; fi
      accept "$operation" "$1" "$arguments" "$5" "$4"
    } 3>&1 >/dev/null
  )
  if [[ -n $outcome ]]; then REPLY=$outcome; else watch_operation "$operation" 0; fi
}

# Progress goes to stderr, so that stdout holds the result and nothing else.
watch_operation() { # OPERATION FROM -> REPLY
  local operation=$1 fd line state doubt=0
  exec {fd}<"$OPERATIONS/$operation/events"
  if (($2 > 0)); then IFS= read -r -N "$2" -u "$fd" line; fi
  while :; do
    state_of "$operation"
    state=$REPLY
    while IFS= read -r -u "$fd" line; do
      jq -r 'if .type == "progress" then "\(.percent)% \(.step)" else .data | rtrimstr("\n") end' <<<"$line" >&2
    done
    if terminal "$state"; then break; fi
    if ((++doubt % 20 == 0)); then settle "$operation"; fi
    doze 0.05
  done
  exec {fd}<&-
  failure OPERATION_SEALED "this operation was sealed and will never be carried out"
  if [[ -r $OPERATIONS/$operation/result ]]; then IFS= read -r REPLY <"$OPERATIONS/$operation/result"; fi
  REPLY+=",\"operation\":\"$operation\",\"state\":\"$state\""
}
