#!/usr/bin/env bats
# What the panel does with the agent itself: files put, keys exchanged, versions switched, rights given back.

load helper
bats_require_minimum_version 1.5.0

SERVER=0190a000-0000-7000-8000-000000000001
FIRST="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKc0WqZ0i8nYz0W1m0mQn3aX1mYw2fV0r5m3rF0o0001 chom-panel:$SERVER"
SECOND="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKc0WqZ0i8nYz0W1m0mQn3aX1mYw2fV0r5m3rF0o0002 chom-panel:$SERVER"
STRANGER="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKc0WqZ0i8nYz0W1m0mQn3aX1mYw2fV0r5m3rF0o0003 somebody@home"

setup() {
  new_agent
  KEYS=$VPSMANAGER_ROOT/.ssh/authorized_keys
  mkdir -p "$VPSMANAGER_ROOT/.ssh" "$VPSMANAGER_ROOT/etc/vpsmanager"
  OPTIONS="restrict,command=\"/usr/bin/env VPSMANAGER_ROOT=$VPSMANAGER_ROOT $PLACE/agent/bin/entry\""
  printf '%s\n' "$STRANGER" "$OPTIONS $FIRST" >"$KEYS"
  chmod 0644 "$KEYS"
  own
}

teardown() { end_agent; }

own() { if ((EUID == 0)); then chown -R 65534:65534 "$VPSMANAGER_ROOT"; fi; }

# --- put ----------------------------------------------------------------------------------------------------------

word() { SSH_ORIGINAL_COMMAND=$1 "$PLACE/agent/bin/entry"; }

sum_of() { printf '%s' "$1" | sha256sum | cut -d ' ' -f 1; }

@test "put keeps exactly the stated bytes, for nobody but the agent, and again does no harm" {
  local id sum
  id=$(uuid) sum=$(sum_of 'some bytes')
  run -0 word "put $id 10 $sum" < <(printf 'some bytes')
  [[ $(jq -r .sha256 <<<"$output") == "$sum" ]]
  [[ $(cat "$VPSMANAGER_ROOT/var/lib/vpsmanager/uploads/$id") == 'some bytes' ]]
  [[ $(stat -c %a "$VPSMANAGER_ROOT/var/lib/vpsmanager/uploads" "$VPSMANAGER_ROOT/var/lib/vpsmanager/uploads/$id") == $'700\n600' ]]
  run -0 word "put $id 10 $sum" < <(printf 'some bytes')
  run -5 word "put $id 5 $(sum_of other)" < <(printf 'other')
}

@test "put refuses other sums, too few, too many, too large and too many files, and keeps nothing of them" {
  local id i
  id=$(uuid)
  run -2 word "put $id 10 $(sum_of 'other bytes')" < <(printf 'some bytes')
  run -2 word "put $id 11 $(sum_of 'some bytes')" < <(printf 'some bytes')
  run -2 word "put $id 4 $(sum_of 'some')" < <(printf 'some bytes')
  run -2 word "put $id 67108865 $(sum_of 'some')" < <(printf 'some')
  [[ -z $(ls -A "$VPSMANAGER_ROOT/var/lib/vpsmanager/uploads") ]]
  for i in 1 2 3 4 5 6 7 8; do run -0 word "put $(uuid) 4 $(sum_of some)" < <(printf 'some'); done
  run -6 word "put $(uuid) 4 $(sum_of some)" < <(printf 'some')
}

@test "the entry takes only a whole put" {
  local words
  for words in "put" "put $(uuid)" "put $(uuid) 10" "put $(uuid) 010 $(sum_of a)" "put $(uuid) 10 abc" "put ../x 10 $(sum_of a)" \
    "put $(uuid) 10 $(sum_of a);id" "put $(uuid) 10 $(sum_of a) x"; do
    run -9 word "$words" </dev/null
  done
}

# --- access:rotate ------------------------------------------------------------------------------------------------

rotate() { # STEP KEY FENCE
  change "k$3" access:rotate "{\"step\":\"$1\",\"public_key\":\"$2\"}" "$(uuid)" "$3"
  result_of "k$3"
}

@test "a new key comes in beside the old, and settles alone; other logins' keys stay" {
  gateway_open
  rotate add "$SECOND" 1
  is '.ok and .data == {changed: true, keys: 2}'
  [[ $(cat "$KEYS") == "$STRANGER"$'\n'"$OPTIONS $FIRST"$'\n'"$OPTIONS $SECOND" ]]
  rotate add "$SECOND" 2
  is '.ok and .data == {changed: false, keys: 2}'
  rotate settle "$SECOND" 3
  is '.ok and .data == {changed: true, keys: 1}'
  [[ $(cat "$KEYS") == "$STRANGER"$'\n'"$OPTIONS $SECOND" ]]
  [[ $(stat -c %a "$KEYS") == 644 ]]
  rotate settle "$SECOND" 4
  is '.ok and .data == {changed: false, keys: 1}'
  ! compgen -G "$KEYS.new.*"
}

