#!/usr/bin/env bash
# host-init.sh NAME ROOT REPOSITORY: becomes pid 1 of a host. Runs as the first process of fresh mount, pid, uts, ipc
# and cgroup namespaces, in the host's network namespace; makes the file systems a machine has and executes systemd.
set -euo pipefail
name=$1 root=$2 repository=$3
hostname "$name"
mount --make-rprivate /

mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$root/sys/fs/cgroup"
# systemd must not write this machine's kernel settings; those of the network are the host's own
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro,nosuid,nodev,noexec "$root/proc/sys"
mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
mount -o remount,bind,rw "$root/proc/sys/net"
for file in sysrq-trigger kmsg; do
  if [[ -e $root/proc/$file ]]; then mount --bind /dev/null "$root/proc/$file"; fi
done

mount -t tmpfs -o mode=755,nosuid,size=16m tmpfs "$root/dev"
while read -r device major minor; do
  mknod -m 666 "$root/dev/$device" c "$major" "$minor"
done <<'DEVICES'
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
DEVICES
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
touch "$root/dev/console"
mount --bind /dev/null "$root/dev/console"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=755,nosuid,nodev,size=128m tmpfs "$root/run"
mount -t tmpfs -o mode=1777,nosuid,nodev,size=512m tmpfs "$root/tmp"
mount --bind "$repository" "$root/var/local/apt"
mount -o remount,bind,ro "$root/var/local/apt"

cd "$root"
mkdir -p .old
pivot_root . .old
# what would reach the machine is given up: its clock, modules, raw devices and kernel log
exec chroot . /bin/sh -c 'umount -l /.old && rmdir /.old
exec env -i container=rig TERM=linux PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  setpriv --inh-caps -all \
  --bounding-set -sys_time,-sys_module,-sys_rawio,-syslog,-mac_admin,-mac_override,-wake_alarm,-block_suspend /sbin/init' \
  </dev/null
