#!/usr/bin/env bash
# supervise.sh DIRECTORY: the power supply of one host. Starts its pid 1 and starts it again after a reboot;
# a power-off or a power cut ends it.
set -uo pipefail
here=$(dirname "$(readlink -f "$0")")
directory=$1
name=$(basename "$directory")
group=$(<"$directory/cgroup")
repository=$(<"$directory/repository")

while :; do
  mkdir -p "$group"
  # a host that was frozen when its power was cut starts thawed
  echo 0 >"$group/cgroup.freeze"
  (
    # into the group before the cgroup namespace is made, or that would begin at this machine's own
    echo "$BASHPID" >"$group/cgroup.procs"
    exec nsenter --net="/run/netns/$name" unshare --mount --uts --ipc --pid --cgroup --fork --kill-child \
      bash "$here/host-init.sh" "$name" "$directory/root" "$repository"
  ) >>"$directory/console.log" 2>&1 &
  holder=$!
  init=
  for _ in {1..250}; do
    read -r init _ 2>/dev/null <"/proc/$holder/task/$holder/children" || true
    [[ -z $init ]] || break
    sleep 0.02
  done
  echo "$init" >"$directory/init.pid"
  echo "up $init" >>"$directory/boots"
  wait "$holder"
  ended=$?
  rm -f "$directory/init.pid"
  echo "down $ended" >>"$directory/boots"
  echo 1 >"$group/cgroup.kill"
  # reboot(2) in a pid namespace ends its pid 1 by SIGHUP
  ((ended == 129)) || break
done