@test "a key that is not let in never settles, and an older worker is refused" {
  gateway_open
  rotate settle "$SECOND" 5
  is '.ok == false and .error.code == "ACCESS_KEY_MISSING"'
  rotate settle "$FIRST" 4
  is '.ok == false and .error.code == "STALE_FENCE"'
  rotate add "${SECOND/000000000001/000000000002}" 6
  is '.ok == false and .error.code == "ACCESS_KEY_MISSING"'
  [[ $(cat "$KEYS") == "$STRANGER"$'\n'"$OPTIONS $FIRST" ]]
}

@test "what is not a key of a panel is refused" {
  gateway_open
  local key
  for key in "$STRANGER" "ssh-rsa AAAA chom-panel:$SERVER" "command=x $SECOND" "$SECOND x" ""; do
    rotate add "$key" 1
    is '.ok == false and .error.code == "INVALID_ARGUMENT"'
  done
}

# --- agent:upgrade ------------------------------------------------------------------------------------------------

# The agent as enrolment leaves it, with a policy that allows another version.
installed() {
  openssl genpkey -algorithm ed25519 -out "$PLACE/key.pem" 2>/dev/null
  openssl pkey -in "$PLACE/key.pem" -pubout -out "$VPSMANAGER_ROOT/etc/vpsmanager/agent-signing.pem"
  echo '{"agent_upgrade": true}' >"$VPSMANAGER_ROOT/etc/vpsmanager/policy.json"
  HOME_OF_AGENT=$VPSMANAGER_ROOT/opt/vpsmanager
  mkdir -p "$HOME_OF_AGENT/releases"
  release 1.0.1
  cp -r "$PLACE/releases/$RELEASE" "$HOME_OF_AGENT/releases/"
  OLD=$RELEASE
  ln -s "releases/$OLD" "$HOME_OF_AGENT/current"
  local part
  for part in bin lib schema; do ln -s "current/$part" "$HOME_OF_AGENT/$part"; done
  own
  AGENT=$HOME_OF_AGENT/bin/vpsmanager
}

# A version of the agent, signed: fills RELEASE, and archive.tgz.
release() { # VERSION [KEY]
  local made=$PLACE/made.$1
  rm -rf "$made"
  cp -r "$PLACE/agent" "$made"
  sed -i "s/AGENT_VERSION=[0-9.]*/AGENT_VERSION=$1/" "$made/lib/core.sh"
  if declare -F spoil >/dev/null; then spoil "$made"; fi
  (cd "$made" && find . -type f | sed 's,^\./,,' | sort | xargs sha256sum >"$PLACE/MANIFEST")
  mv "$PLACE/MANIFEST" "$made/MANIFEST"
  openssl pkeyutl -sign -inkey "${2:-$PLACE/key.pem}" -rawin -in "$made/MANIFEST" -out "$made/MANIFEST.sig"
  RELEASE=$(sha256sum <"$made/MANIFEST" | cut -c 1-16)
  mkdir -p "$PLACE/releases"
  mv "$made" "$PLACE/releases/$RELEASE"
  pack
}

pack() { (cd "$PLACE/releases/$RELEASE" && find . -type f | sed 's,^\./,,' | sort | tar -czf "$PLACE/archive.tgz" -T -); }

put_archive() {
  UPLOADED=$(uuid)
  SUM=$(sha256sum <"$PLACE/archive.tgz" | cut -d ' ' -f 1)
  "$AGENT" put "$UPLOADED" "$(stat -c %s "$PLACE/archive.tgz")" "$SUM" <"$PLACE/archive.tgz"
}

upgrade() { # FENCE
  change "u$1" agent:upgrade "{\"upload\":\"$UPLOADED\",\"sha256\":\"$SUM\",\"release\":\"$RELEASE\"}" "$(uuid)" "$1"
  result_of "u$1"
}

@test "an upgrade switches by one link, keeps the version before, and rolls back to it" {
  need openssl
  installed
  gateway_open
  [[ $(jq -r .release <<<"$HELLO") == "$OLD" ]]
  release 1.0.2
  put_archive
  upgrade 1
  is ".ok and .data.agent == \"1.0.2\" and .data.release == \"$RELEASE\" and .data.previous == \"$OLD\""
  [[ $("$AGENT" --version) == 'vpsmanager 1.0.2 (protocol 1)' ]]
  [[ -z $(ls -A "$VPSMANAGER_ROOT/var/lib/vpsmanager/uploads") ]]
  # the gateway that is open goes on with the version it was started from
  ask h1 monitor:health
  is ".data.release == \"$OLD\""
  change b1 agent:rollback "{\"from\":\"$RELEASE\"}" "$(uuid)" 2
  result_of b1
  is ".ok and .data.release == \"$OLD\""
  [[ $("$AGENT" --version) == 'vpsmanager 1.0.1 (protocol 1)' ]]
  change b2 agent:rollback "{\"from\":\"$RELEASE\"}" "$(uuid)" 3
  result_of b2
  is ".ok and .data.release == \"$OLD\""
}

