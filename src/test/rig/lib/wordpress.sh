#!/usr/bin/env bash
# wordpress.sh: prints where a tar of WordPress is, made from Debian's packages when it is not there yet. Debian keeps parts
# of it in packages of their own and links to them, so they are unpacked into one tree; a web server does not come along.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

tree=$RIG_CACHE/wordpress.tar
mkdir -p "$RIG_CACHE"
exec 9>"$RIG_CACHE/wordpress.lock"
flock 9
if [[ ! -s $tree ]]; then
  work=$(mktemp -d "$RIG_CACHE/wordpress.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cd "$work"
  packages wordpress | xargs apt-get -o APT::Sandbox::User=root --quiet=2 download
  for package in *.deb; do dpkg-deb -x "$package" "$work/all"; done
  # written by the installation, and a link to what only Debian's own installation has
  tar -C "$work/all/usr/share/wordpress" --exclude=./wp-config.php --exclude=./.htaccess -chf "$work/tree.tar" .
  mv "$work/tree.tar" "$tree"
fi
echo "$tree"
