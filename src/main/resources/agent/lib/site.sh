# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# Sites. Each command rolls forward: asked again after any interruption it finishes what is there.

register change site:create "create a site: user, home, PHP pool, vhost"
register change site:disable "close a site: visitors get a notice, its PHP pool is gone, its files stay"
register change site:enable "open a closed site again as it was"
register change site:delete "take a site away; without purge its files are retained"
register change site:restore "bring a deleted site back whose files are retained, as it was"
register read site:list "all sites of this server"
register read site:info "one site: its state, folders and size"
COMMAND_PLAN[site:create]=plan_site_create
COMMAND_PLAN[site:disable]=plan_site_disable
COMMAND_PLAN[site:enable]=plan_site_enable
COMMAND_PLAN[site:delete]=plan_site_delete
COMMAND_PLAN[site:restore]=plan_site_restore
COMMAND_LEFT[site:create]=site_remains
COMMAND_LEFT[site:disable]=site_remains
COMMAND_LEFT[site:enable]=site_remains
COMMAND_LEFT[site:delete]=site_remains
COMMAND_LEFT[site:restore]=site_remains

readonly RETAIN_DAYS=7                   # where the panel does not say how long

# What a schema cannot say.
check_site_create() {
  [[ ${ARG[uid]} == "${ARG[user]#s}" ]] || fail INVALID_ARGUMENT "site:create: uid must be the number in the user's name"
  if [[ ${ARG[type]} == static && -n ${ARG[php_version]-} ]]; then
    fail INVALID_ARGUMENT "site:create: php_version belongs to type php"
  fi
}

# --- the register -------------------------------------------------------------------------------------------------

name_site() { # USER
  SITE_USER=$1 SITE_HOME=$SITES_HOME/$1 SITE_FILE=$REGISTRY/$1.json
}

