# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# What a change would do. The functions that write configuration are the ones that plan it: while PLANNING they note
# what they would write instead, so that a plan cannot drift away from what is done.

readonly PLAN_DIFF_LIMIT=8000            # characters of one file's difference
declare -g PLANNING=''
declare -gA PLAN_DIFF=()                 # target -> unified diff of a file that would be written or removed
declare -ga PLANNED=()                   # steps noted while planning

planning() { [[ -n $PLANNING ]]; }

# Steps are {step, target, change: create|write|remove|reload|restart|run}, a file's with its diff; the services that
# would be touched are listed once more.
plan_steps() { # STEP TARGET CHANGE ... -> DATA
  local diffs target
  local -a pairs=()
  for target in "${!PLAN_DIFF[@]}"; do pairs+=("$target" "${PLAN_DIFF[$target]}"); done
  diffs=$(jq -nc '[$ARGS.positional | _nwise(2) | select(length == 2) | {key: .[0], value: .[1]}] | from_entries' --args -- "${pairs[@]}")
  DATA=$(jq -nc --argjson diffs "$diffs" '
    [$ARGS.positional | _nwise(3) | select(length == 3) | {step: .[0], target: .[1], change: .[2]}
      | if .change | IN("write", "create", "remove") then . + ($diffs[.target] // "" | if . == "" then {} else {diff: split("\n")} end) else . end]
    | {plan: ., services: ([.[] | select(.change == "reload" or .change == "restart") | {service: .target, change}] | unique)}' \
    --args -- "$@")
}

# Notes how a file would change; false where it would not.
plan_file() { # PATH NEW-CONTENT(without its last line end; empty: removed)
  local old=/dev/null text
  if [[ -f $1 ]]; then old=$1; fi
  if [[ -z $2 && $old == /dev/null ]]; then return 1; fi
  text=$(
    if [[ -n $2 ]]; then printf '%s\n' "$2"; fi | diff -u --label "$1" --label "$1" -- "$old" - | tail -n +3 |
      expand | tr '\000-\011\013-\037\177' '?'
  )
  [[ -n $text ]] || return 1
  if ((${#text} > PLAN_DIFF_LIMIT)); then text=${text:0:PLAN_DIFF_LIMIT}$'\n\\ shortened'; fi
  PLAN_DIFF[$1]=$text
}

plan_put_file() { # PATH CONTENT
  if plan_file "$1" "${2%$'\n'}"; then PLANNED+=("settings" "$1" write); fi
}

# The generation is new with every change and means nothing to a reader: a plan keeps the one that is there.
plan_generation() { # VHOST-FILE -> SITE_GENERATION
  SITE_GENERATION=''
  if [[ -r $1 ]]; then SITE_GENERATION=$(sed -n 's/^ *return 200 "\([0-9a-f-]*\)";$/\1/p' "$1" | head -n 1); fi
  SITE_GENERATION=${SITE_GENERATION:-00000000-0000-0000-0000-000000000000}
}

# A pool and the vhost as they would be written for the site in SITE_* -> PLANNED
plan_open_site() {
  local file=$NGINX_SITES/$SITE_USER.conf
  PLANNING=1
  plan_generation "$file"
  if [[ -n $SITE_PHP && $SITE_PHP != none ]] && ! site_closed; then plan_pool; fi
  plan_vhost
  PLANNING=''
}

plan_pool() {
  if ! php_binary "$SITE_PHP" || { rootless && ((EUID == 0)); }; then return; fi
  write_php_base "$SITE_PHP"
  name_php "$SITE_PHP"
  php_socket_path "$SITE_USER" "$SITE_PHP"
  SITE_SOCKET=$REPLY
  plan_file "$PHP_POOLS/chom-$SITE_USER.conf" "$(pool)" || :
  PLANNED+=("PHP pool" "$PHP_POOLS/chom-$SITE_USER.conf" write "PHP-FPM" "php$SITE_PHP-fpm" reload)
}

plan_vhost() {
  nginx_there || return 0
  FASTCGI_PARAMS=/etc/nginx/fastcgi_params
  write_nginx_base
  php_socket_path "$SITE_USER" "$SITE_PHP"
  SITE_SOCKET=$REPLY SITE_CERTIFICATE=''
  if certificate_of "$SITE_USER"; then SITE_CERTIFICATE=$REPLY; fi
  plan_file "$NGINX_SITES/$SITE_USER.conf" "$(vhost)" || :
  PLANNED+=("virtual host for $SITE_DOMAIN" "$NGINX_SITES/$SITE_USER.conf" write "web server" nginx reload)
}

# The pool and the vhost that would go -> PLANNED
plan_remove_vhost() {
  local file=$NGINX_SITES/$SITE_USER.conf
  if nginx_there && plan_file "$file" ''; then
    PLANNED+=("virtual host of $SITE_DOMAIN" "$file" remove "web server" nginx reload)
  fi
}

plan_remove_pool() {
  [[ -n $SITE_PHP && $SITE_PHP != none ]] || return 0
  name_php "$SITE_PHP"
  if plan_file "$PHP_POOLS/chom-$SITE_USER.conf" ''; then
    PLANNED+=("PHP pool" "$PHP_POOLS/chom-$SITE_USER.conf" remove "PHP-FPM" "php$SITE_PHP-fpm" reload)
  fi
}
