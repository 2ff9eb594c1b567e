# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# Who may come in: the panel's key on this server. A key is exchanged in two steps, so that whatever dies in between,
# one of the two opens; the file that says so is exchanged whole, and never without a key of the panel in it.

register change access:rotate "let a new key of the panel in beside the old (step=add), or only that one (step=settle)"
register change access:revoke "take away the panel's key and its right to sudo; agent=true removes the agent as well"
COMMAND_PLAN[access:rotate]=plan_access_rotate
COMMAND_PLAN[access:revoke]=plan_access_revoke

# The file that lets the panel in. Rootless it may be the login's own, with other keys in it.
panel_keys() { # MARK -> REPLY
  local file
  REPLY=/var/lib/chom/.ssh/authorized_keys
  if ! rootless; then [[ -f $REPLY ]]; return; fi
  for file in "$ROOT/.ssh/authorized_keys" "${HOME:-$ROOT}/.ssh/authorized_keys"; do
    REPLY=$file
    if [[ -f $file ]] && grep -q -- " $1\$" "$file"; then return; fi
  done
  return 1
}

# Fills KEY_LINES with all lines, KEY_OPTIONS with what stands before the panel's key, KEY_THERE with whether it is there.
read_keys() { # FILE MARK KEY
  local line
  KEY_LINES=() KEY_OPTIONS='' KEY_THERE=''
  while IFS= read -r line || [[ -n $line ]]; do
    KEY_LINES+=("$line")
    if [[ $line == *" $2" ]]; then
      KEY_OPTIONS=${line%ssh-ed25519 *}
      if [[ $line == *"$3" ]]; then KEY_THERE=1; fi
    fi
  done <"$1"
}

write_keys() { # FILE LINE...
  local file=$1 temporary
  shift
  temporary=$(mktemp "$file.new.XXXXXX") || fail INTERNAL "$file cannot be written (disk full?)" true
  # a file that cannot be written whole is not put in place
  if ! { if (($#)); then printf '%s\n' "$@"; fi >"$temporary" && chmod --reference="$file" -- "$temporary" &&
    chown --reference="$file" -- "$temporary" && sync -- "$temporary" && mv -T -- "$temporary" "$file"; }; then
    rm -f -- "$temporary"
    fail INTERNAL "$file cannot be written (disk full?)" true
  fi
  sync -- "${file%/*}"
}

plan_access_rotate() {
  panel_keys "${ARG[public_key]##* }" || fail ACCESS_KEY_MISSING "$REPLY has no key of this panel; enrol the server again"
  if [[ ${ARG[step]} == add ]]; then
    plan_steps "the new key, beside the old one" "$REPLY" write
  else
    plan_steps "the new key alone" "$REPLY" write
  fi
}

cmd_access_rotate() {
  local key=${ARG[public_key]} mark file line changed=false
  local -a lines=()
  mark=${key##* }
  take_lock access 120
  panel_keys "$mark" || fail ACCESS_KEY_MISSING "$REPLY has no key of $mark; enrol the server again"
  file=$REPLY
  read_keys "$file" "$mark" "$key"
  if [[ ${ARG[step]} == add ]]; then
    [[ $KEY_OPTIONS == 'restrict,command="'*'" ' ]] || fail ACCESS_KEY_MISSING "$file has no key of $mark with a forced command; enrol the server again"
    lines=("${KEY_LINES[@]}")
    if [[ -z $KEY_THERE ]]; then lines+=("$KEY_OPTIONS$key") changed=true; fi
  else
    # never the last way in
    [[ -n $KEY_THERE ]] || fail ACCESS_KEY_MISSING "$file does not have this key; add it before the others go"
    for line in "${KEY_LINES[@]}"; do
      if [[ $line == *" $mark" && $line != *"$key" ]]; then changed=true; else lines+=("$line"); fi
    done
  fi
  if [[ $changed == true ]]; then write_keys "$file" "${lines[@]}"; fi
  release_lock
  DATA="{\"changed\":$changed,\"keys\":$(printf '%s\n' "${lines[@]}" | grep -c -- " $mark\$")}"
}

SUDO_RULE=/etc/sudoers.d/chom-vpsmanager

plan_access_revoke() {
  local steps='[{"step":"key","target":"authorized_keys","change":"write"}'
  rootless || steps+=",{\"step\":\"sudo\",\"target\":\"$SUDO_RULE\",\"change\":\"remove\"}"
  if [[ ${ARG[agent]-} == true ]]; then steps+=',{"step":"agent","target":"/opt/vpsmanager","change":"remove"}'; fi
  DATA="{\"plan\":$steps]}"
}

# The last command of a server's life with this panel. Its channel stays open, so that the answer still goes out.
cmd_access_revoke() {
  local mark=${ARG[panel]} file line place
  local -a lines=() removed=() left=()
  take_lock access 120
  progress 20 "Taking the panel's key away"
  if panel_keys "$mark"; then
    file=$REPLY
    read_keys "$file" "$mark" ''
    for line in "${KEY_LINES[@]}"; do
      if [[ $line != *" $mark" ]]; then lines+=("$line"); fi
    done
    write_keys "$file" "${lines[@]}"
    removed+=("key:$file")
  fi
  if ! rootless && [[ -e $SUDO_RULE ]]; then
    rm -f -- "$SUDO_RULE"
    removed+=("sudo:$SUDO_RULE")
  fi
  release_lock
  if [[ ${ARG[agent]-} == true ]] && agent_installed; then
    progress 60 "Removing the agent"
    rm -f -- "$ROOT/etc/vpsmanager/agent-signing.pem"
    rm -rf -- "$INSTALLED"
    removed+=("agent:$INSTALLED")
  fi
  for place in "$ROOT/opt/vpsmanager" "$ROOT/etc/vpsmanager/policy.json"; do
    if [[ -e $place ]]; then left+=("agent:$place"); fi
  done
  left+=("journal:$STATE_DIR")
  if ! rootless && getent passwd chom >/dev/null; then left+=("user:chom"); fi
  for place in "$REGISTRY"/s*.json; do
    place=${place##*/}
    if [[ -d $RETAINED_HOME/${place%.json} ]]; then left+=("retained:$RETAINED_HOME/${place%.json}"); else left+=("site:${place%.json}"); fi
  done
  json_list "${removed[@]}"
  line=$REPLY
  json_list "${left[@]}"
  DATA="{\"removed\":$line,\"left_behind\":$REPLY}"
}
