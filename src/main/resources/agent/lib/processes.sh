# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# Looking at processes and asking the web server, with nothing but bash and /proc.

children_of() { # PID -> pids in REPLY_LIST
  local path stat fields
  REPLY_LIST=()
  for path in /proc/[0-9]*/stat; do
    { IFS= read -r stat <"$path"; } 2>/dev/null || continue
    read -r -a fields <<<"${stat##*) }"
    if [[ ${fields[1]} == "$1" && ${fields[0]} != Z ]]; then
      path=${path%/stat}
      REPLY_LIST+=("${path##*/}")
    fi
  done
}

command_line_of() { # PID -> REPLY
  REPLY=''
  { IFS= read -r -d '' REPLY <"/proc/$1/cmdline"; } 2>/dev/null || [[ -n $REPLY ]]
}

# The process of a pid file, if it is alive and what it should be.
pid_in_file() { # FILE WORD-IN-ITS-COMMAND-LINE -> REPLY
  local pid=''
  [[ -r $1 ]] && read -r pid <"$1"
  [[ $pid =~ ^[0-9]+$ ]] && command_line_of "$pid" && [[ $REPLY == *"$2"* ]] || return 1
  REPLY=$pid
}

# One request on a fresh connection to this machine. Fills HTTP_STATUS and HTTP_BODY.
http_get() { # PORT NAME PATH
  local socket line
  HTTP_STATUS='' HTTP_BODY=''
  { exec {socket}<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
  printf 'GET %s HTTP/1.0\r\nHost: %s\r\nUser-Agent: vpsmanager\r\n\r\n' "$3" "$2" >&"$socket"
  if IFS= read -r -t 10 -u "$socket" line && [[ $line =~ ^HTTP/1\.[01]\ ([0-9]{3}) ]]; then
    HTTP_STATUS=${BASH_REMATCH[1]}
    while IFS= read -r -t 10 -u "$socket" line && [[ $line != $'\r' ]]; do :; done
    IFS= read -r -t 10 -N 65536 -u "$socket" HTTP_BODY 2>/dev/null
  fi
  { exec {socket}>&-; } 2>/dev/null
  [[ -n $HTTP_STATUS ]]
}

# A daemon of rootless mode must not belong to the operation that happened to start it.
let_go() { # COMMAND...
  (
    close_descriptors_except 0
    unset VPSM_OPERATION
    exec setsid -w "$@" </dev/null >&2
  )
}
