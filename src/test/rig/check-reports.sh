#!/usr/bin/env bash
# check-reports.sh DIRECTORY: fails, by name, if a test failed or was skipped: under -Pacceptance all of them run.
set -euo pipefail

mapfile -t reports < <(find "$1"/{surefire,failsafe,bats}-reports -name '*.xml' ! -name failsafe-summary.xml 2>/dev/null)
bats=$(find "$1/bats-reports" -name '*.xml' 2>/dev/null | wc -l)
((bats > 0)) || { echo "rig: the bats tests did not run, see above" >&2; exit 1; }

# what became of a test is its <testcase>'s first child
told=$(cat "${reports[@]}" | tr '\n' ' ' | sed 's/<testcase /\n<testcase /g' \
  | sed -nE 's/^<testcase [^>]*\<name="([^"]*)"[^>]*[^/]> *<(failure|error|skipped)\>.*/\2: \1/p')
if [[ -n $told ]]; then
  printf 'rig: under -Pacceptance every test runs and passes; these did not:\n%s\n' "${told//skipped:/not run:}" >&2
  exit 1
fi
