# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# monitor:scrape: what Prometheus is told of this server. Of a site only numbers, counted from a log of its own that nginx
# writes in a fixed form (figures.pl); of the machine the series of node_exporter, or where that is not there a few of the
# same names. Cheap enough to be asked every few seconds, and never longer than the wire allows.

register read monitor:scrape "figures for Prometheus: of this server, and of each site requests, bytes, times, PHP, disk"

# A log is put aside at this size, so that none fills the disk; a look takes this long, and of one log this much.
readonly FIGURES_ROTATE=16777216 FIGURES_SECONDS=2.5 FIGURES_CHUNKS=24
readonly NODE_PORT=9100 NODE_LINES=2000 NODE_BYTES=131072
readonly NODE_NAMES='node_cpu_seconds_total|node_load(1|5|15)|node_boot_time_seconds|node_time_seconds|node_procs_(running|blocked)|node_memory_(MemTotal|MemFree|MemAvailable|Buffers|Cached|SwapTotal|SwapFree)_bytes|node_filesystem_(size|avail|free)_bytes|node_filesystem_files(_free)?|node_filesystem_readonly|node_network_(receive|transmit)_(bytes|packets|errs|drop)_total|node_disk_(read|written)_bytes_total|node_disk_io_time_seconds_total|node_disk_(reads|writes)_completed_total|node_filefd_(allocated|maximum)|node_vmstat_oom_kill|node_vmstat_pgmajfault|node_pressure_(cpu|io|memory)_waiting_seconds_total'

cmd_monitor_scrape() {
  local user row list='' counts lock
  local -A disk_bytes=() disk_at=() php=() figures=()
  local -a fields
  make_directory 0700 "$STATE_DIR/stats" || fail INTERNAL "cannot create $STATE_DIR/stats" true
  stats_sites
  exec {lock}>>"$STATE_DIR/stats/figures.lock" || fail INTERNAL "cannot open the lock of the figures"
  flock -w 4 "$lock" || fail BUSY "another look at the figures takes long; try again in a moment" true
  counts=$(count_figures) || fail INTERNAL "the figures cannot be counted (disk full?)" true
  exec {lock}>&-
  while read -r user row; do if [[ -n $user ]]; then figures[$user]=$row; fi; done <<<"$counts"
  count_processes
  # measuring disks is for monitor:stats: here it would never end
  read_disks
  for user in "${SITES[@]}"; do
    row="{\"user\":\"$user\""
    if [[ -n ${figures[$user]-} ]]; then
      read -r -a fields <<<"${figures[$user]}"
      row+=",\"requests\":[${fields[0]},${fields[1]},${fields[2]},${fields[3]},${fields[4]}],\"bytes\":${fields[5]},\"milliseconds\":${fields[6]}"
      row+=",\"buckets\":[$(IFS=,; printf '%s' "${fields[*]:7}")]"
    fi
    if [[ -n ${disk_bytes[$user]-} ]]; then row+=",\"disk\":${disk_bytes[$user]}"; fi
    if ! rootless; then
      row+=",\"php\":${php[$user]:-0,}"
      row="${row%%,\"memory\"*}"
      row="${row%,}"
    fi
    list+=",$row}"
  done
  if rootless; then skip processes; fi
  if node_exporter_figures; then counts=node_exporter; else counts=agent; own_node_figures; fi
  # no line has a backslash of its own
  json_string "$NODE"
  row="{\"sites\":[${list#,}],\"node\":[${REPLY//\\n/\",\"}],\"node_source\":\"$counts\""
  json_list "${SKIPPED[@]}"
  timestamp_and "$row,\"skipped\":$REPLY"
}

# "user counts" a line. The caller holds the lock.
count_figures() {
  local master=''
  name_nginx
  if nginx_master; then master=$REPLY; fi
  printf '%s\n' "${SITES[@]}" |
    perl "$AGENT_HOME/lib/figures.pl" "$STATE_DIR/stats/figures" "$SITE_LOGS" "${master:-0}" "$FIGURES_ROTATE" "$FIGURES_SECONDS" "$FIGURES_CHUNKS"
}

# The logs are counted and put aside also where no Prometheus asks.
tend_figures() {
  local lock
  exec {lock}>>"$STATE_DIR/stats/figures.lock" || return 0
  if flock -n "$lock"; then count_figures >/dev/null; fi
  exec {lock}>&-
}

# --- the machine --------------------------------------------------------------------------------------------------

# A port that a site's user listens on, because node_exporter does not, tells what that user likes.
node_port_is_the_hosts() {
  awk -v port="$(printf ':%04X' "$NODE_PORT")" '
    $4 == "0A" && substr($2, length($2) - 4) == port { there = 1; if ($8 >= 200000) strange = 1 }
    END { exit !(there && !strange) }' /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

node_exporter_figures() { # -> NODE
  local socket
  NODE=''
  if rootless || ! node_port_is_the_hosts; then return 1; fi
  { exec {socket}<>"/dev/tcp/127.0.0.1/$NODE_PORT"; } 2>/dev/null || return 1
  printf 'GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n' >&"$socket"
  NODE=$(timeout 3 head -c 4194304 <&"$socket" | grep -aE -m "$NODE_LINES" "^($NODE_NAMES)(\\{[^{}\\\\]*\\})? [0-9.eE+-]+\$" | head -c "$NODE_BYTES")
  exec {socket}>&-
  # nothing is cut in the middle of a line
  if ((${#NODE} >= NODE_BYTES)); then NODE=${NODE%$'\n'*}; fi
  [[ $NODE == *node_cpu_seconds_total* ]] || return 1
  # it leaves out what a container's root is made of
  if [[ $NODE != *'node_filesystem_avail_bytes{'*'mountpoint="/"}'* ]]; then NODE+=$'\n'$(own_disk_figures); fi
}

own_disk_figures() {
  df -B1 --output=size,avail / | awk 'NR == 2 {
    printf "node_filesystem_size_bytes{mountpoint=\"/\"} %s\nnode_filesystem_avail_bytes{mountpoint=\"/\"} %s\n", $1, $2 }'
}

own_node_figures() { # -> NODE
  NODE=$(
    awk -v ticks="$(getconf CLK_TCK)" '
      /^cpu[0-9]/ {
        split("user nice system idle iowait irq softirq steal", mode, " ")
        for (i = 1; i <= 8; i++) printf "node_cpu_seconds_total{cpu=\"%s\",mode=\"%s\"} %.2f\n", substr($1, 4), mode[i], $(i + 1) / ticks
      }
      $1 == "btime" { printf "node_boot_time_seconds %d\n", $2 }' /proc/stat
    awk '/^(MemTotal|MemFree|MemAvailable|Buffers|Cached|SwapTotal|SwapFree):/ {
      printf "node_memory_%s_bytes %.0f\n", substr($1, 1, length($1) - 1), $2 * 1024 }' /proc/meminfo
    awk '{ printf "node_load1 %s\nnode_load5 %s\nnode_load15 %s\n", $1, $2, $3 }' /proc/loadavg
    awk -F '[: ]+' 'NR > 2 && $2 ~ /^[A-Za-z0-9._@-]+$/ {
      printf "node_network_receive_bytes_total{device=\"%s\"} %s\nnode_network_transmit_bytes_total{device=\"%s\"} %s\n", $2, $3, $2, $11 }' /proc/net/dev
    own_disk_figures
  )
}
