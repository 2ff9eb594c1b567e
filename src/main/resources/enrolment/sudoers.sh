# shellcheck shell=sh
# Exactly one program, checked before it counts: a broken file here would lock everybody out of sudo.
step_sudoers() {
  if [ "$rootless" = yes ]; then
    outcome=skipped
    return
  fi
  rule=/etc/sudoers.d/chom-vpsmanager
  # sudo ignores names with a dot, so that the file under its temporary name has no effect
  put_file "$rule.new" 0440 <<RULE || return 1
# Made by CHOM at enrolment.
Defaults!/opt/vpsmanager/bin/vpsmanager !use_pty, !requiretty, env_reset, !setenv
$user ALL=(root) NOPASSWD: /opt/vpsmanager/bin/vpsmanager
RULE
  if ! visudo -cf "$rule.new"; then
    rm -f "$rule.new"
    refuse SUDOERS_REJECTED
  fi
  mv -f "$rule.new" "$rule"
  runuser -u "$user" -- sudo -n -l /opt/vpsmanager/bin/vpsmanager >/dev/null || refuse SUDOERS_IGNORED
}
