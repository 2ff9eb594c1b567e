# shellcheck shell=sh
# The bundle is the rest of standard input; nothing after this step can read it away.
step_receive() {
  work=$(mktemp -d) || refuse NO_SPACE "no temporary directory"
  head -c "$bundle_bytes" >"$work/bundle.tar.gz" || refuse NO_SPACE "$work"
  exec </dev/null
  printf '%s  %s\n' "$bundle_sha256" "$work/bundle.tar.gz" | sha256sum -c --status - || refuse BUNDLE_DAMAGED
}
