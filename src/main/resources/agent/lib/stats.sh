# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# monitor:stats: counters of the machine and of each site. Everything counts up from `since`, so that an answer that
# gets lost loses nothing; the difference of two answers is what happened between them.

register read monitor:stats "counters of this server and of each site: disk, requests by status, bytes sent, PHP"

# A look is short however much there is: what it does not get to is first at the next one.
readonly STATS_LOG_SECONDS=3 STATS_LOG_CHUNK=33554432 STATS_DISK_PATIENCE=1500 STATS_DISK_AGE=60

cmd_monitor_stats() {
  local user now row list=''
  local -A disk_bytes=() disk_at=() counted=() php=()
  make_directory 0700 "$STATE_DIR/stats" || fail INTERNAL "cannot create $STATE_DIR/stats" true
  start_measuring
  count_requests
  tend_figures
  count_processes
  wait_for_measuring
  read_disks
  for user in "${SITES[@]}"; do
    row="{\"user\":\"$user\""
    if [[ -n ${disk_bytes[$user]-} ]]; then row+=",\"disk_bytes\":${disk_bytes[$user]},\"disk_at\":\"${disk_at[$user]}\""; fi
    row+=${counted[$user]-}
    if ! rootless; then row+=",\"php\":{\"processes\":${php[$user]:-0,\"memory\":0}}"; fi
    list+=",$row}"
  done
  if rootless; then skip processes; fi
  host_counters
  json_list "${SKIPPED[@]}"
  timestamp_and "{\"sites\":[${list#,}],\"host\":$HOST_COUNTERS,\"skipped\":$REPLY"
}

timestamp_and() { # OPEN-JSON -> DATA
  timestamp
  DATA="$1,\"at\":\"$REPLY\"}"
}

