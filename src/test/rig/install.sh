#!/usr/bin/env bash
# Installs from Debian what `./mvnw verify -Pacceptance` needs beyond a JDK, and says what it installs.
# Quick when all is there.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname "$(readlink -f "$0")")/lib/common.sh"

export DEBIAN_FRONTEND=noninteractive

install_packages() { apt-get --yes --quiet=2 -o DPkg::Lock::Timeout=600 install --no-install-recommends "$@" >"$log" 2>&1; }

# a package's script must not start its daemon: nothing here needs one, and its port may be in use
forbid_daemons() {
  if [[ -e /usr/sbin/policy-rc.d ]]; then return; fi
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
  trap 'rm -f /usr/sbin/policy-rc.d "$log"' EXIT
}

((EUID == 0)) || die "root: run this as root, it installs packages and real hosts need mounts and network namespaces"
command -v apt-get >/dev/null || die "apt-get: this needs Debian or a system made from it"

missing=()
for package in $(packages machine); do
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
done
if ((${#missing[@]})); then
  echo "Installing from Debian: ${missing[*]}"
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  forbid_daemons
  if ! install_packages "${missing[@]}"; then
    echo "Fetching the lists of packages, they are too old"
    apt-get --quiet=2 -o DPkg::Lock::Timeout=600 update >/dev/null || say "some lists could not be fetched, trying on"
    install_packages "${missing[@]}" || {
      tail -n 30 "$log" >&2
      die "these packages could not be installed: ${missing[*]}"
    }
  fi
else
  echo "All packages for the acceptance tests are installed"
fi
"$RIG_HOME/s3-server.sh" >/dev/null || say "the S3 server for tests could not be fetched"
require_machine
