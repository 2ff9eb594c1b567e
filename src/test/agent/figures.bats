#!/usr/bin/env bats
# What Prometheus is told: counted from what nginx wrote, whatever happens in between.

load helper

setup() {
  new_agent
}

teardown() { end_agent; }

create() { # USER-NUMBER
  "$AGENT" site:create --site="$(uuid)" --user="s$1" --uid="$1" --domain="site$1.example" --type=static >/dev/null 2>&1
}

# Requests on one connection; prints the bytes that came.
visits() { # NUMBER COUNT PATH
  curl -s -i -o /dev/null -w '%{size_header} %{size_download}\n' -H "Host: site$1.example" "http://127.0.0.1:$VPSMANAGER_HTTP_PORT$3?[1-$2]" |
    awk '{ sum += $1 + $2 } END { print sum }'
}

look() { "$AGENT" monitor:scrape 2>/dev/null; }

figure() { look | jq "[.sites[] | select(.user == \"s$1\") | $2][0]"; }

is_figure() { # NUMBER JQ WANTED
  local got
  got=$(figure "$1" "$2")
  [[ $got == "$3" ]] || { echo "$2 of $1: $got, not $3"; return 1; }
}

@test "what nginx answered is counted by class, in bytes and by time" {
  need nginx curl perl
  create 200601
  create 200602
  logged() { awk '!/\/\.chom\//' "$VPSMANAGER_ROOT/var/log/chom/s200601/access.log" | grep -c "\" $1"; }
  before=$(figure 200601 '.requests[1]')
  [[ $before -le 3 ]]
  bytes=$(figure 200601 .bytes)
  sent=$(visits 200601 40 /)
  missing=$(visits 200601 25 /nothing)
  visits 200602 7 / >/dev/null
  is_figure 200601 '.requests[1]' "$(logged 2)"
  is_figure 200601 '.requests[3]' 25
  is_figure 200601 .bytes $((bytes + sent + missing))
  is_figure 200601 '(.buckets | add) - (.requests | add)' 0
  is_figure 200602 '.requests[3]' 0
  output=$("$AGENT" monitor:scrape --format=json 2>/dev/null)
  conforms monitor:scrape "$output"
}

@test "nothing is lost and nothing counted twice while the log is put aside under load" {
  need nginx curl perl
  create 200603
  sed -i 's/FIGURES_ROTATE=[0-9]*/FIGURES_ROTATE=2000/' "$PLACE/agent/lib/figures.sh"
  start=$(figure 200603 '.requests | add')
  for _ in 1 2 3; do visits 200603 1500 / >/dev/null & done
  rotated=0
  while [[ -n $(jobs -r) ]]; do
    look >/dev/null
    if [[ -e $VPSMANAGER_ROOT/var/log/chom/s200603/figures.1 ]]; then rotated=1; fi
  done
  wait
  ((rotated))
  all() { [[ $(figure 200603 '.requests | add') == $((start + 4500)) ]]; }
  until_true 20 all
  gone() { look >/dev/null; [[ ! -e $VPSMANAGER_ROOT/var/log/chom/s200603/figures.1 ]]; }
  until_true 20 gone
  all
}

@test "a look that is killed counts nothing, and two at once nothing twice" {
  need nginx curl perl
  create 200604
  visits 200604 30 / >/dev/null
  wanted=$(figure 200604 '.requests | add')
  visits 200604 300 / >/dev/null
  for _ in 1 2 3 4 5; do
    look >/dev/null &
    sleep 0.0"$((RANDOM % 9))"
    kill -9 "$!" 2>/dev/null || true
  done
  look >/dev/null &
  look >/dev/null &
  wait
  is_figure 200604 '.requests | add' $((wanted + 300))
}

@test "a log of a day is counted in pieces, and what is no line of nginx counts as nothing" {
  need nginx curl perl
  create 200605
  figures=$VPSMANAGER_ROOT/var/log/chom/s200605/figures
  start=$(figure 200605 '.requests[4]')
  { yes '502 1000 0.020' | head -n 3000000; head -c 3000000 /dev/zero | tr '\0' x; printf '\n200 x 0.001\n999 1 0.001\n503 1 12.000\n'; } >>"$figures"
  SECONDS=0
  look >/dev/null
  ((SECONDS < 8))
  all() { [[ $(figure 200605 '.requests[4]') == $((start + 3000001)) ]]; }
  until_true 60 all
  is_figure 200605 '.buckets[2]' 3000000
  is_figure 200605 '.buckets[11]' 1
}

@test "vhosts of a version before get the log when a gateway is opened" {
  need nginx curl perl
  create 200606
  create 200607
  vhosts=$VPSMANAGER_ROOT/etc/nginx/chom/sites
  sed -i '/chom_figures/d' "$vhosts"/*.conf "$VPSMANAGER_ROOT/etc/nginx/conf.d/00-chom.conf"
  "$AGENT" server:stop >/dev/null 2>&1
  rm -f "$VPSMANAGER_ROOT"/var/log/chom/*/figures "$VPSMANAGER_ROOT/var/lib/vpsmanager/stats/figures"
  gateway_open
  counted() { visits 200606 1 / >/dev/null && visits 200607 1 / >/dev/null && [[ $(figure 200606 '.requests[1]') -ge 1 && $(figure 200607 '.requests[1]') -ge 1 ]]; }
  until_true 30 counted
  generation=$(curl -s -H 'Host: site200606.example' "http://127.0.0.1:$VPSMANAGER_HTTP_PORT/.chom/generation")
  [[ $generation =~ ^[0-9a-f-]{36}$ ]]
  [[ -z $(compgen -G "$vhosts.check.*") ]]
}

@test "without node_exporter the most needed of its names are told, and the answer has its schema" {
  need perl
  output=$("$AGENT" monitor:scrape --format=json 2>/dev/null)
  conforms monitor:scrape "$output"
  node=$(jq -r '.data.node[]' <<<"$output")
  for name in 'node_cpu_seconds_total{cpu="0",mode="idle"}' node_memory_MemTotal_bytes node_memory_MemAvailable_bytes \
    'node_filesystem_size_bytes{mountpoint="/"}' node_load1 node_boot_time_seconds node_network_receive_bytes_total; do
    grep -qF "$name" <<<"$node" || { echo "$name"; return 1; }
  done
  jq -e '.data.node_source == "agent" and .data.sites == []' <<<"$output"
}
