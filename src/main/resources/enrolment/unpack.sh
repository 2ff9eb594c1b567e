# shellcheck shell=sh
# Beside the version in use; nothing runs from there before it is verified.
step_unpack() {
  if [ -d "$release" ] && verify "$release"; then
    outcome=unchanged
    return
  fi
  mkdir -p "$agent/releases" "$release.new.$$" || refuse NO_SPACE "$agent"
  tar -xzf "$work/bundle.tar.gz" --no-same-owner --no-same-permissions -C "$release.new.$$" || refuse BUNDLE_DAMAGED
}

# Every file is what the manifest says, and there is no other.
verify() { # DIRECTORY
  (
    cd "$1" && sha256sum -c --strict --quiet MANIFEST &&
      cut -c 67- MANIFEST | LC_ALL=C sort >"$work/wanted" &&
      find . ! -type d ! -name MANIFEST ! -name MANIFEST.sig | sed 's,^\./,,' | LC_ALL=C sort >"$work/found" &&
      cmp -s "$work/wanted" "$work/found"
  )
}
