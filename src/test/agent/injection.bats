#!/usr/bin/env bats
# No text that reaches the agent is ever run, whatever is in it and wherever it stands.

bats_require_minimum_version 1.5.0
load helper

setup() {
  new_agent
  CANARY=$PLACE/root/canary
  gateway_open
}

teardown() { end_agent; }

# Texts without control characters, each of which would create the canary where a shell looked at it.
hostile() {
  printf '%s\n' "\$(touch $CANARY)" "\`touch $CANARY\`" "; touch $CANARY;" "| touch $CANARY" "& touch $CANARY &" "&& touch $CANARY" \
    "'; touch $CANARY; '" "\"; touch $CANARY; \"" "\${IFS}touch\${IFS}$CANARY" "a[\$(touch $CANARY)]" "x[\$(touch $CANARY)]=1" \
    "-rf" "--help" "--plan" "-e touch $CANARY" "../../../etc/passwd" "..%2f..%2f" "/etc/passwd" "~root" "*" "?" "{a,b}" "<(touch $CANARY)" \
    "a;}" "site.example; return 200" "site.example { }" "\$host" "ѕhop.example" "shop。example" "🦊" "%s%s%n" "\\" "\\\\n" "!!" "#" "\$'\\n'" \
    "a.example b.example" "*.example" "$(head -c 40000 /dev/zero | tr '\0' 'A')"
}

@test "text comes back byte for byte and nothing runs" {
  local text count=0
  while IFS= read -r text; do
    count=$((count + 1))
    ask "t$count" selftest:echo "$(jq -nca --arg text "$text" '{text: $text}')"
    if ((${#text} < 30000)); then
      [[ $(jq -r .data.text <<<"$FRAME") == "$text" ]]
    else
      is '.ok'
    fi
    run --separate-stderr "$AGENT" selftest:echo --text="${text:0:1000}" --format=json
    [[ $status == 0 && $(jq -r .data.text <<<"$output") == "${text:0:1000}" ]]
  done < <(hostile)
  ((count > 30))
  [[ ! -e $CANARY ]]
}

@test "every field of every command refuses hostile text and runs nothing" {
  local text field base count=0
  base='{"site":"019396b0-0000-7000-8000-000000200001","user":"s200001","uid":200001,"domain":"shop.example","type":"php","php_version":"8.2"}'
  while IFS= read -r text; do
    for field in site user uid domain type php_version; do
      count=$((count + 1))
      change "f$count" site:create "$(jq -ca --arg f "$field" --arg v "$text" '.[$f] = $v' <<<"$base")" "$(uuid)" 1
      result_of "f$count"
      is '.ok == false and .error.code == "INVALID_ARGUMENT"'
    done
    count=$((count + 1))
    ask "f$count" site:info "$(jq -nca --arg v "$text" '{user: $v}')"
    is '.error.code == "INVALID_ARGUMENT"'
    count=$((count + 1))
    ask "f$count" operation:status "$(jq -nca --arg v "$text" '{operation: $v}')"
    is '.error.code == "INVALID_ARGUMENT"'
    # names of arguments, commands, ids and operations
    send "$(jq -nca --arg v "$text" '{v: 1, id: "n1", command: "site:list", args: {($v): 1}}')"
    frame
    is '.ok == false'
    send "$(jq -nca --arg v "$text" '{v: 1, id: $v, command: "ping"}')"
    frame
    is '.ok == false or .id == "-rf" or .id == "--help" or .id == "--plan"'
    send "$(jq -nca --arg v "$text" '{v: 1, id: "n2", command: $v}')"
    frame
    is '.ok == false'
    send "$(jq -nca --arg v "$text" '{v: 1, id: "n3", command: "selftest:run", args: {}, operation: $v, fence: 1}')"
    frame
    is '.ok == false'
    send "$(jq -nca --arg v "$text" '{v: 1, id: "n4", command: "selftest:run", args: {}, operation: "019396b0-0000-7000-8000-000000200001", fence: $v}')"
    frame
    is '.ok == false'
  done < <(hostile | head -c 20000; echo)
  [[ ! -e $CANARY ]]
  [[ -z $(ls "$JOURNAL") ]]
}

@test "hostile text on the command line is refused and runs nothing" {
  gateway_close
  local text
  while IFS= read -r text; do
    text=${text:0:1000}
    run "$AGENT" site:delete --user="$text"
    [[ $status == 2 ]]
    run "$AGENT" "$text"
    ((status == 1)) || [[ $text == --help ]]
    run "$AGENT" site:info "$text"
    ((status == 1 || status == 2))
    run "$AGENT" operation:cancel --operation="$text"
    [[ $status == 2 ]]
    run "$AGENT" selftest:run --operation="$text"
    [[ $status == 2 ]]
    run "$AGENT" selftest:run --fence="$text"
    [[ $status == 2 ]]
    run env SSH_ORIGINAL_COMMAND="$text" "$PLACE/agent/bin/entry"
    [[ $status == 9 ]]
    run env SSH_ORIGINAL_COMMAND="stream 019396b0-0000-7000-8000-000000200001 $text" "$PLACE/agent/bin/entry"
    [[ $status == 9 ]]
  done < <(hostile)
  [[ ! -e $CANARY ]]
}

@test "domains: only lower-case letters, digits and hyphens in at least two labels" {
  local domain count=0 label
  label=$(printf 'a%.0s' {1..63})
  for domain in shop .example shop. shop..example -a.example a-.example A.example a_b.example '*.example' 127.0.0.1 'a b.example' \
    "${label}a.example" "$label.$label.$label.$label.ab" 'é.example' 'a.example;' 'a.example/'; do
    count=$((count + 1))
    change "d$count" site:create "$(jq -nca --arg d "$domain" '{site: "019396b0-0000-7000-8000-000000200001", user: "s200001", uid: 200001, domain: $d, type: "static"}')" "$(uuid)" 1
    result_of "d$count"
    is '.error.code == "INVALID_ARGUMENT"'
  done
  for domain in a.bc shop.example xn--mnchen-3ya.example "$label.example" a-b.c-d.example; do
    run --separate-stderr "$AGENT" site:create --site=019396b0-0000-7000-8000-000000200001 --user=s200001 --uid=200001 --type=static --domain="$domain" --plan --format=json
    [[ $status == 0 ]]
  done
}

@test "the agent never evaluates text" {
  run ! grep -nE '(^|[^a-z_-])eval([^a-z_-]|$)' "$SOURCES"/bin/* "$SOURCES"/lib/*.sh "$SOURCES"/lib/*.bash
}

@test "shellcheck has nothing to say" {
  need shellcheck
  shellcheck -x "$SOURCES"/bin/* "$SOURCES"/lib/*.sh "$BATS_TEST_DIRNAME"/run.sh "$BATS_TEST_DIRNAME"/selftest/*.sh
}
