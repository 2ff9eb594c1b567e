#!/usr/bin/env bats
# Downloads of backups with the real restic, rootless. Through sshd and the panel: DownloadsOnAServerTest.

bats_require_minimum_version 1.5.0
load helper

KEY=correct-horse-battery-staple-of-download-tests
PLACE_OF_REPOSITORY=/var/backups/chom/019396b0-0000-7000-8000-000000200001

setup() {
  need restic
  new_agent
  sed -i 's|command -v nginx|false|' "$PLACE/agent/lib/nginx.sh"
  sed -i 's|/php-fpm\[0-9\]|/no-php-fpm[0-9]|g' "$PLACE/agent/lib/php.sh"
  # times that a test can wait for
  sed -i 's/^readonly DOWNLOAD_BEGINS=.*/readonly DOWNLOAD_BEGINS=30 DOWNLOAD_STALLS=5/; s/TICKET_SECONDS=30/TICKET_SECONDS=4/' "$PLACE/agent/lib/download.sh"
  "$AGENT" site:create --site=019396b0-0000-7000-8000-000000200001 --user=s200001 --uid=200001 --domain=a.example --type=static >/dev/null 2>&1
  SITE_HOME=$VPSMANAGER_ROOT/srv/chom/sites/s200001
  REPOSITORY=$VPSMANAGER_ROOT$PLACE_OF_REPOSITORY
  TICKETS=$VPSMANAGER_ROOT/run/vpsmanager/downloads
  OUT=$PLACE/out
  mkdir "$OUT"
}

teardown() { end_agent; }

