# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# A depot: an account on this server in which other servers keep backups by sftp. It sees one directory and nothing
# else, has no shell and forwards nothing. sshd is told once, for the group; each depot is an account and a key.
#
#   /srv/chom/depots/<login>/       root's, what sshd makes the account's root
#   /srv/chom/depots/<login>/data/  the account's
#   /etc/ssh/chom-depots/<login>    its key

register change depot:create "make an account on this server that other servers keep backups in by sftp"
register change depot:remove "remove such an account; what is in it stays unless purge is true"
COMMAND_PLAN[depot:create]=plan_depot_create
COMMAND_PLAN[depot:remove]=plan_depot_remove
COMMAND_LEFT[depot:create]=depot_remains
COMMAND_LEFT[depot:remove]=depot_remains

readonly DEPOT_GROUP=chom-depots

name_depot() { # UUID
  DEPOT=$1
  DEPOT_LOGIN=${1//-/}
  DEPOT_LOGIN=depot-${DEPOT_LOGIN: -16}
  DEPOTS=$ROOT/srv/chom/depots
  DEPOT_ROOT=$DEPOTS/$DEPOT_LOGIN
  DEPOT_KEYS=/etc/ssh/chom-depots
  DEPOT_CONFIG=/etc/ssh/sshd_config.d/60-chom-depots.conf
}

require_depots() {
  if rootless; then fail FORBIDDEN "a depot is an account of the system's sshd, and an agent in rootless mode makes none"; fi
  command -v sshd >/dev/null || fail SERVICE_MISSING "sshd is not installed on this server"
}

depot_account() { getent passwd "$DEPOT_LOGIN" | cut -d : -f 5; } # -> the depot it is of

cmd_depot_create() {
  require_depots
  name_depot "${ARG[depot]}"
  take_lock depots 60
  judge_account
  ssh-keygen -lf - <<<"${ARG[public_key]}" >/dev/null 2>&1 || fail INVALID_ARGUMENT "public_key is no key that ssh can read"
  progress 10 "Making the account"
  getent group "$DEPOT_GROUP" >/dev/null || groupadd --system -- "$DEPOT_GROUP" >&2 || fail DEPENDENCY_FAILED "groupadd failed" true
  if [[ -z $(depot_account) ]]; then
    useradd --system --no-create-home --home-dir / --shell /usr/sbin/nologin --gid "$DEPOT_GROUP" --password '*' \
      --comment "depot $DEPOT" -- "$DEPOT_LOGIN" >&2 || fail DEPENDENCY_FAILED "useradd failed" true
  fi
  make_depot_directory
  make_directory 0755 "$DEPOT_KEYS"
  progress 50 "Telling sshd"
  tell_sshd
  # the one before opens it until here
  put_file "$DEPOT_KEYS/$DEPOT_LOGIN" "${ARG[public_key]}"$'\n'
  answer_depot
  release_lock
  progress 100 "Made"
}

judge_account() {
  local owner
  owner=$(depot_account)
  [[ -z $owner || $owner == "depot $DEPOT" ]] || fail USER_EXISTS "the account $DEPOT_LOGIN is somebody else's"
}

# A removed depot's files are root's until it is made again.
make_depot_directory() {
  make_directory 0755 "${DEPOTS%/*}"
  make_directory 0755 "$DEPOTS"
  make_directory 0755 "$DEPOT_ROOT"
  make_directory 0700 "$DEPOT_ROOT/data"
  if [[ $(stat -c %U -- "$DEPOT_ROOT/data") != "$DEPOT_LOGIN" ]]; then
    chown -R --no-dereference "$DEPOT_LOGIN:$DEPOT_GROUP" -- "$DEPOT_ROOT/data" || fail INTERNAL "$DEPOT_ROOT cannot be given to the account" true
  fi
}

depot_rules() {
  cat <<RULES
# CHOM: accounts that other servers keep backups in. Made by vpsmanager, replaced when it changes.
Match Group $DEPOT_GROUP
  ChrootDirectory /srv/chom/depots/%u
  ForceCommand internal-sftp -u 0077
  AuthorizedKeysFile $DEPOT_KEYS/%u
  AuthenticationMethods publickey
  PubkeyAuthentication yes
  PasswordAuthentication no
  KbdInteractiveAuthentication no
  DisableForwarding yes
  PermitTTY no
  PermitTunnel no
  PermitUserRC no
Match all
RULES
}

# sshd is how this server is reached: what it does not take goes again before it is reloaded. Whether the sshd that runs has
# read its rules, the next one to ask cannot know from the file: it is asked.
tell_sshd() {
  local complaint kept='' wait
  if [[ -f $DEPOT_CONFIG ]]; then kept=$(<"$DEPOT_CONFIG"); fi
  CHANGED=''
  trap '' TERM
  put_file "$DEPOT_CONFIG" "$(depot_rules)"$'\n'
  if complaint=$(judge_sshd 2>&1); then
    trap - TERM
    if [[ -z $CHANGED ]] && sshd_serves; then return; fi
    systemctl try-reload-or-restart ssh >&2 || fail DEPENDENCY_FAILED "sshd does not reload" true
    # it says so before it has read its rules again; who is refused too often is shut out by fail2ban
    for wait in 0.5 1 2 3; do
      doze "$wait"
      if sshd_serves; then return; fi
    done
    cat -- "$PROBE_SAID" >&2
    fail DEPENDENCY_FAILED "sshd does not let the account into its directory (AllowUsers or the like in its configuration?); see the operation's output" true
  fi
  if [[ -n $CHANGED && -n $kept ]]; then put_file "$DEPOT_CONFIG" "$kept"$'\n'; elif [[ -n $CHANGED ]]; then rm -f -- "$DEPOT_CONFIG"; fi
  trap - TERM
  last_line "$complaint"
  fail CONFIG_REJECTED "sshd refuses to be told of depots: ${REPLY:0:300}"
}

# A key that lives as long as the question gets in, beside the one that is there, and sees the directory and nothing else.
sshd_serves() {
  local place file=$DEPOT_KEYS/$DEPOT_LOGIN before='' at seen CHANGED
  PROBE_SAID=$RUN_DIR/depot-probe
  place=$(mktemp -d "$RUN_DIR/look.XXXXXXXX") || fail INTERNAL "cannot write to $RUN_DIR" true
  ssh-keygen -q -t ed25519 -N '' -C probe -f "$place/key" </dev/null || fail DEPENDENCY_FAILED "ssh-keygen makes no key" true
  if [[ -f $file ]]; then before=$(<"$file"); fi
  # IPv4 first: fail2ban knows 127.0.0.1 for its own
  at=$(sshd -T 2>/dev/null | sed -n 's/^listenaddress //p' | sort | head -n 1)
  put_file "$file" "${before:+$before$'\n'}$(<"$place/key.pub")"$'\n'
  # this very machine is asked: its host key would prove nothing, and no secret is told
  seen=$(printf 'ls -1 /\n' | timeout 10 sftp -F none -q -b - -P "${at##*:}" -i "$place/key" -o BatchMode=yes -o IdentitiesOnly=yes \
    -o IdentityAgent=none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o GlobalKnownHostsFile=/dev/null \
    -o LogLevel=ERROR -- "$DEPOT_LOGIN@$(probe_host "${at%:*}")" 2>"$PROBE_SAID")
  if [[ -n $before ]]; then put_file "$file" "$before"$'\n'; else rm -f -- "$file"; fi
  rm -rf -- "$place"
  [[ $(grep -v '^sftp>' <<<"$seen") == /data ]]
}

probe_host() { # LISTEN-ADDRESS
  case $1 in
    '' | 0.0.0.0) echo 127.0.0.1 ;;
    '[::]') echo '[::1]' ;;
    *) printf '%s\n' "$1" ;;
  esac
}

