#!/usr/bin/env bash
# Gives a new base its users and takes away what must not be shared by the hosts made from it.
set -euo pipefail
root=$1

# two logins as cloud images and hand-made servers have them; their passwords and keys come with each host
for user in debian admin; do
  chroot "$root" useradd --create-home --shell /bin/bash "$user"
done
echo 'debian ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/debian"
echo 'admin ALL=(ALL) PASSWD: ALL' >"$root/etc/sudoers.d/admin"
chmod 440 "$root"/etc/sudoers.d/{debian,admin}

rm -f "$root"/etc/ssh/ssh_host_*_key*
: >"$root/etc/machine-id"
echo LANG=C.UTF-8 >"$root/etc/default/locale"
echo 'deb [trusted=yes] file:/var/local/apt ./' >"$root/etc/apt/sources.list"
rm -f "$root"/etc/apt/sources.list.d/*
mkdir -p "$root/var/local/apt"
# there is no console, no network to configure, and no package is to be fetched behind a test's back
for unit in console-getty.service systemd-networkd.service e2scrub_all.timer apt-daily.timer apt-daily-upgrade.timer; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