@test "a running operation ends with the version it began with, and versions that are at work are kept" {
  need openssl
  installed
  gateway_open
  local slow
  slow=$(uuid)
  change s1 selftest:run '{"seconds":6}' "$slow" 1
  until_true 20 state_is "$slow" RUNNING
  release 1.0.2
  put_archive
  upgrade 2
  is '.ok'
  release 1.0.3
  put_archive
  upgrade 3
  is '.ok and .data.agent == "1.0.3"'
  [[ -d $HOME_OF_AGENT/releases/$OLD ]]
  until_true 30 state_is "$slow" SUCCEEDED
  gateway_close
  until_true 20 not_at_work "$OLD"
  gateway_open
  release 1.0.4
  put_archive
  upgrade 4
  is '.ok'
  [[ ! -d $HOME_OF_AGENT/releases/$OLD ]]
  (($(ls "$HOME_OF_AGENT/releases" | wc -l) <= 3))
}

not_at_work() { [[ -z $(find /proc/[0-9]*/fd -lname "$HOME_OF_AGENT/releases/$1/*" 2>/dev/null) ]]; }

refused_as() { # CODE
  is ".ok == false and .error.code == \"$1\""
  [[ $("$AGENT" --version) == 'vpsmanager 1.0.1 (protocol 1)' ]]
  ! compgen -G "$HOME_OF_AGENT/releases/.new.*"
}

@test "what the pinned key has not signed, or is not what was signed, changes nothing" {
  need openssl
  installed
  gateway_open
  openssl genpkey -algorithm ed25519 -out "$PLACE/other.pem" 2>/dev/null
  release 1.0.2 "$PLACE/other.pem"
  put_archive
  upgrade 1
  refused_as UPLOAD_REJECTED
  release 1.0.3
  echo '# more' >>"$PLACE/releases/$RELEASE/lib/core.sh"
  pack
  put_archive
  upgrade 2
  refused_as UPLOAD_REJECTED
  release 1.0.4
  echo '# more' >"$PLACE/releases/$RELEASE/lib/zz.sh"
  pack
  put_archive
  upgrade 3
  refused_as UPLOAD_REJECTED
  release 1.0.5
  ln -s /etc/passwd "$PLACE/releases/$RELEASE/lib/zz.sh"
  (cd "$PLACE/releases/$RELEASE" && tar -czf "$PLACE/archive.tgz" -- *)
  put_archive
  upgrade 4
  refused_as UPLOAD_REJECTED
  release 1.0.6
  put_archive
  SUM=$(sum_of other)
  upgrade 5
  refused_as UPLOAD_REJECTED
  UPLOADED=$(uuid)
  upgrade 6
  refused_as UPLOAD_NOT_FOUND
  # a link to what was signed, which its owner may change later, in a list longer than a pipe holds
  release 1.0.7
  cp "$PLACE/releases/$RELEASE/lib/core.sh" "$PLACE/outside.sh"
  ln -sf "$PLACE/outside.sh" "$PLACE/releases/$RELEASE/lib/core.sh"
  mkdir "$PLACE/releases/$RELEASE"/directory-with-a-long-name-{1..2500}
  (cd "$PLACE/releases/$RELEASE" && tar -czf "$PLACE/archive.tgz" -- *)
  put_archive
  upgrade 7
  refused_as UPLOAD_REJECTED
}

@test "a version that does not start or does not answer is not left in place" {
  need openssl
  installed
  gateway_open
  spoil() { echo 'exit 3' >"$1/bin/vpsmanager"; }
  release 1.0.2
  put_archive
  upgrade 1
  refused_as AGENT_DOES_NOT_START
  spoil() { sed -i 's/^name_places() {/name_places() { exit 4/' "$1/lib/core.sh"; }
  release 1.0.3
  put_archive
  upgrade 2
  refused_as AGENT_DOES_NOT_START
  unset -f spoil
}

@test "the policy of the server may forbid another version, and an agent from elsewhere is not switched" {
  need openssl
  installed
  echo '{"agent_upgrade": false}' >"$VPSMANAGER_ROOT/etc/vpsmanager/policy.json"
  gateway_open
  release 1.0.2
  put_archive
  upgrade 1
  refused_as FORBIDDEN
  rm "$VPSMANAGER_ROOT/etc/vpsmanager/policy.json"
  upgrade 2
  refused_as FORBIDDEN
  gateway_close
  AGENT=$PLACE/agent/bin/vpsmanager
  gateway_open
  upgrade 3
  is '.ok == false and .error.code == "DEPENDENCY_FAILED"'
}

# --- access:revoke ------------------------------------------------------------------------------------------------

@test "revoking takes the key and on demand the agent, and lists what stays" {
  need openssl
  installed
  gateway_open
  change r1 access:revoke "{\"panel\":\"chom-panel:$SERVER\",\"agent\":true}" "$(uuid)" 1
  result_of r1
  is '.ok and (.data.removed | length) == 2 and (.data.left_behind | index("journal:'"$VPSMANAGER_ROOT"'/var/lib/vpsmanager"))'
  [[ $(cat "$KEYS") == "$STRANGER" ]]
  [[ ! -e $HOME_OF_AGENT ]]
}
