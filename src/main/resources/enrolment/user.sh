# shellcheck shell=sh
# The panel's login: no password fits it, and its home is root's, so that it cannot change its own keys.
user=chom
user_home=/var/lib/chom
step_user() {
  if [ "$rootless" = yes ]; then
    user_home=${HOME:-$base} outcome=skipped
    return
  fi
  if entry=$(getent passwd "$user"); then
    [ "$(printf '%s' "$entry" | cut -d : -f 6)" = "$user_home" ] || refuse USER_TAKEN "$entry"
    [ "$(printf '%s' "$entry" | cut -d : -f 3)" != 0 ] || refuse USER_TAKEN "$entry"
    outcome=unchanged
  else
    useradd --system --user-group --no-create-home --home-dir "$user_home" --shell /bin/bash \
      --comment 'CHOM panel' "$user" || return 1
  fi
  # '*' fits no password, and does not count as a locked account for which sshd refuses keys as well
  usermod --shell /bin/bash --password '*' --expiredate '' "$user" || return 1
  install -d -m 0755 -o root -g root "$user_home" "$user_home/.ssh"
}
