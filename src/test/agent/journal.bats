#!/usr/bin/env bats
# Every change is carried out once, keeps its log, and ends in one true state.

bats_require_minimum_version 1.5.0
load helper

setup() {
  new_agent
  gateway_open
}

teardown() { end_agent; }

runs() { wc -l <"$VPSMANAGER_ROOT/var/lib/vpsmanager/selftest.runs"; }

@test "progress and output carry the offset after them, the result its operation and state" {
  local id
  id=$(uuid)
  change r1 selftest:run '{"lines":3}' "$id" 1
  result_of r1
  is ".ok and .operation == \"$id\" and .state == \"SUCCEEDED\" and .data.done"
  [[ ${#FRAMES[@]} == 6 ]]
  local offset=0 next
  for FRAME in "${FRAMES[@]}"; do
    next=$(jq .offset <<<"$FRAME")
    ((next > offset))
    offset=$next
  done
  [[ $offset == $(stat -c %s "$JOURNAL/$id/events") ]]
}

@test "the same id again attaches and runs nothing twice" {
  local id
  id=$(uuid)
  change r1 selftest:run '{"lines":2,"seconds":1}' "$id" 1
  change r2 selftest:run '{"seconds":1,"lines":2}' "$id" 1
  result_of r1
  is '.ok'
  result_of r2 || is '.id == "r2"'
  change r3 selftest:run '{"lines":2,"seconds":1}' "$id" 7
  result_of r3
  is '.ok'
  [[ ${#FRAMES[@]} == 4 ]]
  [[ $(runs) == 1 ]]
}

@test "twenty channels with the same id run it once" {
  local id i
  id=$(uuid)
  for i in {1..20}; do
    printf '{"v":1,"id":"x","command":"selftest:run","args":{"lines":1},"operation":"%s","fence":1}\n' "$id" |
      "$AGENT" gateway >"$PLACE/channel.$i" 2>/dev/null &
  done
  until_true 60 state_is "$id" SUCCEEDED
  [[ $(runs) == 1 ]]
}

@test "the same id with another request is a mismatch" {
  local id
  id=$(uuid)
  change r1 selftest:run '{"lines":1}' "$id" 1
  result_of r1
  change r2 selftest:run '{"lines":2}' "$id" 1
  result_of r2
  is '.error.code == "OPERATION_MISMATCH"'
}

@test "a lower fence for the same subject is stale, for another subject it is not" {
  change r1 selftest:run '{}' "$(uuid)" 4294967298
  result_of r1
  is '.ok'
  change r2 selftest:run '{}' "$(uuid)" 4294967297
  result_of r2
  is '.error.code == "STALE_FENCE"'
  change r3 selftest:run '{}' "$(uuid)" 4294967298
  result_of r3
  is '.ok'
  change r4 site:delete '{"user":"s200777"}' "$(uuid)" 5
  result_of r4
  is '.error.code == "SITE_NOT_FOUND"'
}

@test "whatever changes a site has the site's fence, not the server's" {
  local command arguments id n=1
  local -A more=([database:create]=',"name":"shop"' [database:drop]=',"name":"shop"'
    [ssl:issue]=',"directory":"https://127.0.0.1:1/dir"' [ssl:renew]=',"directory":"https://127.0.0.1:1/dir"')
  change r1 selftest:run '{}' "$(uuid)" 4294967298
  result_of r1
  is '.ok'
  for command in site:disable site:enable site:delete site:restore database:create database:drop ssl:issue ssl:renew; do
    arguments="{\"user\":\"s200777\"${more[$command]-}}"
    n=$((n + 1)) id=$(uuid)
    change "r$n" "$command" "$arguments" "$id" "$n"
    result_of "r$n"
    is '.ok == false and .state == "FAILED"'
    [[ $(jq -r .subject "$VPSMANAGER_ROOT/var/lib/vpsmanager/operations/$id/request") == s200777 ]]
  done
}

@test "events go on from an offset" {
  local id offset
  id=$(uuid)
  change r1 selftest:run '{"lines":5}' "$id" 1
  result_of r1
  offset=$(jq .offset <<<"${FRAMES[5]}")
  ask r2 operation:attach "{\"operation\":\"$id\",\"from\":$offset}"
  is '.ok and .state == "SUCCEEDED"'
  [[ ${#FRAMES[@]} == 4 ]]
  [[ $(jq -r .data <<<"${FRAMES[3]}") == 'line 5' ]]
  send "{\"v\":1,\"id\":\"r3\",\"command\":\"selftest:run\",\"args\":{\"lines\":5},\"operation\":\"$id\",\"fence\":1,\"from\":$offset}"
  result_of r3
  [[ ${#FRAMES[@]} == 4 ]]
  ask r4 operation:attach "{\"operation\":\"$id\",\"from\":$((offset + 3))}"
  is '.error.code == "INVALID_ARGUMENT"'
  ask r5 operation:attach "{\"operation\":\"$(uuid)\"}"
  is '.error.code == "OPERATION_UNKNOWN"'
}

@test "an operation outlives its channel" {
  local id
  id=$(uuid)
  change r1 selftest:run '{"seconds":2,"lines":1}' "$id" 1
  until_true 20 state_is "$id" RUNNING
  gateway_close
  until_true 20 state_is "$id" SUCCEEDED
  gateway_open
  ask r2 operation:attach "{\"operation\":\"$id\"}"
  is '.ok and .state == "SUCCEEDED"'
  [[ ${#FRAMES[@]} == 2 ]]
}

@test "failure and crash are told apart from success" {
  change r1 selftest:run '{"outcome":"fail"}' "$(uuid)" 1
  result_of r1
  is '.ok == false and .state == "FAILED" and .error == {code: "DEPENDENCY_FAILED", message: "asked to fail", retryable: true}'
  change r2 selftest:run '{"outcome":"crash"}' "$(uuid)" 1
  result_of r2
  is '.ok == false and .state == "FAILED" and .error.code == "INTERNAL"'
}

@test "status tells unknown, running and finished" {
  local id
  id=$(uuid)
  ask s0 operation:status "{\"operation\":\"$id\"}"
  is ".data == {operation: \"$id\", state: \"UNKNOWN\"}"
  change r1 selftest:run '{"seconds":2}' "$id" 12
  until_true 20 state_is "$id" RUNNING
  ask s1 operation:status "{\"operation\":\"$id\"}"
  is '.data.state == "RUNNING" and .data.command == "selftest:run" and .data.fence == "12" and (.data | has("result") | not)'
  result_of r1
  ask s2 operation:status "{\"operation\":\"$id\"}"
  is '.data.state == "SUCCEEDED" and .data.result.ok'
}

@test "a sealed id can never be carried out" {
  local id
  id=$(uuid)
  ask s1 operation:status "{\"operation\":\"$id\",\"seal\":true}"
  is '.data.state == "SEALED"'
  change r1 selftest:run '{}' "$id" 1
  result_of r1
  is '.error.code == "OPERATION_SEALED"'
  [[ ! -e $VPSMANAGER_ROOT/var/lib/vpsmanager/selftest.runs ]]
}

@test "seal and a late frame racing: one of them wins, and both say which" {
  local id i
  for i in {1..15}; do
    id=$(uuid)
    change "r$i" selftest:run '{}' "$id" 1
    send "{\"v\":1,\"id\":\"s$i\",\"command\":\"operation:status\",\"args\":{\"operation\":\"$id\",\"seal\":true}}"
    local got=0 sealed='' refused=''
    while ((got < 2)); do
      frame 40
      if [[ $FRAME == *'"type":"result"'* ]]; then
        got=$((got + 1))
        if [[ $FRAME == *'"state":"SEALED"'* && $FRAME == *"\"s$i\""* ]]; then sealed=1; fi
        if [[ $FRAME == *OPERATION_SEALED* ]]; then refused=1; fi
      fi
    done
    [[ $sealed == "$refused" ]]
    if [[ -n $sealed ]]; then state_is "$id" SEALED; else state_is "$id" SUCCEEDED; fi
  done
}

@test "cancel kills the operation, confirms it, and tells what is left" {
  local id
  id=$(uuid)
  change r1 selftest:run '{"seconds":60,"lines":1}' "$id" 1
  until_true 20 state_is "$id" RUNNING
  until_true 20 test -s "$VPSMANAGER_ROOT/var/lib/vpsmanager/selftest.runs"
  ask c1 operation:cancel "{\"operation\":\"$id\"}"
  is '.data.state == "CANCELLED" and .data.left_behind == ["selftest:1"]'
  ask s1 operation:status "{\"operation\":\"$id\"}"
  is '.data.state == "CANCELLED" and .data.result.error.code == "OPERATION_CANCELLED"'
  [[ -z $(operation_processes "$id") ]]
}

@test "cancel also ends what ignores a polite request" {
  local id
  id=$(uuid)
  change r1 selftest:run '{"seconds":60,"outcome":"stubborn"}' "$id" 1
  until_true 20 test -s "$VPSMANAGER_ROOT/var/lib/vpsmanager/selftest.runs"
  ask c1 operation:cancel "{\"operation\":\"$id\"}"
  is '.data.state == "CANCELLED"'
  [[ -z $(operation_processes "$id") ]]
}

operation_processes() { grep -lsaz "^VPSM_OPERATION=$1" /proc/[0-9]*/environ || true; }

@test "the end is written whole although a stop reaches everything of the operation" {
  local id
  id=$(uuid)
  # as the stop of a unit does: whatever writes to the journal is told to end in that moment
  mkdir "$PLACE/bin"
  printf '#!/bin/bash\nkill -TERM $$\nexec /usr/bin/sync "$@"\n' >"$PLACE/bin/sync"
  chmod -R a+rx "$PLACE/bin"
  sed -i "s|^conclude() {.*|&\n  PATH=$PLACE/bin:\$PATH|" "$PLACE/agent/lib/journal.sh"
  run --separate-stderr timeout 30 "$AGENT" selftest:run --seconds=0 --outcome=ok --operation="$id" --format=json
  [[ $status == 0 ]]
  [[ $(<"$JOURNAL/$id/state") == SUCCEEDED && -s $JOURNAL/$id/result ]]
  run compgen -G "$JOURNAL/$id/*.new.*"
  [[ $status != 0 ]]
}

@test "an end without its result is completed by whoever asks" {
  local id state
  for state in CANCELLED INTERRUPTED; do
    id=$(uuid)
    "$AGENT" selftest:run --seconds=0 --outcome=ok --operation="$id" >/dev/null 2>&1
    rm "$JOURNAL/$id/result"
    echo "$state" >"$JOURNAL/$id/state"
    run --separate-stderr "$AGENT" operation:status --operation="$id" --format=json
    jq -e --arg code "OPERATION_$state" '.data.result.error.code == $code' <<<"$output"
  done
  rm "$JOURNAL/$id/result"
  gateway_open
  send "{\"v\":1,\"id\":\"a\",\"command\":\"operation:attach\",\"args\":{\"operation\":\"$id\"}}"
  result_of a
  jq -e '.error.code == "OPERATION_INTERRUPTED" and .state == "INTERRUPTED"' <<<"$FRAME"
}

@test "cancelling what has finished changes nothing" {
  local id
  id=$(uuid)
  change r1 selftest:run '{}' "$id" 1
  result_of r1
  ask c1 operation:cancel "{\"operation\":\"$id\"}"
  is '.data.state == "SUCCEEDED" and .data.left_behind == []'
}

@test "a killed job is interrupted: on status, while followed, and at the next gateway" {
  local id
  for id in status followed restart; do
    local operation
    operation=$(uuid)
    change "r-$id" selftest:run '{"seconds":60}' "$operation" 1
    until_true 20 state_is "$operation" RUNNING
    until_true 20 test -e "$JOURNAL/$operation/pid"
    local pid
    read -r pid _ <"$JOURNAL/$operation/pid"
    if [[ $id == restart ]]; then gateway_close; fi
    kill -KILL "$pid"
    case $id in
      status)
        run "$AGENT" operation:status --operation="$operation" --format=json
        [[ $output == *'"state":"INTERRUPTED"'* && $output == *OPERATION_INTERRUPTED* ]]
        result_of r-status
        ;;
      followed)
        result_of r-followed
        is '.state == "INTERRUPTED" and .error.retryable'
        ;;
      restart)
        gateway_open
        until_true 20 state_is "$operation" INTERRUPTED
        ;;
    esac
    [[ -z $(operation_processes "$operation") ]]
  done
}

@test "a journal from before a reboot is interrupted, not running" {
  local id
  id=$(uuid)
  change r1 selftest:run '{}' "$id" 1
  result_of r1
  # as a power cut would have left it: RUNNING, and the process id given to somebody else since
  printf 'RUNNING\n' >"$JOURNAL/$id/state"
  printf '%s 1 00000000-0000-0000-0000-000000000000\n' "$$" >"$JOURNAL/$id/pid"
  rm -f "$JOURNAL/$id/result"
  ask s1 operation:status "{\"operation\":\"$id\"}"
  is '.data.state == "INTERRUPTED"'
}

@test "ack is for finished operations" {
  local id
  id=$(uuid)
  change r1 selftest:run '{"seconds":2}' "$id" 1
  until_true 20 state_is "$id" RUNNING
  ask a1 operation:ack "{\"operation\":\"$id\"}"
  is '.error.code == "BUSY"'
  result_of r1
  ask a2 operation:ack "{\"operation\":\"$id\"}"
  is '.ok'
  [[ -e $JOURNAL/$id/acked ]]
}

@test "secrets reach the job and nothing else" {
  local id canary=canary-7e57-5ec2e7
  id=$(uuid)
  send "{\"v\":1,\"id\":\"r1\",\"command\":\"selftest:run\",\"args\":{\"secret\":true},\"secrets\":{\"password\":\"$canary\"},\"operation\":\"$id\",\"fence\":1}"
  result_of r1
  is ".ok and .data.length == ${#canary}"
  [[ -z $(grep -rlF "$canary" "$VPSMANAGER_ROOT") ]]
  [[ -z $(ls "$VPSMANAGER_ROOT/run/vpsmanager/secrets") ]]
  # and they are no part of what identifies the request
  send "{\"v\":1,\"id\":\"r2\",\"command\":\"selftest:run\",\"args\":{\"secret\":true},\"secrets\":{\"password\":\"x\"},\"operation\":\"$id\",\"fence\":1}"
  result_of r2
  is ".ok and .data.length == ${#canary}"
}

@test "stream gives the raw output from an offset" {
  local id
  id=$(uuid)
  change r1 selftest:run '{"lines":3}' "$id" 1
  result_of r1
  run "$AGENT" stream "$id" 0
  [[ $status == 0 && $output == $'raw line 1\nraw line 2\nraw line 3' ]]
  run env SSH_ORIGINAL_COMMAND="stream $id 22" "$PLACE/agent/bin/entry"
  [[ $status == 0 && $output == 'raw line 3' ]]
  run "$AGENT" stream "$(uuid)" 0
  [[ $status == 3 ]]
}
