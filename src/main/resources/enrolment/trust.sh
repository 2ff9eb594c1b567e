# shellcheck shell=sh
# Later versions of the agent are accepted only with a signature by this key.
step_trust() {
  mkdir -p "$settings" || return 1
  printf '%s\n' "$signing_key" | put_file "$settings/agent-signing.pem" 0644
}
