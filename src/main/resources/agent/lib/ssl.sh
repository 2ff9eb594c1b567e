# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# Certificates by ACME (HTTP-01, through certbot). Each lives in a directory of its own, named by its serial number, and
# the vhost names that directory: a new certificate never touches the old one's files, which serve until nginx has taken
# the new ones over. certbot gets a signing request and keeps nothing but the account, so there is no second register of
# certificates that an interruption could leave half-written.

register change ssl:issue "get a certificate for a site by ACME, serve it, and lead http to https"
register change ssl:renew "get a new certificate for a site; the old one serves until the new one does"
register read ssl:status "the certificate that the web server has for a site"
COMMAND_PLAN[ssl:issue]=plan_certificate
COMMAND_PLAN[ssl:renew]=plan_certificate
COMMAND_LEFT[ssl:issue]=certificate_remains
COMMAND_LEFT[ssl:renew]=certificate_remains

readonly CERTIFICATE_FRESH=$((30 * 86400)) # seconds it must still be good for to be used instead of a new one
readonly ACME_LIMIT=400                    # seconds certbot may take in all

check_ssl_issue() { check_ca_bundle; }
check_ssl_renew() { check_ca_bundle; }

# What a schema cannot say: PEM holds line ends, which no argument may, so it comes in base64.
check_ca_bundle() {
  if [[ -z ${ARG[ca_bundle]-} ]]; then return; fi
  # counted to the end: a grep that ends at the first find breaks the pipe, and a long bundle would be refused for that
  REPLY=$(base64 -d <<<"${ARG[ca_bundle]}" 2>/dev/null | grep -c -e '-----BEGIN CERTIFICATE-----') ||
    fail INVALID_ARGUMENT "ca_bundle must be certificates in PEM, as base64 in one line"
}

# --- what is there ------------------------------------------------------------------------------------------------

# The certificate that a site's vhost shall serve.
certificate_of() { # USER -> REPLY directory; false where there is none
  local serial=''
  if [[ -r $CERTIFICATES/$1/current ]]; then read -r serial <"$CERTIFICATES/$1/current"; fi
  REPLY=$CERTIFICATES/$1/$serial
  [[ -n $serial && -s $REPLY/fullchain.pem && -s $REPLY/privkey.pem ]]
}

# The one that its vhost does serve, whatever the register says.
served_certificate() { # USER -> REPLY file; false where there is none
  name_nginx
  [[ -r $NGINX_SITES/$1.conf ]] || return 1
  REPLY=$(sed -n 's/^ *ssl_certificate \(.*\);$/\1/p' "$NGINX_SITES/$1.conf" | head -n 1)
  [[ -s $REPLY ]]
}

