# shellcheck shell=bash disable=SC2034
# Settings and small helpers every script of the rig shares.

export LANG=C.UTF-8 LC_ALL=C.UTF-8
RIG_HOME=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
# where the bases live: outside the checkout, so that a clean build finds them again
RIG_CACHE=${CHOM_RIG_CACHE:-/var/cache/chom-rig}
RIG_STATE=${CHOM_RIG_STATE:-/var/tmp/chom-rig}
RIG_SUITE=${CHOM_RIG_SUITE:-bookworm}
RIG_DISK=${CHOM_RIG_DISK:-2G}

die() {
  printf 'rig: %s\n' "$*" >&2
  exit 1
}

say() { printf 'rig: %s\n' "$*" >&2; }

# await SECONDS COMMAND…: true as soon as the command is, false when the time is over
await() {
  local until=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < until)) || return 1
    sleep 0.05
  done
}

cgroup_root() { findmnt -n -o TARGET -t cgroup2 | head -n 1; }

packages() {
  local list
  for list; do cat "$RIG_HOME/packages/$list.txt"; done | sort -u
}

# what_is_missing: one line per thing without which no host can start
what_is_missing() {
  local command probe
  ((EUID == 0)) || { echo "root: run this as root (hosts need mounts and network namespaces)"; return; }
  for command in mmdebstrap mksquashfs ip nft jq ssh ssh-keygen openssl unshare nsenter pivot_root mkfs.ext4 setpriv; do
    command -v "$command" >/dev/null || echo "command $command: run src/test/rig/install.sh"
  done
  unshare --mount --uts --ipc --pid --net --cgroup --fork true 2>/dev/null \
    || echo "namespaces: 'unshare' is refused; allow CAP_SYS_ADMIN (in a container: run it privileged)"
  probe=$(cgroup_root)
  if [[ -z $probe ]]; then
    echo "cgroup2: no such mount; mount one (mount -t cgroup2 none /sys/fs/cgroup/unified)"
  elif ! mkdir -p "$probe/chom-rig.probe" 2>/dev/null; then
    echo "cgroup2: $probe is read-only; hosts need to make groups there"
  else
    rmdir "$probe/chom-rig.probe"
  fi
  for probe in overlay squashfs ext4; do
    grep -qw "$probe" /proc/filesystems || modprobe -q "$probe" 2>/dev/null \
      || echo "file system $probe: the kernel does not have it"
  done
  losetup -f >/dev/null 2>&1 || echo "loop devices: none is free or allowed"
  setpriv --reuid 65534 --regid 65534 --clear-groups sh -c ': >/dev/null' 2>/dev/null \
    || echo "/dev/null: unusable for other users ($(stat -c '%A %U:%G' /dev/null)); chmod 666 /dev/null"
}

require_machine() {
  local missing
  missing=$(what_is_missing)
  [[ -z $missing ]] || die "hosts cannot run on this machine. Missing:"$'\n'"$missing"
}
