# shellcheck shell=bash
# What can go wrong with a host: each fault acts on the selected host and returns when its effect is there.

FAULTS='linkdown linkup · freeze freezewhen FILE TEXT thaw · powercut poweroff poweron reboot · loss PERCENT noloss · rate RATE norate ·
  port NUMBER noport · fill nofill · stopssh startssh · newhostkey · heal'

fault() {
  local action=$1
  shift
  case $action in
    linkdown) ip link set "$HOST_LINK" down ;;
    linkup) ip link set "$HOST_LINK" up ;;
    freeze) echo 1 >"$HOST_GROUP/cgroup.freeze" && await 10 grep -q 'frozen 1' "$HOST_GROUP/cgroup.events" ;;
    freezewhen) freeze_when "${1:?freezewhen needs a file}" "${2:?freezewhen needs a text}" ;;
    thaw) echo 0 >"$HOST_GROUP/cgroup.freeze" && await 10 grep -q 'frozen 0' "$HOST_GROUP/cgroup.events" ;;
    powercut) echo 1 >"$HOST_GROUP/cgroup.kill" && await 10 is_off ;;
    poweroff) in_host systemctl poweroff && await 90 is_off ;;
    poweron) if is_off; then power_on "$HOST" && await 10 is_on; fi ;;
    reboot) reboot_host ;;
    loss) percentage "${1:-}" && lose "$1" ;;
    noloss) drop_table "loss_$HOST" ;;
    rate) limit_rate "${1:?rate needs one, like 1mbit}" ;;
    norate) free_rate ;;
    port) block_port "${1:?port needs its number}" ;;
    noport) drop_table "port_$HOST" ;;
    fill) fill_disk ;;
    nofill) rm -f "$HOST_DIR"/root/var/filled-by-rig* ;;
    stopssh) in_host systemctl stop ssh.service ;;
    startssh) in_host systemctl start ssh.service ;;
    newhostkey) new_host_key "$HOST_DIR/root" && in_host systemctl restart ssh.service ;;
    heal) heal ;;
    *) die "unknown fault '$action'; there are: $FAULTS" ;;
  esac
}

is_off() { [[ ! -s $HOST_DIR/init.pid ]] && ! supervised; }
is_on() { [[ -s $HOST_DIR/init.pid ]]; }
boots() { grep -c ^up "$HOST_DIR/boots"; }
booted_again() { (($(boots) > $1)); }

reboot_host() {
  local before
  before=$(boots)
  in_host systemctl --no-block reboot
  await 90 booted_again "$before"
}

percentage() { [[ $1 =~ ^[0-9]{1,2}$|^100$ ]] || die "loss needs a percentage from 0 to 100, not '$1'"; }

# freezes the host in the moment a file of it says something: at most a millisecond or so later
freeze_when() {
  local file=$HOST_DIR/root/${1#/} until=$((SECONDS + 120)) content=
  until [[ $content == *"$2"* ]]; do
    ((SECONDS < until)) || die "$1 of $HOST never said '$2'"
    content=
    if [[ -r $file ]]; then content=$(<"$file") 2>/dev/null || true; fi
  done
  fault freeze
}

fill_disk() {
  local free
  free=$(df -B1 --output=avail "$HOST_DIR/disk" | tail -n 1)
  fallocate -l $((free > 4194304 ? free - 4194304 : 1)) "$HOST_DIR/root/var/filled-by-rig"
  # to the last block, which fallocate cannot do; blocks that were only promised come free with each sync
  for _ in {1..4}; do
    dd if=/dev/zero of="$HOST_DIR/root/var/filled-by-rig-too" bs=4096 oflag=append conv=notrunc status=none 2>/dev/null || true
    sync -f "$HOST_DIR/disk"
  done
}

# netdev tables work on the host's end of the bridge, so that the host itself cannot tell
lose() {
  local chosen="numgen random mod 100 < $1"
  (($1 < 100)) || chosen=
  netdev_table "loss_$HOST" "
    chain out { type filter hook egress device $HOST_LINK priority 0; $chosen drop; }
    chain in { type filter hook ingress device $HOST_LINK priority 0; $chosen drop; }"
}

block_port() {
  netdev_table "port_$HOST" "
    chain out { type filter hook egress device $HOST_LINK priority 0; tcp dport $1 drop; }"
}

netdev_table() {
  drop_table "$1"
  nft -f - <<<"table netdev chom_rig_$1 { $2
  }"
}

drop_table() {
  if nft list table netdev "chom_rig_$1" >/dev/null 2>&1; then nft delete table netdev "chom_rig_$1"; fi
}

limit_rate() {
  tc qdisc replace dev "$HOST_LINK" root tbf rate "$1" burst 16kb latency 400ms
  tc -n "$HOST" qdisc replace dev eth0 root tbf rate "$1" burst 16kb latency 400ms
}

free_rate() {
  tc qdisc del dev "$HOST_LINK" root 2>/dev/null || true
  tc -n "$HOST" qdisc del dev eth0 root 2>/dev/null || true
}

heal_network() {
  drop_table "loss_$HOST"
  drop_table "port_$HOST"
}

heal() {
  heal_network
  free_rate
  rm -f "$HOST_DIR"/root/var/filled-by-rig*
  ip link set "$HOST_LINK" up
  if grep -qs 'frozen 1' "$HOST_GROUP/cgroup.events"; then fault thaw; fi
  fault poweron
  await 60 in_host systemctl start ssh.service 2>/dev/null
  wait_for_login "$HOST"
}
