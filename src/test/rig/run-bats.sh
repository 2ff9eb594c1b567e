#!/usr/bin/env bash
# run-bats.sh DIRECTORY: builds the bases if need be and runs all bats tests; reports are left in DIRECTORY/bats-reports.
set -uo pipefail
here=$(dirname "$(readlink -f "$0")")
reports=$1/bats-reports
rm -rf "$reports"

"$here/rig" bases || exit 1
failed=0
for suite in "$here" "$here/../agent"; do
  compgen -G "$suite/*.bats" >/dev/null || continue
  mkdir -p "$reports/$(basename "$suite")"
  bats --timing --report-formatter junit --output "$reports/$(basename "$suite")" "$suite" || failed=1
done
exit "$failed"
