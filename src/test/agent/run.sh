#!/bin/bash
# Runs the agent's tests. What a test needs and the machine lacks (nginx, PHP-FPM) is skipped by name.
# Arguments go to bats: run.sh --filter journal
set -uo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd) || exit 1
for tool in bats jq setsid flock; do
  command -v "$tool" >/dev/null || { echo "run.sh: $tool is missing (apt-get install bats jq util-linux)" >&2; exit 1; }
done
exec bats "$@" "$here"
