# shellcheck shell=sh
# Runs on a new server as root (or, rootless, as the owner of one directory), in whatever POSIX shell it has.
# Tells the panel what happens on descriptor 3; all other output is diagnostics.
set -u
umask 022
LC_ALL=C
DEBIAN_FRONTEND=noninteractive
export LC_ALL DEBIAN_FRONTEND
exec 3>&1 1>&2

if [ -n "${VPSMANAGER_ROOT-}" ]; then
  rootless=yes base=$VPSMANAGER_ROOT
elif [ -e "${HOME-/nonexistent}/.chom-rootless" ]; then
  rootless=yes base=$HOME
else
  rootless=no base=''
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  export PATH
fi
agent=$base/opt/vpsmanager
release=$agent/releases/$bundle_id
settings=$base/etc/vpsmanager
work=

leave() {
  [ -z "$work" ] || rm -rf -- "$work"
  rm -rf -- "$release.new.$$"
}
trap leave EXIT
trap 'exit 71' HUP INT TERM

tell() { printf 'chom:%s\n' "$*" >&3; }

# refuse CODE [DETAIL]: ends the bootstrap with a reason the panel knows
refuse() {
  tell "refused $step $1 $(printf '%s' "${2-}" | tr '\n' ' ' | cut -c 1-300)"
  exit 70
}

# run STEP: each is a function that can be repeated; it leaves in outcome whether there was anything to do
run() {
  step=$1
  outcome='done'
  tell "begin $step"
  "step_$step" || refuse STEP_FAILED
  tell "end $step $outcome"
}

# Whole new content or the old one, never half of it; content comes on standard input.
put_file() { # PATH MODE
  cat >"$1.new.$$" && chmod "$2" "$1.new.$$" && sync "$1.new.$$" 2>/dev/null && mv -f "$1.new.$$" "$1"
}
