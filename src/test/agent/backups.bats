#!/usr/bin/env bats
# Backups with the real restic, rootless: files, repositories, locks and interruptions. Databases: BackupsOnHostAcceptanceIT.

bats_require_minimum_version 1.5.0
load helper

KEY=correct-horse-battery-staple-of-backups-tests
PLACE_OF_REPOSITORY=/var/backups/chom/019396b0-0000-7000-8000-000000200001

setup() {
  need restic
  new_agent
  sed -i 's|command -v nginx|false|' "$PLACE/agent/lib/nginx.sh"
  sed -i 's|/php-fpm\[0-9\]|/no-php-fpm[0-9]|g' "$PLACE/agent/lib/php.sh"
  "$AGENT" site:create --site=019396b0-0000-7000-8000-000000200001 --user=s200001 --uid=200001 --domain=a.example --type=static >/dev/null 2>&1
  SITE_HOME=$VPSMANAGER_ROOT/srv/chom/sites/s200001
  REPOSITORY=$VPSMANAGER_ROOT$PLACE_OF_REPOSITORY
}

teardown() { end_agent; }

# Whoever the agent becomes owns what the site has.
as_owner() { if ((EUID == 0)); then setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"; else "$@"; fi; }

backup() { # COMMAND WORD...
  run --separate-stderr "$AGENT" "backup:$1" --user=s200001 --repository="local:${AT:-$PLACE_OF_REPOSITORY}" "${@:2}" \
    --secrets=- --format=json <<<"{\"key\":\"$KEY\"}"
}

create() { # [WORD...] -> BACKUP, SNAPSHOT
  BACKUP=$(uuid)
  backup create --backup="$BACKUP" --type=full "$@"
  SNAPSHOT=$(jq -r '.data.snapshot // ""' <<<"$output")
}

data() { jq -e "$1" >/dev/null <<<"$output" || { echo "not so: $1"; echo "$output $stderr"; return 1; }; }

by_restic() { as_owner env RESTIC_PASSWORD="$KEY" restic --no-cache -r "$REPOSITORY" "$@" 3>&-; }

file() { as_owner tee "$SITE_HOME/shared/$1" >/dev/null; }

listed() { # the backups in the repository, by id
  backup list
  jq -c '[.data.snapshots[].backup]' <<<"$output"
}

# Starts a backup at the gateway and stops restic as soon as it is there, before it has read a file.
begin_and_stop() { # OPERATION BACKUP FENCE
  send "{\"v\":1,\"id\":\"b$3\",\"command\":\"backup:create\",\"args\":{\"user\":\"s200001\",\"backup\":\"$2\",\"repository\":\"local:$PLACE_OF_REPOSITORY\",\"type\":\"full\"},\"secrets\":{\"key\":\"$KEY\"},\"operation\":\"$1\",\"fence\":\"$3\"}"
  until_true 30 stopped "$1"
}

stopped() { # OPERATION -> RESTIC_PID
  local pid
  for pid in $(pgrep -x restic); do
    if [[ $(tr '\0' ' ' <"/proc/$pid/cmdline") == *" $REPOSITORY backup --json"* ]]; then
      RESTIC_PID=$pid
      kill -STOP "$pid"
      return
    fi
  done 2>/dev/null
  return 1
}

locked() { compgen -G "$REPOSITORY/locks/$(printf '[0-9a-f]%.0s' {1..64})" >/dev/null; }

@test "a backup holds every file whatever its name, the second one little more, and both are listed" {
  head -c 3000000 /dev/urandom | file big
  echo one | file text
  as_owner bash -c 'cd "$1" && mkdir "a b" && : >"a b/$(printf "line\nbreak\ttab")" && : >"$(printf "not\xffutf8")" && : >"-rf" &&
    : >"ünï%41" && : >"q\"\\\\\$(touch x)" && ln -s /etc/passwd link && ln -s nowhere dangling && mkfifo pipe' - "$SITE_HOME/shared"
  create
  conforms backup:create "$output"
  data '.data.files == 8 and .data.bytes > 3000000 and .data.added_bytes > 3000000 and .data.skipped == []'
  local first=$BACKUP
  echo two | file text
  create
  data '.data.files == 8 and .data.added_bytes < 100000'
  backup list
  conforms backup:list "$output"
  data "[.data.snapshots[].backup] == [\"$first\", \"$BACKUP\"] and .data.repository_bytes > 3000000"
  # an operator can take it out with nothing but restic
  as_owner mkdir "$VPSMANAGER_ROOT/out"
  by_restic restore --quiet "$SNAPSHOT" --target "$VPSMANAGER_ROOT/out"
  diff -r --no-dereference --exclude=pipe "$SITE_HOME" "$VPSMANAGER_ROOT/out/sites/s200001"
}

@test "asked for again, and twice at once, a backup is one and gives one answer" {
  create
  local answer=$output one
  backup create --backup="$BACKUP" --type=full
  [[ $(jq -S .data <<<"$output") == "$(jq -S .data <<<"$answer")" ]]
  BACKUP=$(uuid)
  one=$PLACE/one
  "$AGENT" backup:create --user=s200001 --repository="local:$PLACE_OF_REPOSITORY" --backup="$BACKUP" --type=full --secrets=- --format=json \
    <<<"{\"key\":\"$KEY\"}" >"$one" 2>/dev/null 3>&- &
  backup create --backup="$BACKUP" --type=full
  wait $!
  [[ $(jq -S .data "$one") == "$(jq -S .data <<<"$output")" ]]
  [[ $(listed | jq length) == 2 ]]
}

@test "one that is cancelled leaves nothing that counts, and the next one goes through without hands" {
  local operation
  operation=$(uuid) BACKUP=$(uuid)
  head -c 2000000 /dev/urandom | file big
  gateway_open
  begin_and_stop "$operation" "$BACKUP" 1
  ask c1 operation:cancel "{\"operation\":\"$operation\"}"
  is '.data.state == "CANCELLED"'
  is "[.data.left_behind[] | split(\":\")[0]] - [\"repository\", \"lock\"] == []"
  gateway_close
  [[ ! -d $VPSMANAGER_ROOT/srv/chom/dumps/s200001 && ! -d $VPSMANAGER_ROOT/var/lib/vpsmanager/backups/s200001 ]]
  [[ $(listed) == '[]' ]]
  # data without its manifest, as a power cut between the two leaves it
  (cd "$VPSMANAGER_ROOT/srv/chom" && by_restic backup --quiet --tag "backup=$BACKUP" --tag part=data --tag type=full --host chom sites/s200001)
  [[ $(listed) == '[]' ]]
  backup create --backup="$BACKUP" --type=full
  data '.ok'
  [[ $(listed) == "[\"$BACKUP\"]" ]]
  [[ $(by_restic snapshots --json | jq length) == 2 ]]
}

@test "a lock of an operation that was killed is removed, somebody else's is left alone and named" {
  local operation lock holder
  create
  operation=$(uuid)
  gateway_open
  begin_and_stop "$operation" "$(uuid)" 5
  kill -CONT "$RESTIC_PID"
  until_true 20 locked
  kill -KILL "$RESTIC_PID"
  result_of b5
  is '.ok == false'
  gateway_close
  locked
  backup delete --snapshots="$SNAPSHOT"
  data '.data.deleted == 1'
  run ! locked
  # restic by hand, at work
  create
  mkfifo "$PLACE/held"
  exec {holder}<>"$PLACE/held"
  by_restic backup --quiet --stdin <"$PLACE/held" >/dev/null 2>&1 {holder}>&- &
  until_true 20 locked
  lock=$(ls "$REPOSITORY/locks")
  backup delete --snapshots="$SNAPSHOT"
  [[ $status == 7 ]]
  data '.error.code == "REPOSITORY_LOCKED" and .error.retryable'
  [[ $(ls "$REPOSITORY/locks") == "$lock" ]]
  [[ $(listed) == "[\"$BACKUP\"]" ]]
  exec {holder}>&-
  wait
  backup delete --snapshots="$SNAPSHOT"
  data '.data.deleted == 1'
}

@test "what is deleted is gone with its room, asked again it is no error, and the rest stays" {
  head -c 3000000 /dev/urandom | file big
  create
  local first=$SNAPSHOT
  as_owner rm "$SITE_HOME/shared/big"
  create
  backup delete --snapshots="$first" --plan
  conforms plan "$output"
  [[ $(listed | jq length) == 2 ]]
  backup delete --snapshots="$first"
  conforms backup:delete "$output"
  data '.data.deleted == 1 and .data.freed_bytes > 2900000'
  backup delete --snapshots="$first"
  data '.data.deleted == 0'
  [[ $(listed) == "[\"$BACKUP\"]" ]]
  by_restic check --quiet
}

@test "a wrong key, a repository that is not there and a disk that is not mounted are told apart" {
  create
  KEY=another-horse-battery-staple-0123456789 backup list
  [[ $status == 9 ]]
  data '.error.code == "REPOSITORY_KEY_WRONG" and (.error.retryable | not)'
  KEY=another-horse-battery-staple-0123456789 backup create --backup="$(uuid)" --type=full
  data '.error.code == "REPOSITORY_KEY_WRONG"'
  AT=/var/backups/chom/none backup list
  data '.error.code == "REPOSITORY_MISSING"'
  for command in list 'create --type=full' "delete --snapshots=$SNAPSHOT"; do
    # shellcheck disable=SC2086 # words
    if [[ $command == create* ]]; then set -- $command --backup="$(uuid)"; else set -- $command; fi
    AT=/mnt/disk/none backup "$@"
    data '.error.code == "REPOSITORY_UNREACHABLE" and .error.retryable'
  done
  for KEY in '' short 'with a space in it, and long enough for a key' 'quote"quote"quote"quote"quote"quote"'; do
    run --separate-stderr "$AGENT" backup:list --user=s200001 --repository="local:$PLACE_OF_REPOSITORY" --secrets=- --format=json \
      <<<"$(jq -nc --arg key "$KEY" '{key: $key}')"
    data '.error.code == "INVALID_ARGUMENT"'
  done
}

@test "a repository lies where nobody but root can put something else in its place" {
  local place
  for place in /srv/chom/sites/s200001/shared /var/lib/vpsmanager/x /etc/x /tmp/x /var/backups/../../srv/chom/x /var//x /var/x/ /run/x; do
    AT=$place create
    data '.error.code == "INVALID_ARGUMENT"' || { echo "$place"; return 1; }
  done
  as_owner mkdir -p "$VPSMANAGER_ROOT/mnt/open" "$VPSMANAGER_ROOT/mnt/real"
  chmod 0777 "$VPSMANAGER_ROOT/mnt/open"
  as_owner ln -s real "$VPSMANAGER_ROOT/mnt/link"
  for place in /mnt/open/x /mnt/link/x; do
    AT=$place create
    [[ $status == 9 ]]
    data '.error.code == "FORBIDDEN"' || { echo "$place"; return 1; }
  done
  [[ -z $(find "$VPSMANAGER_ROOT" -name config -path '*x*') ]]
  AT=/mnt/real/x create
  data '.ok'
  [[ $(stat -c %a "$VPSMANAGER_ROOT/mnt/real/x") == 700 ]]
}

@test "a file that cannot be read makes a backup incomplete, never good" {
  echo secret | file closed
  as_owner chmod 000 "$SITE_HOME/shared/closed"
  ((EUID == 0)) || [[ ! -r $SITE_HOME/shared/closed ]]
  create
  [[ $status == 8 ]]
  data '.error.code == "BACKUP_INCOMPLETE" and (.error.message | test("closed"))'
  [[ $(listed) == '[]' ]]
  as_owner chmod 640 "$SITE_HOME/shared/closed"
  create
  data '.ok'
}

@test "what is excluded is left out and nothing else, and a pattern is never an option or a command" {
  as_owner bash -c 'cd "$1" && mkdir -p cache/deep logs/x "odd [dir]" && touch -- cache/deep/a cache/b keep logs/x/y.log logs/z.log "odd [dir]/c" -rf "\$HOME"' - "$SITE_HOME/shared"
  BACKUP=$(uuid)
  gateway_open
  local patterns
  patterns=$(jq -nca '["shared/cache", "**/*.log", "--help", "-rf", "$HOME", "!shared/keep", "#", "$(touch canary)", "../../s200002", "shared/odd [[]dir]/c", "no/such/*", "ünï"]')
  send "{\"v\":1,\"id\":\"r1\",\"command\":\"backup:create\",\"args\":{\"user\":\"s200001\",\"backup\":\"$BACKUP\",\"repository\":\"local:$PLACE_OF_REPOSITORY\",\"type\":\"files\",\"exclude\":$patterns},\"secrets\":{\"key\":\"$KEY\"},\"operation\":\"$(uuid)\",\"fence\":\"1\"}"
  result_of r1
  is '.ok'
  SNAPSHOT=$(jq -r .data.snapshot <<<"$FRAME")
  [[ $(by_restic ls "$SNAPSHOT" | sed -n 's|^/sites/s200001/shared/||p' | sort | paste -sd' ') == '$HOME -rf keep logs logs/x odd [dir]' ]]
  change r2 backup:create "{\"user\":\"s200001\",\"backup\":\"$BACKUP\",\"repository\":\"local:$PLACE_OF_REPOSITORY\",\"type\":\"files\",\"exclude\":[\"a\\\\\\\\b\"]}" "$(uuid)" 2
  result_of r2
  is '.error.code == "INVALID_ARGUMENT"'
}

@test "a file that changes while restic reads is in the backup as moving, and one that goes is not missed" {
  local operation
  operation=$(uuid) BACKUP=$(uuid)
  echo before | file changing
  echo here | file going
  gateway_open
  begin_and_stop "$operation" "$BACKUP" 1
  echo after, and longer | file changing
  as_owner rm "$SITE_HOME/shared/going"
  echo new | file coming
  kill -CONT "$RESTIC_PID"
  result_of b1
  is '.ok and .data.files == 3'
  local manifest
  manifest=$(by_restic snapshots --json --tag "part=manifest" | jq -r '.[0].id')
  by_restic dump "$manifest" /manifest >"$PLACE/manifest"
  [[ $(sha256sum <"$PLACE/manifest") == "$(jq -r .data.manifest <<<"$FRAME")  -" ]]
  grep -Pq '^files/shared/changing\tf\t\d+\t\d+\t\d+\t18\tmoving\t[0-9.]+$' "$PLACE/manifest"
  grep -Pq '^files/shared/coming\tf\t.*\tmoving\t[0-9.]+$' "$PLACE/manifest"
  grep -Pq '^files/current/?\tl\t.*\treleases/first\t[0-9.]+$' "$PLACE/manifest"
  run ! grep going "$PLACE/manifest"
  grep -Pq "^files/releases/first/public/index.html\tf\t640\t\d+\t\d+\t\d+\t$(sha256sum <"$SITE_HOME/current/public/index.html" | cut -c 1-64)\t[0-9.]+$" "$PLACE/manifest"
}

@test "the key is in no journal, no log, no argument and no environment" {
  local operation path
  operation=$(uuid)
  gateway_open
  begin_and_stop "$operation" "$(uuid)" 1
  for path in /proc/[0-9]*; do
    if grep -qs "$KEY" "$path/cmdline" "$path/environ"; then echo "$path $(tr '\0' ' ' <"$path/cmdline")"; return 1; fi
  done
  run ! grep -rlE "$KEY" "$VPSMANAGER_ROOT"
  kill -CONT "$RESTIC_PID"
  result_of b1
  is '.ok'
  send "{\"v\":1,\"id\":\"l1\",\"command\":\"backup:list\",\"args\":{\"user\":\"s200001\",\"repository\":\"local:$PLACE_OF_REPOSITORY\"},\"secrets\":{\"key\":\"$KEY\"}}"
  result_of l1
  is '.data.snapshots | length == 1'
  run ! grep -rlE "$KEY" "$VPSMANAGER_ROOT"
  [[ -z $(ls "$VPSMANAGER_ROOT/run/vpsmanager/secrets") ]]
  run ! compgen -G "$VPSMANAGER_ROOT/run/vpsmanager/look.*"
}

@test "where there is no room a backup says so, before it begins or when the disk is full" {
  ((EUID == 0)) || skip "only root can mount a small disk"
  mkdir -p "$VPSMANAGER_ROOT/mnt/disk"
  chown 65534:65534 "$VPSMANAGER_ROOT/mnt"
  mount -t tmpfs -o size=80m,uid=65534,gid=65534,mode=0700 tmpfs "$VPSMANAGER_ROOT/mnt/disk"
  head -c 30000000 /dev/urandom | file big
  AT=/mnt/disk/x create
  [[ $status == 6 ]]
  data '.error.code == "NO_ROOM"'
  as_owner rm "$SITE_HOME/shared/big"
  AT=/mnt/disk/x create
  data '.ok'
  head -c 90000000 /dev/urandom | file big
  AT=/mnt/disk/x create
  umount "$VPSMANAGER_ROOT/mnt/disk" || { sleep 1; umount -l "$VPSMANAGER_ROOT/mnt/disk"; }
  [[ $status == 6 ]]
  data '.error.code == "NO_ROOM"'
}

@test "the empty place of a disk that is not mounted is not taken for a new disk" {
  create
  data '.ok'
  [[ -e ${REPOSITORY%/*}/.chom-target ]]
  as_owner mv "${REPOSITORY%/*}" "$VPSMANAGER_ROOT/elsewhere"
  as_owner mkdir "${REPOSITORY%/*}"
  create
  [[ $status == 8 ]]
  data '.error.code == "REPOSITORY_UNREACHABLE" and .error.retryable and (.error.message | test("not mounted"))'
  backup list
  data '.error.code == "REPOSITORY_UNREACHABLE"'
  AT=/var/backups/chom/other create
  data '.error.code == "REPOSITORY_UNREACHABLE"'
  [[ -z $(ls "${REPOSITORY%/*}") ]]
  as_owner rmdir "${REPOSITORY%/*}"
  as_owner mv "$VPSMANAGER_ROOT/elsewhere" "${REPOSITORY%/*}"
  create
  data '.ok'
  # the disk is there, and what the panel knows to be on it is not
  as_owner rm -rf "$REPOSITORY"
  create --expect
  [[ $status == 3 ]]
  data '.error.code == "REPOSITORY_MISSING"'
  [[ ! -e $REPOSITORY ]]
}

@test "a file that claims to be larger than its disk is named, and not read" {
  as_owner truncate -s 8E "$SITE_HOME/shared/hollow" 2>/dev/null || as_owner truncate -s 15T "$SITE_HOME/shared/hollow"
  create
  [[ $status == 8 ]]
  data '.error.code == "BACKUP_INCOMPLETE" and (.error.message | test("shared/hollow"))'
}

@test "files that grow without end while they are read end the backup, with their sum and what to do" {
  local limit=1000000
  as_owner truncate -s 40G "$SITE_HOME/shared/hollow"
  # as if it had been small when the files were looked at
  run --separate-stderr timeout 60 perl "$PLACE/agent/lib/backup.pl" walk "$SITE_HOME" files "$limit"
  [[ $status == 3 ]]
  run ! pgrep -f "sha256sum -- /proc/self/fd.*"
  as_owner rm "$SITE_HOME/shared/hollow"
  sed -i 's/^readonly GROWTH_BYTES=1073741824/readonly GROWTH_BYTES=1000000/' "$PLACE/agent/lib/backup.sh"
  echo small | file hollow
  gateway_open
  begin_and_stop "$(uuid)" "$(uuid)" 1
  as_owner truncate -s 400G "$SITE_HOME/shared/hollow"
  kill -CONT "$RESTIC_PID"
  result_of b1
  is '.error.code == "BACKUP_INCOMPLETE" and (.error.message | test("grow while they are read.*exclude it"))'
  gateway_close
  as_owner truncate -s 5 "$SITE_HOME/shared/hollow"
  create
  data '.ok'
}

@test "a restic that stands still is ended, and the backup is not good" {
  sed -i 's/^readonly STALL_SECONDS=600/readonly STALL_SECONDS=5/' "$PLACE/agent/lib/restic.sh"
  gateway_open
  begin_and_stop "$(uuid)" "$(uuid)" 1
  result_of b1
  is '.error.code == "BACKUP_INCOMPLETE" and (.error.message | test("nothing moved for 5 seconds"))'
  run ! kill -0 "$RESTIC_PID"
  gateway_close
  create
  data '.ok'
}

# write_dump as the agent has it, with a program in the place of mariadb-dump that does what the script says -> said, DUMPED
dump_by() { # SCRIPT
  DUMPED=$PLACE/dumped
  mkdir -p "$DUMPED/work"
  printf '#!/bin/bash\n%s\n' "$1" >"$DUMPED/program"
  chmod +x "$DUMPED/program"
  run bash -c 'BACKUP_RESERVE=0 WORK=$2/work DUMP=$2/program; source "$1/lib/core.sh"; source "$1/lib/dump.sh"
    write_dump s200001_main "$2/main.sql" 3>/dev/null; status=$?; printf "%s\n" "$DUMP_COMPLAINT"; exit "$status"' - "$PLACE/agent" "$DUMPED"
}

@test "a dump in which nothing comes any more is ended and is no dump, one that is slow is waited for" {
  sed -i 's/^readonly DUMP_STALL_SECONDS=120/readonly DUMP_STALL_SECONDS=4/' "$PLACE/agent/lib/dump.sh"
  local begun=$SECONDS
  dump_by 'echo "begun"; echo "$$" >"${0%/*}/pid"; exec sleep 300'
  [[ $status != 0 && $output == *"nothing came for 4 seconds (does the site keep a table locked?)"* ]]
  ((SECONDS - begun < 60))
  run ! kill -0 "$(<"$DUMPED/pid")"
  [[ ! -e $DUMPED/main.sql ]]
  # longer than that, but never without a line for so long
  dump_by 'for i in {1..7}; do echo "line $i"; sleep 1; done'
  [[ $status == 0 ]]
  [[ $(wc -l <"$DUMPED/main.sql") == 7 ]]
}

verify() { # [SNAPSHOT]
  backup verify --backup="$BACKUP" --snapshot="${1-$SNAPSHOT}" --manifest="$MANIFEST"
}

tidy() { [[ -z $(find "$VPSMANAGER_ROOT/srv/chom/scratch" "$VPSMANAGER_ROOT/srv/chom/dumps" "$VPSMANAGER_ROOT/var/lib/vpsmanager/backups" -mindepth 1 2>/dev/null) ]]; }

broken() { # CODE WHAT: the first reason is this, and nothing is left of looking for it
  data ".data.outcome == \"BROKEN\" and .data.reasons[0].code == \"$1\" and (.data.reasons[0].what | test(\"$2\"))"
  conforms backup:verify "$output"
  tidy
}

# A snapshot like the backup's but for what the script does to its files -> PLANTED
plant() { # SCRIPT
  rm -rf "$VPSMANAGER_ROOT/out"
  as_owner mkdir "$VPSMANAGER_ROOT/out"
  by_restic restore --quiet "$SNAPSHOT" --target "$VPSMANAGER_ROOT/out"
  (cd "$VPSMANAGER_ROOT/out/sites/s200001" && as_owner bash -c "$1")
  PLANTED=$(cd "$VPSMANAGER_ROOT/out" && by_restic backup --json --quiet sites/s200001 dumps/s200001 | jq -r .snapshot_id)
  PLANTED=$(by_restic snapshots --json "$PLANTED" | jq -r '.[0].id')
}

@test "a backup is proven by restoring it, and a missing, changed, added or re-owned file breaks it" {
  as_owner bash -c 'cd "$1" && : >"$(printf "new\nline\xff")" && ln -s ../tmp link && mkdir -m 0700 closed && echo text >closed/file' - "$SITE_HOME/shared"
  create
  MANIFEST=$(jq -r .data.manifest <<<"$output")
  verify
  conforms backup:verify "$output"
  data '.data | .outcome == "PROVEN" and .reasons == [] and .more == 0 and .files == 3 and .restore_ms > 0'
  tidy
  plant 'rm shared/closed/file'
  verify "$PLANTED"
  broken FILE_MISSING '^shared/closed/file$'
  plant 'printf texd >/dev/null; sed -i s/text/texd/ shared/closed/file; ln -sfn /etc shared/link; touch shared/zz; chmod 0666 shared/new*; : >"shared/more%"'
  verify "$PLANTED"
  broken FILE_CHANGED '^shared/closed/file$'
  data '[.data.reasons[] | .code + " " + .what] == ["FILE_CHANGED shared/closed/file", "FILE_CHANGED shared/link", "FILE_EXTRA shared/more%25", "FILE_OWNER_OR_MODE shared/new%0Aline%FF", "FILE_EXTRA shared/zz"]'
  plant 'for i in {1..60}; do : >shared/extra$i; done'
  verify "$PLANTED"
  data '(.data.reasons | length) == 50 and .data.more == 10'
}

@test "a server that does not have the site proves its backup, and leaves no lock there" {
  echo text | file text
  create
  MANIFEST=$(jq -r .data.manifest <<<"$output")
  by_restic dump "$(by_restic snapshots --tag part=manifest --json | jq -r '.[0].id')" /manifest | grep -qx $'site\tstatic\t-\ta.example\thttp'
  mv "$VPSMANAGER_ROOT/var/lib/vpsmanager/sites/s200001.json" "$SITE_HOME" "$PLACE"
  # a lock that nobody else may pass is in nobody's way who takes none
  chmod a-w "$REPOSITORY/locks"
  verify
  chmod u+w "$REPOSITORY/locks"
  conforms backup:verify "$output"
  data '.data | .outcome == "PROVEN" and .reasons == [] and .files >= 1 and .skipped == ["answer"]'
  tidy
}

@test "a manifest that is another, a snapshot that is gone and a pack with flipped bytes break a backup" {
  local pack manifest
  head -c 1000000 /dev/urandom | file big
  create
  MANIFEST=$(jq -r .data.manifest <<<"$output")
  manifest=$MANIFEST
  MANIFEST=$(printf 'a%.0s' {1..64})
  verify
  broken MANIFEST_CHANGED "$manifest"
  MANIFEST=$manifest
  verify "$(printf 'b%.0s' {1..64})"
  broken SNAPSHOT_MISSING bbb
  KEY=another-horse-battery-staple-0123456789 verify
  data '.error.code == "REPOSITORY_KEY_WRONG"'
  # the largest pack holds the file's content
  pack=$(find "$REPOSITORY/data" -type f -printf '%s %p\n' | sort -n | tail -n 1)
  pack=${pack#* }
  chmod u+w "$pack"
  printf 'flipped' | dd of="$pack" bs=1 seek=5000 conv=notrunc status=none
  verify
  broken REPOSITORY_DAMAGED .
  BACKUP=$(uuid) verify
  broken MANIFEST_MISSING .
}

# Every pack and every index of it, as a bad disk leaves them.
ruin() {
  local file
  while IFS= read -r file; do
    chmod u+w "$file"
    printf 'flipped' | dd of="$file" bs=1 seek=30 conv=notrunc status=none
  done < <(find "$REPOSITORY/$1" -type f)
}

@test "a broken backup is forgotten in a damaged repository, and with the last one all of that goes" {
  local first first_snapshot
  head -c 1000000 /dev/urandom | file big
  create
  first=$BACKUP first_snapshot=$SNAPSHOT
  head -c 1000000 /dev/urandom | file big
  create
  ruin index
  backup delete --snapshots="$first_snapshot"
  conforms backup:delete "$output"
  data '.data.deleted == 1 and .data.damaged and .data.repository_bytes > 1000000'
  [[ -d $REPOSITORY/data ]]
  # asked again it is no error
  backup delete --snapshots="$first_snapshot"
  data '.data.deleted == 0 and .data.damaged'
  backup delete --snapshots="$SNAPSHOT" --whole
  conforms backup:delete "$output"
  data '.data.deleted == 1 and .data.damaged and .data.repository_bytes == 0 and .data.freed_bytes > 1000000'
  [[ ! -e $REPOSITORY ]]
  tidy
}

@test "of a damaged repository whose list cannot be read nothing is taken for unneeded, and all of it goes when it is" {
  head -c 1000000 /dev/urandom | file big
  create
  ruin snapshots
  backup delete --snapshots="$SNAPSHOT"
  data '.data.deleted == 0 and .data.damaged and .data.freed_bytes == 0'
  [[ -e $REPOSITORY/config && -n $(find "$REPOSITORY/data" -type f) ]]
  backup delete --snapshots="$SNAPSHOT" --whole
  data '.data.damaged and .data.repository_bytes == 0'
  [[ ! -e $REPOSITORY ]]
  # a good one is removed as ever, and one that cannot be opened is never cleared away
  create
  KEY=another-horse-battery-staple-0123456789 backup delete --snapshots="$SNAPSHOT" --whole
  data '.error.code == "REPOSITORY_KEY_WRONG"'
  [[ -e $REPOSITORY/config ]]
  backup delete --snapshots="$SNAPSHOT" --whole
  data '.data.deleted == 1 and (.data.damaged | not)'
  [[ -e $REPOSITORY/config ]]
}

tree() { (cd "$SITE_HOME" && find . -printf '%p %y %m %l\n' | sort; find . -type f -print0 | sort -z | xargs -0 sha256sum); }

restore() { # [WORD...]
  backup restore --backup="$BACKUP" --snapshot="$SNAPSHOT" --manifest="$MANIFEST" --what=files "$@"
}

undo() { run --separate-stderr "$AGENT" backup:undo --user=s200001 --previous="$1" --format=json; }

@test "what was destroyed comes back exactly, and an undo brings the ruins back" {
  local good ruins previous
  as_owner bash -c 'cd "$1" && mkdir -p deep/er && echo text >deep/er/file && chmod 0600 deep/er/file && ln -s ../tmp link' - "$SITE_HOME/shared"
  create
  MANIFEST=$(jq -r .data.manifest <<<"$output")
  good=$(tree)
  as_owner bash -c 'cd "$1" && rm -rf shared releases/first && echo junk >releases/junk' - "$SITE_HOME"
  ruins=$(tree)
  restore --plan
  conforms plan "$output"
  [[ $(tree) == "$ruins" ]]
  restore
  conforms backup:restore "$output"
  data '.data.state == "active" and .data.files == 2 and .data.what == "files"'
  [[ $(tree) == "$good" ]]
  previous=$(jq -r .data.previous <<<"$output")
  [[ $previous == "$(jq -r .operation <<<"$output")" ]]
  [[ $(stat -c %a "$VPSMANAGER_ROOT/srv/chom/retained/restores") == 700 ]]
  undo "$previous"
  conforms backup:undo "$output"
  data '.data.state == "active"'
  [[ $(tree) == "$ruins" ]]
  undo "$previous"
  data '.data.state == "active"'
  [[ $(tree) == "$ruins" ]]
  undo "$(uuid)"
  [[ $status == 3 ]]
  data '.error.code == "BACKUP_NOT_FOUND"'
  tidy
}

@test "a closed site stays closed, a broken backup changes nothing, and a site that is purged keeps no copy" {
  local before
  create
  MANIFEST=$(jq -r .data.manifest <<<"$output")
  echo more | file more
  "$AGENT" site:disable --user=s200001 >/dev/null 2>&1
  restore
  data '.data.state == "disabled"'
  "$AGENT" site:info --user=s200001 --format=json | jq -e '.data.state == "disabled"'
  [[ ! -e $SITE_HOME/shared/more ]]
  undo "$(jq -r .data.previous <<<"$output")"
  data '.data.state == "disabled"'
  [[ -e $SITE_HOME/shared/more ]]
  plant 'rm current/public/index.html'
  before=$(tree)
  SNAPSHOT=$PLANTED restore
  [[ $status == 8 ]]
  data '.error.code == "REPOSITORY_DAMAGED" and (.error.message | test("FILE_MISSING releases/first/public/index.html"))'
  MANIFEST=$(printf 'a%.0s' {1..64}) restore
  data '.error.code == "REPOSITORY_DAMAGED"'
  SNAPSHOT=$(printf 'a%.0s' {1..64}) restore
  data '.error.code == "BACKUP_NOT_FOUND"'
  restore --database=shop
  data '.error.code == "INVALID_ARGUMENT"'
  [[ $(tree) == "$before" ]]
  "$AGENT" site:delete --user=s200001 --purge >/dev/null 2>&1
  run ! compgen -G "$VPSMANAGER_ROOT/srv/chom/retained/restores/*"
}

@test "a restore that is killed anywhere goes through when it is asked for again" {
  local good step operation fence=1000 previous holder
  create
  MANIFEST=$(jq -r .data.manifest <<<"$output")
  good=$(tree)
  gateway_open
  for step in 'Restoring' 'Comparing every file' 'Putting the files'; do
    echo "$step" | file "more"
    # it cannot come to its end meanwhile
    exec {holder}>>"$VPSMANAGER_ROOT/run/vpsmanager/config.lock"
    flock "$holder"
    operation=$(uuid)
    send "{\"v\":1,\"id\":\"r$((fence += 100))\",\"command\":\"backup:restore\",\"args\":{\"user\":\"s200001\",\"backup\":\"$BACKUP\",\"snapshot\":\"$SNAPSHOT\",\"manifest\":\"$MANIFEST\",\"what\":\"files\",\"repository\":\"local:$PLACE_OF_REPOSITORY\"},\"secrets\":{\"key\":\"$KEY\"},\"operation\":\"$operation\",\"fence\":\"$fence\"}"
    until_true 30 grep -qs "$step" "$JOURNAL/$operation/events"
    ask "c$fence" operation:cancel "{\"operation\":\"$operation\"}"
    is '.data.state == "CANCELLED" and [.data.left_behind[] | split(":")[0]] - ["repository", "lock", "unfinished"] == []'
    exec {holder}>&-
    restore
    data '.data.state == "active"' || { echo "after $step"; return 1; }
    [[ $(tree) == "$good" ]] || { echo "after $step"; return 1; }
    previous=$(jq -r .data.previous <<<"$output")
    undo "$previous"
    data '.ok'
    [[ $(cat "$SITE_HOME/shared/more") == "$step" ]]
  done
  tidy
}

# A restore that was cancelled when it had closed the site and was about to keep the databases -> OPERATION, KEPT. Without
# MariaDB none comes so far: what it had written down by then is written down here.
closed_in_vain() { # FENCE
  local holder
  exec {holder}>>"$VPSMANAGER_ROOT/run/vpsmanager/config.lock"
  flock "$holder"
  OPERATION=$(uuid)
  send "{\"v\":1,\"id\":\"r$1\",\"command\":\"backup:restore\",\"args\":{\"user\":\"s200001\",\"backup\":\"$BACKUP\",\"snapshot\":\"$SNAPSHOT\",\"manifest\":\"$MANIFEST\",\"what\":\"files\",\"repository\":\"local:$PLACE_OF_REPOSITORY\"},\"secrets\":{\"key\":\"$KEY\"},\"operation\":\"$OPERATION\",\"fence\":\"$1\"}"
  until_true 30 grep -qs 'Putting the files' "$JOURNAL/$OPERATION/events"
  ask "c$1" operation:cancel "{\"operation\":\"$OPERATION\"}"
  is '.data.state == "CANCELLED" and any(.data.left_behind[]; startswith("unfinished:"))'
  exec {holder}>&-
  KEPT=$VPSMANAGER_ROOT/srv/chom/retained/restores/s200001/$OPERATION
  amend "$KEPT/record.json" '.closing = "true"'
  amend "$VPSMANAGER_ROOT/var/lib/vpsmanager/sites/s200001.json" '.state = "disabling"'
}

amend() { # FILE FILTER
  jq -c "$2" "$1" >"$1.amended"
  chown --reference="$1" "$1.amended"
  mv "$1.amended" "$1"
}

site_is() { "$AGENT" site:info --user=s200001 --format=json | jq -e ".data.state == \"$1\"" >/dev/null; }

@test "a restore that ended between closing and replacing opens the site again, when it is cancelled and after a power cut" {
  create
  MANIFEST=$(jq -r .data.manifest <<<"$output")
  gateway_open
  closed_in_vain 1000
  ask d1 operation:cancel "{\"operation\":\"$OPERATION\"}"
  is 'any(.data.left_behind[]; . == "untouched:s200001") and (any(.data.left_behind[]; startswith("unfinished:")) | not)'
  [[ ! -e $KEPT ]]
  site_is active
  # whoever asks once more is told so again
  ask d2 operation:cancel "{\"operation\":\"$OPERATION\"}"
  is 'any(.data.left_behind[]; . == "untouched:s200001")'
  # where something was replaced it stays closed, and can be gone on with
  closed_in_vain 2000
  amend "$KEPT/record.json" '.changing = "true"'
  ask d3 operation:cancel "{\"operation\":\"$OPERATION\"}"
  is 'any(.data.left_behind[]; startswith("unfinished:")) and (any(.data.left_behind[]; startswith("untouched:")) | not)'
  site_is disabling
  gateway_close
  gateway_open
  [[ -e $KEPT ]]
  site_is disabling
  restore
  data '.data.state == "active"'
  # the power went before anybody cancelled it
  closed_in_vain 3000
  gateway_close
  gateway_open
  until_true 30 test ! -e "$KEPT"
  site_is active
  gateway_close
  tidy
}

@test "a restore that did not end can be undone, though it never told a name" {
  local before holder operation
  create
  MANIFEST=$(jq -r .data.manifest <<<"$output")
  echo later | file later
  before=$(tree)
  gateway_open
  exec {holder}>>"$VPSMANAGER_ROOT/run/vpsmanager/config.lock"
  flock "$holder"
  operation=$(uuid)
  send "{\"v\":1,\"id\":\"r1\",\"command\":\"backup:restore\",\"args\":{\"user\":\"s200001\",\"backup\":\"$BACKUP\",\"snapshot\":\"$SNAPSHOT\",\"manifest\":\"$MANIFEST\",\"what\":\"files\",\"repository\":\"local:$PLACE_OF_REPOSITORY\"},\"secrets\":{\"key\":\"$KEY\"},\"operation\":\"$operation\",\"fence\":\"1000\"}"
  until_true 30 test ! -e "$SITE_HOME/shared/later"
  ask c1 operation:cancel "{\"operation\":\"$operation\"}"
  is '.data.state == "CANCELLED"'
  exec {holder}>&-
  run --separate-stderr "$AGENT" backup:undo --user=s200001 --backup="$(uuid)" --format=json
  data '.error.code == "BACKUP_NOT_FOUND"'
  run --separate-stderr "$AGENT" backup:undo --user=s200001 --format=json
  data '.error.code == "INVALID_ARGUMENT"'
  run --separate-stderr "$AGENT" backup:undo --user=s200001 --backup="$BACKUP" --format=json
  data '.data.state == "active"'
  [[ $(tree) == "$before" ]]
  tidy
}

@test "a restore that did not end gives way to another one, and begins anew when it is asked for later" {
  local first first_snapshot first_manifest good other holder operation
  create
  first=$BACKUP first_snapshot=$SNAPSHOT first_manifest=$(jq -r .data.manifest <<<"$output")
  good=$(tree)
  echo later | file later
  create
  MANIFEST=$(jq -r .data.manifest <<<"$output")
  other=$(tree)
  gateway_open
  exec {holder}>>"$VPSMANAGER_ROOT/run/vpsmanager/config.lock"
  flock "$holder"
  operation=$(uuid)
  send "{\"v\":1,\"id\":\"r1\",\"command\":\"backup:restore\",\"args\":{\"user\":\"s200001\",\"backup\":\"$first\",\"snapshot\":\"$first_snapshot\",\"manifest\":\"$first_manifest\",\"what\":\"files\",\"repository\":\"local:$PLACE_OF_REPOSITORY\"},\"secrets\":{\"key\":\"$KEY\"},\"operation\":\"$operation\",\"fence\":\"1000\"}"
  until_true 30 grep -qs 'Putting the files' "$JOURNAL/$operation/events"
  until_true 30 test ! -e "$SITE_HOME/shared/later"
  ask c1 operation:cancel "{\"operation\":\"$operation\"}"
  is '.data.state == "CANCELLED"'
  exec {holder}>&-
  restore
  data '.data.state == "active"'
  [[ $(tree) == "$other" ]]
  BACKUP=$first SNAPSHOT=$first_snapshot MANIFEST=$first_manifest
  restore
  data '.data.state == "active"'
  [[ $(tree) == "$good" ]]
  undo "$(jq -r .data.previous <<<"$output")"
  data '.ok'
  [[ $(tree) == "$other" ]]
  tidy
}
