# shellcheck shell=sh
# What the agent cannot do without. Waits for others who install packages, such as a first boot's updates.
step_tools() {
  missing=
  for tool in bash jq; do
    command -v "$tool" >/dev/null || missing="$missing $tool"
  done
  if [ "$rootless" = yes ]; then
    [ -z "$missing" ] || refuse TOOLS_MISSING "$missing"
    outcome=skipped
    return
  fi
  command -v visudo >/dev/null || missing="$missing sudo"
  # checks the signatures of later versions of the agent
  command -v openssl >/dev/null || missing="$missing openssl"
  if [ -z "$missing" ]; then
    outcome=unchanged
    return
  fi
  # shellcheck disable=SC2086
  patiently apt-get -q -y --no-install-recommends install $missing && return
  patiently apt-get -q update || refuse PACKAGES_UNAVAILABLE "$missing"
  # shellcheck disable=SC2086
  patiently apt-get -q -y --no-install-recommends install $missing || refuse PACKAGES_UNAVAILABLE "$missing"
}

patiently() {
  tries=60
  until "$@" -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 2>"$work/apt"; do
    cat "$work/apt"
    grep -qi 'could not get lock\|unable to lock' "$work/apt" || return 1
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || refuse PACKAGES_LOCKED
    sleep 5
  done
  cat "$work/apt"
}
