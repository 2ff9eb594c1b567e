#!/usr/bin/env bats
# Under -Pacceptance a test that was skipped is a failure, and is told by name.

bats_require_minimum_version 1.5.0

setup() {
  mkdir -p "$BATS_TEST_TMPDIR"/{surefire,failsafe,bats}-reports
  report bats '<testcase classname="rig.bats" name="boots" time="1"/>'
}

report() { echo "<testsuite name=\"x\">$2</testsuite>" >"$BATS_TEST_TMPDIR/$1-reports/TEST-$1.xml"; }

check() { run "$BATS_TEST_DIRNAME/check-reports.sh" "$BATS_TEST_TMPDIR"; }

@test "all passed: it is silent" {
  report surefire '<testcase name="works" classname="a.B"/><testcase name="too" classname="a.B"><system-out>&lt;skipped</system-out></testcase>'
  check
  [ "$status" = 0 ]
  [ -z "$output" ]
}

@test "skipped, failed and broken tests are named" {
  report surefire '<testcase name="needsJq" classname="a.B" time="0">
    <skipped message="no jq"/></testcase><testcase name="fine" classname="a.B"/>'
  report failsafe '<testcase name="breaks" classname="a.C"><error type="x">boom</error></testcase>'
  report bats '<testcase classname="rig.bats" name="fails" time="1"><failure type="failure">no</failure></testcase>'
  check
  [ "$status" = 1 ]
  [[ $output == *"not run: needsJq"* && $output == *"error: breaks"* && $output == *"failure: fails"* ]]
  [[ $output != *fine* ]]
}

@test "no bats report at all is a failure" {
  rm "$BATS_TEST_TMPDIR"/bats-reports/*
  check
  [ "$status" = 1 ]
  [[ $output == *"did not run"* ]]
}
