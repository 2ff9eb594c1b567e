# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# server:prepare: from a bare Debian or Ubuntu to a server that can take sites. Idempotent, so it can be asked again.

register change server:prepare "install and set up everything a server of CHOM needs"
COMMAND_PLAN[server:prepare]=plan_server_prepare

readonly PREPARE_GROUPS='basics web php database certificates backup protection updates metrics'

packages_of() { # GROUP VERSION... -> names, one a line
  local version
  case $1 in
    basics) printf '%s\n' acl cron curl iproute2 logrotate netbase procps rsync unzip zstd ;;
    web) printf '%s\n' nginx-light ;;
    php)
      for version in "${@:2}"; do
        printf "php$version-%s\n" fpm cli common opcache mysql curl gd intl mbstring xml zip bcmath
      done
      ;;
    database) printf '%s\n' mariadb-server ;;
    certificates) printf '%s\n' ca-certificates certbot openssl ;;
    backup) printf '%s\n' restic ;;
    protection) printf '%s\n' nftables fail2ban python3-systemd ;;
    updates) printf '%s\n' unattended-upgrades ;;
    metrics) printf '%s\n' prometheus-node-exporter ;;
  esac
}

cmd_server_prepare() {
  local os=unknown
  if [[ -r /etc/os-release ]]; then os=$(. /etc/os-release && printf '%s %s' "${ID-unknown}" "${VERSION_ID-}"); fi
  if rootless; then
    prepare_rootless
  else
    prepare_machine "$os"
  fi
  progress 100 "Prepared"
  json_list "${SKIPPED[@]}"
  DATA=$(jq -nc --arg os "$os" --argjson installed "$(installed_versions)" --argjson skipped "$REPLY" \
    --argjson versions "$(php_versions | jq -Rsc 'split("\n") | map(select(. != ""))')" \
    '{os: $os, installed: $installed, php_versions: $versions, skipped: $skipped}')
}

prepare_rootless() {
  local part
  progress 10 "Laying out $ROOT"
  mkdir -p -- "$SITES_HOME" "$SITE_LOGS"
  for part in packages users firewall; do skip "$part"; done
  if ((EUID == 0)); then
    say "Running as root: give VPSMANAGER_ROOT to an unprivileged user, and nginx and PHP-FPM will run as that user."
    skip daemons-as-root
    return
  fi
  lock_config 60
  nginx_there || skip nginx
  [[ -n $(php_versions) ]] || skip php-fpm
  progress 50 "Starting the daemons that are here"
  start_daemons || fail DEPENDENCY_FAILED "the daemons did not start; see $SITE_LOGS" true
  release_lock
}

prepare_machine() { # OS
  case $1 in
    'debian 12' | 'debian 13' | 'ubuntu 22.04' | 'ubuntu 24.04') ;;
    *) fail DEPENDENCY_FAILED "this is $1; servers run Debian 12 or 13, or Ubuntu 22.04 or 24.04" ;;
  esac
  [[ -d /run/systemd/system ]] || fail DEPENDENCY_FAILED "systemd must be running on a server"
  local -a versions=() groups
  local group percent=5 failed=''
  take_lock prepare 5
  progress 2 "Reading the package lists"
  apt update || say "The package lists cannot be refreshed; going on with those that are here." stderr
  choose_php_versions
  read -r -a groups <<<"$PREPARE_GROUPS"
  for group in "${groups[@]}"; do
    progress "$percent" "Installing: $group"
    install_group "$group" || failed+=" $group"
    percent=$((percent + 8))
  done
  [[ -z $failed ]] || fail DEPENDENCY_FAILED "not everything could be installed:$failed; the operation's output has apt's words" true
  progress 78 "Setting up the web server"
  lock_config 120
  set_up_nginx
  progress 84 "Setting up PHP"
  set_up_php
  release_lock
  progress 90 "Setting up the firewall"
  set_up_firewall
  progress 95 "Setting up updates, bans and metrics"
  set_up_protection
  set_up_metrics
}

