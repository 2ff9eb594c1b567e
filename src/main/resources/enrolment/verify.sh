# shellcheck shell=sh
step_verify() {
  if [ ! -d "$release.new.$$" ]; then
    outcome=unchanged
    return
  fi
  verify "$release.new.$$" || refuse BUNDLE_DAMAGED
  rm -rf -- "$release"
  mv -T "$release.new.$$" "$release"
}