# Whole, and in force for this account: a configuration that does not include the directory would let it see everything.
judge_sshd() {
  local rules
  mkdir -p /run/sshd
  sshd -t || return 1
  rules=$(sshd -T -C "user=$DEPOT_LOGIN,host=depot,addr=192.0.2.1") || return 1
  if ! grep -qx "chrootdirectory /srv/chom/depots/%u" <<<"$rules" || ! grep -qx 'forcecommand internal-sftp -u 0077' <<<"$rules"; then
    echo "its configuration does not include /etc/ssh/sshd_config.d"
    return 1
  fi
}

answer_depot() { # -> DATA
  local port keys
  port=$(sshd -T 2>/dev/null | sed -n 's/^port \([0-9]*\)$/\1/p' | head -n 1)
  keys=$(sshd -T 2>/dev/null | sed -n 's/^hostkey //p' | while IFS= read -r key; do cut -d ' ' -f 1,2 -- "$key.pub" 2>/dev/null; done |
    jq -Rsc 'split("\n") | map(select(. != "")) | sort_by(startswith("ssh-ed25519") | not)')
  json_list "${SKIPPED[@]}"
  DATA=$(jq -nc --arg login "$DEPOT_LOGIN" --argjson keys "$keys" --argjson port "${port:-22}" --argjson skipped "$REPLY" \
    '{login: $login, directory: "data", host_keys: $keys, port: $port, skipped: $skipped}')
}