serial_of() { # FILE -> REPLY
  REPLY=$(openssl x509 -in "$1" -noout -serial 2>/dev/null) && REPLY=${REPLY#serial=} && REPLY=${REPLY,,}
}

# {issuer, serial, not_before, not_after} on stdout. The issuer's name is a stranger's text.
certificate_facts() { # FILE
  local from until issuer
  serial_of "$1" || return 1
  from=$(openssl x509 -in "$1" -noout -startdate) && until=$(openssl x509 -in "$1" -noout -enddate) &&
    issuer=$(openssl x509 -in "$1" -noout -issuer -nameopt RFC2253,utf8,-esc_msb) || return 1
  jq -nc --arg issuer "${issuer#issuer=}" --arg serial "$REPLY" \
    --arg from "$(date -u -d "${from#*=}" +%FT%TZ)" --arg until "$(date -u -d "${until#*=}" +%FT%TZ)" '
    {issuer: ($issuer[0:300] | gsub("[\\x00-\\x1f\\x7f-\\x9f]"; "?")), serial: $serial, not_before: $from, not_after: $until}'
}

cmd_ssl_status() {
  load_site "${ARG[user]}" || fail SITE_NOT_FOUND "no site of user ${ARG[user]} on this server"
  if ! served_certificate "$SITE_USER"; then
    DATA="{\"user\":\"$SITE_USER\",\"domain\":\"$SITE_DOMAIN\",\"state\":\"none\"}"
    return
  fi
  local facts
  facts=$(certificate_facts "$REPLY") || fail DEPENDENCY_FAILED "the certificate $REPLY cannot be read"
  DATA="{\"user\":\"$SITE_USER\",\"domain\":\"$SITE_DOMAIN\",\"state\":\"serving\",${facts#\{}"
}

all_certificates() { # -> JSON array on stdout, for state:export
  local file owner
  for file in "$NGINX_SITES"/s*.conf; do
    owner=${file##*/}
    owner=${owner%.conf}
    if served_certificate "$owner"; then certificate_facts "$REPLY" | jq -c --arg user "$owner" '{user: $user} + .'; fi
  done | jq -cs .
}

# --- issue and renew ----------------------------------------------------------------------------------------------

cmd_ssl_issue() { get_certificate; }

cmd_ssl_renew() { get_certificate renew; }

get_certificate() { # [renew]
  local renewing=${1-} old=''
  require_certifiable "$renewing"
  progress 2 "Checking that the site can answer"
  serve_challenges
  # One after the other: certbot locks its account, and leftovers of an ended one can be told from one at work.
  take_lock acme 300
  make_directory 0700 "$CERTIFICATES/$SITE_USER"
  rm -rf -- "$CERTIFICATES/$SITE_USER"/.new.* "$CHALLENGES/.well-known"
  if certificate_of "$SITE_USER"; then old=$REPLY; fi
  if usable_certificate "$renewing" "$old"; then
    say "A certificate that is good for a while is here already; it is served without asking for another."
  else
    progress 20 "Asking for a certificate at ${ARG[directory]}"
    obtain_certificate
  fi
  progress 70 "Serving it"
  serve_certificate "$old"
  progress 100 "Done"
  json_list "${SKIPPED[@]}"
  DATA=$(certificate_facts "$NEW_CERTIFICATE/fullchain.pem" | jq -c --arg user "$SITE_USER" --arg domain "$SITE_DOMAIN" \
    --argjson skipped "$REPLY" '{user: $user, domain: $domain} + . + {skipped: $skipped}')
}

require_certifiable() { # [renew]
  local tool
  require_made_site
  if [[ $SITE_STATE != active && $SITE_STATE != disabled ]]; then
    fail SITE_NOT_READY "opening or closing the site was interrupted; do that again first"
  fi
  if [[ -n $1 ]] && ! certificate_of "$SITE_USER"; then
    fail CERTIFICATE_MISSING "the site has no certificate that could be renewed; issue one first"
  fi
  nginx_there || fail SERVICE_MISSING "nginx does not run here, so that nothing could answer the ACME server or serve a certificate"
  for tool in certbot openssl; do
    command -v "$tool" >/dev/null || fail SERVICE_MISSING "$tool is not installed on this server; prepare it first"
  done
}

# A vhost from before this version of the agent does not answer challenges yet.
serve_challenges() {
  make_directory 0711 "$CHALLENGES"
  if grep -qs 'location ^~ /.well-known/acme-challenge/' "$NGINX_SITES/$SITE_USER.conf"; then return; fi
  lock_config 120
  SITE_GENERATION=$(</proc/sys/kernel/random/uuid)
  install_vhost
  release_lock
}

# One that an interrupted operation got and did not come to serve; for `issue` also the one that is served.
usable_certificate() { # RENEWING OLD -> NEW_CERTIFICATE, a directory
  local directory
  for directory in "$CERTIFICATES/$SITE_USER"/*/; do
    directory=${directory%/}
    if [[ $directory == "$2" && -n $1 ]]; then continue; fi
    if [[ $(cat -- "$directory/directory" 2>/dev/null) == "${ARG[directory]}" ]] &&
      openssl x509 -in "$directory/fullchain.pem" -noout -checkend "$CERTIFICATE_FRESH" >/dev/null 2>&1 &&
      certificate_fits "$directory"; then
      NEW_CERTIFICATE=$directory
      return 0
    fi
  done
  return 1
}

# For the site's name, and with the key that is beside it.
certificate_fits() { # DIRECTORY
  local of_key of_certificate
  [[ $(openssl x509 -in "$1/fullchain.pem" -noout -checkhost "$SITE_DOMAIN" 2>/dev/null) != *'does match'* ]] && return 1
  of_key=$(openssl pkey -in "$1/privkey.pem" -pubout 2>/dev/null) || return 1
  of_certificate=$(openssl x509 -in "$1/fullchain.pem" -noout -pubkey 2>/dev/null) || return 1
  [[ $of_key == "$of_certificate" ]]
}

obtain_certificate() { # -> NEW_CERTIFICATE, a directory
  local building home=$CERTIFICATES/$SITE_USER
  building=$(mktemp -d "$home/.new.XXXXXX") || fail INTERNAL "cannot write to $home" true
  {
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$building/privkey.pem" &&
      openssl req -new -key "$building/privkey.pem" -subj / -addext "subjectAltName=DNS:$SITE_DOMAIN" -out "$building/request.pem"
  } >&2 || fail DEPENDENCY_FAILED "openssl cannot make a key and a request" true
  if [[ -n ${ARG[ca_bundle]-} ]]; then base64 -d <<<"${ARG[ca_bundle]}" >"$building/ca.pem"; fi
  if ! ask_acme "$building"; then
    # An ACME server that was set up anew does not know us, and certbot stumbles over its answer.
    if grep -qs accountDoesNotExist "$building/words" "$ACME_DIR/logs/letsencrypt.log"; then
      say "The ACME server does not know this server's account any more; a new one is made."
      forget_account
      ask_acme "$building" || acme_failed "$building/words"
    else
      acme_failed "$building/words"
    fi
  fi
  certificate_fits "$building" || fail ACME_FAILED "the ACME server answered a certificate that does not fit $SITE_DOMAIN"
  printf '%s\n' "${ARG[directory]}" >"$building/directory"
  rm -f -- "$building"/{request.pem,ca.pem,cert.pem,chain.pem,words}
  serial_of "$building/fullchain.pem" || fail ACME_FAILED "the ACME server's certificate cannot be read"
  sync -- "$building"/*
  mv -T -- "$building" "$home/$REPLY" || fail INTERNAL "cannot write to $home" true
  NEW_CERTIFICATE=$home/$REPLY
}

ask_acme() { # DIRECTORY with the request; the answer comes there, what certbot said into `words`
  local -a person=(--register-unsafely-without-email) trust=(-u REQUESTS_CA_BUNDLE)
  local line status
  if [[ -n ${ARG[email]-} ]]; then person=(-m "${ARG[email]}" --no-eff-email); fi
  if [[ -s $1/ca.pem ]]; then trust=("REQUESTS_CA_BUNDLE=$1/ca.pem"); fi
  make_directory 0700 "$ACME_DIR"
  rm -f -- "$1"/{cert,chain,fullchain}.pem "$ACME_DIR/logs/letsencrypt.log"
  env "${trust[@]}" timeout --kill-after=10 "$ACME_LIMIT" certbot certonly --non-interactive --agree-tos "${person[@]}" \
    --server "${ARG[directory]}" --csr "$1/request.pem" --cert-path "$1/cert.pem" --chain-path "$1/chain.pem" \
    --fullchain-path "$1/fullchain.pem" --webroot --webroot-path "$CHALLENGES" --preferred-challenges http \
    --no-random-sleep-on-renew --max-log-backups 20 \
    --config-dir "$ACME_DIR/config" --work-dir "$ACME_DIR/work" --logs-dir "$ACME_DIR/logs" </dev/null >"$1/words" 2>&1
  status=$?
  while IFS= read -r line; do
    case $line in
      'Certificate is saved'*) break ;; # the rest is about files nobody shall touch, and asks for donations
      '' | 'Saving debug log'* | 'Ask for help'* | 'Hint:'*) ;;
      *) say "$line" ;;
    esac
  done <"$1/words"
  ((status != 124 && status != 137)) || printf 'Type: timeout\n' >>"$1/words"
  ((status == 0)) && [[ -s $1/fullchain.pem ]]
}

forget_account() {
  local host=${ARG[directory]#https://}
  rm -rf -- "${ACME_DIR:?}/config/accounts/${host%%/*}"
}

# Ends the command with the ACME server's own reason.
acme_failed() { # WORDS-FILE
  local words type detail host=${ARG[directory]#https://}
  host=${host%%/*}
  words=$(<"$1")
  type=$(sed -n 's/^ *Type: *//p' "$1" | head -n 1)
  detail=$(sed -n 's/^ *Detail: *//p' "$1" | head -n 1)
  if [[ -z $detail ]]; then detail=$(sed -n '/^An unexpected error occurred:/{n;p}' "$1" | head -n 1); fi
  if [[ -z $detail ]]; then detail=$(grep -v -e '^Saving debug log' -e '^Ask for help' -e '^ *$' "$1" | tail -n 1); fi
  detail=${detail:0:400}
  case $words in
    *rateLimited* | *'too many '*) fail ACME_RATE_LIMITED "$host has had too many requests for now: $detail" true ;;
    *'CERTIFICATE_VERIFY_FAILED'* | *'certificate verify failed'*)
      fail ACME_FAILED "the certificate of $host itself is not trusted here; give its authority as ca_bundle" ;;
    *'Connection refused'*) fail ACME_UNREACHABLE "$host does not answer: connection refused" true ;;
    *'Name or service not known'* | *'Temporary failure in name resolution'* | *'No address associated'*)
      fail ACME_UNREACHABLE "$host does not answer: this server cannot find its address" true ;;
    *'No route to host'* | *'Network is unreachable'*) fail ACME_UNREACHABLE "$host does not answer: there is no way there from this server" true ;;
    *'timed out'* | *'Type: timeout'*) fail ACME_UNREACHABLE "$host did not answer in time" true ;;
    *'Max retries exceeded'* | *ConnectionError* | *'Connection aborted'* | *'Connection reset'*)
      fail ACME_UNREACHABLE "$host does not answer as it should: $detail" true ;;
    *serverInternal* | *'Service Unavailable'*) fail ACME_UNREACHABLE "$host has a fault of its own: $detail" true ;;
  esac
  fail ACME_FAILED "$host refused a certificate for $SITE_DOMAIN${type:+ ($type)}: ${detail:-it gave no reason}"
}

