#!/usr/bin/env bats
# Each fault does to a host what it says, and can be taken back.

bats_require_minimum_version 1.5.0
load helpers

setup_file() {
  RIG_UNDER_TEST=$(fresh_name f)
  export RIG_UNDER_TEST HOST=${RIG_UNDER_TEST}1
  rig up 1 --bare --owner $$ >/dev/null
}

teardown_file() { rig down; }

teardown() { rig fault "$HOST" heal; }

answers() { timeout "${2:-3}" bash -c ": </dev/tcp/$(rig ip "$HOST")/$1" 2>/dev/null; }

@test "linkdown: the host is silent, yet goes on working" {
  rig fault "$HOST" linkdown
  run ! answers 22
  rig exec "$HOST" true
  rig fault "$HOST" linkup
  rig wait "$HOST"
}

@test "freeze: the host takes a connection and says nothing" {
  rig fault "$HOST" freeze
  [ "$(field "$HOST" .state)" = frozen ]
  answers 22
  run timeout 3 bash -c "read -r line </dev/tcp/$(rig ip "$HOST")/22"
  [ "$status" = 124 ]
  rig fault "$HOST" thaw
  [ "$(field "$HOST" .state)" = on ]
  rig wait "$HOST"
}

@test "freezewhen: the host stands still in the moment a file says so" {
  rig fault "$HOST" freezewhen /root/state RUNNING &
  rig exec "$HOST" sh -c 'echo WAITING >/root/state; sleep 0.3; echo RUNNING >/root/state; sleep 0.3; echo DONE >/root/state' &
  wait %1
  [ "$(field "$HOST" .state)" = frozen ]
  rig fault "$HOST" thaw
  wait %2
  [ "$(rig exec "$HOST" cat /root/state)" = DONE ]
}

@test "powercut: nothing runs any more, and what was not in memory is there after poweron" {
  rig exec "$HOST" sh -c 'echo kept >/root/file; echo lost >/run/file'
  rig fault "$HOST" powercut
  run ! answers 22
  rig fault "$HOST" poweron
  rig wait "$HOST"
  [ "$(rig exec "$HOST" cat /root/file)" = kept ]
  run ! rig exec "$HOST" test -e /run/file
}

@test "powercut: a frozen host starts thawed afterwards" {
  rig fault "$HOST" freeze
  rig fault "$HOST" powercut
  [ "$(field "$HOST" .state)" = off ]
  rig fault "$HOST" poweron
  rig wait "$HOST"
}

@test "poweroff: the host ends in order and stays off" {
  rig fault "$HOST" poweroff
  [ "$(field "$HOST" .state)" = off ]
  run rig exec "$HOST" true
  [[ $output == *"switched off"* ]]
}

@test "reboot: the host starts again by itself" {
  before=$(field "$HOST" .boots)
  rig fault "$HOST" reboot
  rig wait "$HOST"
  [ "$(field "$HOST" .boots)" = $((before + 1)) ]
}

@test "a reboot asked for over ssh starts the host again" {
  before=$(field "$HOST" .boots)
  login debian "$HOST" sudo systemctl reboot || true
  for _ in {1..300}; do
    [ "$(field "$HOST" .boots)" = "$before" ] || break
    sleep 0.1
  done
  rig wait "$HOST"
  [ "$(field "$HOST" .boots)" = $((before + 1)) ]
}

@test "loss: packets go missing, all of them at 100" {
  rig fault "$HOST" loss 100
  run ! ping -c 2 -i 0.2 -W 1 "$(rig ip "$HOST")"
  rig fault "$HOST" loss 40
  run ping -c 40 -i 0.02 -W 1 "$(rig ip "$HOST")"
  [[ $output != *" 0% packet loss"* && $output != *" 100% packet loss"* ]]
  rig fault "$HOST" noloss
  ping -c 2 -i 0.2 -W 3 "$(rig ip "$HOST")"
}

@test "loss refuses what is no percentage" {
  run rig fault "$HOST" loss much
  [ "$status" = 1 ]
  [[ $output == *"percentage from 0 to 100"* ]]
}

@test "rate: the link becomes slow" {
  rig fault "$HOST" rate 1mbit
  SECONDS=0
  login debian "$HOST" head -c 400000 /dev/zero >/dev/null
  ((SECONDS >= 2))
  rig fault "$HOST" norate
}

@test "port: one port swallows what is sent to it, others answer" {
  rig fault "$HOST" port 22
  run ! answers 22
  ping -c 1 -W 3 "$(rig ip "$HOST")"
  rig fault "$HOST" noport
  answers 22
}

@test "fill: the disk is full, and usable again afterwards" {
  rig fault "$HOST" fill
  run rig exec "$HOST" sh -c 'head -c 100000 /dev/zero >/root/big'
  [ "$status" != 0 ]
  rig fault "$HOST" nofill
  rig exec "$HOST" sh -c 'head -c 5000000 /dev/zero >/root/big && rm /root/big'
}

@test "stopssh: connections are refused at once" {
  rig fault "$HOST" stopssh
  run ! answers 22
  rig fault "$HOST" startssh
  rig wait "$HOST"
}

@test "newhostkey: the host shows another key, and the status tells it" {
  before=$(field "$HOST" .host_key)
  rig fault "$HOST" newhostkey
  run ssh-keyscan -t ed25519 "$(rig ip "$HOST")"
  shown=$(ssh-keygen -lf - <<<"$output" | cut -d' ' -f2)
  [ "$shown" != "$before" ]
  [ "$shown" = "$(field "$HOST" .host_key)" ]
}

@test "names the faults there are" {
  run rig fault "$HOST" earthquake
  [ "$status" = 1 ]
  [[ $output == *"unknown fault 'earthquake'"*linkdown*powercut* ]]
}
