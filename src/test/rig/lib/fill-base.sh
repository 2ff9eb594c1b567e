#!/usr/bin/env bash
# fill-base.sh ROOT REPOSITORY PACKAGES: installs the packages into ROOT; runs in namespaces of its own.
set -euo pipefail
root=$1 repository=$2
read -ra wanted <<<"$3"

mount --make-rprivate /
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind "$repository" "$root/var/local/apt"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"

in_base() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
in_base apt-get --quiet=2 -o APT::Sandbox::User=root update
in_base apt-get --quiet=2 --yes -o APT::Sandbox::User=root -o APT::Install-Recommends=false -o APT::Keep-Downloaded-Packages=false \
  -o Dpkg::Options::=--force-unsafe-io install "${wanted[@]}"

rm -f "$root/usr/sbin/policy-rc.d"
rm -rf "$root"/var/lib/apt/lists/*
# node_exporter leaves overlay file systems out, and would then tell nothing of a host's disk
echo 'ARGS="--collector.filesystem.fs-types-exclude=^(autofs|binfmt_misc|bpf|cgroup2?|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|mqueue|nsfs|proc|pstore|securityfs|sysfs|tmpfs|tracefs)\$"' \
  >"$root/etc/default/prometheus-node-exporter"
# there is no log file of sshd on Debian 12, only the journal
printf '[DEFAULT]\nbackend = systemd\nbanaction = nftables\n' >"$root/etc/fail2ban/jail.d/journal.conf"
