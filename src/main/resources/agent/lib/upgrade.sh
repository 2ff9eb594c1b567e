# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# Another version of the agent. Each lies in a directory of its own that is never written again; one link leads to the
# version in use. What runs goes on with the files it was started from, for bash reads a program as it goes.

register change agent:upgrade "switch to an uploaded version of the agent, signed by the panel"
register change agent:rollback "switch back to the version of the agent before"
COMMAND_PLAN[agent:upgrade]=plan_agent_upgrade
COMMAND_PLAN[agent:rollback]=plan_agent_rollback

agent_installed() { # -> INSTALLED, RELEASE; false when it runs from somewhere else
  INSTALLED='' RELEASE=''
  [[ $AGENT_HOME =~ ^(.+)/releases/([0-9a-f]{16})$ ]] || return 1
  INSTALLED=${BASH_REMATCH[1]} RELEASE=${BASH_REMATCH[2]}
}

policy_allows() { # WORD; what nobody has allowed is forbidden
  jq -e --arg word "$1" '.[$word] == true' "$ROOT/etc/vpsmanager/policy.json" >/dev/null 2>&1
}

linked_release() { # LINK -> REPLY
  REPLY=$(readlink -- "$INSTALLED/$1" 2>/dev/null)
  REPLY=${REPLY#releases/}
}

prepare_switch() {
  agent_installed || fail DEPENDENCY_FAILED "this agent was not put here by an enrolment; enrol the server again"
  policy_allows agent_upgrade ||
    fail FORBIDDEN "$ROOT/etc/vpsmanager/policy.json does not let the panel change the agent"
}

plan_agent_upgrade() {
  prepare_switch
  DATA="{\"plan\":[{\"step\":\"unpack\",\"target\":\"$INSTALLED/releases/${ARG[release]}\",\"change\":\"create\"},{\"step\":\"switch\",\"target\":\"$INSTALLED/current\",\"change\":\"write\"}]}"
}

cmd_agent_upgrade() {
  local release=${ARG[release]} fresh version before
  prepare_switch
  take_lock agent 60
  name_upload "${ARG[upload]}"
  linked_release current
  before=$REPLY
  if [[ $before != "$release" ]]; then
    if ! verified_release "$INSTALLED/releases/$release"; then
      progress 10 "Verifying the signature"
      unpack_release "$release"
      fresh=$REPLY
      progress 50 "Trying whether the new version starts"
      version=$(version_of "$fresh") || { rm -rf -- "$fresh"; fail AGENT_DOES_NOT_START "the new version does not start here"; }
      # what is there under its name was damaged; whoever runs from it keeps its files
      if [[ -e $INSTALLED/releases/$release ]]; then mv -T -- "$INSTALLED/releases/$release" "$fresh.old" && rm -rf -- "$fresh.old"; fi
      mv -T -- "$fresh" "$INSTALLED/releases/$release" || fail INTERNAL "the new version cannot be put in place" true
      sync -- "$INSTALLED/releases"
    fi
    progress 70 "Switching to the new version"
    switch_release "$release" "$before"
  fi
  rm -f -- "$UPLOAD"
  version=$(version_of "$INSTALLED/releases/$release")
  forget_releases
  release_lock
  describe_release "$version" "$release"
}

plan_agent_rollback() {
  prepare_switch
  linked_release current
  if [[ $REPLY != "${ARG[from]}" ]]; then
    plan_steps
    return
  fi
  linked_release previous
  [[ -n $REPLY && -d $INSTALLED/releases/$REPLY ]] || fail DEPENDENCY_FAILED "no version before this one is kept"
  plan_steps "switch back to $REPLY" "$INSTALLED/current" write
}

cmd_agent_rollback() {
  local before wanted
  prepare_switch
  take_lock agent 60
  linked_release current
  before=$REPLY
  linked_release previous
  wanted=$REPLY
  # asked for again by one that did not hear the answer: it names what it wants to get away from
  if [[ $before == "${ARG[from]}" ]]; then
    [[ -n $wanted && -d $INSTALLED/releases/$wanted ]] || fail DEPENDENCY_FAILED "no version before this one is kept"
    switch_release "$wanted" "$before"
    before=$wanted
  fi
  release_lock
  describe_release "$(version_of "$INSTALLED/releases/$before")" "$before"
}

describe_release() { # VERSION-LINE RELEASE
  [[ $1 =~ ^vpsmanager\ ([0-9.]+)\ \(protocol\ ([0-9]+)\)$ ]] || fail AGENT_DOES_NOT_START "the version $2 does not say what it is"
  local agent=${BASH_REMATCH[1]} protocol=${BASH_REMATCH[2]}
  linked_release previous
  DATA="{\"agent\":\"$agent\",\"protocol\":$protocol,\"release\":\"$2\",\"previous\":\"$REPLY\"}"
}

version_of() { # DIRECTORY; prints the one line it says of itself
  local said
  said=$(timeout 20 "$1/bin/vpsmanager" --version 2>/dev/null) || return 1
  [[ $said =~ ^vpsmanager\ [0-9.]+\ \(protocol\ [0-9]+\)$ ]] || return 1
  printf '%s\n' "$said"
}

# One rename each: there is a whole version in use at every moment. What does not answer is taken back at once.
switch_release() { # RELEASE BEFORE
  if ! link_release previous "$2" || ! link_release current "$1"; then
    fail INTERNAL "the version cannot be exchanged (disk full?)" true
  fi
  sync -- "$INSTALLED"
  if [[ $(timeout 20 "$INSTALLED/bin/vpsmanager" ping --format=json 2>/dev/null) != *'"pong":true'* ]]; then
    link_release current "$2"
    fail AGENT_DOES_NOT_START "the new version does not answer; the one before is back"
  fi
}

link_release() { # LINK RELEASE
  ln -sfn -- "releases/$2" "$INSTALLED/$1.new.$$" && mv -T -- "$INSTALLED/$1.new.$$" "$INSTALLED/$1"
}

# The archive is the panel's word only as far as its manifest is signed by the key pinned at enrolment, every file is
# what the manifest says, and there is no other.
unpack_release() { # RELEASE -> REPLY: the directory
  local fresh
  [[ -f $UPLOAD ]] || fail UPLOAD_NOT_FOUND "no file was put under the id ${ARG[upload]}" true
  upload_matches "$UPLOAD" "${ARG[sha256]}" || fail UPLOAD_REJECTED "the file under this id is another one"
  command -v openssl >/dev/null || fail SERVICE_MISSING "openssl is missing, which checks signatures: apt-get install openssl"
  [[ -s $ROOT/etc/vpsmanager/agent-signing.pem ]] || fail UPLOAD_REJECTED "no signing key was pinned at enrolment"
  # counted to the end: a grep that ends at the first find breaks the pipe, which would pass for finding nothing
  if [[ $(tar -tvzf "$UPLOAD" 2>/dev/null | grep -cv '^-') != 0 ]] ||
    [[ $(tar -tzf "$UPLOAD" 2>/dev/null | grep -cE '(^|/)[.][.]?(/|$)|^/|[^A-Za-z0-9._/-]') != 0 ]]; then
    fail UPLOAD_REJECTED "the archive holds more than plain files"
  fi
  fresh=$(mktemp -d "$INSTALLED/releases/.new.XXXXXXXX") || fail INTERNAL "cannot write below $INSTALLED (disk full?)" true
  # signed first, so that nothing else of an unsigned archive touches the disk
  if ! (ulimit -f 32768; tar -xzf "$UPLOAD" -C "$fresh" --no-same-owner -- MANIFEST MANIFEST.sig) ||
    [[ $(sha256sum <"$fresh/MANIFEST") != "$1"* ]] || ! signed_by_the_panel "$fresh"; then
    rm -rf -- "$fresh"
    fail UPLOAD_REJECTED "the version is not signed by the key pinned at enrolment"
  fi
  if ! (umask 022; ulimit -f 131072; tar -xzf "$UPLOAD" -C "$fresh" --no-same-owner --no-same-permissions) ||
    ! whole_release "$fresh"; then
    rm -rf -- "$fresh"
    fail UPLOAD_REJECTED "the archive is not what its manifest says (or the disk is full)"
  fi
  chmod 0755 -- "$fresh"
  REPLY=$fresh
}

signed_by_the_panel() { # DIRECTORY
  openssl pkeyutl -verify -pubin -inkey "$ROOT/etc/vpsmanager/agent-signing.pem" -rawin -in "$1/MANIFEST" \
    -sigfile "$1/MANIFEST.sig" >/dev/null 2>&1
}

whole_release() { # DIRECTORY
  (
    cd -- "$1" && sha256sum -c --strict --quiet MANIFEST &&
      [[ $(cut -c 67- MANIFEST | sort) == "$(find . ! -type d ! -name MANIFEST ! -name MANIFEST.sig | sed 's,^\./,,' | sort)" ]]
  ) >/dev/null 2>&1
}

verified_release() { # DIRECTORY
  [[ -d $1 ]] && [[ $(sha256sum <"$1/MANIFEST") == "${1##*/}"* ]] && signed_by_the_panel "$1" && whole_release "$1"
}

# The version in use, the one before, and whatever a process was started from stay.
forget_releases() {
  local directory name
  local -A kept=()
  linked_release current
  kept[$REPLY]=1
  linked_release previous
  if [[ -n $REPLY ]]; then kept[$REPLY]=1; fi
  while IFS= read -r name; do kept[$name]=1; done < <(releases_at_work)
  for directory in "$INSTALLED"/releases/*/; do
    directory=${directory%/}
    if [[ ${directory##*/} =~ ^[0-9a-f]{16}$ && -z ${kept[${directory##*/}]-} ]]; then rm -rf -- "$directory"; fi
  done
  find "$INSTALLED/releases" -mindepth 1 -maxdepth 1 -name '.new.*' -mmin +60 -exec rm -rf -- {} +
}

# bash holds the program it runs open; the link below /proc leads to the very directory.
releases_at_work() {
  find /proc/[0-9]*/fd -mindepth 1 -maxdepth 1 -lname "$INSTALLED/releases/*" -printf '%l\n' 2>/dev/null |
    sed -n "s|^$INSTALLED/releases/\\([0-9a-f]\\{16\\}\\)/.*|\\1|p" | sort -u
}