# The users of all sites that are not retained, in SITES.
stats_sites() {
  local files=("$REGISTRY"/s*.json)
  SITES=()
  if ((${#files[@]})); then mapfile -t SITES < <(jq -r 'select(.state != "retained") | .user' "${files[@]}"); fi
}

# --- disk ---------------------------------------------------------------------------------------------------------
# Measuring may take minutes, so one process of its own does it at low priority, the oldest figure first. A look shows
# what is known, each figure with its age, and waits only for what is quick.

start_measuring() {
  stats_sites
  (
    trap - EXIT
    exec 3>&- {lock}>>"$STATE_DIR/stats/measure.lock"
    flock -n "$lock" || exit 0
    close_descriptors_except "$lock"
    cd / || exit 10
    renice -n 15 "$BASHPID" >/dev/null 2>&1
    measure_disks
  ) </dev/null >/dev/null 2>&1 &
  MEASURING=$!
}

wait_for_measuring() {
  local deadline
  now_ms
  deadline=$((REPLY + STATS_DISK_PATIENCE))
  while kill -0 "$MEASURING" 2>/dev/null; do
    now_ms
    if ((REPLY > deadline)); then return; fi
    doze 0.02
  done
}

# stats/disk: "user bytes seconds-since-1970" a line.
measure_disks() {
  local user bytes at now changed=0 file=$STATE_DIR/stats/disk
  local -A known=() when=()
  printf -v now '%(%s)T' -1
  if [[ -r $file ]]; then
    while read -r user bytes at; do known[$user]=$bytes when[$user]=$at; done <"$file"
  fi
  while read -r at user; do
    if ((now - at < STATS_DISK_AGE)); then break; fi
    [[ -d $SITES_HOME/$user ]] || continue
    bytes=$(du -s -B1 -- "$SITES_HOME/$user" 2>/dev/null) || [[ -n $bytes ]] || continue
    known[$user]=${bytes%%$'\t'*}
    printf -v "when[$user]" '%(%s)T' -1
    # a quarter of an hour's work must not be lost to a restart
    if ((++changed % 50 == 0)); then save_disks; fi
  done < <(for user in "${SITES[@]}"; do printf '%s %s\n' "${when[$user]:-0}" "$user"; done | sort -n)
  if ((changed)); then save_disks; fi
}

save_disks() {
  local user text=''
  for user in "${SITES[@]}"; do
    if [[ -n ${known[$user]-} ]]; then text+="$user ${known[$user]} ${when[$user]}"$'\n'; fi
  done
  write_file "$file" "$text"
}

read_disks() { # -> disk_bytes, disk_at
  local user bytes at
  [[ -r $STATE_DIR/stats/disk ]] || return 0
  while read -r user bytes at; do
    [[ $bytes =~ ^[0-9]+$ && $at =~ ^[0-9]+$ ]] || continue
    disk_bytes[$user]=$bytes
    printf -v "disk_at[$user]" '%(%Y-%m-%dT%H:%M:%SZ)T' "$at"
  done <"$STATE_DIR/stats/disk"
}

# --- requests -----------------------------------------------------------------------------------------------------
# stats/requests: "user inode offset looked 1xx 2xx 3xx 4xx 5xx bytes since first-line" a line. The position and the
# counts change together in one rename: a look that dies is as if it had not been. The first line tells a log that was
# rotated by copying and truncating, and has already grown past the old position, from one that only grew.

count_requests() { # -> counted
  local user inode size path line now lock state=$STATE_DIR/stats/requests text=''
  local -A was=() node=() length=() start=() rest=() head=()
  local -a order
  exec {lock}>>"$STATE_DIR/stats/look.lock" || fail INTERNAL "cannot open the lock stats"
  flock -w 10 "$lock" || fail BUSY "another look at the logs takes long; try again in a minute" true
  if [[ -r $state ]]; then
    while IFS= read -r line; do was[${line%% *}]=$line; done <"$state"
  fi
  while read -r inode size path; do
    path=${path%/access.log}
    user=${path##*/}
    node[$user]=$inode length[$user]=$size
  done < <(for user in "${SITES[@]}"; do printf '%s\0' "$SITE_LOGS/$user/access.log"; done | xargs -0 -r stat -c '%i %s %n' -- 2>/dev/null)
  printf -v now '%(%s)T' -1
  for user in "${!node[@]}"; do plan_look "$user"; done
  # the one that has waited longest is first
  mapfile -t order < <(
    for user in "${!node[@]}"; do
      line=${was[$user]#* * * }
      printf '%s %s\n' "${line%% *}" "$user"
    done | sort -n | cut -d ' ' -f 2
  )
  while read -r -a line; do add_counts "${line[@]}"; done < <(new_lines | sum_lines)
  for user in "${SITES[@]}"; do
    if [[ -n ${was[$user]-} ]]; then
      text+=${was[$user]}$'\n'
      counted_of "$user"
    fi
  done
  write_file "$state" "$text" || fail INTERNAL "$state cannot be written (disk full?)" true
  exec {lock}>&-
}

# Where to go on: start[USER] in the log, and rest[USER] in the one before it where that was rotated since.
plan_look() { # USER
  local log=$SITE_LOGS/$1/access.log first='' before old='' since
  local -a fields
  IFS= read -r first <"$log"
  head[$1]=${first:0:200} start[$1]=0
  if [[ -z ${was[$1]-} ]]; then
    printf -v since '%(%Y-%m-%dT%H:%M:%SZ)T' -1
    was[$1]="$1 0 0 0 0 0 0 0 0 0 $since "
    return
  fi
  IFS=' ' read -r -a fields <<<"${was[$1]}"
  before=${was[$1]#"${fields[*]:0:11} "}
  if ((fields[2] == 0)); then return; fi
  if [[ $before == "${head[$1]}" && ${fields[1]} == "${node[$1]}" ]] && ((fields[2] <= ${length[$1]})); then
    start[$1]=${fields[2]}
  elif [[ -r $log.1 ]] && IFS= read -r old <"$log.1" && [[ ${old:0:200} == "$before" ]]; then
    rest[$1]=${fields[2]}
  fi
}

# All new lines of all logs, each log's between two marks that no log can contain: nginx escapes control characters.
new_lines() {
  local user deadline
  now_ms
  deadline=$((REPLY + STATS_LOG_SECONDS * 1000))
  for user in "${order[@]}"; do
    now_ms
    if ((REPLY > deadline)); then return; fi
    if [[ -n ${rest[$user]-} ]]; then
      printf '\037old %s\n' "$user"
      tail -c "+$((rest[$user] + 1))" -- "$SITE_LOGS/$user/access.log.1" | head -c "$STATS_LOG_CHUNK"
      echo
    fi
    printf '\037new %s\n' "$user"
    if ((length[$user] - start[$user] > STATS_LOG_CHUNK)); then
      tail -c "+$((start[$user] + 1))" -- "$SITE_LOGS/$user/access.log" | head -c "$STATS_LOG_CHUNK"
    elif ((length[$user] > start[$user])); then
      tail -c "+$((start[$user] + 1))" -- "$SITE_LOGS/$user/access.log"
    fi
    printf '\n\037end %s\n' "$user"
  done
}

# "user 1xx 2xx 3xx 4xx 5xx bytes read" for each log that was read to its mark. A line counts once the next one is
# there: before a mark comes an empty one, so that what has no end yet is known, and is read the next time.
# Status and bytes are the second and third word from the end, whatever the request looked like.
sum_lines() {
  awk '
    function forget() { for (i = 1; i <= 5; i++) count[i] = 0; bytes = 0; used = 0; held = 0 }
    function add() {
      if (class >= 1) { count[class]++; bytes += sent }
      used += size; held = 0
    }
    /^\037/ {
      held = 0
      if ($1 == "\037end") {
        printf "%s %.0f %.0f %.0f %.0f %.0f %.0f %.0f\n", $2, count[1], count[2], count[3], count[4], count[5], bytes, used
        fflush()
      } else if ($1 == "\037old" || $2 != user) { forget(); user = $2 }
      used = 0
      next
    }
    {
      if (held) add()
      if ($0 == "") next
      held = 1; class = 0; sent = 0; size = length($0) + 1
      # the agent looks at a site it changes: no visitor
      if (NF > 3 && !index($0, "] \"GET /.chom/") && $(NF - 2) ~ /^[1-5][0-9][0-9]$/ && $(NF - 1) ~ /^[0-9]+$/) {
        class = int($(NF - 2) / 100); sent = $(NF - 1)
      }
    }'
}

add_counts() { # USER 1xx 2xx 3xx 4xx 5xx BYTES READ -> was[USER]
  local -a fields new=("$@")
  local i
  IFS=' ' read -r -a fields <<<"${was[$1]}"
  for i in {1..6}; do fields[3 + i]=$((fields[3 + i] + new[i])); done
  was[$1]="$1 ${node[$1]} $((start[$1] + new[7])) $now ${fields[*]:4:7} ${head[$1]}"
}

counted_of() { # USER -> counted[USER]
  local -a fields
  local looked
  IFS=' ' read -r -a fields <<<"${was[$1]}"
  if ((fields[3] == 0)); then return; fi
  printf -v looked '%(%Y-%m-%dT%H:%M:%SZ)T' "${fields[3]}"
  counted[$1]=",\"requests\":{\"1xx\":${fields[4]},\"2xx\":${fields[5]},\"3xx\":${fields[6]},\"4xx\":${fields[7]},\"5xx\":${fields[8]}}"
  counted[$1]+=",\"bytes_sent\":${fields[9]},\"since\":\"${fields[10]}\",\"requests_at\":\"$looked\""
}

# --- PHP ----------------------------------------------------------------------------------------------------------
# Memory a site's processes have for themselves; the code cache, which they share, is nobody's.

count_processes() { # -> php[USER] = processes,"memory":bytes
  local user text
  rootless && return
  while read -r user text; do php[$user]=$text; done < <(
    grep -sHE '^(Name|Uid|RssAnon):' /proc/[0-9]*/status | awk -F '[:\t ]+' '
      { split($1, path, "/"); pid = path[3] }
      $2 == "Name" { php = $3 ~ /^php-fpm/ }
      $2 == "Uid" { uid = $3; if (php && uid >= 200000) processes[uid]++ }
      $2 == "RssAnon" && php && uid >= 200000 { memory[uid] += $3 * 1024 }
      END { for (uid in processes) printf "s%d %d,\"memory\":%.0f\n", uid, processes[uid], memory[uid] }')
}

# --- the machine --------------------------------------------------------------------------------------------------

host_counters() { # -> HOST_COUNTERS
  local cores device name rest uptime ticks
  local -a cpu memory disk io=(0 0) net=(0 0) fields
  read -r -a cpu </proc/stat
  ticks=$(getconf CLK_TCK)
  ticks=$((1000 / ${ticks:-100}))
  cores=$(getconf _NPROCESSORS_ONLN)
  read -r uptime rest </proc/uptime
  mapfile -t memory < <(awk '/^(MemTotal|MemAvailable|SwapTotal|SwapFree):/ { printf "%.0f\n", $2 * 1024 }' /proc/meminfo)
  read -r -a disk < <(df -B1 --output=size,used,avail -- "$STATE_DIR" | tail -n 1)
  while read -r -a fields; do
    # whole devices that are there themselves, not parts of or layers over others
    device=${fields[2]}
    if [[ -e /sys/block/$device/device ]]; then io=($((io[0] + fields[5] * 512)) $((io[1] + fields[9] * 512))); fi
  done </proc/diskstats
  while IFS=: read -r name rest; do
    name=${name// /}
    if [[ -z $rest || $name == lo ]]; then continue; fi
    read -r -a fields <<<"$rest"
    if [[ ${fields[0]} =~ ^[0-9]+$ ]]; then net=($((net[0] + fields[0])) $((net[1] + fields[8]))); fi
  done </proc/net/dev
  HOST_COUNTERS="{\"uptime_seconds\":${uptime%.*},\"cores\":$cores,\"cpu\":{\"user_ms\":$(((cpu[1] + cpu[2]) * ticks)),\"system_ms\":$(((cpu[3] + cpu[6] + cpu[7]) * ticks)),\"idle_ms\":$((cpu[4] * ticks)),\"iowait_ms\":$((cpu[5] * ticks)),\"steal_ms\":$((${cpu[8]:-0} * ticks))}"
  HOST_COUNTERS+=",\"memory\":{\"total\":${memory[0]},\"available\":${memory[1]},\"swap_total\":${memory[2]:-0},\"swap_free\":${memory[3]:-0}}"
  HOST_COUNTERS+=",\"disk\":{\"total\":${disk[0]},\"used\":${disk[1]},\"available\":${disk[2]},\"read_bytes\":${io[0]},\"written_bytes\":${io[1]}}"
  HOST_COUNTERS+=",\"network\":{\"received_bytes\":${net[0]},\"sent_bytes\":${net[1]}}}"
}
