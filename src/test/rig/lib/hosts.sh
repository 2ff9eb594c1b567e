# shellcheck shell=bash disable=SC2034,SC2153
# Bringing hosts up and down. A rig is a bridge with hosts; all it has is kept in $RIG (one directory per rig).

select_rig() {
  RIG_NAME=$1
  [[ $RIG_NAME =~ ^[a-z]{2,9}$ ]] || die "a rig's name is 2 to 9 small letters, not '$RIG_NAME'"
  RIG=$RIG_STATE/$RIG_NAME
  RIG_BRIDGE=${RIG_NAME}br
}

select_host() {
  HOST=$1
  HOST_DIR=$RIG/$HOST
  [[ -d $HOST_DIR ]] || die "there is no host '$HOST' in rig '$RIG_NAME'; there are: $(hosts | paste -sd' ')"
  HOST_GROUP=$(<"$HOST_DIR/cgroup")
  HOST_LINK=$(<"$HOST_DIR/link")
  HOST_ADDRESS=$(<"$HOST_DIR/address")
}

hosts() {
  local directory
  for directory in "$RIG/$RIG_NAME"[0-9]*/; do
    if [[ -d $directory ]]; then basename "$directory"; fi
  done | sort -V
}

# a subnet no address of this machine, no route and no other rig uses
free_subnet() {
  local subnet third
  for subnet in ${CHOM_RIG_SUBNET:-$(for third in {0..255}; do echo "10.77.$third"; done)}; do
    grep -qsx "$subnet" "$RIG_STATE"/*/subnet && continue
    [[ -z $(ip -4 -o addr show to "$subnet.0/24")$(ip -4 route show root "$subnet.0/24") ]] || continue
    echo "$subnet"
    return
  done
  die "no free subnet: ${CHOM_RIG_SUBNET:-10.77.0 to 10.77.255} is in use; set CHOM_RIG_SUBNET (three numbers, like 10.78.0)"
}

# a dead run's rigs: the process they were brought up for is gone
sweep() {
  local directory owner started
  for directory in "$RIG_STATE"/*/; do
    [[ -s $directory/owner ]] || continue
    read -r owner started <"$directory/owner"
    [[ $(started_at "$owner") == "$started" ]] && continue
    say "taking down $(basename "$directory"), left by a run that is gone"
    (select_rig "$(basename "$directory")" && rig_down)
  done
}

started_at() { awk '{ sub(/.*\) /, ""); print $20 }' "/proc/$1/stat" 2>/dev/null || true; }

