#!/usr/bin/env bats
# The gateway: one frame a line, whatever comes in and however much goes out.

load helper

setup() {
  new_agent
  gateway_open
}

teardown() { end_agent; }

@test "hello comes first and lists version, protocol and capabilities" {
  FRAME=$HELLO
  is '.type == "hello" and .protocol == 1 and (.agent | test("^[0-9]+[.][0-9]+[.][0-9]+$"))'
  is '.capabilities | index("site:create") and index("ping") and index("operation:status")'
  is '(.host.os | length) > 0 and (.host.hostname | length) > 0'
}

@test "ping answers pong with its id" {
  ask p1 ping
  is '. == {id: "p1", type: "result", ok: true, data: {pong: true}}'
}

@test "ping starts no process" {
  ask p1 ping
  until_true 20 tended
  local before i
  before=$(faults_of_children)
  for i in {1..300}; do send "{\"v\":1,\"id\":\"q$i\",\"command\":\"ping\"}"; done
  local pongs=0
  while ((pongs < 300)) && frame; do if [[ $FRAME == *'"pong":true'* ]]; then pongs=$((pongs + 1)); fi; done
  ((pongs == 300))
  tended
  [[ $(faults_of_children) == "$before" ]]
}

# Page faults of all children that have ended: any process at all would have added some.
faults_of_children() { cut -d ' ' -f 11 "/proc/$GATEWAY_PID/stat"; }

# The housekeeping at a gateway's start is over: only the decoder and its shell are left below it.
tended() { (($(pgrep -c -P "$GATEWAY_PID") <= 1)); }

@test "no request is lost while an operation is followed" {
  local i pongs=0
  change o1 selftest:run '{"seconds":12}' "$(uuid)" 1
  (
    for i in {1..3000}; do
      printf '{"v":1,"id":"p%d","command":"ping"}\n' "$i"
      ((i % 10)) || sleep 0.01
    done
  ) >&"$TO_GATEWAY" &
  while ((pongs < 3000)) && frame 30; do if [[ $FRAME == *'"pong":true'* ]]; then pongs=$((pongs + 1)); fi; done
  ((pongs == 3000))
}

@test "malformed lines are refused and the next request is answered" {
  local line
  for line in 'no json' '{"v":1' '[]' '"text"' '42' 'null' '{}{}' '{"v":1,"id":"x"' 'nan' '{"v":2,"id":"x","command":"ping"}' \
    '{"v":1,"id":"","command":"ping"}' '{"v":1,"id":"a b","command":"ping"}' '{"v":1,"id":7,"command":"ping"}' \
    '{"v":1,"id":"x","command":"ping","extra":1}' ''; do
    send "$line"
    frame
    is '.ok == false and .error.code == "MALFORMED_FRAME" and .error.retryable == false'
  done
  ask p1 ping
  is '.ok'
}

@test "control characters are refused, raw and escaped, in values and names, also NUL" {
  local escape
  for escape in '\u0000' '\u0001' '\n' '\r' '\t' '\u001f' '\u007f' '\u0085' '\u2028'; do
    send "{\"v\":1,\"id\":\"c1\",\"command\":\"selftest:echo\",\"args\":{\"text\":\"a${escape}b\"}}"
    result_of c1
    is '.ok == false and .error.code == "INVALID_ARGUMENT"'
    send "{\"v\":1,\"id\":\"c2\",\"command\":\"selftest:echo\",\"args\":{\"te${escape}xt\":\"a\"}}"
    result_of c2
    is '.ok == false and .error.code == "INVALID_ARGUMENT"'
    send "{\"v\":1,\"id\":\"c3\",\"command\":\"selftest:run\",\"args\":{},\"secrets\":{\"p\":\"${escape}\"}}"
    result_of c3
    is '.ok == false and .error.code == "INVALID_ARGUMENT"'
  done
  for escape in '\x00' '\x01' '\x1f' '\x7f' '\r' '\t'; do
    printf "{\"v\":1,\"id\":\"c4\",\"command\":\"ping\",\"args\":{\"a\":\"${escape}\"}}\n" >&"$TO_GATEWAY"
    frame
    is '.ok == false'
  done
  printf '{"v":1,"id":"c5","command":"selftest:echo","args":{"text":"\xff\xfe"}}\n' >&"$TO_GATEWAY"
  frame
  is '.ok == false'
  ask p1 ping
  is '.ok'
}

