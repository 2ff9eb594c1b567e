#!/usr/bin/env bash
# build-bases.sh DIRECTORY: builds bare.squashfs, full.squashfs and repository/ into it, from Debian's packages.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"
target=$1

squash() { mksquashfs "$1" "$2" -comp zstd -Xcompression-level 6 -quiet -no-progress -no-recovery; }

clean_up() {
  if mountpoint -q "$work/merged"; then umount "$work/merged"; fi
  rm -rf --one-file-system "$work"
}

rm -rf --one-file-system "$RIG_CACHE"/build.*
work=$(mktemp -d "$RIG_CACHE/build.XXXXXX")
trap clean_up EXIT
chmod 755 "$work"

# the new system's own apt downloads what a prepared host has beyond it, so exactly what it lacks
mkdir -p "$work/repository/partial"
mmdebstrap --quiet --variant=minbase --include="$(packages bare | paste -sd,)" \
  --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' --aptopt='Acquire::Retries "3"' \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --customize-hook="APT_CONFIG=\$MMDEBSTRAP_APT_CONFIG apt-get -o Dir::Cache::archives=$work/repository -o APT::Sandbox::User=root --yes --quiet=2 \
    --download-only install $(packages prepare full | paste -sd' ')" \
  --customize-hook="$here/settle-base.sh \"\$1\"" \
  "$RIG_SUITE" "$work/bare"
squash "$work/bare" "$work/bare.squashfs"

(
  cd "$work/repository"
  rm -rf lock partial
  apt-ftparchive packages . >Packages
  apt-ftparchive -o APT::FTPArchive::Release::Suite=rig release . >../Release
  mv ../Release .
)

mkdir "$work"/{merged,upper,scratch}
mount -t overlay overlay -o "lowerdir=$work/bare,upperdir=$work/upper,workdir=$work/scratch" "$work/merged"
# in namespaces of its own, so that a package's script which starts a daemon cannot leave it on this machine
unshare --mount --pid --net --uts --ipc --fork --kill-child \
  bash "$here/fill-base.sh" "$work/merged" "$work/repository" "$(packages prepare full | paste -sd' ')"
squash "$work/merged" "$work/full.squashfs"

mkdir -p "$target"
mv "$work/repository" "$work/bare.squashfs" "$target"
mv "$work/full.squashfs" "$target" # last: it says that all is there
say "bases built in $SECONDS s, $(du -sh "$target" | cut -f1)"