apt() {
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l APT_LISTCHANGES_FRONTEND=none apt-get -q -y \
    -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" </dev/null
}

package_state() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null; }

package_offered() { apt-cache policy "$1" 2>/dev/null | grep -q '^  Candidate: [^(]'; }

# VERSIONS of `prepare_machine`: those asked for and offered, or the distribution's own.
choose_php_versions() {
  local wanted
  if [[ -n ${ARG[php_versions]-} && ${ARG[php_versions]} != '[]' ]]; then
    while read -r wanted; do
      if package_offered "php$wanted-fpm"; then versions+=("$wanted"); else skip "php:$wanted"; fi
    done < <(jq -r '.[]' <<<"${ARG[php_versions]}")
  fi
  if ((${#versions[@]} == 0)); then
    wanted=$(apt-cache depends php-fpm 2>/dev/null | sed -n 's/^ *Depends: php\([0-9.]*\)-fpm$/\1/p' | head -n 1)
    if [[ $wanted =~ ^[0-9]+\.[0-9]+$ ]]; then versions+=("$wanted"); else skip php; fi
  fi
}

install_group() { # GROUP
  local package wanted=() line status
  for package in $(packages_of "$1" "${versions[@]}"); do
    if [[ $(package_state "$package") == installed ]]; then continue; fi
    # Any flavour of nginx will do.
    if [[ $package == nginx-light ]] && command -v nginx >/dev/null; then continue; fi
    if [[ $package == nginx-light ]] && ! package_offered nginx-light; then package=nginx; fi
    if package_offered "$package"; then wanted+=("$package"); else skip "package:$package"; fi
  done
  ((${#wanted[@]})) || return 0
  say "Installing ${wanted[*]}"
  # dpkg may have been interrupted by an earlier end of this very command.
  dpkg --configure -a --force-confdef --force-confold </dev/null
  apt install --no-install-recommends "${wanted[@]}" 2>&1 | while IFS= read -r line; do
    printf '%s\n' "$line"
    if [[ $line =~ ^(Setting\ up|E:|Err:|dpkg:\ error) ]]; then say "${line:0:300}"; fi
  done
  status=${PIPESTATUS[0]}
  return "$status"
}

installed_versions() {
  local package
  {
    for package in nginx mariadb-server certbot restic nftables fail2ban unattended-upgrades prometheus-node-exporter; do
      if command -v dpkg-query >/dev/null && [[ $(package_state "$package") == installed ]]; then
        printf '%s %s\n' "$package" "$(dpkg-query -W -f '${Version}' "$package")"
      fi
    done
    for package in $(php_versions); do printf 'php%s-fpm %s\n' "$package" "$package"; done
  } | jq -Rsc '[split("\n")[] | select(. != "") | split(" ") | {key: .[0], value: .[1]}] | from_entries'
}

set_up_nginx() {
  command -v nginx >/dev/null || fail SERVICE_MISSING "nginx is not installed and no package source offers it"
  name_nginx
  rm -f -- /etc/nginx/sites-enabled/default
  write_nginx_base
  nginx -t || fail CONFIG_REJECTED "nginx refuses its configuration: $(nginx -t 2>&1 | head -n 1)"
  systemctl enable --quiet nginx
  nginx_reload || fail DEPENDENCY_FAILED "nginx does not start; see journalctl -u nginx" true
  # Its logs are www-data's, hence within reach of whoever can make nginx open a file: take the way there away.
  dpkg-statoverride --force-statoverride-add --update --add root adm 0750 /var/log/nginx >/dev/null 2>&1 || true
  write_host_files
  sysctl -q -p /etc/sysctl.d/60-chom.conf 2>/dev/null || skip sysctl
}

write_host_files() {
  put_file /etc/logrotate.d/chom "$(cat <<'CONF'
/var/log/chom/*/*.log {
  weekly
  rotate 8
  missingok
  notifempty
  compress
  delaycompress
  copytruncate
}

# Put aside by the agent at each look; this is for when nobody looks.
/var/log/chom/*/figures {
  daily
  rotate 1
  missingok
  notifempty
  nocompress
  nocreate
  sharedscripts
  postrotate
    if [ -s /run/nginx.pid ]; then kill -USR1 "$(cat /run/nginx.pid)"; fi
  endscript
}
CONF
)"$'\n'
  put_file /etc/sysctl.d/60-chom.conf $'fs.protected_hardlinks = 1\nfs.protected_symlinks = 1\n'
}

set_up_php() {
  local version
  for version in $(php_versions); do
    name_php "$version"
    CHANGED=0
    write_php_base "$version"
    php_binary "$version"
    "$REPLY" -t || fail CONFIG_REJECTED "PHP-FPM $version refuses its configuration"
    systemctl enable --quiet "php$version-fpm"
    if ((!CHANGED)) && php_running; then continue; fi
    # A reload would keep the shared memory of the code cache as it is; its settings need a start.
    systemctl restart "php$version-fpm" || fail DEPENDENCY_FAILED "PHP-FPM $version does not start" true
  done
}

# --- the firewall -------------------------------------------------------------------------------------------------

# Ports sshd listens on, asked from sshd's configuration and from the kernel. Empty means: do not touch anything.
ssh_ports() {
  {
    sshd -T 2>/dev/null | sed -n 's/^port \([0-9]*\)$/\1/p'
    systemctl show --property=Listen --value ssh.socket 2>/dev/null | grep -o ':[0-9]* (Stream)' | grep -o '[0-9]*'
    ss -Hltnp 2>/dev/null | sed -n 's/^LISTEN *[0-9]* *[0-9]* *[^ ]*:\([0-9]*\) .*"sshd".*/\1/p'
  } | sort -un
}

extra_ports() { jq -r '(.firewall.tcp // [])[] | select(type == "number" and . > 0 and . < 65536)' /etc/vpsmanager/policy.json 2>/dev/null; }

open_ports() { { ssh_ports; extra_ports; printf '80\n443\n'; } | sort -un | paste -sd, -; }

set_up_firewall() {
  local ports file=/etc/vpsmanager/firewall.nft
  command -v nft >/dev/null || { skip firewall; return; }
  ports=$(open_ports)
  if [[ -z $(ssh_ports) ]]; then
    say "No port of sshd was found: the firewall is left out, so that nobody is locked out." stderr
    skip firewall
    return
  fi
  make_directory 0755 /etc/vpsmanager
  firewall_rules "$ports" >"$file.new"
  # The whole table is exchanged in one transaction; nothing that is connected is cut.
  if ! nft -c -f "$file.new"; then
    rm -f -- "$file.new"
    skip firewall
    return
  fi
  mv -T -- "$file.new" "$file"
  cat >/etc/systemd/system/chom-firewall.service <<'UNIT'
[Unit]
Description=CHOM firewall
After=nftables.service
Before=network-pre.target
Wants=network-pre.target
DefaultDependencies=no
Conflicts=shutdown.target
Before=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f /etc/vpsmanager/firewall.nft
ExecReload=/usr/sbin/nft -f /etc/vpsmanager/firewall.nft
ExecStop=/usr/sbin/nft delete table inet chom

[Install]
WantedBy=sysinit.target
UNIT
  systemctl daemon-reload
  systemctl enable --quiet chom-firewall.service
  systemctl reload-or-restart chom-firewall.service || skip firewall
}

firewall_rules() { # PORTS
  cat <<RULES
# Written by vpsmanager; more ports: {"firewall":{"tcp":[8443]}} in /etc/vpsmanager/policy.json, then server:prepare.
table inet chom
delete table inet chom
table inet chom {
  chain input {
    type filter hook input priority filter; policy drop;
    iifname "lo" accept
    ct state established,related accept
    tcp dport { $1 } accept
    ct state invalid drop
    meta l4proto { 1, 58 } accept # ICMP and ICMPv6, by number: a small system has no names for them
    udp sport 67 udp dport 68 accept
    udp dport 546 accept
  }
  # Site users reach neither the host's figures nor a cloud provider's metadata.
  chain output {
    type filter hook output priority filter; policy accept;
    meta skuid >= 200000 meta skuid != 4294967295 tcp dport 9100 oifname "lo" reject
    meta skuid >= 200000 meta skuid != 4294967295 ip daddr 169.254.169.254 reject
    meta skuid >= 200000 meta skuid != 4294967295 ip6 daddr fd00:ec2::254 reject
  }
}
RULES
}

# --- the rest -----------------------------------------------------------------------------------------------------

set_up_protection() {
  if command -v fail2ban-client >/dev/null; then
    mkdir -p -- /etc/fail2ban/jail.d
    # Debian 12 has no auth.log any more: read the journal.
    write_jail
    systemctl enable --quiet fail2ban
    systemctl restart fail2ban || skip fail2ban
  fi
  if [[ $(package_state unattended-upgrades) == installed ]]; then
    write_upgrades
  fi
}

write_jail() {
  put_file /etc/fail2ban/jail.d/chom.local $'[sshd]\nenabled = true\nbackend = systemd\nbanaction = nftables-multiport\n'
}

write_upgrades() {
  put_file /etc/apt/apt.conf.d/20auto-upgrades $'APT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n'
}

set_up_metrics() {
  [[ $(package_state prometheus-node-exporter) == installed ]] || return 0
  write_metrics
  systemctl enable --quiet prometheus-node-exporter
  systemctl restart prometheus-node-exporter || skip node-exporter
}

write_metrics() { put_file /etc/default/prometheus-node-exporter $'ARGS="--web.listen-address=127.0.0.1:9100"\n'; }

plan_rootless() {
  local version
  PLANNING=1
  if [[ ! -d $SITES_HOME ]]; then PLANNED+=("directory of the sites" "$SITES_HOME" create); fi
  if nginx_there; then write_nginx_base; fi
  if ((EUID != 0)); then
    for version in $(php_versions); do write_php_base "$version"; done
  fi
  PLANNED+=("web server and PHP-FPM, where they are installed and do not run" "$ROOT/etc" run)
  PLANNING=''
  plan_steps "${PLANNED[@]}"
}

plan_server_prepare() {
  local steps=() group package
  local -a versions=()
  if rootless; then
    plan_rootless
    return
  fi
  choose_php_versions
  for group in $PREPARE_GROUPS; do
    for package in $(packages_of "$group" "${versions[@]}"); do
      if [[ $(package_state "$package") != installed ]]; then steps+=("package" "$package" create); fi
    done
  done
  name_nginx
  PLANNING=1
  if [[ -e /etc/nginx/sites-enabled/default ]]; then PLANNED+=("nginx's default site" /etc/nginx/sites-enabled/default remove); fi
  write_nginx_base
  write_host_files
  PLANNED+=("web server" nginx reload)
  for group in "${versions[@]}"; do
    write_php_base "$group"
    PLANNED+=("PHP-FPM" "php$group-fpm" restart)
  done
  if [[ -n $(ssh_ports) ]] && plan_file /etc/vpsmanager/firewall.nft "$(firewall_rules "$(open_ports)")"; then
    PLANNED+=("firewall" /etc/vpsmanager/firewall.nft write "firewall" chom-firewall reload)
  fi
  write_jail
  write_upgrades
  write_metrics
  PLANNED+=("bans" fail2ban restart "metrics" prometheus-node-exporter restart)
  PLANNING=''
  plan_steps "${steps[@]}" "${PLANNED[@]}"
}
