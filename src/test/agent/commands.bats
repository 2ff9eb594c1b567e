#!/usr/bin/env bats
# Every command there is: its schemas, its help, its form by hand, its exit codes. A new command without them fails here.

bats_require_minimum_version 1.5.0
load helper

setup() {
  new_agent
  # the keys of whoever runs this are not the panel's
  export HOME=$VPSMANAGER_ROOT
}

teardown() { end_agent; }

DOC="$BATS_TEST_DIRNAME/../../../docs/agent-protocol.md"
SITE=(--site=019396b0-0000-7000-8000-000000200001 --user=s200001 --uid=200001 --domain=site200001.example --type=static)

commands() { "$AGENT" help | sed -n 's/^  \([a-z]*\(:[a-z]*\)\?\) .*/\1/p' | grep -v selftest; }

# An agent without nginx and PHP-FPM, so that the order of things is all that is tested.
without_daemons() {
  sed -i 's|command -v nginx|false|' "$PLACE/agent/lib/nginx.sh"
  sed -i 's|/php-fpm\[0-9\]|/no-php-fpm[0-9]|g' "$PLACE/agent/lib/php.sh"
}

by_hand() { # COMMAND WORD...
  if [[ $1 == database:create ]]; then
    run --separate-stderr "$AGENT" "$@" --secrets=- --format=json <<<'{"password":"correct-horse-battery"}'
  elif [[ $1 == backup:* || $1 == target:* ]]; then
    run --separate-stderr "$AGENT" "$@" --secrets=- --format=json <<<'{"key":"correct-horse-battery-staple-0123456789"}'
  else
    run --separate-stderr "$AGENT" "$@" --format=json </dev/null
  fi
}

# Words that make each command succeed, in an order in which that is possible; before what needs a program or an authority
# that is not there stands the exit code it ends with; % stands for a space. A command that is missing here fails the test.
examples() {
  local repository=--repository=local:/var/backups/chom/019396b0-0000-7000-8000-000000200001 restic=0 gone=8 lacking=3
  if ! command -v restic >/dev/null; then restic=8 lacking=8; fi
  cat <<LIST
ping
server:prepare --php_versions=8.2,8.3
site:create ${SITE[*]}
site:list
site:info --user=s200001
site:disable --user=s200001
site:enable --user=s200001
ssl:status --user=s200001
8 ssl:issue --user=s200001 --directory=https://acme.example/directory
3 ssl:renew --user=s200001 --directory=https://acme.example/directory
database:create --user=s200001 --name=shop
database:list --user=s200001
$restic backup:create --user=s200001 $repository --backup=$OPERATION --type=full --exclude=shared/cache/**,*.log
$restic backup:list --user=s200001 $repository
$restic backup:verify --user=s200001 $repository --backup=$OPERATION --snapshot=$(printf 'a%.0s' {1..64}) --manifest=$(printf 'a%.0s' {1..64})
$gone backup:browse --user=s200001 $repository --backup=$OPERATION --manifest=$(printf 'a%.0s' {1..64}) --what=files
$gone backup:restore --user=s200001 $repository --backup=$OPERATION --snapshot=$(printf 'a%.0s' {1..64}) --manifest=$(printf 'a%.0s' {1..64}) --what=full
$lacking backup:download --user=s200001 $repository --backup=$OPERATION --snapshot=$(printf 'a%.0s' {1..64}) --download=$OPERATION --what=files
3 backup:undo --user=s200001 --previous=$OPERATION
$restic backup:delete --user=s200001 $repository --snapshots=$(printf 'a%.0s' {1..64})
$restic target:check --repository=local:/var/backups/chom/chom-check
9 depot:create --depot=$OPERATION --public_key=ssh-ed25519%$(printf 'A%.0s' {1..68})
9 depot:remove --depot=$OPERATION
database:drop --user=s200001 --name=shop --purge
monitor:health
monitor:stats
monitor:scrape
state:export
8 agent:upgrade --upload=$OPERATION --sha256=$(printf 'a%.0s' {1..64}) --release=0123456789abcdef
8 agent:rollback --from=0123456789abcdef
5 access:rotate --step=add --public_key=ssh-ed25519%$(printf 'A%.0s' {1..68})%chom-panel:$OPERATION
access:revoke --panel=chom-panel:$OPERATION
operation:status --operation=$OPERATION --seal
operation:attach --operation=$OPERATION --from=0
operation:cancel --operation=$OPERATION
operation:ack --operation=$OPERATION
site:delete --user=s200001
site:restore --user=s200001
site:delete --user=s200001 --purge=true
server:stop
LIST
}

@test "every command answers by hand, and its answer agrees with its schema" {
  without_daemons
  OPERATION=$(uuid)
  "$AGENT" selftest:run --lines=2 --operation="$OPERATION" >/dev/null
  local words known='' wanted
  while read -r -a words; do
    words=("${words[@]//%/ }")
    wanted=0
    if [[ ${words[0]} =~ ^[0-9]+$ ]]; then
      wanted=${words[0]}
      words=("${words[@]:1}")
    fi
    known+=" ${words[0]}"
    if jq -e .properties.plan "$PLACE/agent/schema/${words[0]/:/-}.args.json" >/dev/null; then
      by_hand "${words[@]}" --plan
      [[ $status == 0 || $status == "$wanted" ]] || { echo "${words[*]} --plan: $output $stderr"; return 1; }
      if [[ $status == 0 ]]; then conforms plan "$output"; fi
    fi
    by_hand "${words[@]}"
    [[ $status == "$wanted" ]] || { echo "${words[*]}: $status $output $stderr"; return 1; }
    if [[ $status == 0 ]]; then conforms "${words[0]}" "$output"; fi
  done < <(examples)
  local command
  for command in $(commands); do
    [[ " $known " == *" $command "* ]] || { echo "no example of $command"; return 1; }
  done
}

@test "every command has a line of help, two schemas and a row in the documents" {
  local command schema
  "$AGENT" help | grep -q '^  ping  *[a-z]'
  for command in $(commands); do
    "$AGENT" help | grep -Eq "^  $command +[^ ].{10}" || { echo "no help for $command"; return 1; }
    for schema in args data; do
      jq -e --arg title "$command: " '."$schema" and (.title | startswith($title)) and .type == "object"' \
        "$PLACE/agent/schema/${command//:/-}.$schema.json" >/dev/null || { echo "$command: $schema"; return 1; }
    done
    jq -e '.additionalProperties == false' "$PLACE/agent/schema/${command//:/-}.args.json"
    grep -q "^| \`$command\`" "$DOC" || { echo "$command is not in docs/agent-protocol.md"; return 1; }
  done
  for schema in "$PLACE"/agent/schema/*.json; do
    command=${schema##*/}
    command=${command%%.*}
    if [[ $command == plan || $command == selftest* ]]; then continue; fi
    commands | grep -qx "${command/-/:}" || { echo "$schema belongs to no command"; return 1; }
  done
}