# Takes NEW_CERTIFICATE over, or leaves everything as it was.
serve_certificate() { # OLD(or empty)
  local old=$1 complaint
  lock_config 120
  serve_default_tls
  SITE_GENERATION=$(</proc/sys/kernel/random/uuid)
  if ! put_vhost "$NEW_CERTIFICATE"; then
    if [[ $NEW_CERTIFICATE != "$old" ]]; then rm -rf -- "$NEW_CERTIFICATE"; fi
    config_complaint "$CONFIG_ERROR"
    fail CONFIG_REJECTED "nginx refused the certificate, what it served before stays: $REPLY"
  fi
  progress 85 "Looking at what visitors are shown"
  if ! certificate_shows; then
    complaint="nginx does not show the new certificate"
    put_vhost "$old" || complaint+=", and what it served before cannot be put back"
    fail DEPENDENCY_FAILED "$complaint; see $SITE_LOGS/$SITE_USER/error.log" true
  fi
  write_file "$CERTIFICATES/$SITE_USER/current" "${NEW_CERTIFICATE##*/}"$'\n' || fail INTERNAL "cannot write $CERTIFICATES/$SITE_USER" true
  find "$CERTIFICATES/$SITE_USER" -mindepth 1 -maxdepth 1 -type d ! -name "${NEW_CERTIFICATE##*/}" -exec rm -rf -- {} +
  release_lock
}

