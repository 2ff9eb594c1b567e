# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# Repositories on other machines: sftp, REST and S3. What is secret lives in variables of this process. A program gets it
# through its environment or through a file in memory that has lost its name before the program starts: there is nothing
# to find for whoever looks at arguments, or at what a killed command left.

readonly CONNECT_SECONDS=8               # for one address
readonly ADDRESSES_TRIED=4
readonly FAR_SEATS=4                     # of a gateway's readers, so many may wait for other machines at once
readonly CACHE_LIMIT=1073741824          # bytes that restic may keep here of what lies elsewhere, all sites together

remote() { [[ $KIND != local ]]; }

# sftp://login@host[:port]/path, rest:http[s]://host[:port]/path, s3:http[s]://host[:port]/bucket[/prefix]
# -> KIND, SCHEME, LOGIN, AUTHORITY, HOST, PORT, LOCATION and WHERE, which is what people read
name_remote() {
  local text=${ARG[repository]} authority
  WHERE=$text LOGIN=''
  KIND=${text%%:*}
  SCHEME=$KIND
  if [[ $KIND != sftp ]]; then
    text=${text#*:}
    SCHEME=${text%%:*}
  fi
  text=${text#*://}
  authority=${text%%/*} LOCATION=/${text#*/}
  if [[ $KIND == sftp ]]; then LOGIN=${authority%@*} authority=${authority##*@}; fi
  AUTHORITY=$authority HOST=$authority PORT=''
  if [[ $authority =~ ^(.*[^:]):([0-9]+)$ ]]; then HOST=${BASH_REMATCH[1]} PORT=${BASH_REMATCH[2]}; fi
  HOST=${HOST#[} HOST=${HOST%]}
  case ${PORT:-$SCHEME} in
    sftp) PORT=22 ;;
    https) PORT=443 ;;
    http) PORT=80 ;;
  esac
  ((10#$PORT >= 1 && 10#$PORT <= 65535)) || fail INVALID_ARGUMENT "repository: the port must be between 1 and 65535"
  # sftp://host//srv/backup is /srv/backup there, sftp://host/backup is below where the login begins
  text=$LOCATION
  if [[ $KIND == sftp ]]; then text=${LOCATION#/} LOCATION_THERE=$text; fi
  if [[ $text == *//* || $text == */ || $text =~ (^|/)\.\.?(/|$) ]]; then
    fail INVALID_ARGUMENT "repository must end in a path without . and .. in it"
  fi
  if [[ $SCHEME == http && -z ${ARG[addresses]-} ]]; then
    fail FORBIDDEN "without TLS only a target whose addresses are named may be used: what goes there could be read and changed on the way"
  fi
}

# --- what is secret -----------------------------------------------------------------------------------------------

# Out of SECRETS, which take_key clears afterwards -> SFTP_KEY, REST_USER, REST_PASSWORD, S3_KEY, S3_SECRET, AUTHORITIES
take_remote_secrets() {
  local wrong
  wrong=$(jq -r 'to_entries[] | select(.key | IN("sftp_key", "rest_user", "rest_password", "s3_key", "s3_secret")) | select(.value | (length > 16384 or (explode | any(. < 32 or . == 127)))) | .key' <<<"${SECRETS:-{\}}" | head -n 1)
  [[ -z $wrong ]] || fail INVALID_ARGUMENT "the secret '${wrong//[^a-z_0-9]/?}' has control characters in it or is too long"
  AUTHORITIES=''
  if [[ -n ${ARG[ca_bundle]-} && $KIND != sftp ]]; then
    AUTHORITIES=$(base64 -d <<<"${ARG[ca_bundle]}" 2>/dev/null | tr -d '\0')
    [[ $AUTHORITIES == *'-----BEGIN CERTIFICATE-----'* ]] || fail INVALID_ARGUMENT "ca_bundle is not PEM in base64"
  fi
  case $KIND in
    sftp)
      SFTP_KEY=$(secret sftp_key | base64 -d 2>/dev/null | tr -d '\0')
      [[ $SFTP_KEY == -----BEGIN*PRIVATE\ KEY-----*-----END* ]] ||
        fail INVALID_ARGUMENT "the secret 'sftp_key' is missing: a private key of OpenSSH, as base64 in one line"
      [[ -n ${ARG[host_key]-} ]] || fail INVALID_ARGUMENT "host_key is missing: an sftp target is known by it"
      ;;
    rest)
      REST_USER=$(secret rest_user)
      REST_PASSWORD=$(secret rest_password)
      ;;
    s3)
      S3_KEY=$(secret s3_key)
      S3_SECRET=$(secret s3_secret)
      # without them restic would ask the metadata service of a cloud
      [[ -n $S3_KEY && -n $S3_SECRET ]] || fail INVALID_ARGUMENT "the secrets 's3_key' and 's3_secret' are missing"
      ;;
  esac
}

secret() { jq -r --arg name "$1" '.[$name] // ""' <<<"${SECRETS:-{\}}"; } # NAME

# A file that nobody can find: it has no name any more, and goes with the last program that has it open. -> REPLY
hidden_file() { # CONTENT
  local file
  file=$(mktemp "$RUN_DIR/hidden.XXXXXXXX") || fail INTERNAL "cannot write to $RUN_DIR" true
  printf '%s\n' "$1" >"$file" || { rm -f -- "$file"; fail INTERNAL "cannot write to $RUN_DIR" true; }
  exec {REPLY}<"$file"
  rm -f -- "$file"
}

# --- the way there ------------------------------------------------------------------------------------------------

# Before anything else is tried: there are addresses, all of which may be gone to, and one of them answers. Where the
# panel has judged them it says so, and they are the only ones; else the name is looked up, and they must be public.
# -> ADDRESSES, ADDRESS (the one that answers, which comes first in them), LATENCY_MS
find_way() {
  local address begun complaint='' refused
  take_far_seat
  if [[ -n ${ARG[addresses]-} ]]; then
    mapfile -t ADDRESSES < <(jq -r '.[]' <<<"${ARG[addresses]}")
    ((${#ADDRESSES[@]})) || fail INVALID_ARGUMENT "addresses must name one at least"
  else
    seconds_left 10
    mapfile -t ADDRESSES < <(timeout "$REPLY" getent ahosts "$HOST" 2>/dev/null | cut -d ' ' -f 1 | awk '!seen[$0]++')
    ((${#ADDRESSES[@]})) || fail REPOSITORY_UNREACHABLE "the name $HOST is not known (or no name server answers)" true
    refused=$(perl "$AGENT_HOME/lib/remote.pl" judge "${ADDRESSES[@]}") || fail INTERNAL "the addresses of $HOST cannot be judged"
    [[ -z $refused ]] || fail FORBIDDEN "$HOST has the address $refused, which is not public; a target must be on the public Internet"
  fi
  for address in "${ADDRESSES[@]:0:ADDRESSES_TRIED}"; do
    now_ms
    begun=$REPLY
    seconds_left "$CONNECT_SECONDS"
    # shellcheck disable=SC2016 # the inner shell's
    if complaint=$(timeout "$REPLY" bash -pc 'exec 3<>"/dev/tcp/$1/$2"' - "$address" "$PORT" 2>&1); then
      now_ms
      LATENCY_MS=$((REPLY - begun)) ADDRESS=$address
      ADDRESSES=("$address" "${ADDRESSES[@]}")
      return
    fi
    complaint=${complaint:-it does not answer in time}
    if ((EPOCHSECONDS >= ${DEADLINE:-EPOCHSECONDS + 1})); then break; fi
  done
  complaint=${complaint##*: }
  fail REPOSITORY_UNREACHABLE "$HOST cannot be reached at port $PORT: ${complaint,}" true
}

# Who only asks has until DEADLINE. -> REPLY: the seconds for one step
seconds_left() { # AT-MOST
  REPLY=$1
  if [[ -n ${DEADLINE-} ]] && ((DEADLINE - EPOCHSECONDS < REPLY)); then REPLY=$((DEADLINE - EPOCHSECONDS)); fi
  if ((REPLY < 1)); then REPLY=1; fi
}

# A gateway has few readers. Machines that answer slowly must leave some for questions that need none of them.
take_far_seat() {
  local seat
  if [[ -n ${OPERATION_DIRECTORY-} || -n ${FAR_SEAT-} ]]; then return; fi
  for ((seat = 1; seat <= FAR_SEATS; seat++)); do
    exec {FAR_SEAT}>>"$RUN_DIR/far.$seat.lock" || fail INTERNAL "cannot write to $RUN_DIR" true
    if flock -n "$FAR_SEAT"; then return; fi
    exec {FAR_SEAT}>&-
  done
  fail BUSY "this server is waiting for $FAR_SEATS other machines already; ask again in a moment" true
}

still_answers() { (find_way) >/dev/null 2>&1 3>&1; }

# What ssh is told, whoever starts it: no file of the machine counts, no key and no host but those of this target.
ssh_words() { # KEY-FILE KNOWN-HOSTS-FILE -> REPLY_LIST
  REPLY_LIST=(-F none)
  local option
  for option in BatchMode=yes IdentitiesOnly=yes IdentityAgent=none "IdentityFile=$1" "UserKnownHostsFile=$2" GlobalKnownHostsFile=/dev/null \
    StrictHostKeyChecking=yes HostKeyAlias=chom-target CheckHostIP=no UpdateHostKeys=no "HostName=$ADDRESS" "Port=$PORT" "User=$LOGIN" \
    PreferredAuthentications=publickey ConnectTimeout=10 ServerAliveInterval=15 ServerAliveCountMax=4 TCPKeepAlive=yes \
    ControlMaster=no ControlPath=none ClearAllForwardings=yes ForwardAgent=no ForwardX11=no ProxyCommand=none ProxyJump=none; do
    REPLY_LIST+=(-o "$option")
  done
}

# In the process that restic becomes -> RESTIC_WORDS: how it gets there, with what belongs to it in its environment, and
# RESTIC_DOOR: what it is begun by. What speaks HTTP can be told by an answer to go elsewhere, and would.
go_remote() {
  local key hosts
  if [[ $KIND != sftp ]]; then
    RESTIC_DOOR=(perl "$AGENT_HOME/lib/remote.pl" door "$(IFS=,; printf '%s' "${ADDRESSES[*]:0:ADDRESSES_TRIED}")" "$PORT" "$HOST"
      "$(if [[ -n ${ARG[addresses]-} ]]; then echo none; else echo public; fi)" "$(if rootless; then echo try; else echo must; fi)")
  fi
  RESTIC_WORDS=(--no-cache)
  if [[ -n $CACHE ]]; then RESTIC_WORDS=(--cache-dir "$CACHE"); fi
  if [[ -n ${ARG[upload_kbps]-} ]]; then RESTIC_WORDS+=(--limit-upload "${ARG[upload_kbps]}"); fi
  if [[ -n ${ARG[download_kbps]-} ]]; then RESTIC_WORDS+=(--limit-download "${ARG[download_kbps]}"); fi
  if [[ -n $AUTHORITIES ]]; then
    hidden_file "$AUTHORITIES"
    RESTIC_WORDS+=(--cacert "/proc/self/fd/$REPLY")
  fi
  unset "${!AWS_@}" {http,https,all,no}_proxy {HTTP,HTTPS,ALL,NO}_PROXY
  case $KIND in
    sftp)
      hidden_file "$SFTP_KEY"
      key=$REPLY
      hidden_file "chom-target ${ARG[host_key]}"
      hosts=$REPLY
      # ssh closes what it was given, but can open what restic has
      ssh_words "/proc/$BASHPID/fd/$key" "/proc/$BASHPID/fd/$hosts"
      RESTIC_WORDS+=(-o "sftp.command=ssh -E '$WORK/ssh-said' ${REPLY_LIST[*]} -s -- chom-target sftp" --repo "sftp://chom-target/$LOCATION_THERE")
      ;;
    rest)
      hidden_file "rest:$SCHEME://$(rest_login)$AUTHORITY$LOCATION/"
      RESTIC_WORDS+=(--repository-file "/proc/self/fd/$REPLY")
      ;;
    s3)
      export AWS_ACCESS_KEY_ID=$S3_KEY AWS_SECRET_ACCESS_KEY=$S3_SECRET
      if [[ -n ${ARG[s3_region]-} ]]; then
        RESTIC_WORDS+=(-o "s3.region=${ARG[s3_region]}")
        export AWS_DEFAULT_REGION=${ARG[s3_region]}
      fi
      RESTIC_WORDS+=(--repo "s3:$SCHEME://$AUTHORITY$LOCATION")
      ;;
  esac
}

rest_login() {
  [[ -n $REST_USER ]] || return 0
  # not as arguments, which everybody on the server can read
  printf '%s\n' "$REST_USER" "$REST_PASSWORD" | jq -Rrn '[inputs] | "\(.[0] | @uri):\(.[1] // "" | @uri)@"'
}

# Lines of commands for sftp itself, for what restic cannot tell.
sftp_batch() { # COMMAND...
  local seconds
  seconds_left 15
  seconds=$REPLY
  (
    hidden_file "$SFTP_KEY"
    key=$REPLY
    hidden_file "chom-target ${ARG[host_key]}"
    ssh_words "/proc/$BASHPID/fd/$key" "/proc/$BASHPID/fd/$REPLY"
    printf '%s\n' "$@" | timeout "$seconds" sftp "${REPLY_LIST[@]}" -q -b - -- chom-target 3>&-
  )
}

# Another server of the panel has sites and databases of its own on the disk of its depots: a twentieth of it stays free, 10 GB
# at most. -> REPLY: what the account there may still write, empty where nobody says; THERE_RESERVE.
remote_free_bytes() {
  local above=${LOCATION_THERE-} end
  seconds_left 40
  end=$((EPOCHSECONDS + REPLY))
  REPLY='' THERE_RESERVE=0
  if [[ $KIND != sftp ]]; then return; fi
  while ((EPOCHSECONDS < end)); do
    REPLY=$(sftp_batch "df ${above:-.}" 2>/dev/null | awk '/^ *[0-9]/ { reserve = $1 / 20 * 1024; printf "%.0f %.0f", $3 * 1024, (reserve > 1e10 ? 1e10 : reserve) }')
    if [[ $REPLY == *' '* ]]; then THERE_RESERVE=${REPLY#* } REPLY=${REPLY% *}; fi
    if [[ -n $REPLY || -z $above || $above == / ]]; then return; fi
    # it may not be there yet
    if [[ $above == */* ]]; then above=${above%/*}; else above=''; fi
  done
}

# --- what went wrong ----------------------------------------------------------------------------------------------

# What restic's complaint says about the way there -> RESTIC_CODE, RESTIC_SAYS, RESTIC_AGAIN; false where it says nothing.
judge_way_there() { # TEXT
  RESTIC_CODE=REPOSITORY_UNREACHABLE RESTIC_AGAIN=true
  case $1 in
    *'Host key verification failed'* | *'HOST IDENTIFICATION HAS CHANGED'*)
      RESTIC_SAYS="the host key of $HOST is not the one that is known; ask its operator before you trust another" RESTIC_AGAIN=false ;;
    *'Permission denied ('* | *'Too many authentication failures'*)
      RESTIC_SAYS="$HOST refuses the login $LOGIN with this key" RESTIC_AGAIN=false ;;
    *'error in libcrypto'* | *'Load key '* | *'invalid format'*)
      RESTIC_SAYS="the key for $HOST cannot be read by ssh" RESTIC_AGAIN=false ;;
    *'subsystem request failed'*)
      RESTIC_SAYS="$HOST offers no sftp to $LOGIN" RESTIC_AGAIN=false ;;
    *'x509: '* | *'tls: '* | *'server gave HTTP response to HTTPS client'* | *'malformed HTTP response'*)
      RESTIC_SAYS="the certificate of $HOST cannot be trusted: $(grep -oE '(x509|tls): [^\"]*|server gave HTTP response to HTTPS client' <<<"$1" | head -n 1 | head -c 200)" RESTIC_AGAIN=false ;;
    *'(401)'* | *'(403)'* | *'401 Unauthorized'* | *'403 Forbidden'* | *'Access Denied'* | *'AccessDenied'* | *'Access Key Id you provided'* | \
      *'request signature we calculated'* | *'Unauthorized'* | *'Forbidden'*)
      RESTIC_SAYS="$HOST refuses these credentials" RESTIC_AGAIN=false ;;
    *'dial tcp 127.'* | *'dial tcp [::1]'* | *'not allowed by ruleset'*)
      RESTIC_CODE=FORBIDDEN RESTIC_SAYS="$HOST leads to another machine, which may not be gone to" RESTIC_AGAIN=false ;;
    *'no network of its own'*)
      RESTIC_CODE=DEPENDENCY_FAILED RESTIC_SAYS="restic is not begun, because this server gives it no network of its own: ${1##*no network of its own for restic: }" RESTIC_AGAIN=false ;;
    *'no such host'* | *'server misbehaving'*) RESTIC_SAYS="the name $HOST is not known" ;;
    *'onnection refused'*) RESTIC_SAYS="$HOST refuses connections at port $PORT" ;;
    *'onnection timed out'* | *'i/o timeout'* | *'deadline exceeded'* | *'TLS handshake timeout'* | *'not responding'* | *'Client.Timeout'* | *'TTL expired'*)
      RESTIC_SAYS="$HOST does not answer in time" ;;
    *'onnection reset'* | *'onnection closed'* | *'closed by remote host'* | *'onnection lost'* | *'broken pipe'* | *'kex_exchange_identification'* | \
      *'command exited'* | *'o route to host'* | *'etwork is unreachable'* | *'ost unreachable'* | *'etwork unreachable'* | *'(5'[0-9][0-9]')'* | *'http: server closed'* | *': EOF'*)
      RESTIC_SAYS="the connection to $HOST ends before its time: $(tail -n 1 <<<"$1" | head -c 200)" ;;
    *) return 1 ;;
  esac
}

# --- restic's cache -----------------------------------------------------------------------------------------------

name_cache() { # USER -> CACHE
  CACHE=''
  if remote && [[ -n $1 ]]; then CACHE=$STATE_DIR/cache/$1; fi
}

# The longest unused go first; one whose site is at work stays.
bound_caches() {
  local size directory lock sum=0 user
  while read -r _ directory; do
    user=${directory##*/}
    size=$(du -sb -- "$directory" 2>/dev/null | cut -f 1)
    sum=$((sum + ${size:-0}))
    if ((sum <= CACHE_LIMIT)) && [[ -e $REGISTRY/$user.json ]]; then continue; fi
    exec {lock}>>"$RUN_DIR/backup-$user.lock" || continue
    if flock -n "$lock"; then
      rm -rf --one-file-system -- "$directory"
      sum=$((sum - ${size:-0}))
    fi
    exec {lock}>&-
  done < <(find "$STATE_DIR/cache" -mindepth 1 -maxdepth 1 -type d -name 's*' -printf '%T@ %p\n' 2>/dev/null | sort -rn)
}
