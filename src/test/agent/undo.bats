#!/usr/bin/env bats
# What a change would do is told before it is done, and a deletion can be undone: rootless, with the real nginx and
# PHP-FPM where they are installed.

bats_require_minimum_version 1.5.0
load helper

setup() { new_agent; }

teardown() { end_agent; }

create() { # NUMBER TYPE [MORE...]
  run --separate-stderr "$AGENT" site:create "--site=019396b0-0000-7000-8000-000000$1" "--user=s$1" "--uid=$1" \
    "--domain=site$1.example" "--type=$2" --format=json "${@:3}"
}

agent() { run --separate-stderr "$AGENT" "$@" --format=json; }

# Every file, directory and link below the root with its owner, rights, size, content and time. The locks and the
# place of running work are no part of what a change is about.
snapshot() {
  (cd "$VPSMANAGER_ROOT" && find . -path ./run -prune -o -printf '%y %m %U:%G %T@ %p %l\n' | sort
    find . -path ./run -prune -o -type f -print0 | sort -z | xargs -0 -r sha256sum)
}

# A site's files as a person would compare them, wherever they are now.
files_of() { # DIRECTORY
  (cd "$1" && find . -printf '%y %m %U:%G %T@ %p %l\n' | sort && find . -type f -print0 | sort -z | xargs -0 -r sha256sum)
}

# A configuration file without the mark that is new with every change.
settled() { sed -E 's/[0-9a-f]{8}-[0-9a-f-]{27}";$/-";/; s/^(ping.response = ).*/\1-/' "$1"; }

visit() { # NAME PATH
  run curl -s -w '\n%{http_code}' --max-time 10 -H "Host: $1" "http://127.0.0.1:$VPSMANAGER_HTTP_PORT$2"
}

kind() { if compgen -G '/usr/sbin/php-fpm[0-9]*' >/dev/null; then echo php; else echo static; fi; }

@test "every command that changes something has a plan" {
  local missing
  missing=$(
    set +u
    # shellcheck disable=SC2034
    AGENT_HOME=$PLACE/agent
    # shellcheck source=/dev/null
    source "$PLACE/agent/lib/core.sh"
    # shellcheck source=/dev/null
    for library in "$PLACE"/agent/lib/[!c]*.sh "$PLACE"/agent/lib/config.sh; do source "$library"; done
    for command in "${!COMMAND_KIND[@]}"; do
      if [[ ${COMMAND_KIND[$command]} == change && $command != selftest:* ]]; then
        declare -F "${COMMAND_PLAN[$command]-}" >/dev/null || echo "$command"
      fi
    done
  )
  [[ -z $missing ]] || { echo "without a plan: $missing"; return 1; }
}

@test "a plan changes nothing, on a fresh server or beside a site" {
  need nginx curl
  local before command
  agent site:list
  before=$(snapshot)
  create 200001 "$(kind)" --plan
  [[ $status == 0 ]]
  agent server:prepare --plan
  [[ $status == 0 ]]
  diff <(printf '%s\n' "$before") <(snapshot)
  create 200001 "$(kind)"
  before=$(snapshot)
  for command in site:disable site:enable site:delete 'site:delete --purge' site:restore server:prepare server:stop; do
    # shellcheck disable=SC2086 # two words
    if [[ $command == server:* ]]; then agent "$command" --plan; else agent $command --user=s200001 --plan; fi
    [[ $status == 0 ]] || { echo "$command: $output"; return 1; }
    diff <(printf '%s\n' "$before") <(snapshot) || { echo "$command changed something"; return 1; }
  done
  visit site200001.example /
  [[ ${lines[-1]} == 200 ]]
}

