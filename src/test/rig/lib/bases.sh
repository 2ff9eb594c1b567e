# shellcheck shell=bash
# The two file systems hosts start from, and the package repository bare ones are prepared from.
#   bare        what a fresh VPS has: systemd, OpenSSH, sudo; not even jq
#   full        the same with everything server:prepare installs, and a few tools for tests
#   repository  all packages between the two, for `deb [trusted=yes] file:/var/local/apt ./`
# They are kept under a key of all that goes into them, so a changed list or script makes new ones.

bases_key() {
  cat "$RIG_HOME"/packages/{bare,prepare,full}.txt "$RIG_HOME"/lib/{build-bases,settle-base,fill-base}.sh - \
    <<<"$RIG_SUITE" | sha256sum | cut -c1-12
}

# bases_directory: where bare.squashfs, full.squashfs and repository/ are; builds them when they are not there yet
bases_directory() {
  local directory lock
  directory=$RIG_CACHE/$(bases_key)
  if [[ ! -e $directory/full.squashfs ]]; then
    mkdir -p "$RIG_CACHE"
    exec {lock}>"$RIG_CACHE/lock"
    flock "$lock"
    if [[ ! -e $directory/full.squashfs ]]; then
      say "building the bases of $RIG_SUITE into $directory (some minutes, once)"
      bash "$RIG_HOME/lib/build-bases.sh" "$directory" >"$RIG_CACHE/last-build.log" 2>&1 {lock}>&- || {
        tail -n 40 "$RIG_CACHE/last-build.log" >&2
        die "the bases could not be built; the end of $RIG_CACHE/last-build.log is above"
      }
      tail -n 1 "$RIG_CACHE/last-build.log" >&2
    fi
    exec {lock}>&-
  fi
  echo "$directory"
}
