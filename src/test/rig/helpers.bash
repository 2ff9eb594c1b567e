# shellcheck shell=bash
# What the rig's own tests share.

# a name of letters that no other run uses at the same time
fresh_name() { tr 0-9 a-j <<<"$1$(($$ % 100000))"; }

# fd 3 belongs to bats, which would wait for the hosts to close it
rig() { "$BATS_TEST_DIRNAME/rig" --name "$RIG_UNDER_TEST" "$@" 3>&-; }

field() { rig status | jq -r --arg host "$1" "select(.name == \$host) | $2"; }

login() {
  local user=$1 host=$2
  shift 2
  ssh -i "$(field "$host" .login.private_key)" -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=no \
    -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ConnectTimeout=3 "$user@$(rig ip "$host")" "$@" 3>&-
}

# what the kernel still holds of a rig
traces_of() {
  grep -F -e "/$1/" /proc/self/mountinfo
  losetup -l -n -O BACK-FILE | grep -F "/$1/"
  ip netns list | grep -E "^$1[0-9]"
  ip -o link | grep -E " $1(br|v[0-9])"
  find "$(findmnt -n -o TARGET -t cgroup2 | head -n 1)" -maxdepth 1 -name "chom-rig.$1[0-9]*"
  nft list tables | grep -E "_$1[0-9]"
  pgrep -fa "supervise.sh .*/$1[0-9]+\$"
  pgrep -fa "pebble .*/$1/acme/"
  true
}
