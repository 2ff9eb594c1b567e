# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# PHP-FPM: one pool per site under the site's own user, all pools of a version under one master.

name_php() { # VERSION
  PHP_DIR=$ROOT/etc/php/$1/fpm
  PHP_POOLS=$PHP_DIR/pool.d
  PHP_VERSION_NOW=$1
  if rootless; then PHP_PID=$RUN_DIR/php$1-fpm.pid; else PHP_PID=/run/php/php$1-fpm.pid; fi
}

# Unix sockets may have 107 bytes: a deep rootless directory needs a shorter place, which must be ours.
php_socket() { # USER VERSION -> REPLY
  php_socket_path "$1" "$2"
  if rootless && ! planning; then
    local directory=${REPLY%/*}
    make_directory 0700 "$directory" 2>/dev/null
    [[ -d $directory && ! -L $directory && -O $directory ]] || fail INTERNAL "$directory is not ours"
  fi
}

php_socket_path() { # USER VERSION -> REPLY
  local directory=/run/php digest
  if rootless; then
    directory=$RUN_DIR/php
    if ((${#directory} > 70)); then
      digest=$(printf '%s' "$ROOT" | sha256sum)
      directory=${TMPDIR:-/tmp}/vpsm-$EUID-${digest:0:12}
    fi
  fi
  REPLY=$directory/chom-$1-$2.sock
}

php_binary() { # VERSION -> REPLY
  REPLY=$(command -v "php-fpm$1")
}

# Versions whose FPM is installed, oldest first, one a line.
php_versions() {
  local path
  for path in /usr/sbin/php-fpm[0-9]*.[0-9]* /usr/local/sbin/php-fpm[0-9]*.[0-9]*; do
    [[ $path =~ /php-fpm([0-9]+\.[0-9]+)$ && -x $path ]] && printf '%s\n' "${BASH_REMATCH[1]}"
  done | sort -uV
}

# Settings of the master, which no pool can change.
write_php_base() { # VERSION
  name_php "$1"
  make_directory 0755 "$PHP_POOLS"
  # Seconds a request may go on while the master reloads; every new request of every site waits that long at most.
  put_file "$PHP_POOLS/00-chom.conf" "$(cat <<CONF
; Written by vpsmanager; changes are lost.
[global]
process_control_timeout = 10s

; FPM refuses to start without a pool. Nothing points to this one.
[chom-idle]
$(if ! rootless; then printf 'user = nobody\ngroup = nogroup\nlisten.owner = root\nlisten.group = root\n'; fi)
listen = $(php_socket idle "$1"; printf '%s' "$REPLY")
listen.mode = 0600
pm = ondemand
pm.max_children = 1
CONF
)"$'\n'
  if rootless; then
    put_file "$PHP_DIR/php-fpm.conf" "$(rootless_fpm_conf "$PHP_POOLS")"$'\n'
    return
  fi
  # Shared by all pools of the master, so that one site can neither read nor drop another's compiled scripts.
  put_file "$PHP_DIR/conf.d/99-chom.ini" "$(cat <<'CONF'
; Written by vpsmanager; changes are lost.
expose_php = Off
opcache.validate_permission = 1
opcache.validate_root = 1
opcache.restrict_api = /var/lib/vpsmanager/nobody
opcache.enable_cli = 0
session.use_strict_mode = 1
CONF
)"$'\n'
  # The distribution's pool runs as nginx's user, which may read every site.
  if [[ ! -f $PHP_POOLS/www.conf ]]; then return; fi
  if planning; then
    PLANNED+=("the distribution's PHP pool, put aside" "$PHP_POOLS/www.conf" remove)
  else
    mv -T -- "$PHP_POOLS/www.conf" "$PHP_POOLS/www.conf.chom-off"
  fi
}

rootless_fpm_conf() { # POOLS
  cat <<CONF
; Written by vpsmanager; changes are lost.
[global]
pid = $PHP_PID
error_log = $SITE_LOGS/php$PHP_VERSION_NOW-fpm.log
daemonize = yes
include = $1/*.conf
CONF
}

php_check() { # CANDIDATE LIVE
  php_binary "$PHP_VERSION_NOW" || return 1
  local binary=$REPLY status conf
  if ! rootless; then
    check_in_place_of "$1" "$2" "$binary" -t
    return
  fi
  conf=$RUN_DIR/fpm-check.$BASHPID
  rootless_fpm_conf "$1" >"$conf"
  "$binary" -t -y "$conf"
  status=$?
  rm -f -- "$conf"
  return "$status"
}

php_running() { pid_in_file "$PHP_PID" php-fpm; }

# The master executes itself again and keeps its process id; whether a pool has taken over is asked through nginx.
php_reload() {
  if ! php_running; then
    php_start
    return
  fi
  if rootless; then kill -s USR2 "$REPLY"; else systemctl reload "php$PHP_VERSION_NOW-fpm"; fi
}

php_start() {
  if rootless; then
    mkdir -p -- "$SITE_LOGS"
    php_binary "$PHP_VERSION_NOW" || return 1
    let_go "$REPLY" -y "$PHP_DIR/php-fpm.conf" -d opcache.validate_permission=1 -d opcache.validate_root=1 -d expose_php=Off
  else
    systemctl start "php$PHP_VERSION_NOW-fpm"
  fi
}

# The pool of the site in SITE_*.
pool() {
  cat <<CONF
; Written by vpsmanager for site $SITE_ID; changes are lost.
[$SITE_USER]
CONF
  if ! rootless; then
    cat <<CONF
user = $SITE_USER
group = $SITE_USER
listen.owner = www-data
listen.group = www-data
CONF
  fi
  cat <<CONF
listen = $SITE_SOCKET
listen.mode = 0660
pm = ondemand
pm.max_children = 8
pm.process_idle_timeout = 30s
pm.max_requests = 1000
request_terminate_timeout = 120s
security.limit_extensions = .php
ping.path = /.chom/php
ping.response = $SITE_GENERATION
chdir = /
env[HOME] = $SITE_HOME
env[TMPDIR] = $SITE_HOME/tmp
env[PATH] = /usr/local/bin:/usr/bin:/bin
php_admin_value[open_basedir] = $SITE_HOME/
php_admin_value[sys_temp_dir] = $SITE_HOME/tmp
php_admin_value[upload_tmp_dir] = $SITE_HOME/tmp
php_admin_value[session.save_path] = $SITE_HOME/tmp
php_value[session.gc_probability] = 1
php_value[session.gc_divisor] = 1000
php_admin_value[error_log] = $SITE_LOGS/$SITE_USER/php.log
php_admin_flag[log_errors] = on
php_admin_flag[display_errors] = off
php_admin_flag[allow_url_include] = off
php_admin_value[disable_functions] = dl,exec,passthru,shell_exec,system,popen,proc_open,pcntl_exec,pcntl_fork,posix_kill,posix_setuid,posix_setgid
php_admin_value[memory_limit] = 256M
php_admin_value[upload_max_filesize] = 64M
php_admin_value[post_max_size] = 64M
php_value[max_execution_time] = 60
CONF
}