# Applies a plan's differences to copies of the files, and compares with what the change itself made of them.
@test "what a change does to configuration is what its plan said" {
  need nginx patch
  local command target want
  create 200002 "$(kind)"
  for command in site:disable site:enable site:delete site:restore; do
    agent "$command" --user=s200002 --plan
    [[ $status == 0 ]]
    rm -rf "$PLACE/expected"
    cp -r "$VPSMANAGER_ROOT/etc" "$PLACE/expected"
    while IFS= read -r target; do
      jq -r --arg target "$target" '[.data.plan[] | select(.target == $target and .diff)][0] | "--- a\n+++ b\n" + (.diff | join("\n"))' <<<"$output" >"$PLACE/one.diff"
      mkdir -p "$(dirname "$PLACE/expected/${target#"$VPSMANAGER_ROOT"/etc/}")"
      patch -s "$PLACE/expected/${target#"$VPSMANAGER_ROOT"/etc/}" "$PLACE/one.diff"
    done < <(jq -r '[.data.plan[] | select(.diff) | .target] | unique[]' <<<"$output")
    agent "$command" --user=s200002
    [[ $status == 0 ]]
    while IFS= read -r target; do
      want=$PLACE/expected/${target#"$VPSMANAGER_ROOT"/etc/}
      if [[ -s $want ]]; then
        [[ $(settled "$want") == "$(settled "$target")" ]] || { echo "$command: $target is not what was planned"; return 1; }
      else
        [[ ! -e $target ]] || { echo "$command: $target is still there"; return 1; }
      fi
    done < <(find "$PLACE/expected" -type f -printf '%P\n' | sed "s|^|$VPSMANAGER_ROOT/etc/|")
  done
}

@test "a plan names the services and shows the lines that change" {
  need nginx
  create 200003 static
  agent site:disable --user=s200003 --plan
  jq -e '.data.services == [{"service": "nginx", "change": "reload"}]' <<<"$output"
  jq -e '[.data.plan[] | select(.target | endswith("/s200003.conf")) | .diff][0] | any(test("^[+].*return 503")) and any(test("^-.*try_files"))' <<<"$output"
  jq -e '[.data.plan[] | .diff // [] | join("\n")] | all(length < 9000)' <<<"$output"
}

@test "a deleted site comes back exactly as it was" {
  need nginx curl
  local home=$VPSMANAGER_ROOT/srv/chom/sites/s200010 vhost=$VPSMANAGER_ROOT/etc/nginx/chom/sites/s200010.conf files config
  create 200010 "$(kind)"
  mkdir -p "$home/shared/deep/er"
  printf 'a\0b' >"$home/shared/deep/er/bytes"
  echo hers >"$home/current/public/hers.txt"
  ln -s ../shared "$home/releases/link"
  chmod 0604 "$home/current/public/hers.txt"
  touch -d 2020-02-02 "$home/shared/deep"
  chown -R --reference="$home/releases" "$home/shared" "$home/releases"
  files=$(files_of "$home") config=$(settled "$vhost")
  agent site:delete --user=s200010 --retain_days=3
  [[ $status == 0 && ! -e $home && ! -e $vhost ]]
  visit site200010.example /hers.txt
  [[ ${lines[-1]} == 404 ]]
  agent state:export
  jq -e '.data.retained[0] | .was == "active" and (((.until | fromdate) - (.since | fromdate)) / 86400 == 3)' <<<"$output"
  for _ in 1 2; do
    agent site:restore --user=s200010
    [[ $status == 0 ]]
    jq -e '.data.state == "active"' <<<"$output"
    [[ $(files_of "$home") == "$files" && $(settled "$vhost") == "$config" ]]
    visit site200010.example /hers.txt
    [[ ${lines[-1]} == 200 && ${lines[0]} == hers ]]
    visit site200010.example /
    [[ ${lines[-1]} == 200 ]]
  done
  agent state:export
  jq -e '.data.retained == [] and .data.sites[0].state == "active" and (.data.sites[0] | has("was") | not)' <<<"$output"
}

@test "a site that was closed comes back closed" {
  need nginx curl
  create 200011 "$(kind)"
  agent site:disable --user=s200011
  agent site:delete --user=s200011
  agent site:restore --user=s200011
  [[ $status == 0 ]]
  jq -e '.data.state == "disabled"' <<<"$output"
  visit site200011.example /
  [[ ${lines[-1]} == 503 && $output == *'Closed for now'* ]]
  agent site:enable --user=s200011
  visit site200011.example /
  [[ ${lines[-1]} == 200 ]]
}

@test "a name that was taken meanwhile is not taken back, and what is purged never comes back" {
  need nginx
  create 200012 static
  agent site:delete --user=s200012
  run --separate-stderr "$AGENT" site:create "--site=$(uuid)" --user=s200013 --uid=200013 --domain=site200012.example --type=static --format=json
  [[ $status == 0 ]]
  agent site:restore --user=s200012
  [[ $status == 4 && $output == *DOMAIN_IN_USE* ]]
  agent state:export
  jq -e '.data.retained[0] | .user == "s200012" and .state == "retained"' <<<"$output"
  agent site:delete --user=s200013 --purge
  agent site:restore --user=s200012
  [[ $status == 0 ]]
  agent site:delete --user=s200012 --purge
  agent site:restore --user=s200012
  [[ $status == 3 && $output == *SITE_NOT_FOUND* ]]
  agent site:restore --user=s200012 --plan
  [[ $status == 3 ]]
}

@test "what was never made to the end, or is not deleted, is refused by name" {
  need nginx
  create 200014 static
  local file=$VPSMANAGER_ROOT/var/lib/vpsmanager/sites/s200014.json
  sed -i 's/"state":"active"/"state":"creating"/' "$file"
  agent site:restore --user=s200014
  [[ $status == 5 && $output == *SITE_NOT_READY* ]]
  agent site:delete --user=s200014
  agent site:restore --user=s200014
  [[ $status == 5 && $output == *SITE_NOT_READY* ]]
}

# Kills the agent at one moment after the other, then asks for the same again; at the end everything is as it was.
@test "a restore and a delete that were killed at any moment end in the same state when asked again" {
  need nginx curl
  local home=$VPSMANAGER_ROOT/srv/chom/sites/s200015 files id moment command
  create 200015 "$(kind)"
  echo hers >"$home/current/public/hers.txt"
  files=$(files_of "$home")
  gateway_open
  local fence=10
  for moment in 0.02 0.08 0.15 0.25 0.4; do
    for command in site:delete site:restore; do
      id=$(uuid) fence=$((fence + 1))
      change "k$fence" "$command" '{"user":"s200015"}' "$id" "$fence"
      until_true 20 test -s "$JOURNAL/$id/pid"
      sleep "$moment"
      kill -KILL -- "-$(cut -d ' ' -f 1 "$JOURNAL/$id/pid")" 2>/dev/null || true
      agent "$command" --user=s200015
      [[ $status == 0 ]] || { echo "$command after $moment: $output"; return 1; }
    done
    [[ $(files_of "$home") == "$files" ]]
    visit site200015.example /hers.txt
    [[ ${lines[-1]} == 200 && ${lines[0]} == hers ]]
  done
}

@test "a deletion that was killed half-way can be undone instead" {
  need nginx curl
  create 200016 static
  local file=$VPSMANAGER_ROOT/var/lib/vpsmanager/sites/s200016.json
  sed -i 's/"state":"active"/"state":"deleting","was":"active"/' "$file"
  rm "$VPSMANAGER_ROOT/etc/nginx/chom/sites/s200016.conf"
  agent site:restore --user=s200016
  [[ $status == 0 ]]
  visit site200016.example /
  [[ ${lines[-1]} == 200 ]]
}
