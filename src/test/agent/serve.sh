#!/usr/bin/env bash
# serve.sh DIRECTORY ADDRESS: for tests on real hosts, the REST and S3 servers of servers.bash at ADDRESS until stdin ends.
# Prints one line of JSON when they take connections.
set -euo pipefail
BATS_TEST_DIRNAME=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=helper.bash
source "$BATS_TEST_DIRNAME/helper.bash"
# shellcheck source-path=SCRIPTDIR source=servers.bash
source "$BATS_TEST_DIRNAME/servers.bash"

export SERVERS=$1/servers SERVER_ADDRESS=$2 STORE=$1/servers/store
trap stop_servers EXIT
mkdir -p "$STORE"/{rest,s3/bucket}
make_authority
start_rest
start_s3
until_true 60 listens "$S3_PORT"
jq -nc --argjson rest "$REST_PORT" --arg user "$REST_USER" --arg password "$REST_PASSWORD" --argjson s3 "$S3_PORT" --arg key "$S3_KEY" \
  --arg secret "$S3_SECRET" --arg authority "$AUTHORITY" \
  '{rest_port: $rest, rest_user: $user, rest_password: $password, s3_port: $s3, s3_key: $key, s3_secret: $secret, authority: $authority}'
cat >/dev/null
