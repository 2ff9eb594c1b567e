#!/usr/bin/env bats
# The rig keeps its promises: real hosts come up, behave like a VPS, and leave nothing behind.

bats_require_minimum_version 1.5.0
load helpers

setup_file() {
  RIG_UNDER_TEST=$(fresh_name r)
  export RIG_UNDER_TEST FULL=${RIG_UNDER_TEST}1 BARE=${RIG_UNDER_TEST}2
  rig up 1 --owner $$ >/dev/null
  rig up 1 --bare >/dev/null
}

teardown_file() { rig down; }

@test "a full host runs systemd with nothing failed, and serves pages" {
  rig exec "$FULL" systemctl is-system-running --wait
  rig exec "$FULL" curl -fsS -o /dev/null http://localhost/
  curl -fsS -o /dev/null "http://$(rig ip "$FULL")/"
}

@test "a bare host has what a fresh VPS has, and not even jq" {
  rig exec "$BARE" systemctl is-system-running --wait
  for command in jq nginx php curl; do
    run ! rig exec "$BARE" sh -c "command -v $command"
  done
  rig exec "$BARE" sh -c 'command -v sudo sshd'
}

@test "a bare host installs packages from the local repository, reaching no network" {
  rig exec "$BARE" apt-get -qq update
  rig exec "$BARE" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y install jq
  [ "$(rig exec "$BARE" jq -n '1 + 1')" = 2 ]
  xargs -a "$BATS_TEST_DIRNAME/packages/prepare.txt" "$BATS_TEST_DIRNAME/rig" --name "$RIG_UNDER_TEST" exec "$BARE" \
    apt-get -qq --simulate -o APT::Install-Recommends=false install
}

@test "the certificate authority answers hosts, looks for names where it is told to, and goes" {
  acme=$(rig acme up)
  directory=$(jq -r .directory <<<"$acme")
  rig exec "$FULL" sh -c 'cat >/root/ca.crt' <"$(jq -r .ca_bundle <<<"$acme")"
  rig exec "$FULL" curl -fsS -o /dev/null --cacert /root/ca.crt "$directory"
  run ! rig exec "$FULL" curl -fsS -o /dev/null "$directory"
  rig acme name shop.example "$FULL"
  rig acme down
  run ! rig exec "$FULL" curl -fsS -o /dev/null --cacert /root/ca.crt "$directory"
}

@test "every host has its own identity" {
  [ "$(field "$FULL" .host_key)" != "$(field "$BARE" .host_key)" ]
  [ "$(rig exec "$FULL" cat /etc/machine-id)" != "$(rig exec "$BARE" cat /etc/machine-id)" ]
  [ "$(rig exec "$FULL" hostname)" = "$FULL" ]
}

@test "the fingerprint told is the one the host shows" {
  run ssh-keyscan -t ed25519 "$(rig ip "$FULL")"
  [ "$(ssh-keygen -lf - <<<"$output" | cut -d' ' -f2)" = "$(field "$FULL" .host_key)" ]
}

@test "debian logs in by key and may sudo" {
  [ "$(login debian "$BARE" sudo -n id -u)" = 0 ]
}

@test "admin may sudo only with the password" {
  run ! login admin "$BARE" sudo -n true
  password=$(field "$BARE" .sudo_with_password.password)
  [ "$(login admin "$BARE" sudo -S -p "''" id -u <<<"$password")" = 0 ]
}

@test "the password logs debian in" {
  printf '#!/bin/sh\necho %s\n' "$(field "$BARE" .login.password)" >"$BATS_TEST_TMPDIR/ask"
  chmod 700 "$BATS_TEST_TMPDIR/ask"
  address=$(rig ip "$BARE")
  run env SSH_ASKPASS="$BATS_TEST_TMPDIR/ask" SSH_ASKPASS_REQUIRE=force setsid -w ssh -o PubkeyAuthentication=no \
    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "debian@$address" id -un
  [ "$output" = debian ]
}

@test "root cannot log in" {
  run ! login root "$BARE" true
}

@test "exec passes standard input, output and the exit code" {
  [ "$(echo hello | rig exec "$FULL" cat)" = hello ]
  run rig exec "$FULL" sh -c 'exit 7'
  [ "$status" = 7 ]
}

@test "hosts reach each other and the panel, and nothing else" {
  rig exec "$FULL" ping -c 1 -W 3 "$(rig ip "$BARE")"
  rig exec "$FULL" ping -c 1 -W 3 panel
  [ -z "$(rig exec "$FULL" ip route show default)" ]
}

@test "names the host that is not there, and those that are" {
  run rig exec nobody true
  [ "$status" = 1 ]
  [[ $output == *"no host 'nobody'"*"$FULL $BARE"* ]]
}

@test "says by name what keeps hosts from running" {
  run setpriv --reuid 65534 --regid 65534 --clear-groups "$BATS_TEST_DIRNAME/rig" check
  [ "$status" = 1 ]
  [[ $output == *"root: run this as root"* ]]
}

@test "two rigs run side by side on their own networks" {
  RIG_UNDER_TEST=$(fresh_name o)
  other=${RIG_UNDER_TEST}1
  rig up 1 --bare >/dev/null
  login debian "$other" true
  address=$(rig ip "$other")
  rig down
  [ "${address%.*}" != "$(RIG_UNDER_TEST=${FULL%1} rig ip "$FULL" | sed 's/\.[0-9]*$//')" ]
  [ -z "$(traces_of "$RIG_UNDER_TEST")" ]
}

@test "down leaves no mount, namespace, group, loop device, link or rule" {
  RIG_UNDER_TEST=$(fresh_name g)
  rig up 2 --bare >/dev/null
  rig fault "${RIG_UNDER_TEST}1" port 22
  rig fault "${RIG_UNDER_TEST}1" freeze
  rig fault "${RIG_UNDER_TEST}2" powercut
  [ -n "$(traces_of "$RIG_UNDER_TEST")" ]
  rig down
  [ -z "$(traces_of "$RIG_UNDER_TEST")" ]
  [ ! -e "${CHOM_RIG_STATE:-/var/tmp/chom-rig}/$RIG_UNDER_TEST" ]
}

@test "a rig goes when the run it was brought up for is killed" {
  RIG_UNDER_TEST=$(fresh_name k)
  sleep 600 3>&- &
  owner=$!
  rig up 1 --bare --owner "$owner" >/dev/null
  kill -9 "$owner"
  for _ in {1..200}; do
    [ -n "$(traces_of "$RIG_UNDER_TEST")" ] || break
    sleep 0.1
  done
  [ -z "$(traces_of "$RIG_UNDER_TEST")" ]
}

@test "the next run takes down what a dead one left" {
  RIG_UNDER_TEST=$(fresh_name l)
  rig up 1 --bare >/dev/null
  echo "999999999 1" >"${CHOM_RIG_STATE:-/var/tmp/chom-rig}/$RIG_UNDER_TEST/owner"
  rig sweep
  [ -z "$(traces_of "$RIG_UNDER_TEST")" ]
}

@test "the scripts are clean for shellcheck" {
  cd "$BATS_TEST_DIRNAME"
  shellcheck -x rig ./*.sh ./*.bash ./*.bats lib/*.sh
}
