#!/usr/bin/env bash
# run-bats.sh DIRECTORY: builds the bases if need be and runs all bats tests; reports are left in DIRECTORY/bats-reports.
# Two files at a time: each has directories, ports and hosts of its own. What a file says is printed when it has ended.
set -uo pipefail
here=$(dirname "$(readlink -f "$0")")
reports=$1/bats-reports

run_file() { # REPORTS FILE
  local name lock status=0 said=$1/${2##*/}.said
  name=$(basename "$(dirname "$2")")/${2##*/}
  SECONDS=0
  mkdir -p "$1/$name"
  bats --timing --report-formatter junit --output "$1/$name" "$2" >"$said" 2>&1 || status=$?
  exec {lock}>>"$1/printing"
  flock "$lock"
  printf '# %s, %d s%s\n' "$name" "$SECONDS" "$( ((status)) && echo ', FAILED')"
  cat "$said"
  rm "$said"
  return "$status"
}

if [[ ${2-} ]]; then
  run_file "$1" "$2"
  exit
fi
rm -rf "$reports"
mkdir -p "$reports"
"$here/rig" bases || exit 1
# the largest first, so that none of them is alone at the end
find "$here" "$here/../agent" -maxdepth 1 -name '*.bats' -printf '%s\t%p\0' | sort -z -rn | cut -z -f 2 \
  | xargs -0 -n 1 -P 2 "$0" "$reports"
failed=$?
rm "$reports/printing"
exit "$failed"
