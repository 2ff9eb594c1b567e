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
    exec 3>&- {lock}>>"$RUN_DIR/measure.lock"
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
    bytes=$(du -s -B1 --one-file-system -- "$SITES_HOME/$user" 2>/dev/null) || [[ -n $bytes ]] || continue
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
  local user inode size path line now deadline lock state=$STATE_DIR/stats/requests text=''
  local -A was=() at=() node=() length=()
  local -a fields order
  exec {lock}>>"$RUN_DIR/stats.lock" || fail INTERNAL "cannot open the lock stats"
  flock -w 10 "$lock" || fail BUSY "another look at the logs takes long; try again in a minute" true
  if [[ -r $state ]]; then
    while IFS= read -r line; do was[${line%% *}]=$line; done <"$state"
  fi
  while read -r inode size path; do
    path=${path%/access.log}
    user=${path##*/}
    node[$user]=$inode length[$user]=$size
  done < <(for user in "${SITES[@]}"; do printf '%s\0' "$SITE_LOGS/$user/access.log"; done | xargs -0 -r stat -c '%i %s %n' -- 2>/dev/null)
  mapfile -t order < <(
    for user in "${SITES[@]}"; do
      read -r -a fields <<<"${was[$user]-}"
      printf '%s %s\n' "${fields[3]:-0}" "$user"
    done | sort -n | cut -d ' ' -f 2
  )
  now_ms
  deadline=$((REPLY + STATS_LOG_SECONDS * 1000))
  for user in "${order[@]}"; do
    now_ms
    if [[ -n ${node[$user]-} ]] && ((REPLY < deadline)); then look_at_log "$user"; fi
    if [[ -n ${was[$user]-} ]]; then
      text+=${was[$user]}$'\n'
      counted_of "$user"
    fi
  done
  write_file "$state" "$text" || fail INTERNAL "$state cannot be written (disk full?)" true
  exec {lock}>&-
}

look_at_log() { # USER: brings was[USER] up to date
  local log=$SITE_LOGS/$1/access.log first='' first_of_old='' offset=0 before now since
  local -a fields
  IFS= read -r first <"$log"
  first=${first:0:200}
  printf -v now '%(%s)T' -1
  if [[ -n ${was[$1]-} ]]; then
    IFS=' ' read -r -a fields <<<"${was[$1]}"
    before=${was[$1]#"${fields[*]:0:11} "}
    offset=${fields[2]}
    if ((offset > 0)) && [[ $before != "$first" || ${fields[1]} != "${node[$1]}" ]] || ((offset > ${length[$1]})); then
      # rotated: what came between the last look and that is in the file beside it
      if [[ -r $log.1 ]] && IFS= read -r first_of_old <"$log.1" && [[ ${first_of_old:0:200} == "$before" ]]; then
        add_lines "$log.1" "$offset" "$(stat -c %s -- "$log.1")"
      fi
      offset=0
    fi
  else
    printf -v since '%(%Y-%m-%dT%H:%M:%SZ)T' -1
    fields=("$1" 0 0 0 0 0 0 0 0 0 "$since")
  fi
  add_lines "$log" "$offset" "${length[$1]}"
  was[$1]="$1 ${node[$1]} $((offset + LINES_READ)) $now ${fields[*]:4:7} $first"
}

# Status and bytes are the second and third word from the end, whatever the request looked like.
add_lines() { # FILE FROM TO -> fields[4..9], LINES_READ
  local want=$(($3 - $2)) sums
  LINES_READ=0
  if ((want <= 0)); then return; fi
  if ((want > STATS_LOG_CHUNK)); then want=$STATS_LOG_CHUNK; fi
  sums=$(tail -c "+$(($2 + 1))" -- "$1" | head -c "$want" | awk -v want="$want" '
    function add() {
      if (class >= 1 && class <= 5) count[class]++
      bytes += sent; used += size
    }
    # the agent looks at a site it changes: no visitor
    { if (NR > 1) add(); class = 0; sent = 0; size = length($0) + 1
      if (NF > 3 && !index($0, "] \"GET /.chom/") && $(NF - 2) ~ /^[1-5][0-9][0-9]$/ && $(NF - 1) ~ /^[0-9]+$/) { class = int($(NF - 2) / 100); sent = $(NF - 1) } }
    # a last line without its end is read the next time
    END { if (NR > 0 && used + size <= want) add()
          printf "%.0f %.0f %.0f %.0f %.0f %.0f %.0f\n", count[1], count[2], count[3], count[4], count[5], bytes, used }')
  local -a sum
  read -r -a sum <<<"$sums"
  ((${#sum[@]} == 7)) || return 0
  local i
  for i in {0..5}; do fields[4 + i]=$((fields[4 + i] + sum[i])); done
  LINES_READ=${sum[6]}
}

counted_of() { # USER -> counted[USER]
  local -a fields
  local looked
  IFS=' ' read -r -a fields <<<"${was[$1]}"
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