cmd_depot_remove() {
  local removed=false
  require_depots
  name_depot "${ARG[depot]}"
  take_lock depots 60
  judge_account
  progress 10 "Removing the account"
  rm -f -- "$DEPOT_KEYS/$DEPOT_LOGIN"
  if [[ -n $(depot_account) ]]; then
    removed=true
    SITE_USER=$DEPOT_LOGIN SITE_UID=$(id -u "$DEPOT_LOGIN")
    end_processes
    userdel -- "$DEPOT_LOGIN" >&2 || fail DEPENDENCY_FAILED "userdel failed" true
  fi
  if [[ ${ARG[purge]-} == true ]]; then
    progress 60 "Removing what is in it"
    rm -rf --one-file-system -- "$DEPOT_ROOT" || fail INTERNAL "$DEPOT_ROOT cannot be removed" true
  elif [[ -d $DEPOT_ROOT/data ]]; then
    # the number may become another account's
    chown -R --no-dereference root:root -- "$DEPOT_ROOT/data"
  fi
  release_lock
  json_list "${SKIPPED[@]}"
  DATA="{\"login\":\"$DEPOT_LOGIN\",\"removed\":$removed,\"kept\":$(if [[ -d $DEPOT_ROOT ]]; then echo true; else echo false; fi),\"skipped\":$REPLY}"
  progress 100 "Gone"
}

depot_remains() {
  name_depot "${ARG[depot]}"
  if [[ -n $(depot_account) ]]; then printf 'user:%s\n' "$DEPOT_LOGIN"; fi
  if [[ -d $DEPOT_ROOT ]]; then printf 'home:%s\n' "$DEPOT_ROOT"; fi
}

plan_depot_create() {
  require_depots
  name_depot "${ARG[depot]}"
  judge_account
  local steps=()
  if [[ -z $(depot_account) ]]; then steps+=("account without a shell" "$DEPOT_LOGIN" create); fi
  steps+=("directory, all that the account sees" "$DEPOT_ROOT" create "key of the account" "$DEPOT_KEYS/$DEPOT_LOGIN" write)
  PLANNING=1
  if plan_file "$DEPOT_CONFIG" "$(depot_rules)"; then steps+=("sshd's rules for depots" "$DEPOT_CONFIG" write "sshd" ssh reload); fi
  PLANNING=''
  plan_steps "${steps[@]}"
}

plan_depot_remove() {
  require_depots
  name_depot "${ARG[depot]}"
  judge_account
  local steps=("key of the account" "$DEPOT_KEYS/$DEPOT_LOGIN" remove)
  if [[ -n $(depot_account) ]]; then steps+=("account" "$DEPOT_LOGIN" remove); fi
  if [[ ${ARG[purge]-} == true ]]; then steps+=("all that is in it, for good" "$DEPOT_ROOT" remove); fi
  plan_steps "${steps[@]}"
}