as_owner() { if ((EUID == 0)); then setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"; else "$@"; fi; }

backup() { # COMMAND WORD...
  run --separate-stderr "$AGENT" "backup:$1" --user=s200001 --repository="local:$PLACE_OF_REPOSITORY" "${@:2}" \
    --secrets=- --format=json <<<"{\"key\":\"${WITH-$KEY}\"}" 3>&-
}

create() { # -> BACKUP, SNAPSHOT
  BACKUP=$(uuid)
  backup create --backup="$BACKUP" --type=full
  SNAPSHOT=$(jq -r '.data.snapshot // ""' <<<"$output")
  [[ -n $SNAPSHOT ]]
}

# A site with all that a name can be, and a dump as a database's backup has it.
a_backup() {
  as_owner bash -c 'cd "$1/shared" && mkdir -p "a b/c" && echo one >"a b/c/$(printf "line\nbreak\ttab")" && echo two >"$(printf "not\xffutf8")" && echo three >"-rf" &&
    echo four >"ünï%41" && ln -s /etc/passwd link && mkdir -p "$(printf "y%.0s" {1..200})/$(printf "z%.0s" {1..120})" && head -c 3000000 /dev/urandom >big &&
    echo deep >"$(printf "y%.0s" {1..200})/$(printf "z%.0s" {1..120})/file" && : >empty' - "$SITE_HOME"
  create
}

prepare() { # WORD... -> DOWNLOAD
  DOWNLOAD=$(uuid)
  backup download --backup="$BACKUP" --snapshot="$SNAPSHOT" --download="$DOWNLOAD" "$@"
}

# What comes, to a file, with a reader that stays; its exit code.
get() { # FILE
  local status=0 hold
  exec {hold}<> <(:)
  "$AGENT" get "$DOWNLOAD" <&"$hold" >"$1" 2>"$OUT/said" 3>&- || status=$?
  if ((status)); then cat "$OUT/said" >&2; fi
  exec {hold}>&-
  return "$status"
}

data() { jq -e "$1" >/dev/null <<<"$output" || { echo "not so: $1"; echo "$output $stderr"; return 1; }; }
said() { tail -n 1 "$OUT/said" | jq -e "$1" >/dev/null || { cat "$OUT/said"; return 1; }; }
restics() { pgrep -f -- "--repo $REPOSITORY dump" >/dev/null; }
no_restics() { ! restics; }
nothing_waits() { ! compgen -G "$TICKETS/*" >/dev/null && ! compgen -G "$VPSMANAGER_ROOT/run/vpsmanager/look.*" >/dev/null; }

@test "an archive holds every file, byte by byte, under its name in the home, and nothing of it was written anywhere" {
  a_backup
  prepare --what=files
  conforms backup:download "$output"
  data '.data.kind == "tar" and (.data | has("bytes") | not)'
  get "$OUT/files.tar"
  mkdir "$OUT/files"
  tar -C "$OUT/files" -xf "$OUT/files.tar"
  diff -r --no-dereference "$SITE_HOME" "$OUT/files"
  [[ $(readlink "$OUT/files/shared/link") == /etc/passwd ]]
  nothing_waits
  # twice is not possible: a ticket serves one reader
  run ! get "$OUT/again"
  said '.error.code == "DOWNLOAD_NOT_FOUND"'
  [[ ! -s $OUT/again ]]
}

@test "compressed, of a directory and of one file" {
  a_backup
  prepare --what=files --path='shared/a b' --compress
  get "$OUT/part.tar.gz"
  mkdir "$OUT/part"
  tar -C "$OUT/part" -xzf "$OUT/part.tar.gz"
  diff -r "$SITE_HOME/shared/a b" "$OUT/part/shared/a b"
  [[ $(ls "$OUT/part/shared") == 'a b' ]]
  prepare --what=files --path=shared/big
  data '.data.kind == "file" and .data.bytes == 3000000'
  get "$OUT/big"
  cmp "$OUT/big" "$SITE_HOME/shared/big"
  prepare --what=files --path=shared/%C3%BCn%C3%AF%2541 --compress
  get "$OUT/small.gz"
  [[ $(zcat "$OUT/small.gz") == four ]]
  prepare --what=files --path=shared/not%FFutf8
  data '.data.bytes == 4'
  get "$OUT/other"
  [[ $(cat "$OUT/other") == two ]]
  prepare --what=files --path='shared/a b/c/line%0Abreak%09tab'
  get "$OUT/line"
  [[ $(cat "$OUT/line") == one ]]
}

@test "a database's dump comes alone or with the others, and all of a backup as files and databases" {
  as_owner bash -c 'mkdir -p "$1/shared" && echo page >"$1/shared/page"' - "$SITE_HOME"
  # as MariaDB would have it made; there is none here
  sed -i 's|^read_files() {|&\n  mkdir -p -- "$DUMPS" "$SITE_DUMPS"; printf "CREATE TABLE shop;\\n" >"$SITE_DUMPS/${SITE_USER}_shop.sql"; printf "x\\n" >"$SITE_DUMPS/${SITE_USER}_blog.sql"|' "$PLACE/agent/lib/backup.sh"
  create
  prepare --what=database --database=shop
  data '.data.kind == "file"'
  get "$OUT/shop.sql"
  [[ $(cat "$OUT/shop.sql") == 'CREATE TABLE shop;' ]]
  prepare --what=database
  get "$OUT/all.tar"
  [[ $(tar -tf "$OUT/all.tar" | sort | paste -sd' ') == 'blog.sql shop.sql' ]]
  prepare --what=full
  get "$OUT/full.tar"
  [[ $(tar -xOf "$OUT/full.tar" databases/shop.sql) == 'CREATE TABLE shop;' ]]
  [[ $(tar -xOf "$OUT/full.tar" files/shared/page) == page ]]
  [[ -z $(tar -tf "$OUT/full.tar" | grep -v -e '^files/' -e '^databases/') ]]
}

@test "what is not there, is a link or leads out of the home is refused before anything waits" {
  a_backup
  local path
  for path in ../s200002 shared/../../x /etc/passwd shared/ shared//big ./shared .. 'shared/.'; do
    prepare --what=files --path="$path"
    data '.error.code == "INVALID_ARGUMENT"'
  done
  prepare --what=files --path=shared/nothing
  data '.error.code == "BACKUP_NOT_FOUND"'
  prepare --what=files --path=shared/link
  data '.error.code == "INVALID_ARGUMENT"'
  prepare --what=database --path=shared
  data '.error.code == "INVALID_ARGUMENT"'
  prepare --what=database --database=shop
  data '.error.code == "BACKUP_NOT_FOUND"'
  prepare --what=database
  data '.error.code == "BACKUP_NOT_FOUND"'
  BACKUP=$(uuid) prepare --what=files
  data '.error.code == "BACKUP_NOT_FOUND"'
  WITH=another-key-another-key-another-key-1 prepare --what=files
  data '.error.code == "REPOSITORY_KEY_WRONG"'
  nothing_waits
  local words
  for words in "get" "get x" "get ../$(uuid)" "get $(uuid) 0" "get $(uuid); id"; do
    SSH_ORIGINAL_COMMAND=$words run "$PLACE/agent/bin/entry"
    [[ $status == 9 ]]
  done
}

@test "a ticket is root's alone, its secret is in no argument, and it goes when nobody comes" {
  a_backup
  prepare --what=files
  [[ $(stat -c %a "$TICKETS") == 700 && $(stat -c %a "$TICKETS/$DOWNLOAD") == 600 ]]
  run ! pgrep -f "$KEY"
  until_true 12 nothing_waits
  run ! get "$OUT/late"
  said '.error.code == "DOWNLOAD_NOT_FOUND"'
  sed -i 's/TICKET_SECONDS=4/TICKET_SECONDS=40/' "$PLACE/agent/lib/download.sh"
  local number
  for number in {1..8}; do as_owner touch "$TICKETS/$number"; done
  prepare --what=files
  data '.error.code == "BUSY" and .error.retryable'
}

@test "restic ends when the reader goes, and when the reader takes nothing for too long" {
  a_backup
  prepare --what=files
  mkfifo "$OUT/hold" "$OUT/pipe"
  timeout 60 "$AGENT" get "$DOWNLOAD" <"$OUT/hold" >"$OUT/pipe" 2>"$OUT/said" 3>&- &
  local pid=$! hold pipe status=0
  exec {hold}>"$OUT/hold" {pipe}<"$OUT/pipe"
  head -c 1000 <&"$pipe" >/dev/null
  restics
  exec {hold}>&-
  wait "$pid" || status=$?
  [[ $status == 8 ]]
  until_true 5 no_restics
  said '.error.code == "DOWNLOAD_STOPPED"'
  exec {pipe}<&-
  prepare --what=files
  timeout 60 "$AGENT" get "$DOWNLOAD" <"$OUT/hold" >"$OUT/pipe" 2>"$OUT/said" 3>&- &
  pid=$! status=0
  exec {hold}>"$OUT/hold" {pipe}<"$OUT/pipe"
  wait "$pid" || status=$?
  [[ $status == 8 ]]
  until_true 5 no_restics
  said '.error.code == "DOWNLOAD_STOPPED"'
  nothing_waits
}

@test "a damaged backup and a restic that is killed end with another exit code than 0, and say so" {
  a_backup
  prepare --what=files --compress
  mkfifo "$OUT/hold" "$OUT/pipe"
  timeout 60 "$AGENT" get "$DOWNLOAD" <"$OUT/hold" >"$OUT/pipe" 2>"$OUT/said" 3>&- &
  local pid=$! hold pipe status=0
  exec {hold}>"$OUT/hold" {pipe}<"$OUT/pipe"
  head -c 1000 <&"$pipe" >/dev/null
  until_true 5 restics
  pkill -KILL -f -- "--repo $REPOSITORY dump"
  cat <&"$pipe" >/dev/null
  wait "$pid" || status=$?
  ((status != 0))
  said '.ok == false'
  exec {hold}>&- {pipe}<&-
  find "$REPOSITORY/data" -type f -size +1M -exec sh -c 'chmod u+w "$1" && printf broken | dd of="$1" bs=1 seek=100000 conv=notrunc status=none' - {} \;
  prepare --what=files
  run ! get "$OUT/broken.tar"
  said '.error.code == "REPOSITORY_DAMAGED"'
  run ! tar -tf "$OUT/broken.tar"
  nothing_waits
}

@test "no more than four at once on a server" {
  a_backup
  local number hold pipe
  local -a pids=()
  mkfifo "$OUT/hold"
  exec {hold}<>"$OUT/hold"
  sed -i 's/DOWNLOAD_STALLS=5/DOWNLOAD_STALLS=600/' "$PLACE/agent/lib/download.sh"
  for number in 1 2 3 4; do
    mkfifo "$OUT/pipe$number"
    prepare --what=files
    data '.ok'
    timeout 300 "$AGENT" get "$DOWNLOAD" <&"$hold" >"$OUT/pipe$number" 2>/dev/null 3>&- &
    pids+=($!)
    exec {pipe}<"$OUT/pipe$number"
    head -c 1000 <&"$pipe" >/dev/null
  done
  prepare --what=files
  run ! get "$OUT/fifth"
  said '.error.code == "BUSY"'
  exec {pipe}<&-
  wait "${pids[3]}" || true
  get "$OUT/fifth"
  tar -tf "$OUT/fifth" >/dev/null
  kill "${pids[@]:0:3}"
  wait "${pids[@]:0:3}" || true
  until_true 5 no_restics
}
