#!/usr/bin/env bash
# s3-server.sh: prints the class path of the S3 server that tests use (S3Proxy, which checks signatures), and fetches
# it first where it is not there: from Maven Central, once for each version that s3/pom.xml names.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname "$(readlink -f "$0")")/lib/common.sh"

jars=$RIG_CACHE/s3-$(sha256sum <"$RIG_HOME/s3/pom.xml" | cut -c 1-12)
if [[ ! -e $jars/complete ]]; then
  echo "Fetching the S3 server for tests" >&2
  mkdir -p "$jars"
  exec {lock}>"$jars/lock"
  flock "$lock"
  if [[ ! -e $jars/complete ]]; then
    "$RIG_HOME/../../../mvnw" -q -B -ntp -f "$RIG_HOME/s3/pom.xml" dependency:copy-dependencies "-DoutputDirectory=$jars" >&2
    : >"$jars/complete"
  fi
fi
echo "$jars/*"
