# shellcheck shell=sh
# One rename switches from the old version to the new; a running agent keeps the release it was started from.
step_activate() {
  ln -sfn "releases/$bundle_id" "$agent/current.new.$$" && mv -T "$agent/current.new.$$" "$agent/current" || return 1
  for part in bin lib schema; do
    [ -d "$release/$part" ] || continue
    ln -sfn "current/$part" "$agent/$part.new.$$" && mv -T "$agent/$part.new.$$" "$agent/$part" || return 1
  done
  if [ "$rootless" = yes ]; then VPSMANAGER_ROOT=$base && export VPSMANAGER_ROOT; fi
  version=$("$agent/bin/vpsmanager" --version) || refuse AGENT_DOES_NOT_START
  tell "value version $(printf '%s' "$version" | head -n 1 | cut -c 1-100)"
}
