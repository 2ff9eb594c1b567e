# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# How the server is, and everything the agent manages on it.

register read monitor:health "services, disk, memory and load of this server"
register read state:export "everything the agent manages here, for drift detection"

cmd_monitor_health() {
  local services='{}' status=ok name state load memory disk versions
  local -a pairs=()
  while read -r name state; do
    pairs+=("$name" "$state")
    if [[ $state != active && $name != fail2ban && $name != unattended-upgrades ]]; then status=degraded; fi
  done < <(service_states)
  services=$(jq -nc '[$ARGS.positional | _nwise(2) | {key: .[0], value: .[1]}] | from_entries' --args -- "${pairs[@]}")
  read -r -a load </proc/loadavg
  memory=$(jq -Rsc '[split("\n")[] | capture("^(?<k>MemTotal|MemAvailable|SwapTotal|SwapFree): +(?<v>[0-9]+)")
    | {key: .k, value: ((.v | tonumber) * 1024)}] | from_entries
    | {total: .MemTotal, available: .MemAvailable, swap_total: .SwapTotal, swap_free: .SwapFree}' /proc/meminfo)
  disk=$(df -B1 --output=size,used,avail -- "$STATE_DIR" | tail -n 1 |
    jq -Rc '[splits(" +") | select(. != "") | tonumber] | {total: .[0], used: .[1], available: .[2]}')
  versions=$(php_versions | jq -Rsc 'split("\n") | map(select(. != ""))')
  agent_installed || true
  DATA=$(jq -nc --arg release "$RELEASE" --arg status "$status" --argjson services "$services" --argjson disk "$disk" --argjson memory "$memory" \
    --argjson load "[${load[0]},${load[1]},${load[2]}]" --argjson versions "$versions" --arg agent "$AGENT_VERSION" \
    '{status: $status, services: $services, disk: $disk, memory: $memory, load: $load, php_versions: $versions, agent: $agent, release: $release}')
}

# "name state" a line; a service that is down is a finding, never a crash.
service_states() {
  local version name
  if rootless; then
    if ! nginx_there; then echo "nginx missing"; elif nginx_master; then echo "nginx active"; else echo "nginx inactive"; fi
    for version in $(php_versions); do
      name_php "$version"
      if ((EUID == 0)); then echo "php$version-fpm missing"; elif php_running; then echo "php$version-fpm active"; else echo "php$version-fpm inactive"; fi
    done
    return
  fi
  local -a names=(nginx)
  for version in $(php_versions); do names+=("php$version-fpm"); done
  for name in "${names[@]}" mariadb chom-firewall prometheus-node-exporter fail2ban unattended-upgrades; do
    service_state "$name"
  done
}

service_state() { # NAME
  local load active
  load=$(systemctl show --property=LoadState --value "$1.service" 2>/dev/null)
  active=$(systemctl is-active "$1.service" 2>/dev/null)
  if [[ $load != loaded ]]; then echo "$1 missing"; elif [[ $active == active ]]; then echo "$1 active"; else echo "$1 inactive"; fi
}

cmd_state_export() {
  local sites vhosts pools databases operations certificates policy
  agent_installed || true
  policy=$(jq -c 'if type == "object" then . else {} end' "$ROOT/etc/vpsmanager/policy.json" 2>/dev/null)
  [[ -n $policy ]] || policy='{}'
  name_nginx
  sites=$(all_sites)
  vhosts=$(printf '%s\n' "$NGINX_SITES"/*.conf | sed 's|.*/||; s|\.conf$||' | jq -Rsc 'split("\n") | map(select(. != ""))')
  pools=$(printf '%s\n' "$ROOT"/etc/php/*/fpm/pool.d/chom-s*.conf | sed 's|.*/chom-||; s|\.conf$||' | jq -Rsc 'split("\n") | map(select(. != ""))')
  databases=$(export_databases)
  certificates=$(all_certificates)
  operations=$(open_operations | jq -Rsc 'split("\n") | map(select(. != "") | split(" ") | {operation: .[0], state: .[1]})')
  DATA=$(jq -nc --arg agent "$AGENT_VERSION" --arg release "$RELEASE" --argjson policy "$policy" --argjson sites "$sites" --argjson vhosts "$vhosts" --argjson pools "$pools" \
    --argjson databases "$databases" --argjson operations "$operations" --argjson certificates "$certificates" \
    --arg retained "$RETAINED_HOME" '
    {agent: $agent, release: $release, policy: $policy,
     sites: [$sites[] | select(.state != "retained")],
     retained: [$sites[] | select(.state == "retained") | . + {path: ($retained + "/" + .user)}],
     vhosts: $vhosts, pools: $pools, databases: $databases, certificates: $certificates, operations: $operations}')
}

# Operations the panel has not acknowledged yet.
open_operations() {
  local directory operation
  for directory in "$OPERATIONS"/*/; do
    operation=${directory%/}
    operation=${operation##*/}
    if [[ ! $operation =~ $UUID_PATTERN || -e ${directory}acked ]]; then continue; fi
    settle "$operation"
    state_of "$operation"
    printf '%s %s\n' "$operation" "$REPLY"
  done
}