# A name that has no certificate must not be shown another site's.
serve_default_tls() {
  local directory=$CERTIFICATES/default file=$RUN_DIR/tls.new
  name_nginx
  write_nginx_base
  if [[ ! -s $directory/fullchain.pem || ! -s $directory/privkey.pem ]]; then
    make_directory 0700 "$directory"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=no-such-site.invalid \
      -keyout "$directory/privkey.pem" -out "$directory/fullchain.pem" 2>/dev/null || fail DEPENDENCY_FAILED "openssl cannot make a certificate" true
  fi
  default_tls_server "$directory" >"$file"
  if ! cmp -s -- "$file" "$NGINX_TLS/default.conf"; then
    swap_config "$NGINX_TLS" default.conf "$file" nginx_check nginx_reload || {
      rm -f -- "$file"
      config_complaint "$CONFIG_ERROR"
      fail CONFIG_REJECTED "nginx cannot serve https: $REPLY"
    }
  fi
  rm -f -- "$file"
}

certificate_shows() {
  local deadline wanted
  serial_of "$NEW_CERTIFICATE/fullchain.pem" || return 1
  wanted=$REPLY
  now_ms
  deadline=$((REPLY + 20000))
  while :; do
    REPLY=$(timeout 10 openssl s_client -connect "127.0.0.1:$HTTPS_PORT" -servername "$SITE_DOMAIN" </dev/null 2>/dev/null |
      openssl x509 -noout -serial 2>/dev/null)
    REPLY=${REPLY#serial=}
    if [[ ${REPLY,,} == "$wanted" ]]; then return 0; fi
    now_ms
    if ((REPLY > deadline)); then return 1; fi
    doze 0.1
  done
}

# --- left behind, and planned -------------------------------------------------------------------------------------

certificate_remains() {
  name_site "${ARG[user]}"
  if served_certificate "$SITE_USER"; then printf 'serving:%s\n' "$REPLY"; fi
  find "$CERTIFICATES/$SITE_USER" -mindepth 1 -maxdepth 1 -type d -name '.new.*' -printf 'unfinished:%p\n' 2>/dev/null
  find "$CERTIFICATES/$SITE_USER" -mindepth 1 -maxdepth 1 -type d ! -name '.new.*' -printf 'certificate:%p\n' 2>/dev/null
  find "$CHALLENGES/.well-known" -type f -printf 'challenge:%p\n' 2>/dev/null
}

plan_certificate() {
  load_site "${ARG[user]}" || fail SITE_NOT_FOUND "no site of user ${ARG[user]} on this server"
  name_nginx
  plan_steps "answer to the ACME server, taken away again" "$CHALLENGES/.well-known/acme-challenge" create \
    "certificate for $SITE_DOMAIN from ${ARG[directory]}" "$CERTIFICATES/$SITE_USER" create \
    "virtual host: https with the new certificate, http leads there" "$NGINX_SITES/$SITE_USER.conf" write \
    "web server" nginx reload
}
