# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# Changing one file of a daemon's configuration: checked by the daemon's own parser before it is in place,
# reloaded, and put back if the reload fails. What is on disk is therefore valid at every moment, also after a crash.

# What a change that was killed in the middle left beside the live directories goes with the next one.
lock_config() { # SECONDS
  take_lock config "$1"
  rm -rf -- "$ROOT"/etc/nginx/chom/{sites,tls}.check.* "$ROOT"/etc/php/*/fpm/pool.d.check.*
}

# CHECK gets the directory that would be live; RELOAD makes the daemon take it over and waits until it has.
swap_config() { # LIVE-DIR NAME NEW-FILE(empty: remove) CHECK RELOAD
  local live=$1 name=$2 new=$3 check=$4 reload=$5 staging kept
  staging=$(mktemp -d "$live.check.XXXXXX") || fail INTERNAL "cannot write below $live" true
  chmod 0755 -- "$staging"
  kept=$staging/kept
  mkdir -- "$staging/live" || fail INTERNAL "cannot write below $live" true
  find "$live" -mindepth 1 -maxdepth 1 -type f -exec cp -p -t "$staging/live" -- {} +
  if [[ -n $new ]]; then install -m 0644 -- "$new" "$staging/live/$name"; else rm -f -- "$staging/live/$name"; fi
  CONFIG_ERROR=''
  if ! CONFIG_ERROR=$("$check" "$staging/live" "$live" 2>&1); then
    rm -rf -- "$staging"
    return 1
  fi
  # From here on a polite end must wait: the next lines take milliseconds to seconds.
  trap '' TERM
  if [[ -e $live/$name ]]; then cp -p -- "$live/$name" "$kept"; fi
  if [[ -n $new ]]; then mv -T -- "$staging/live/$name" "$live/$name"; else rm -f -- "$live/$name"; fi
  if ! "$reload" >&2; then
    CONFIG_ERROR=${CONFIG_ERROR:-the daemon did not take the new configuration over}
    if [[ -e $kept ]]; then mv -T -- "$kept" "$live/$name"; else rm -f -- "$live/$name"; fi
    "$reload" >&2
    rm -rf -- "$staging"
    trap - TERM
    return 1
  fi
  rm -rf -- "$staging"
  trap - TERM
}

# Runs a daemon's check with the candidate directory in the place of the live one, seen by that check alone.
check_in_place_of() { # CANDIDATE LIVE COMMAND...
  # shellcheck disable=SC2016
  unshare --mount --propagation private -- \
    sh -c 'mount --bind -- "$1" "$2" && shift 2 && exec "$@"' sh "$1" "$2" "${@:3}"
}

last_line() { REPLY=${1##*$'\n'}; }

# The sentence a person can use out of a daemon's complaint.
config_complaint() { # TEXT -> REPLY
  REPLY=$(grep -E '\[(emerg|crit)\]|ERROR:' <<<"$1" | head -n 1 | cut -c 1-400)
  REPLY=${REPLY:-${1:0:400}}
}
