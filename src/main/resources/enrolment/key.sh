# shellcheck shell=sh
# The panel's key opens one door: the agent's entry. Last, so that nobody comes in before everything is in place.
step_key() {
  keys=$user_home/.ssh/authorized_keys
  if [ "$rootless" = yes ]; then
    mkdir -p "$user_home/.ssh" || return 1
    # of a login that somebody else uses too, only the panel's line changes
    { [ ! -e "$keys" ] || grep -v ' chom-panel:[0-9a-f-]*$' "$keys" || [ $? = 1 ]; } >"$work/keys" || return 1
    printf 'restrict,command="/usr/bin/env VPSMANAGER_ROOT=%s %s/bin/entry" %s\n' "$base" "$agent" "$public_key" \
      >>"$work/keys"
  else
    printf 'restrict,command="%s/bin/entry" %s\n' "$agent" "$public_key" >"$work/keys"
  fi
  if cmp -s "$work/keys" "$keys"; then
    outcome=unchanged
    return
  fi
  put_file "$keys" 0644 <"$work/keys"
}