@test "every command refuses what is no argument of it: 1 for a wrong form, 2 for a wrong word or value" {
  local command name
  for command in $(commands); do
    by_hand "$command" --no_such_argument=1
    [[ $status == 2 && $output == *INVALID_ARGUMENT* ]] || { echo "$command: $status $output"; return 1; }
    for word in stray -x --UPPER=1 --=1; do
      by_hand "$command" "$word"
      [[ $status == 1 && -z $output ]] || { echo "$command $word: $status $output"; return 1; }
    done
    while read -r name; do
      by_hand "$command" "--$name=no such; value"
      [[ $status == 2 && $output == *INVALID_ARGUMENT* ]] || { echo "$command --$name: $status $output"; return 1; }
    done < <(jq -r '.properties // {} | keys[]' "$PLACE/agent/schema/${command//:/-}.args.json")
  done
  [[ -z $(ls "$JOURNAL") ]]
  run "$AGENT" no:command
  [[ $status == 1 ]]
}

@test "every error an agent can answer has its exit code in the documents, and no other" {
  local code exit wanted known=0
  source "$PLACE/agent/lib/core.sh"
  while read -r exit code; do
    exit_code_of "\"ok\":false,\"error\":{\"code\":\"$code\""
    [[ $REPLY == "$exit" ]] || { echo "$code: $REPLY, documented $exit"; return 1; }
    known=$((known + 1))
  done < <(sed -n 's/^| \([0-9]*\) *[a-z ]*| \(`[A-Z].*\)|$/\1 \2/p' "$DOC" | while read -r exit wanted; do
    grep -o '`[A-Z_]*`' <<<"$wanted" | tr -d '`' | sed "s/^/$exit /"
  done)
  ((known >= 20))
  for code in $(grep -ohE '\b(fail|failure|refuse "\$id") [A-Z][A-Z_]+ ' "$PLACE"/agent/lib/*.sh | sed 's/ $//; s/.* //' | sort -u); do
    grep -q "\`$code\`" "$DOC" || { echo "$code is not in docs/agent-protocol.md"; return 1; }
  done
}

@test "lists, flags and equals signs by hand" {
  without_daemons
  by_hand site:create "${SITE[@]}"
  by_hand site:delete --user=s200001 --purge=false
  jq -e '.data.retained' <<<"$output"
  by_hand site:delete --user=s200001 --purge
  jq -e '.data.retained == false' <<<"$output"
  by_hand server:prepare --php_versions=8.2,8.3 --plan
  [[ $status == 0 ]]
  by_hand server:prepare --php_versions=8.2,nonsense --plan
  [[ $status == 2 && $output == *'php_versions[1]'* ]]
}