@test "a field of nearly 64 KiB comes back byte for byte" {
  local text
  text=$(head -c 30000 /dev/zero | tr '\0' 'x')$(printf 'ü%.0s' {1..5000})
  ask big selftest:echo "{\"text\":\"${text//ü/\\u00fc}\"}"
  # longer than a frame: the data came in parts
  local data=''
  for FRAME in "${FRAMES[@]}" "$FRAME"; do
    ((${#FRAME} <= 32768))
    if [[ $FRAME == *'"type":"part"'* ]]; then data+=$(jq -r .data <<<"$FRAME"); fi
  done
  is '.parts >= 2'
  [[ $(jq -r .text <<<"$data") == "$text" ]]
}

@test "a request over 64 KiB is refused" {
  # only sent in the background: the answer is for the reader below
  send "{\"v\":1,\"id\":\"big\",\"command\":\"selftest:echo\",\"args\":{\"text\":\"$(head -c 70000 /dev/zero | tr '\0' 'x')\"}}" &
  local sender=$!
  frame
  is '.id == null and .error.code == "MALFORMED_FRAME" and (.error.message | test("65536"))'
  kill "$sender" 2>/dev/null || true
}

@test "unknown commands, arguments and values are refused by name" {
  ask u1 site:explode
  is '.error.code == "UNKNOWN_COMMAND"'
  ask u2 'site:list;id'
  is '.error.code == "UNKNOWN_COMMAND"'
  ask u3 site:list '{"colour":"red"}'
  is '.error.code == "INVALID_ARGUMENT" and (.error.message | test("colour"))'
  ask u4 site:info
  is '.error.code == "INVALID_ARGUMENT" and (.error.message | test("user is missing"))'
  ask u5 ping '{"a":1}'
  is '.error.code == "INVALID_ARGUMENT"'
  change u6 site:create "{\"site\":\"$(uuid)\",\"user\":\"s200001\",\"uid\":200001,\"domain\":\"a.example\",\"type\":\"perl\"}" "$(uuid)" 1
  result_of u6
  is '.error.code == "INVALID_ARGUMENT" and (.error.message | test("static, php"))'
  ask u7 site:info '{"user":"s1"}'
  is '.error.code == "INVALID_ARGUMENT"'
  ask u8 site:info '[]'
  is '.error.code == "INVALID_ARGUMENT"'
}

@test "a change without operation or fence is refused" {
  ask m1 selftest:run
  is '.error.code == "INVALID_ARGUMENT" and (.error.message | test("operation"))'
  change m2 selftest:run '{}' "$(uuid)" 9223372036854775808
  result_of m2
  is '.error.code == "INVALID_ARGUMENT"'
  change m3 selftest:run '{}' "$(uuid)" 9223372036854775807
  result_of m3
  is '.ok and .state == "SUCCEEDED"'
}

@test "plan hidden inside another argument does not turn a change into a read" {
  send '{"v":1,"id":"h1","command":"selftest:run","args":{"x":{"plan":true}}}'
  result_of h1
  is '.ok == false'
  [[ ! -e $VPSMANAGER_ROOT/var/lib/vpsmanager/selftest.runs ]]
}

@test "answers come in any order, quick ones before slow ones" {
  send '{"v":1,"id":"slow","command":"selftest:echo","args":{"text":"s","seconds":2}}'
  send '{"v":1,"id":"quick","command":"ping"}'
  frame
  is '.id == "quick"'
  result_of slow
  is '.data.text == "s"'
}

@test "800 concurrent frames of all sizes are all whole" {
  local i
  (
    for i in {1..400}; do
      printf '{"v":1,"id":"p%d","command":"ping"}\n' "$i"
      printf '{"v":1,"id":"e%d","command":"selftest:echo","args":{"size":%d}}\n' "$i" "$((i * 70))"
    done
  ) >&"$TO_GATEWAY" &
  local seen=0 bad=0
  : >"$PLACE/frames"
  while ((seen < 800)) && frame 60; do
    printf '%s\n' "$FRAME" >>"$PLACE/frames"
    seen=$((seen + 1))
  done
  ((seen == 800))
  [[ $(jq -c 'select(.type == "result" and .ok) | .id' "$PLACE/frames" | sort -u | wc -l) == 800 ]]
  [[ $(jq -r 'select(.id == "e400") | .data.text | length' "$PLACE/frames") == 28000 ]]
}

# A gateway lives for weeks: what each long answer left in memory would add up.
@test "nothing is left of long answers" {
  local i
  for i in {1..20}; do
    ask "l$i" selftest:echo '{"size":9000}'
    is '.data.text | length == 9000'
  done
  until_true 20 only_the_bus_is_left
}

only_the_bus_is_left() { [[ $(ls "$VPSMANAGER_ROOT"/run/vpsmanager/gateway.*) == bus ]]; }

@test "events of several operations and pings interleave without a broken frame" {
  local i
  for i in {1..4}; do change "o$i" selftest:run '{"lines":100}' "$(uuid)" 1; done
  for i in {1..100}; do send "{\"v\":1,\"id\":\"p$i\",\"command\":\"ping\"}"; done
  local results=0
  : >"$PLACE/frames"
  while ((results < 104)) && frame 60; do
    printf '%s\n' "$FRAME" >>"$PLACE/frames"
    if [[ $FRAME == *'"type":"result"'* ]]; then results=$((results + 1)); fi
  done
  [[ $(jq -c 'select(.type == "progress")' "$PLACE/frames" | wc -l) == 400 ]]
  [[ $(jq -c 'select(.type == "output")' "$PLACE/frames" | wc -l) == 400 ]]
}

@test "a killed decoder is started again" {
  ask p1 ping
  local decoder
  decoder=$(pgrep -f -n "jq -Rr --unbuffered" -P "$(pgrep -P "$(pgrep -f "$PLACE/agent/bin/vpsmanager gateway" | head -1)" | paste -sd,)")
  kill -KILL "$decoder"
  frame
  is '.id == null and .error.code == "INTERNAL" and .error.retryable'
  ask p2 ping
  is '.ok'
}

@test "entry lets in its patterns and nothing else" {
  local words
  gateway_close
  run env SSH_ORIGINAL_COMMAND=gateway "$PLACE/agent/bin/entry" </dev/null
  [[ $status == 0 && $output == *'"type":"hello"'* ]]
  for words in '' 'gateway ' ' gateway' 'gateway;id' $'gateway\nid' 'site:list' 'stream' "stream $(uuid)" "stream $(uuid) 1;id" \
    "stream $(uuid) -1" "stream ../../etc/passwd 0" '$(id)' 'bash' 'run-operation x' "stream $(uuid) 0 0" "put $(uuid) 1 x" get "get $(uuid) 0" "get $(uuid);id"; do
    run env SSH_ORIGINAL_COMMAND="$words" "$PLACE/agent/bin/entry" </dev/null
    [[ $status == 9 && $output == *'may only run'* ]]
  done
  for words in scrape "pty $(uuid)"; do
    run env SSH_ORIGINAL_COMMAND="$words" "$PLACE/agent/bin/entry" </dev/null
    [[ $status == 9 && $output == *'not offered'* ]]
  done
}

@test "the command line has exit codes and formats" {
  gateway_close
  run "$AGENT" ping --format=json
  [[ $status == 0 && $output == '{"ok":true,"data":{"pong":true}}' ]]
  run "$AGENT" nonsense
  [[ $status == 1 ]]
  run "$AGENT" site:list positional
  [[ $status == 1 ]]
  run "$AGENT" site:info --user=s1
  [[ $status == 2 ]]
  run "$AGENT" site:info --user=s200009
  [[ $status == 3 ]]
  run "$AGENT" operation:status --operation="$(uuid)" --format=json
  [[ $status == 0 && $output == *UNKNOWN* ]]
  run "$AGENT" selftest:run --outcome=fail --format=json
  [[ $status == 8 && $output == *DEPENDENCY_FAILED* ]]
  run "$AGENT" --version
  [[ $status == 0 && $output == vpsmanager\ * ]]
  run "$AGENT" help
  [[ $status == 0 && $output == *site:create* ]]
}
