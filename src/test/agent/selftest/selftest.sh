# shellcheck shell=bash disable=SC2034,SC2153,SC2154
# Commands that exist in tests only: the helper puts this file beside the agent's own libraries.

register read selftest:echo "answers its text as it came"
register change selftest:run "works for a while"
COMMAND_LEFT[selftest:run]=selftest_remains

cmd_selftest_echo() {
  if [[ ${ARG[seconds]-0} != 0 ]]; then sleep "${ARG[seconds]}"; fi
  if [[ ${ARG[size]-0} != 0 ]]; then
    printf -v DATA '%*s' "${ARG[size]}" ''
    DATA="{\"text\":\"${DATA// /x}\"}"
  else
    DATA=$(jq -nc --arg text "${ARG[text]-}" '{text: $text}')
  fi
}

cmd_selftest_run() {
  local count
  echo "run $BASHPID" >>"$STATE_DIR/selftest.runs"
  for ((count = 1; count <= ${ARG[lines]:-0}; count++)); do
    progress "$((count * 100 / ARG[lines]))" "step $count"
    say "line $count"
    echo "raw line $count"
  done
  if [[ ${ARG[secret]-} == true ]]; then
    DATA=$(jq -c '{length: (.password | length)}' <<<"$SECRETS")
    return
  fi
  case ${ARG[outcome]-ok} in
    fail) fail DEPENDENCY_FAILED "asked to fail" true ;;
    crash) kill -KILL "$BASHPID" ;;
    stubborn) (trap '' TERM; sleep "${ARG[seconds]:-0}") ;;
  esac
  if [[ ${ARG[seconds]-0} != 0 ]]; then sleep "${ARG[seconds]}"; fi
  DATA='{"done":true}'
}

selftest_remains() { echo "selftest:${ARG[lines]:-0}"; }