load_site() { # USER; false where it is not known
  name_site "$1"
  [[ -r $SITE_FILE ]] || return 1
  local values
  mapfile -t values < <(jq -r '.site, .uid, .domain, .type, .php_version // "", .state, .was // "", .since // "", .until // ""' "$SITE_FILE")
  ((${#values[@]} == 9)) || fail INTERNAL "$SITE_FILE cannot be read"
  SITE_ID=${values[0]} SITE_UID=${values[1]} SITE_DOMAIN=${values[2]} SITE_TYPE=${values[3]}
  SITE_PHP=${values[4]} SITE_STATE=${values[5]}
  # of a deleted site: what it was, since when it is retained and until when at least
  SITE_WAS=${values[6]} SITE_SINCE=${values[7]} SITE_UNTIL=${values[8]}
}

save_site() { # STATE
  SITE_STATE=$1
  write_file "$SITE_FILE" "$(jq -nc --arg site "$SITE_ID" --arg user "$SITE_USER" --arg uid "$SITE_UID" \
    --arg domain "$SITE_DOMAIN" --arg type "$SITE_TYPE" --arg php "$SITE_PHP" --arg state "$SITE_STATE" \
    --arg was "${SITE_WAS-}" --arg since "${SITE_SINCE-}" --arg until "${SITE_UNTIL-}" '
      {site: $site, user: $user, uid: ($uid | tonumber), domain: $domain, type: $type}
      + (if $php == "" then {} else {php_version: $php} end) + {state: $state}
      + ({was: $was, since: $since, until: $until} | with_entries(select(.value != "")))')"$'\n' || fail INTERNAL "cannot write $SITE_FILE"
}

all_sites() { # -> JSON array on stdout
  local files=("$REGISTRY"/s*.json)
  if ((${#files[@]})); then jq -cs 'sort_by(.user)' "${files[@]}"; else echo '[]'; fi
}

cmd_site_list() { DATA="{\"sites\":$(all_sites)}"; }

cmd_site_info() {
  load_site "${ARG[user]}" || fail SITE_NOT_FOUND "no site of user ${ARG[user]} on this server"
  local size=0
  if [[ -d $SITE_HOME ]]; then size=$(du -sb --one-file-system -- "$SITE_HOME" 2>/dev/null | cut -f 1); fi
  DATA=$(jq -c --arg home "$SITE_HOME" --arg logs "$SITE_LOGS/$SITE_USER" --arg size "${size:-0}" \
    '. + {home: $home, document_root: ($home + "/current/public"), logs: $logs, bytes: ($size | tonumber)}' "$SITE_FILE")
}

# --- create -------------------------------------------------------------------------------------------------------

cmd_site_create() {
  name_site "${ARG[user]}"
  progress 2 "Checking that nothing is in the way"
  take_lock sites 30
  claim_site
  release_lock
  progress 10 "Creating the user $SITE_USER"
  create_user
  progress 20 "Laying out $SITE_HOME"
  create_home
  create_logs
  open_site
  json_list "${SKIPPED[@]}"
  DATA=$(jq -c --arg home "$SITE_HOME" --argjson skipped "$REPLY" '
    {user, uid, home: $home, document_root: ($home + "/current/public"), domain, type}
    + (if .php_version then {php_version} else {} end) + {skipped: $skipped}' "$SITE_FILE")
}

# Takes the name and the user, or says who has them. The same site again is how an interrupted one rolls forward.
claim_site() {
  judge_claim
  if [[ $SITE_STATE == new ]]; then save_site creating; fi
}

judge_claim() { # -> SITE_*, in the state `new` where the site is not known yet
  local taken wanted_php
  wanted_php=$(choose_php) || exit 1
  taken=$(all_sites | jq -r --arg site "${ARG[site]}" --arg user "${ARG[user]}" --arg domain "${ARG[domain]}" '
    [.[] | if .user == $user and .site != $site then "USER_EXISTS"
           elif .user != $user and .site == $site then "SITE_EXISTS"
           elif .user != $user and .domain == $domain and .state != "retained" then "DOMAIN_IN_USE" else empty end][0] // ""')
  case $taken in
    USER_EXISTS) fail USER_EXISTS "the user ${ARG[user]} belongs to another site" ;;
    SITE_EXISTS) fail SITE_EXISTS "the site ${ARG[site]} exists under another user" ;;
    DOMAIN_IN_USE) fail DOMAIN_IN_USE "the domain ${ARG[domain]} is already served here" ;;
  esac
  if load_site "${ARG[user]}"; then
    if [[ $SITE_STATE == retained || $SITE_STATE == deleting || $SITE_STATE == restoring ]]; then
      fail SITE_EXISTS "the site is being deleted or retained; purge it first"
    fi
    if [[ "$SITE_DOMAIN $SITE_TYPE $SITE_UID" != "${ARG[domain]} ${ARG[type]} ${ARG[uid]}" ||
      -n ${ARG[php_version]-} && $SITE_PHP != "$wanted_php" ]]; then
      fail SITE_EXISTS "the site exists with another domain, type or PHP version"
    fi
    return
  fi
  if ! rootless; then
    if getent passwd "${ARG[user]}" >/dev/null || getent passwd "${ARG[uid]}" >/dev/null ||
      getent group "${ARG[user]}" >/dev/null || getent group "${ARG[uid]}" >/dev/null; then
      fail USER_EXISTS "the system already has a user or group ${ARG[user]} or with the number ${ARG[uid]}"
    fi
  fi
  SITE_ID=${ARG[site]} SITE_UID=${ARG[uid]} SITE_DOMAIN=${ARG[domain]} SITE_TYPE=${ARG[type]} SITE_PHP=$wanted_php
  SITE_STATE=new SITE_WAS='' SITE_SINCE='' SITE_UNTIL=''
}

choose_php() { # -> version on stdout, empty for a site without PHP
  [[ ${ARG[type]} == php ]] || return 0
  local wanted=${ARG[php_version]-} versions
  mapfile -t versions < <(php_versions)
  if ((${#versions[@]} == 0)); then
    rootless || fail PHP_VERSION_MISSING "no PHP-FPM is installed on this server; prepare it first"
    printf '%s' "${wanted:-none}"
    return
  fi
  wanted=${wanted:-${versions[-1]}}
  if [[ " ${versions[*]} " != *" $wanted "* ]]; then
    fail PHP_VERSION_MISSING "PHP $wanted is not installed on this server; it has ${versions[*]}"
  fi
  printf '%s' "$wanted"
}

# Groups: nginx reads static files as a member of each site's group. No site's user is in any group but its own.
create_user() {
  if rootless; then
    skip user
    return
  fi
  # `-l` keeps lastlog and faillog from becoming huge sparse files at such numbers; no subordinate ids either.
  getent group "$SITE_USER" >/dev/null || groupadd -g "$SITE_UID" -- "$SITE_USER" >&2 || fail DEPENDENCY_FAILED "groupadd failed" true
  getent passwd "$SITE_USER" >/dev/null ||
    useradd -l -M -K UID_MAX=4000000000 -K SUB_UID_COUNT=0 -K SUB_GID_COUNT=0 -u "$SITE_UID" -g "$SITE_UID" \
      -d "$SITE_HOME" -s /usr/sbin/nologin -c "CHOM site" -- "$SITE_USER" >&2 ||
    fail DEPENDENCY_FAILED "useradd failed" true
  complete_user
  if [[ " $(id -nG www-data 2>/dev/null) " != *" $SITE_USER "* ]]; then
    usermod -aG "$SITE_USER" www-data >&2 || fail DEPENDENCY_FAILED "usermod failed" true
  fi
}

# A useradd or groupadd that was killed leaves an entry without its shadow, and beside the shadow file a half-written
# copy with the name in it, which nobody touches until that file is written again.
complete_user() {
  if getent passwd "$SITE_USER" >/dev/null && ! getent shadow "$SITE_USER" >/dev/null; then pwconv >&2; fi
  if getent group "$SITE_USER" >/dev/null && ! getent gshadow "$SITE_USER" >/dev/null; then grpconv >&2; fi
}

# Everything is built where only root can look and handed over by a rename: root never writes where the user may.
create_home() {
  local part building
  make_directory 0711 "$SITES_HOME"
  if ! rootless; then chmod 0711 -- "${SITES_HOME%/sites}" "$SITES_HOME"; fi
  [[ -d $SITE_HOME ]] || mkdir -m 0700 -- "$SITE_HOME" || fail INTERNAL "cannot create $SITE_HOME" true
  rm -rf --one-file-system -- "$SITE_HOME"/.new.*
  for part in tmp shared releases; do
    if [[ -d $SITE_HOME/$part ]]; then continue; fi
    building=$(mktemp -d "$SITE_HOME/.new.XXXXXX") || fail INTERNAL "cannot write to $SITE_HOME" true
    if [[ $part == releases ]]; then write_first_release "$building"; fi
    hand_over "$building"
    mv -T -- "$building" "$SITE_HOME/$part" || fail INTERNAL "cannot write to $SITE_HOME" true
  done
  if [[ ! -L $SITE_HOME/current ]]; then
    ln -sfn -- releases/first "$SITE_HOME/.new.current"
    own -h "$SITE_HOME/.new.current"
    mv -T -- "$SITE_HOME/.new.current" "$SITE_HOME/current" || fail INTERNAL "cannot write to $SITE_HOME" true
  fi
  chmod 0711 -- "$SITE_HOME"
}

own() { if ! rootless; then chown "$1" "$SITE_UID:$SITE_UID" -- "${@:2}"; fi; }

hand_over() { # DIRECTORY that only root has ever been able to write to
  find "$1" -type d -exec chmod 0750 -- {} +
  find "$1" -type f -exec chmod 0640 -- {} +
  own -hR "$1"
}

# shellcheck disable=SC2016 # PHP's dollars, not bash's
write_first_release() { # DIRECTORY
  mkdir -p -- "$1/first/public"
  if [[ $SITE_TYPE == php ]]; then
    welcome_page '<?php
$user = function_exists("posix_getpwuid") ? (posix_getpwuid(posix_geteuid())["name"] ?? "unknown") : get_current_user();
?>' '<p>PHP <?= PHP_VERSION ?>, running as <?= htmlspecialchars($user) ?></p>' >"$1/first/public/index.php"
  else
    welcome_page '' '' >"$1/first/public/index.html"
  fi
}

welcome_page() { # BEFORE INSIDE
  if [[ -n $1 ]]; then printf '%s\n' "$1"; fi
  cat <<PAGE
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>$SITE_DOMAIN</title>
<style>
body { font: 1.1rem/1.6 system-ui, sans-serif; display: grid; place-items: center; min-height: 90vh; margin: 0; color: #223; }
main { max-width: 34rem; padding: 2rem; }
</style>
</head>
<body>
<main>
<h1>$SITE_DOMAIN is ready</h1>
<p>This page will make way for your own as soon as you put it here.</p>
$2
</main>
</body>
</html>
PAGE
}

create_logs() {
  local logs=$SITE_LOGS/$SITE_USER
  mkdir -p -- "$logs" || fail INTERNAL "cannot create $logs" true
  if rootless; then return; fi
  chmod 0711 -- "$SITE_LOGS"
  # Root's directory, readable for the site's group: the user can read the logs and cannot put anything in their place.
  chown "0:$SITE_UID" -- "$logs" && chmod 0750 -- "$logs"
  if [[ ! -e $logs/php.log ]]; then
    (umask 027 && : >"$logs/php.log")
    chown -h "$SITE_UID:$SITE_UID" -- "$logs/php.log"
  fi
}

install_pool() {
  local file
  if ! php_binary "$SITE_PHP" || { rootless && ((EUID == 0)); }; then
    skip php-fpm
    return
  fi
  name_php "$SITE_PHP"
  write_php_base "$SITE_PHP"
  php_socket "$SITE_USER" "$SITE_PHP"
  SITE_SOCKET=$REPLY
  file=$RUN_DIR/pool.new
  pool >"$file"
  swap_config "$PHP_POOLS" "chom-$SITE_USER.conf" "$file" php_check php_take_over || {
    rm -f -- "$file"
    config_complaint "$CONFIG_ERROR"
    fail CONFIG_REJECTED "PHP-FPM refused the pool: $REPLY"
  }
  rm -f -- "$file"
}

# A new pool is there once its socket is; that it is the new one is proved through nginx afterwards.
php_take_over() {
  php_reload || return 1
  local try
  for ((try = 0; try < 1000; try++)); do
    if [[ -S $SITE_SOCKET ]] && php_running; then return; fi
    doze 0.02
  done
  echo "PHP-FPM did not open the pool's socket" >&2
  return 1
}

install_vhost() {
  if ! nginx_there; then
    rootless || fail SERVICE_MISSING "nginx is not installed on this server; prepare it first"
    skip nginx.reload
    return
  fi
  local certificate=''
  if certificate_of "$SITE_USER"; then certificate=$REPLY; fi
  put_vhost "$certificate" || {
    config_complaint "$CONFIG_ERROR"
    fail CONFIG_REJECTED "nginx refused the site: $REPLY"
  }
}

# False, with nginx's words in CONFIG_ERROR, when nginx does not take it; what it served before is then still there.
put_vhost() { # CERTIFICATE-DIRECTORY, or empty for a site without https
  local file=$RUN_DIR/vhost.new status
  SITE_CERTIFICATE=$1
  php_socket "$SITE_USER" "$SITE_PHP"
  SITE_SOCKET=$REPLY
  FASTCGI_PARAMS=/etc/nginx/fastcgi_params
  write_nginx_base
  vhost >"$file"
  swap_config "$NGINX_SITES" "$SITE_USER.conf" "$file" nginx_check nginx_reload
  status=$?
  rm -f -- "$file"
  return "$status"
}

# Success is what a visitor sees: this generation of the vhost and of the pool answer, then a page without a retry.
prove_site() {
  nginx_there || return 0
  wait_for_answer /.chom/generation "nginx does not serve the new site; see $SITE_LOGS/$SITE_USER/error.log"
  if [[ -n $SITE_PHP ]] && [[ " ${SKIPPED[*]} " != *" php-fpm "* ]]; then
    wait_for_answer /.chom/php "the site's PHP pool does not answer; see $SITE_LOGS/$SITE_USER/error.log"
  elif [[ -n $SITE_PHP ]]; then
    return 0
  fi
  http_get "$HTTP_PORT" "$SITE_DOMAIN" / || fail DEPENDENCY_FAILED "the site does not answer" true
  if [[ $HTTP_STATUS =~ ^50[234]$ ]]; then fail DEPENDENCY_FAILED "the site answers $HTTP_STATUS" true; fi
}

wait_for_answer() { # PATH COMPLAINT
  local deadline
  now_ms
  deadline=$((REPLY + 20000))
  until http_get "$HTTP_PORT" "$SITE_DOMAIN" "$1" && [[ $HTTP_STATUS == 200 && ${HTTP_BODY%$'\n'} == "$SITE_GENERATION" ]]; do
    now_ms
    if ((REPLY > deadline)); then fail DEPENDENCY_FAILED "$2" true; fi
    doze 0.03
  done
}

# --- open and closed ----------------------------------------------------------------------------------------------

# From what is on the disk to a page that answers.
open_site() {
  lock_config 120
  SITE_GENERATION=$(</proc/sys/kernel/random/uuid)
  if [[ -n $SITE_PHP ]]; then
    progress 40 "Setting up PHP $SITE_PHP"
    install_pool
  fi
  progress 65 "Setting up the web server"
  install_vhost
  progress 90 "Asking the site for a page"
  prove_site
  forget_deletion
  save_site active
  release_lock
  progress 100 "Ready"
}

require_made_site() {
  load_site "${ARG[user]}" || fail SITE_NOT_FOUND "no site of user ${ARG[user]} on this server"
  case $SITE_STATE in
    creating) fail SITE_NOT_READY "the site was not made to the end; create it again first" ;;
    deleting | retained | restoring) fail SITE_NOT_READY "the site is being deleted or retained" ;;
  esac
}

cmd_site_enable() {
  require_made_site
  save_site enabling
  open_site
  site_standing
}

# The notice is there before the pool goes, so that no visitor meets an error.
cmd_site_disable() {
  require_made_site
  save_site disabling
  lock_config 120
  progress 20 "Putting up the notice"
  put_up_notice
  progress 50 "Removing its PHP pool"
  remove_pool
  release_lock
  progress 80 "Ending its processes"
  end_processes
  save_site disabled
  progress 100 "Closed"
  site_standing
}

put_up_notice() {
  SITE_GENERATION=$(</proc/sys/kernel/random/uuid)
  install_vhost
  if nginx_there; then wait_for_answer /.chom/generation "nginx does not serve the notice; see $SITE_LOGS/$SITE_USER/error.log"; fi
}

site_standing() { # -> DATA
  json_list "${SKIPPED[@]}"
  DATA="{\"user\":\"$SITE_USER\",\"state\":\"$SITE_STATE\",\"skipped\":$REPLY}"
}

site_closed() {
  [[ $SITE_STATE == disabling || $SITE_STATE == disabled ]] || [[ $SITE_STATE == restoring && $SITE_WAS == disabled ]]
}

# --- delete -------------------------------------------------------------------------------------------------------

cmd_site_delete() {
  local purge=${ARG[purge]:-false}
  load_site "${ARG[user]}" || fail SITE_NOT_FOUND "no site of user ${ARG[user]} on this server"
  if [[ $SITE_STATE == retained && $purge != true ]]; then
    DATA="{\"user\":\"$SITE_USER\",\"retained\":true,\"skipped\":[]}"
    return
  fi
  if [[ $purge == true ]]; then
    # From here on nobody can want it back: what is left of its files may be half of them.
    SITE_WAS='' SITE_SINCE='' SITE_UNTIL=''
  elif [[ $SITE_STATE != deleting && $SITE_STATE != restoring ]]; then
    SITE_WAS=$(settled_state)
  fi
  if [[ $SITE_STATE != retained || $purge == true ]]; then
    save_site deleting
    progress 10 "Taking the site off the web server"
    lock_config 120
    remove_vhost
    progress 35 "Removing its PHP pool"
    remove_pool
    release_lock
    progress 50 "Ending its processes"
    end_processes
  fi
  if [[ $purge == true ]]; then
    progress 55 "Dropping its databases"
    purge_databases "$SITE_USER"
    progress 60 "Deleting its files"
    purge_files
    progress 85 "Deleting its user"
    delete_user
    rm -f -- "$SITE_FILE" "$FENCES/$SITE_USER"
  else
    progress 60 "Putting its files aside"
    retain_files
    timestamp
    SITE_SINCE=$REPLY
    printf -v SITE_UNTIL '%(%Y-%m-%dT%H:%M:%SZ)T' $((EPOCHSECONDS + 86400 * ${ARG[retain_days]:-$RETAIN_DAYS}))
    save_site retained
  fi
  progress 100 "Gone"
  json_list "${SKIPPED[@]}"
  DATA="{\"user\":\"$SITE_USER\",\"retained\":$([[ $purge == true ]] && echo false || echo true),\"skipped\":$REPLY}"
}

remove_vhost() {
  nginx_there || { skip nginx.reload; return; }
  if [[ ! -e $NGINX_SITES/$SITE_USER.conf ]]; then return; fi
  swap_config "$NGINX_SITES" "$SITE_USER.conf" '' nginx_check nginx_reload || {
    config_complaint "$CONFIG_ERROR"
    fail CONFIG_REJECTED "nginx refuses its configuration without the site: $REPLY"
  }
}

remove_pool() {
  [[ -n $SITE_PHP && $SITE_PHP != none ]] || return 0
  name_php "$SITE_PHP"
  php_socket "$SITE_USER" "$SITE_PHP"
  SITE_SOCKET=$REPLY
  if [[ -e $PHP_POOLS/chom-$SITE_USER.conf ]]; then
    swap_config "$PHP_POOLS" "chom-$SITE_USER.conf" '' php_check php_reload || {
      config_complaint "$CONFIG_ERROR"
      fail CONFIG_REJECTED "PHP-FPM refuses its configuration without the site: $REPLY"
    }
  fi
  rm -f -- "$SITE_SOCKET"
}

end_processes() {
  if rootless; then return; fi
  local try stat path found
  for ((try = 0; try < 200; try++)); do
    found=0
    for path in /proc/[0-9]*; do
      stat=$(stat -c %u -- "$path" 2>/dev/null) || continue
      if [[ $stat == "$SITE_UID" ]]; then
        found=1
        kill -s KILL "${path#/proc/}" 2>/dev/null
      fi
    done
    ((found)) || return 0
    doze 0.1
  done
  fail BUSY "processes of $SITE_USER do not end" true
}

# What the site would be had nothing interrupted its last change.
settled_state() {
  case $SITE_STATE in
    active | enabling) echo active ;;
    disabled | disabling) echo disabled ;;
    *) echo creating ;;
  esac
}

retain_files() {
  make_directory 0700 "$RETAINED_HOME"
  if [[ -d $SITE_HOME ]]; then
    mv -T -- "$SITE_HOME" "$RETAINED_HOME/$SITE_USER" || fail INTERNAL "cannot move $SITE_HOME" true
  fi
}

# rm and find never follow links, and no process of the user is left that could exchange anything under them.
purge_files() {
  rm -rf --one-file-system -- "$SITE_HOME" "${RETAINED_HOME:?}/${SITE_USER:?}" "${SITE_LOGS:?}/${SITE_USER:?}" \
    "${CERTIFICATES:?}/${SITE_USER:?}" "${RETAINED_HOME:?}/restores/${SITE_USER:?}" >&2 ||
    fail INTERNAL "the site's files cannot be removed" true
  if rootless; then return; fi
  find /tmp /var/tmp /dev/shm -xdev -uid "$SITE_UID" -delete 2>/dev/null
  rm -f -- "/var/spool/cron/crontabs/$SITE_USER" "/var/mail/$SITE_USER"
}

delete_user() {
  if rootless; then
    skip user
    return
  fi
  complete_user
  if getent passwd "$SITE_USER" >/dev/null; then userdel -- "$SITE_USER" >&2 || fail DEPENDENCY_FAILED "userdel failed" true; fi
  if getent group "$SITE_USER" >/dev/null; then groupdel -- "$SITE_USER" >&2 || fail DEPENDENCY_FAILED "groupdel failed" true; fi
}

# --- restore ------------------------------------------------------------------------------------------------------

# Undoes a deletion that did not purge, also one that was interrupted: the same files, the same user, open or closed
# as it was. Its user was never taken away, so that no other site could get its number.
cmd_site_restore() {
  load_site "${ARG[user]}" || fail SITE_NOT_FOUND "no site of user ${ARG[user]} on this server"
  if [[ $SITE_STATE == active || $SITE_STATE == disabled ]]; then
    site_standing
    return
  fi
  progress 2 "Checking that nothing is in the way"
  take_lock sites 30
  judge_restore
  save_site restoring
  release_lock
  progress 10 "Bringing its files back"
  create_user
  unretain_files
  create_logs
  if [[ $SITE_WAS == disabled ]]; then
    lock_config 120
    progress 60 "Putting up the notice"
    put_up_notice
    forget_deletion
    save_site disabled
    release_lock
    progress 100 "Back, closed as it was"
  else
    open_site
  fi
  site_standing
}

# Nothing has been changed when one of these is answered.
judge_restore() {
  local versions
  case $SITE_STATE in
    retained | restoring | deleting) ;;
    *) fail SITE_NOT_READY "the site is not deleted" ;;
  esac
  [[ -n $SITE_WAS ]] || fail SITE_NOT_FOUND "the site was deleted for good; there is nothing to bring back"
  [[ $SITE_WAS != creating ]] || fail SITE_NOT_READY "the site was never made to the end; make a new one instead"
  [[ -d $SITE_HOME || -d $RETAINED_HOME/$SITE_USER ]] || fail SITE_NOT_FOUND "the site's retained files are not there any more"
  if [[ -n $(all_sites | jq -r --arg user "$SITE_USER" --arg domain "$SITE_DOMAIN" \
    '.[] | select(.user != $user and .domain == $domain and .state != "retained") | .user') ]]; then
    fail DOMAIN_IN_USE "the domain $SITE_DOMAIN is served for another site here by now"
  fi
  if [[ -n $SITE_PHP && $SITE_PHP != none ]]; then
    mapfile -t versions < <(php_versions)
    if ! rootless && [[ " ${versions[*]} " != *" $SITE_PHP "* ]]; then
      fail PHP_VERSION_MISSING "PHP $SITE_PHP is not installed on this server any more; it has ${versions[*]}"
    fi
  fi
}

unretain_files() {
  if [[ -d $SITE_HOME ]]; then return; fi
  mv -T -- "$RETAINED_HOME/$SITE_USER" "$SITE_HOME" || fail INTERNAL "cannot move the files of $SITE_USER back" true
}

forget_deletion() { SITE_WAS='' SITE_SINCE='' SITE_UNTIL=''; }

# --- what is there ------------------------------------------------------------------------------------------------

# What an ended create or delete left on the server.
site_remains() {
  local file
  name_site "${ARG[user]}"
  name_nginx
  if [[ -e $SITE_FILE ]]; then printf 'register:%s\n' "$SITE_USER"; fi
  if ! rootless && getent passwd "$SITE_USER" >/dev/null; then printf 'user:%s\n' "$SITE_USER"; fi
  if [[ -d $SITE_HOME ]]; then printf 'home:%s\n' "$SITE_HOME"; fi
  if [[ -d $RETAINED_HOME/$SITE_USER ]]; then printf 'retained:%s\n' "$RETAINED_HOME/$SITE_USER"; fi
  if [[ -d $SITE_LOGS/$SITE_USER ]]; then printf 'logs:%s\n' "$SITE_LOGS/$SITE_USER"; fi
  site_databases "$SITE_USER"
  for file in "${REPLY_LIST[@]}"; do
    file=${file##*/}
    printf 'database:%s\n' "${file%.json}"
  done
  if [[ -e $NGINX_SITES/$SITE_USER.conf ]]; then printf 'vhost:%s\n' "$NGINX_SITES/$SITE_USER.conf"; fi
  if [[ -d $CERTIFICATES/$SITE_USER ]]; then printf 'certificate:%s\n' "$CERTIFICATES/$SITE_USER"; fi
  printf 'pool:%s\n' "$ROOT"/etc/php/*/fpm/pool.d/"chom-$SITE_USER.conf" | grep -v '^pool:$'
}

# --- plans --------------------------------------------------------------------------------------------------------

plan_site_create() {
  name_site "${ARG[user]}"
  name_nginx
  judge_claim
  local steps=()
  if ! rootless && ! getent passwd "$SITE_USER" >/dev/null; then steps+=("user and group" "$SITE_USER" create); fi
  if [[ ! -d $SITE_HOME ]]; then steps+=("home" "$SITE_HOME" create); fi
  if [[ ! -d $SITE_LOGS/$SITE_USER ]]; then steps+=("logs" "$SITE_LOGS/$SITE_USER" create); fi
  SITE_STATE=creating
  plan_open_site
  plan_steps "${steps[@]}" "${PLANNED[@]}"
}

plan_site_disable() {
  require_made_site
  name_nginx
  SITE_STATE=disabling
  plan_open_site
  plan_remove_pool
  if ! rootless; then PLANNED+=("the site's processes" "$SITE_USER" remove); fi
  plan_steps "${PLANNED[@]}"
}

plan_site_enable() {
  require_made_site
  name_nginx
  SITE_STATE=enabling
  plan_open_site
  plan_steps "${PLANNED[@]}"
}

plan_site_delete() {
  load_site "${ARG[user]}" || fail SITE_NOT_FOUND "no site of user ${ARG[user]} on this server"
  name_nginx
  local file place=$SITE_HOME
  plan_remove_vhost
  plan_remove_pool
  if [[ ! -d $place ]]; then place=$RETAINED_HOME/$SITE_USER; fi
  if ! rootless && [[ $SITE_STATE != retained ]]; then PLANNED+=("the site's processes" "$SITE_USER" remove); fi
  if [[ ${ARG[purge]-} == true ]]; then
    site_databases "$SITE_USER"
    for file in "${REPLY_LIST[@]}"; do
      file=${file##*/}
      PLANNED+=("database and its login" "${file%.json}" remove)
    done
    PLANNED+=("all its files, for good" "$place" remove "logs" "$SITE_LOGS/$SITE_USER" remove)
    if [[ -d $CERTIFICATES/$SITE_USER ]]; then PLANNED+=("certificate and its key" "$CERTIFICATES/$SITE_USER" remove); fi
    if ! rootless; then PLANNED+=("user and group" "$SITE_USER" remove); fi
  elif [[ $place == "$SITE_HOME" ]]; then
    PLANNED+=("its files, kept as $RETAINED_HOME/$SITE_USER" "$SITE_HOME" remove)
  fi
  plan_steps "${PLANNED[@]}"
}

plan_site_restore() {
  load_site "${ARG[user]}" || fail SITE_NOT_FOUND "no site of user ${ARG[user]} on this server"
  name_nginx
  if [[ $SITE_STATE == active || $SITE_STATE == disabled ]]; then
    plan_steps
    return
  fi
  judge_restore
  local steps=()
  if [[ ! -d $SITE_HOME ]]; then steps+=("its files, from $RETAINED_HOME/$SITE_USER" "$SITE_HOME" create); fi
  SITE_STATE=restoring
  plan_open_site
  plan_steps "${steps[@]}" "${PLANNED[@]}"
}