rig_up() {
  local count=$1 kind=$2 owner=$3 bases lock host first added=()
  require_machine
  bases=$(bases_directory) || exit 1
  mkdir -p "$RIG_STATE"
  exec {lock}>"$RIG_STATE/lock"
  flock "$lock"
  sweep
  [[ -d $RIG ]] || lay_rig "$owner" "$lock"
  first=$(hosts | tail -n 1)
  first=$((${first#"$RIG_NAME"} + 1))
  for ((number = first; number < first + count; number++)); do
    add_host "$number" "$kind" "$bases"
    added+=("$RIG_NAME$number")
  done
  exec {lock}>&-
  for host in "${added[@]}"; do power_on "$host"; done
  for host in "${added[@]}"; do wait_for_login "$host"; done
  for host in "${added[@]}"; do describe "$host"; done
}

lay_rig() {
  local subnet owner=$1 lock=$2
  subnet=$(free_subnet) || exit 1
  mkdir -p "$RIG"
  chmod 700 "$RIG"
  echo "$subnet" >"$RIG/subnet"
  ssh-keygen -q -t ed25519 -N '' -C "rig $RIG_NAME" -f "$RIG/id_ed25519"
  openssl rand -hex 12 >"$RIG/password"
  ip link add "$RIG_BRIDGE" type bridge
  ip addr add "$subnet.1/24" dev "$RIG_BRIDGE"
  ip link set "$RIG_BRIDGE" up
  [[ -n $owner ]] || return 0
  echo "$owner $(started_at "$owner")" >"$RIG/owner"
  # takes the rig down also when its owner is killed
  # shellcheck disable=SC2016
  setsid bash -c 'tail --pid="$1" -f /dev/null; exec "$2" --name "$3" down' keeper \
    "$owner" "$RIG_HOME/rig" "$RIG_NAME" </dev/null >/dev/null 2>&1 {lock}>&- &
}

mount_base() {
  local base=$RIG/base-$1
  if ! mountpoint -q "$base"; then
    mkdir -p "$base"
    mount -o loop,ro "$2/$1.squashfs" "$base"
  fi
  echo "$base"
}

add_host() {
  local number=$1 kind=$2 bases=$3 host=$RIG_NAME$1 subnet base directory root user
  subnet=$(<"$RIG/subnet")
  base=$(mount_base "$kind" "$bases")
  directory=$RIG/$host root=$directory/root
  mkdir -p "$directory"/{disk,root}
  echo "$kind" >"$directory/kind"
  echo "$subnet.$((10 + number))" >"$directory/address"
  echo "${RIG_NAME}v$number" >"$directory/link"
  echo "$(cgroup_root)/chom-rig.$host" >"$directory/cgroup"
  echo "$bases/repository" >"$directory/repository"

  truncate -s "$RIG_DISK" "$directory/disk.img"
  mkfs.ext4 -q -F -m 0 -O ^has_journal "$directory/disk.img"
  mount -o loop "$directory/disk.img" "$directory/disk"
  mkdir -p "$directory"/disk/{upper,work}
  mount -t overlay overlay -o "lowerdir=$base,upperdir=$directory/disk/upper,workdir=$directory/disk/work" "$root"

  ip netns add "$host"
  ip link add "${RIG_NAME}v$number" type veth peer name eth0 netns "$host"
  ip link set "${RIG_NAME}v$number" master "$RIG_BRIDGE" up
  ip -n "$host" link set lo up
  ip -n "$host" addr add "$subnet.$((10 + number))/24" dev eth0
  ip -n "$host" link set eth0 up

  echo "$host" >"$root/etc/hostname"
  printf '127.0.0.1 localhost\n%s %s\n%s.1 panel\n' "$subnet.$((10 + number))" "$host" "$subnet" >"$root/etc/hosts"
  : >"$root/etc/resolv.conf"
  : >"$root/etc/machine-id"
  new_host_key "$root"
  for user in debian admin; do
    install -d -m 700 -o 1000 -g 1000 "$root/home/$user/.ssh"
    install -m 600 "$RIG/id_ed25519.pub" "$root/home/$user/.ssh/authorized_keys"
    chroot "$root" chown -R "$user:$user" "/home/$user/.ssh"
  done
  chroot "$root" usermod --password "$(openssl passwd -6 -stdin <"$RIG/password")" debian
  chroot "$root" usermod --password "$(openssl passwd -6 -stdin <"$RIG/password")" admin
}

new_host_key() {
  rm -f "$1"/etc/ssh/ssh_host_*_key*
  ssh-keygen -q -t ed25519 -N '' -C '' -f "$1/etc/ssh/ssh_host_ed25519_key"
}

power_on() {
  select_host "$1"
  setsid bash "$RIG_HOME/supervise.sh" "$HOST_DIR" </dev/null >>"$HOST_DIR/console.log" 2>&1 &
  echo $! >"$HOST_DIR/supervisor.pid"
}

supervised() { grep -qsa supervise.sh "/proc/$(<"$HOST_DIR/supervisor.pid")/cmdline"; }

ssh_to() {
  select_host "$1"
  shift
  ssh -i "$RIG/id_ed25519" -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
    -o IdentitiesOnly=yes -o LogLevel=ERROR -o ConnectTimeout=5 -o ServerAliveInterval=5 -o ServerAliveCountMax=2 \
    "debian@$HOST_ADDRESS" "$@"
}

logs_in() { ssh_to "$1" -o ConnectTimeout=2 true </dev/null 2>/dev/null; }

wait_for_login() {
  await "${2:-90}" logs_in "$1" && return
  tail -n 20 "$HOST_DIR/console.log" >&2
  die "host $1 did not come up; its console is above, its files are in $HOST_DIR"
}

# in_host COMMAND…: runs it as root in the selected host, in the host's own control group so that faults reach it too
in_host() (
  [[ -s $HOST_DIR/init.pid ]] || die "host $HOST is switched off"
  mkdir -p "$HOST_GROUP/rig.exec"
  echo "$BASHPID" >"$HOST_GROUP/rig.exec/cgroup.procs"
  exec nsenter -t "$(<"$HOST_DIR/init.pid")" -m -u -i -p -C -n \
    env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@"
)

state_of() {
  select_host "$1"
  if [[ ! -s $HOST_DIR/init.pid ]]; then
    echo off
  elif grep -qs 'frozen 1' "$HOST_GROUP/cgroup.events"; then
    echo frozen
  else
    echo on
  fi
}

describe() {
  select_host "$1"
  jq -cn --arg name "$HOST" --arg kind "$(<"$HOST_DIR/kind")" --arg address "$HOST_ADDRESS" --arg state "$(state_of "$1")" \
    --arg fingerprint "$(ssh-keygen -lf "$HOST_DIR/root/etc/ssh/ssh_host_ed25519_key.pub" | cut -d' ' -f2)" \
    --arg password "$(<"$RIG/password")" --arg key "$RIG/id_ed25519" --argjson boots "$(grep -cs ^up "$HOST_DIR/boots")" \
    '{$name, $kind, $address, port: 22, $state, $boots, host_key: $fingerprint,
      login: {user: "debian", $password, private_key: $key}, sudo_with_password: {user: "admin", $password}}'
}

rig_down() {
  local host base
  [[ -d $RIG ]] || return 0
  acme_down "$RIG/acme"
  for host in $(hosts); do remove_host "$host"; done
  for base in "$RIG"/base-*/; do
    if mountpoint -q "$base"; then umount "$base"; fi
  done
  if ip link show "$RIG_BRIDGE" >/dev/null 2>&1; then ip link del "$RIG_BRIDGE"; fi
  rm -rf --one-file-system "$RIG"
}

remove_host() {
  select_host "$1"
  if [[ -s $HOST_DIR/supervisor.pid ]] && supervised; then kill "$(<"$HOST_DIR/supervisor.pid")"; fi
  if [[ -d $HOST_GROUP ]]; then
    echo 1 >"$HOST_GROUP/cgroup.kill"
    echo 0 >"$HOST_GROUP/cgroup.freeze"
    await 10 empty_group || die "processes of $HOST do not end: $(find "$HOST_GROUP" -name cgroup.procs -exec cat {} +)"
    find "$HOST_GROUP" -depth -type d -exec rmdir {} \;
  fi
  heal_network
  if [[ -e /run/netns/$HOST ]]; then ip netns del "$HOST"; fi
  for mount in "$HOST_DIR/root" "$HOST_DIR/disk"; do
    if mountpoint -q "$mount"; then await 10 umount "$mount" 2>/dev/null || die "cannot unmount $mount"; fi
  done
  rm -rf --one-file-system "$HOST_DIR"
}

empty_group() { [[ -z $(find "$HOST_GROUP" -name cgroup.procs -exec cat {} + 2>/dev/null) ]]; }
