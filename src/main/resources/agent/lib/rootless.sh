# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# Rootless mode: nginx and PHP-FPM belong to whoever runs the agent, and the agent starts and stops them.

if [[ -n ${VPSMANAGER_ROOT:-} && ${AGENT_HOME-}/ != /opt/vpsmanager/* ]]; then
  register change server:stop "rootless mode only: stop nginx and PHP-FPM"
  COMMAND_PLAN[server:stop]=plan_server_stop
fi

cmd_server_stop() {
  rootless || fail FORBIDDEN "server:stop exists in rootless mode only"
  local version stopped=()
  lock_config 60
  for version in $(php_versions); do
    name_php "$version"
    if php_running; then
      stop_process "$REPLY"
      stopped+=("php$version-fpm")
    fi
  done
  name_nginx
  if nginx_master; then
    stop_process "$REPLY"
    stopped+=(nginx)
  fi
  release_lock
  json_list "${stopped[@]}"
  DATA="{\"stopped\":$REPLY}"
}

plan_server_stop() {
  local version steps=()
  for version in $(php_versions); do
    name_php "$version"
    if php_running; then steps+=("stop PHP-FPM" "php$version-fpm" run); fi
  done
  name_nginx
  if nginx_master; then steps+=("stop the web server" nginx run); fi
  plan_steps "${steps[@]}"
}

stop_process() { # PID
  local pid=$1 try
  kill -s TERM "$pid" 2>/dev/null
  for ((try = 0; try < 100; try++)); do
    kill -0 "$pid" 2>/dev/null || return 0
    doze 0.05
  done
  kill -s KILL "$pid" 2>/dev/null
}

# The panel starts again: so do the web server and the pools of the sites that are there.
resume_daemons() {
  rootless || return 0
  local sites=("$REGISTRY"/s*.json) version
  ((${#sites[@]})) || return 0
  (
    exec 3>/dev/null
    lock_config 60
    start_daemons
  )
}

start_daemons() {
  local version
  if nginx_there; then
    write_nginx_base
    if ! nginx_master; then nginx_start; elif ! http_get "$HTTP_PORT" nobody.invalid /; then nginx_reload; fi
  fi
  ((EUID != 0)) || return 0
  for version in $(php_versions); do
    name_php "$version"
    write_php_base "$version"
    php_running || php_start
  done
}
