# shellcheck shell=bash disable=SC2034
# A certificate authority of our own: Pebble, and the name server it asks. Real ACME, real validation over HTTP; what it
# signed it forgets when it stops, its root and its accounts included.

# acme_up DIRECTORY ADDRESS PORT HTTP_PORT HOST: listens on PORT (ACME), PORT+1 (management), PORT+2 (names) and PORT+3
# (how to set names); validates at HTTP_PORT. Any name is HOST until `acme_name` says another. CHOM_RIG_ACME_DAYS: how
# long certificates last.
acme_up() {
  local directory=$1 address=$2 port=$3 http=$4 host=$5
  mkdir -p "$directory"
  acme_down "$directory"
  [[ -s $directory/api.crt ]] || acme_certificate "$directory" "$address"
  jq -n --arg address "$address" --argjson port "$port" --argjson http "$http" --arg directory "$directory" \
    --argjson seconds $((${CHOM_RIG_ACME_DAYS:-90} * 86400)) \
    '{pebble: {listenAddress: "\($address):\($port)", managementListenAddress: "\($address):\($port + 1)",
      certificate: "\($directory)/api.crt", privateKey: "\($directory)/api.key", httpPort: $http, tlsPort: 443,
      ocspResponderURL: "", externalAccountBindingRequired: false, certificateValidityPeriod: $seconds}}' \
    >"$directory/pebble.json"
  acme_daemon "$directory" names pebble-challtestsrv -dns01 "$address:$((port + 2))" -management "$address:$((port + 3))" \
    -defaultIPv4 "$host" -defaultIPv6 '' -http01 '' -https01 '' -tlsalpn01 ''
  acme_daemon "$directory" pebble env PEBBLE_VA_NOSLEEP=1 PEBBLE_AUTHZREUSE=0 PEBBLE_WFE_NONCEREJECT=0 \
    pebble -config "$directory/pebble.json" -dnsserver "$address:$((port + 2))"
  await 20 acme_answers "$directory" "$address" "$port" || {
    tail -n 20 "$directory"/*.log >&2
    acme_down "$directory"
    die "Pebble did not start; its log is above"
  }
  jq -cn --arg address "$address" --argjson port "$port" --arg directory "$directory" \
    '{directory: "https://\($address):\($port)/dir", ca_bundle: "\($directory)/ca.crt", root: "\($directory)/root.crt",
      names: "http://\($address):\($port + 3)", dns: "\($address):\($port + 2)"}' | tee "$directory/acme.json"
}

# the API's own certificate comes from an authority that only `ca_bundle` makes anybody trust
acme_certificate() {
  local directory=$1
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj '/CN=Rig ACME API' \
    -addext basicConstraints=critical,CA:TRUE -keyout "$directory/ca.key" -out "$directory/ca.crt"
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj '/CN=acme' \
    -keyout "$directory/api.key" -out "$directory/api.csr"
  openssl x509 -req -days 30 -in "$directory/api.csr" -CA "$directory/ca.crt" -CAkey "$directory/ca.key" \
    -extfile <(printf 'subjectAltName=IP:%s\n' "$2") -out "$directory/api.crt"
} 2>/dev/null

acme_daemon() { # DIRECTORY NAME COMMAND...
  setsid "${@:3}" </dev/null >>"$1/$2.log" 2>&1 3>&- &
  echo $! >"$1/$2.pid"
}

# also fetches the root that signs what Pebble issues now
acme_answers() {
  curl -sf --cacert "$1/ca.crt" "https://$2:$3/dir" >/dev/null \
    && curl -sf --cacert "$1/ca.crt" "https://$2:$(($3 + 1))/roots/0" -o "$1/root.crt"
}

acme_down() {
  local file pid
  for file in "$1"/{pebble,names}.pid; do
    [[ -s $file ]] || continue
    pid=$(<"$file")
    if grep -qsa pebble "/proc/$pid/cmdline"; then kill "$pid"; fi
    await 10 acme_ended "$pid" || die "process $pid of Pebble does not end"
    rm -f "$file"
  done
}

acme_ended() { ! grep -qsa pebble "/proc/$1/cmdline"; }

# acme_name DIRECTORY NAME ADDRESS: where Pebble looks for it from now on
acme_name() {
  # what is added comes beside what was there
  curl -sf -d "$(jq -cn --arg name "$2." '{host: $name}')" "$(jq -r .names "$1/acme.json")/clear-a"
  curl -sf -d "$(jq -cn --arg name "$2." --arg address "$3" '{host: $name, addresses: [$address]}')" \
    "$(jq -r .names "$1/acme.json")/add-a"
}
