# shellcheck shell=sh
# What the panel may do here. Whoever owns the server may change it; the panel cannot, and so an existing one stays.
step_policy() {
  if [ -e "$settings/policy.json" ] && jq -e 'type == "object"' "$settings/policy.json" >/dev/null; then
    outcome=unchanged
    return
  fi
  printf '%s\n' "$policy" | jq . | put_file "$settings/policy.json" 0644
}
