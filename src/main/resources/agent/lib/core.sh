# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# Where things are, how a command ends, and the few text helpers everything else stands on.

readonly AGENT_VERSION=0.1.0 AGENT_PROTOCOL=1
readonly US=$'\x1f'                      # separates fields on the gateway's bus; requests can never contain it
readonly UUID_PATTERN='^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'

# A command is registered by the library that implements it.
declare -gA COMMAND_KIND=()              # read | change
declare -gA COMMAND_ABOUT=()             # one line for `help`
declare -gA COMMAND_PLAN=()              # function that fills DATA with the typed steps
declare -gA COMMAND_LEFT=()              # function that prints what an ended command left on the server, one a line
declare -gA ARG=()                       # the validated arguments of the running command

# The functions below are called by name: command:sub is cmd_command_sub.
register() { # KIND COMMAND ABOUT
  COMMAND_KIND[$2]=$1
  COMMAND_ABOUT[$2]=$3
}

prepare_environment() {
  export LC_ALL=C LANG=C TZ=UTC
  unset ENV BASH_ENV CDPATH GLOBIGNORE IFS
  IFS=$' \t\n'
  umask 077
  shopt -s nullglob
  shopt -u patsub_replacement 2>/dev/null   # bash 5.2 would give '&' a meaning in replacements
  # The installed agent serves the machine it is on; only an unpacked one can be pointed at a directory.
  if [[ $AGENT_HOME/ == /opt/vpsmanager/* ]]; then ROOT=''; else ROOT=${VPSMANAGER_ROOT:-}; fi
  if [[ -n $ROOT ]]; then
    PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin
  else
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  fi
  export PATH
}

rootless() { [[ -n $ROOT ]]; }

# In rootless mode nothing needs root, and as root the daemons would refuse or misbehave: become the directory's owner.
settle_identity() {
  if rootless; then
    if [[ $ROOT != /* || $ROOT =~ [^A-Za-z0-9._/+-] || $ROOT == *//* || $ROOT == */../* || $ROOT == / ]]; then
      echo "vpsmanager: VPSMANAGER_ROOT must be an absolute path of letters, digits and ._+-/" >&2
      exit 1
    fi
    if [[ ! -d $ROOT ]]; then make_directory 0755 "$ROOT" || exit 10; fi
    local owner group
    owner=$(stat -c %u -- "$ROOT") && group=$(stat -c %g -- "$ROOT") || exit 10
    if ((EUID == 0 && owner != 0)); then
      export VPSMANAGER_ROOT=$ROOT
      exec setpriv --reuid="$owner" --regid="$group" --clear-groups -- "$AGENT_HOME/bin/vpsmanager" "$@"
    fi
  elif ((EUID != 0)); then
    echo "vpsmanager: run me as root (sudo), or set VPSMANAGER_ROOT to a directory for rootless mode" >&2
    exit 9
  fi
}

name_places() {
  STATE_DIR=$ROOT/var/lib/vpsmanager
  RUN_DIR=$ROOT/run/vpsmanager
  OPERATIONS=$STATE_DIR/operations
  REGISTRY=$STATE_DIR/sites
  DATABASES=$STATE_DIR/databases
  FENCES=$STATE_DIR/fences
  CERTIFICATES=$STATE_DIR/certificates
  ACME_DIR=$STATE_DIR/acme
  SITES_HOME=$ROOT/srv/chom/sites
  RETAINED_HOME=$ROOT/srv/chom/retained
  CHALLENGES=$ROOT/srv/chom/acme
  SITE_LOGS=$ROOT/var/log/chom
  mkdir -p -- "$OPERATIONS" "$REGISTRY" "$DATABASES" "$FENCES" "$RUN_DIR/secrets" || exit 10
}

make_directory() { # MODE PATH
  if planning; then return; fi
  [[ -d $2 ]] || { mkdir -p -- "$2" && chmod "$1" -- "$2"; }
}

timestamp() { printf -v REPLY '%(%Y-%m-%dT%H:%M:%SZ)T' -1; }

# Milliseconds since the epoch in REPLY, without starting a process.
now_ms() { REPLY=$((${EPOCHREALTIME/./} / 1000)); }

# Waits without starting a process.
doze() { # SECONDS
  if [[ -z ${DOZE_FD-} ]]; then exec {DOZE_FD}<> <(:); fi
  read -r -t "$1" -u "$DOZE_FD" _ || true
}

# JSON string of $1 in REPLY. Bytes above 127 pass as they are, so $1 must be UTF-8.
json_string() {
  local text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  text=${text//$'\t'/\\t}
  text=${text//$'\r'/\\r}
  text=${text//[$'\x01'-$'\x1f'$'\x7f']/?}
  REPLY="\"$text\""
}

# Whole new content or the old one, never half of it; with fsync, because the journal must survive a power cut.
write_file() { # PATH CONTENT
  local temporary=$1.new.$BASHPID
  printf '%s' "$2" >"$temporary" && sync -d -- "$temporary" && mv -T -- "$temporary" "$1"
}

# --- how a command ends -------------------------------------------------------------------------------------------
# A command function leaves its answer (JSON) in DATA and returns 0, or calls fail, which ends its process.
# What it ended with goes out on descriptor 3 as the inside of a JSON object, ready to be put into a frame.

fail() { # CODE MESSAGE [RETRYABLE]
  local message
  json_string "$2"
  message=$REPLY
  printf '"ok":false,"error":{"code":"%s","message":%s,"retryable":%s}' "$1" "$message" "${3:-false}" >&3
  exit 1
}

failure() { # CODE MESSAGE [RETRYABLE] -> REPLY, for those who write the frame themselves
  json_string "$2"
  REPLY="\"ok\":false,\"error\":{\"code\":\"$1\",\"message\":$REPLY,\"retryable\":${3:-false}}"
}

# Runs in a process of its own, with descriptor 3 open.
run_command() { # COMMAND ARGS-JSON
  local function=cmd_${1//[:-]/_}
  DATA='{}' SKIPPED=()
  validate_arguments "$1" "$2"
  if [[ ${ARG[plan]-} == true ]]; then
    function=${COMMAND_PLAN[$1]}
  elif [[ ${COMMAND_KIND[$1]} == change && -z ${OPERATION_DIRECTORY-} ]]; then
    fail INVALID_ARGUMENT "$1 changes the server and runs only as an operation"
  fi
  "$function" || fail INTERNAL "$1 ended unexpectedly; see the operation's output"
  printf '"ok":true,"data":%s' "$DATA" >&3
}

exit_code_of() { # OUTCOME -> REPLY
  [[ $1 =~ ^\"ok\":true ]] && { REPLY=0; return; }
  [[ $1 =~ \"code\":\"([A-Z_]+)\" ]] || { REPLY=10; return; }
  case ${BASH_REMATCH[1]} in
    UNKNOWN_COMMAND | MALFORMED_FRAME) REPLY=1 ;;
    INVALID_ARGUMENT) REPLY=2 ;;
    SITE_NOT_FOUND | DATABASE_NOT_FOUND | OPERATION_UNKNOWN | CERTIFICATE_MISSING | UPLOAD_NOT_FOUND | BACKUP_NOT_FOUND | REPOSITORY_MISSING | DOWNLOAD_NOT_FOUND) REPLY=3 ;;
    SITE_EXISTS | DATABASE_EXISTS | DOMAIN_IN_USE | USER_EXISTS) REPLY=4 ;;
    SITE_NOT_READY | OPERATION_MISMATCH | OPERATION_SEALED | STALE_FENCE | OPERATION_CANCELLED | ACCESS_KEY_MISSING | IN_THE_WAY | NOT_KEPT) REPLY=5 ;;
    LIMIT_REACHED | NO_ROOM) REPLY=6 ;;
    BUSY | REPOSITORY_LOCKED) REPLY=7 ;;
    CONFIG_REJECTED | PHP_VERSION_MISSING | SERVICE_MISSING | DEPENDENCY_FAILED | ACME_* | UPLOAD_REJECTED | AGENT_DOES_NOT_START | \
      BACKUP_INCOMPLETE | REPOSITORY_UNREACHABLE | REPOSITORY_DAMAGED | DOWNLOAD_STOPPED) REPLY=8 ;;
    FORBIDDEN | REPOSITORY_KEY_WRONG) REPLY=9 ;;
    *) REPLY=10 ;;
  esac
}

# --- locks --------------------------------------------------------------------------------------------------------

take_lock() { # NAME SECONDS
  exec {LOCK_FD}>>"$RUN_DIR/$1.lock" || fail INTERNAL "cannot open the lock $1"
  flock -w "$2" "$LOCK_FD" || fail BUSY "another change holds the lock '$1'; try again in a minute" true
}

release_lock() { exec {LOCK_FD}>&-; }
