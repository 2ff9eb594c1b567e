# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# nginx: one file per site, a catch-all for every other name, and reloads that are over when they say so.

name_nginx() {
  NGINX_DIR=$ROOT/etc/nginx
  NGINX_SITES=$NGINX_DIR/chom/sites
  NGINX_TLS=$NGINX_DIR/chom/tls
  if rootless; then
    HTTP_PORT=${VPSMANAGER_HTTP_PORT:-8081}
    [[ $HTTP_PORT =~ ^[0-9]{2,5}$ ]] || HTTP_PORT=8081
    HTTPS_PORT=${VPSMANAGER_HTTPS_PORT:-8443}
    [[ $HTTPS_PORT =~ ^[0-9]{2,5}$ ]] || HTTPS_PORT=8443
    NGINX_PID=$RUN_DIR/nginx.pid
  else
    HTTP_PORT=80 HTTPS_PORT=443
    NGINX_PID=/run/nginx.pid
  fi
}

nginx_there() {
  name_nginx
  command -v nginx >/dev/null && { ! rootless || ((EUID != 0)); }
}

nginx_master() { # -> REPLY
  if rootless; then pid_in_file "$NGINX_PID" nginx; else pid_in_file "$NGINX_PID" 'nginx: master'; fi
}

# Everything of nginx that does not belong to one site. Run again whenever it may be missing; changes nothing twice.
write_nginx_base() {
  local http=$NGINX_DIR/conf.d/00-chom.conf listen=$NGINX_DIR/chom/listen.conf
  local directory
  for directory in "$NGINX_DIR" "$NGINX_DIR/conf.d" "$NGINX_DIR/chom" "$NGINX_SITES" "$NGINX_TLS"; do make_directory 0755 "$directory"; done
  if rootless; then
    planning || mkdir -p -- "$RUN_DIR/nginx" "$SITE_LOGS"
    put_file "$listen" "listen 127.0.0.1:$HTTP_PORT;"$'\n'
    put_file "$NGINX_DIR/chom/listen-tls.conf" "listen 127.0.0.1:$HTTPS_PORT ssl http2;"$'\n'
    put_file "$NGINX_DIR/chom/listen-tls-default.conf" "listen 127.0.0.1:$HTTPS_PORT ssl http2 default_server;"$'\n'
    put_file "$NGINX_DIR/chom/listen-default.conf" "listen 127.0.0.1:$HTTP_PORT default_server;"$'\n'
    put_file "$NGINX_DIR/nginx.conf" "$(rootless_nginx_conf "$NGINX_DIR")"$'\n'
  elif [[ -e /proc/net/if_inet6 ]]; then
    put_file "$listen" $'listen 80;\nlisten [::]:80;\n'
    put_file "$NGINX_DIR/chom/listen-tls.conf" $'listen 443 ssl http2;\nlisten [::]:443 ssl http2;\n'
    put_file "$NGINX_DIR/chom/listen-tls-default.conf" $'listen 443 ssl http2 default_server;\nlisten [::]:443 ssl http2 default_server;\n'
    put_file "$NGINX_DIR/chom/listen-default.conf" $'listen 80 default_server;\nlisten [::]:80 default_server;\n'
  else
    put_file "$listen" $'listen 80;\n'
    put_file "$NGINX_DIR/chom/listen-tls.conf" $'listen 443 ssl http2;\n'
    put_file "$NGINX_DIR/chom/listen-tls-default.conf" $'listen 443 ssl http2 default_server;\n'
    put_file "$NGINX_DIR/chom/listen-default.conf" $'listen 80 default_server;\n'
  fi
  put_file "$http" "$(cat <<CONF
# Written by vpsmanager; changes are lost.
server_names_hash_bucket_size 512;
server_names_hash_max_size 16384;
log_format chom '\$host \$remote_addr [\$time_iso8601] "\$request_method \$request_uri" \$status \$body_bytes_sent \$request_time';
# What is counted of each site: nothing in it is a visitor's.
log_format chom_figures '\$status \$bytes_sent \$request_time';

# Any name that is not a site's.
server {
  include $NGINX_DIR/chom/listen-default.conf;
  server_name _;
  server_tokens off;
  access_log off;
  return 404;
}

include $NGINX_TLS/*.conf;
include $NGINX_SITES/*.conf;
CONF
)"$'\n'
}

put_file() { # PATH CONTENT: only when it differs; CHANGED tells
  if planning; then
    plan_put_file "$1" "$2"
    return
  fi
  if [[ -f $1 && $(<"$1") == "${2%$'\n'}" ]]; then return; fi
  CHANGED=1
  printf '%s' "$2" >"$1.new" && chmod 0644 -- "$1.new" && mv -T -- "$1.new" "$1"
}

rootless_nginx_conf() { # DIRECTORY
  local types="types { text/html html htm; text/css css; application/javascript js; image/png png; image/svg+xml svg; }"
  if [[ -r /etc/nginx/mime.types ]]; then types='include /etc/nginx/mime.types;'; fi
  cat <<CONF
# Written by vpsmanager; changes are lost.
daemon on;
worker_processes 2;
pid $NGINX_PID;
error_log $SITE_LOGS/nginx.error.log;
events { worker_connections 512; }
http {
  $types
  default_type application/octet-stream;
  access_log off;
  client_body_temp_path $RUN_DIR/nginx/body;
  proxy_temp_path $RUN_DIR/nginx/proxy;
  fastcgi_temp_path $RUN_DIR/nginx/fastcgi;
  uwsgi_temp_path $RUN_DIR/nginx/uwsgi;
  scgi_temp_path $RUN_DIR/nginx/scgi;
  include $1/conf.d/*.conf;
}
CONF
}

# nginx's own words about a candidate for the directory of sites.
nginx_check() { # CANDIDATE LIVE
  if ! rootless; then
    check_in_place_of "$1" "$2" nginx -t
    return
  fi
  local conf=$RUN_DIR/nginx-check.$BASHPID status
  mkdir -p -- "$conf"
  cp -- "$NGINX_DIR/conf.d/00-chom.conf" "$conf/http.conf"
  sed -i "s|^include $2/|include $1/|" "$conf/http.conf"
  rootless_nginx_conf "$NGINX_DIR" | sed "s|include $NGINX_DIR/conf.d/\*.conf;|include $conf/http.conf;|; s|^pid .*|pid $conf/pid;|" >"$conf/nginx.conf"
  nginx -t -c "$conf/nginx.conf"
  status=$?
  rm -rf -- "$conf"
  return "$status"
}

# `reload` answers before the new workers serve: wait until each old worker has stopped accepting.
nginx_reload() {
  local master pid deadline old=' ' busy fresh
  if ! nginx_master; then
    nginx_start
    return
  fi
  master=$REPLY
  children_of "$master"
  for pid in "${REPLY_LIST[@]}"; do old+="$pid "; done
  if rootless; then kill -s HUP "$master"; else systemctl reload nginx; fi || return 1
  now_ms
  deadline=$((REPLY + 15000))
  while :; do
    busy=0 fresh=0
    children_of "$master"
    for pid in "${REPLY_LIST[@]}"; do
      if [[ $old != *" $pid "* ]]; then
        fresh=1
      elif command_line_of "$pid" && [[ $REPLY != *'shutting down'* ]]; then
        busy=1
      fi
    done
    if ((fresh && !busy)); then return; fi
    now_ms
    if ((REPLY > deadline)); then
      echo "nginx did not take its configuration over; see its error log" >&2
      return 1
    fi
    doze 0.02
  done
}

nginx_start() {
  if rootless; then
    let_go nginx -c "$NGINX_DIR/nginx.conf" || return 1
  else
    systemctl start nginx || return 1
  fi
  local try
  for ((try = 0; try < 250; try++)); do
    if nginx_master && http_get "$HTTP_PORT" nobody.invalid /; then return; fi
    doze 0.02
  done
  return 1
}

# The vhost of the site in SITE_*. Every value has passed the schema; nothing here can end a directive early.
vhost() {
  local names=$SITE_DOMAIN
  if rootless; then names+=" $SITE_DOMAIN.localhost"; fi
  printf '# Written by vpsmanager for site %s; changes are lost.\n' "$SITE_ID"
  if [[ -n $SITE_CERTIFICATE ]]; then
    vhost_that_leads_to_https
    echo 'server {'
    tls_directives listen-tls.conf "$SITE_CERTIFICATE"
  else
    printf 'server {\n  include %s;\n' "$NGINX_DIR/chom/listen.conf"
  fi
  vhost_head
  cat <<CONF
  root $SITE_HOME/current/public;
  index index.html${SITE_PHP:+ index.php};
  client_max_body_size 64m;
  # Checked from the home, not from the document root: the site's user may replace any directory below its home.
  disable_symlinks if_not_owner from=$SITE_HOME;
  location ^~ /.well-known/ { try_files \$uri =404; }
CONF
  if site_closed; then
    closed_location
  else
    page_locations
  fi
  echo '}'
}

vhost_that_leads_to_https() {
  local port=''
  if ((HTTPS_PORT != 443)); then port=:$HTTPS_PORT; fi
  printf 'server {\n  include %s;\n' "$NGINX_DIR/chom/listen.conf"
  vhost_head
  cat <<CONF
  location / { return 301 https://\$host$port\$request_uri; }
}
CONF
}

# What each server block of a site has: its names and logs, the agent's marks, and the answers to an ACME server.
vhost_head() {
  cat <<CONF
  server_name $names;
  server_tokens off;
  access_log $SITE_LOGS/$SITE_USER/access.log chom;
  access_log $SITE_LOGS/$SITE_USER/figures chom_figures;
  error_log $SITE_LOGS/$SITE_USER/error.log;
  # A return comes before nginx looks at allow and deny, hence the condition.
  location = /.chom/generation {
    access_log $SITE_LOGS/$SITE_USER/access.log chom;
    default_type text/plain;
    if (\$remote_addr != 127.0.0.1) { return 404; }
    return 200 "$SITE_GENERATION";
  }
  location ^~ /.well-known/acme-challenge/ {
    root $CHALLENGES;
    default_type text/plain;
    disable_symlinks off;
    try_files \$uri =404;
  }
CONF
  if [[ -z $SITE_PHP ]] || site_closed; then return; fi
  cat <<CONF
  location = /.chom/php {
    access_log $SITE_LOGS/$SITE_USER/access.log chom;
    allow 127.0.0.1;
    deny all;
    include $FASTCGI_PARAMS;
    fastcgi_param SCRIPT_NAME /.chom/php;
    fastcgi_param SCRIPT_FILENAME /.chom/php;
    fastcgi_pass unix:$SITE_SOCKET;
  }
CONF
}

tls_directives() { # LISTEN-FILE DIRECTORY
  cat <<CONF
  include $NGINX_DIR/chom/$1;
  ssl_certificate $2/fullchain.pem;
  ssl_certificate_key $2/privkey.pem;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache shared:chom:10m;
  ssl_session_timeout 1d;
  ssl_session_tickets off;
CONF
}

# For a name that is no site's, or a site's without https.
default_tls_server() { # DIRECTORY
  echo '# Written by vpsmanager; changes are lost.'
  echo 'server {'
  tls_directives listen-tls-default.conf "$1"
  printf '  server_name _;\n  server_tokens off;\n  access_log off;\n  return 404;\n}\n'
}

page_locations() {
  echo '  location ~ /\. { return 404; }'
  if [[ -n $SITE_PHP ]]; then
    cat <<CONF
  location / { try_files \$uri \$uri/ /index.php\$is_args\$args; }
  location ~ \.php\$ {
    try_files \$uri =404;
    include $FASTCGI_PARAMS;
    fastcgi_param DOCUMENT_ROOT \$realpath_root;
    fastcgi_param SCRIPT_FILENAME \$realpath_root\$fastcgi_script_name;
    fastcgi_param HTTP_PROXY "";
    fastcgi_read_timeout 130s;
    fastcgi_pass unix:$SITE_SOCKET;
  }
CONF
  else
    cat <<CONF
  location ~ \.php\$ { return 404; }
  location / { try_files \$uri \$uri/ =404; }
CONF
  fi
}

# Nothing of the site itself is served; robots are told that it is not for good.
closed_location() {
  cat <<'CONF'
  location / {
    default_type text/html;
    add_header Retry-After 3600 always;
    add_header Cache-Control no-store always;
    return 503 '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Closed for now</title><h1>Closed for now</h1><p>This website has been closed by its owner. Please come back later.</p></html>';
  }
CONF
}

# --- another version of the agent ---------------------------------------------------------------------------------

# Vhosts of a version before lack the log that is counted: all of them are written anew and taken over together.
tend_vhosts() {
  nginx_there && vhosts_lack_figures || return 0
  (
    exec 3>/dev/null
    lock_config 120
    if vhosts_lack_figures; then rewrite_vhosts; fi
  )
}

vhosts_lack_figures() { # -> REPLY_LIST, the users
  local path
  REPLY_LIST=()
  for path in "$NGINX_SITES"/s*.conf; do
    grep -qs ' chom_figures;' "$path" && continue
    path=${path##*/}
    REPLY_LIST+=("${path%.conf}")
  done
  ((${#REPLY_LIST[@]}))
}

rewrite_vhosts() {
  local staging user said
  local -a users=("${REPLY_LIST[@]}") written=()
  rootless || write_host_files
  write_nginx_base
  staging=$(mktemp -d "$NGINX_SITES.check.XXXXXX") && mkdir -- "$staging/live" "$staging/kept" || return
  chmod 0755 -- "$staging"
  cp -p -- "$NGINX_SITES"/*.conf "$staging/live"
  for user in "${users[@]}"; do
    # one that is being changed is written anew at the end of that
    load_site "$user" || continue
    if [[ $SITE_STATE != active && $SITE_STATE != disabled ]]; then continue; fi
    SITE_GENERATION=$(sed -n 's/^ *return 200 "\([0-9a-f-]*\)";$/\1/p' "$NGINX_SITES/$user.conf" | head -n 1)
    SITE_CERTIFICATE=''
    if certificate_of "$user"; then SITE_CERTIFICATE=$REPLY; fi
    php_socket "$user" "$SITE_PHP"
    SITE_SOCKET=$REPLY
    FASTCGI_PARAMS=/etc/nginx/fastcgi_params
    vhost >"$staging/live/$user.conf" && chmod 0644 -- "$staging/live/$user.conf" && written+=("$user")
  done
  if ((${#written[@]})) && said=$(nginx_check "$staging/live" "$NGINX_SITES" 2>&1); then
    for user in "${written[@]}"; do
      cp -p -- "$NGINX_SITES/$user.conf" "$staging/kept" && mv -T -- "$staging/live/$user.conf" "$NGINX_SITES/$user.conf"
    done
    if ! nginx_reload; then
      cp -p -- "$staging"/kept/*.conf "$NGINX_SITES"
      nginx_reload
    fi
  else
    echo "The vhosts cannot be written anew: ${said-none of them is settled}" >&2
  fi
  rm -rf -- "$staging"
}
