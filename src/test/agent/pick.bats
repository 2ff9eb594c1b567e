#!/usr/bin/env bats
# Parts of a backup and backups of other sites, with the real restic, rootless. Tables: BackupsOnHostAcceptanceIT.

bats_require_minimum_version 1.5.0
load helper

KEY=correct-horse-battery-staple-of-pick-tests
PLACE_OF_REPOSITORY=/var/backups/chom/019396b0-0000-7000-8000-000000200001

setup() {
  need restic
  new_agent
  sed -i 's|command -v nginx|false|' "$PLACE/agent/lib/nginx.sh"
  sed -i 's|/php-fpm\[0-9\]|/no-php-fpm[0-9]|g' "$PLACE/agent/lib/php.sh"
  site 200001 a.example
  SITE_HOME=$VPSMANAGER_ROOT/srv/chom/sites/s200001
  REPOSITORY=$VPSMANAGER_ROOT$PLACE_OF_REPOSITORY
}

teardown() { end_agent; }

site() { "$AGENT" site:create --site="019396b0-0000-7000-8000-000000$1" --user="s$1" --uid="$1" --domain="$2" --type=static >/dev/null 2>&1; }

as_owner() { if ((EUID == 0)); then setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"; else "$@"; fi; }

data() { jq -e "$1" >/dev/null <<<"$output" || { echo "not so: $1"; echo "$output $stderr"; return 1; }; }

# What cannot be a word of the command line goes to the gateway.
agent() { # COMMAND ARGS-JSON [SECRETS-JSON] -> output, as by hand
  if [[ -z ${TO_GATEWAY-} ]]; then gateway_open; fi
  FENCE=$((FENCE + 1000))
  send "$(jq -nc --arg command "$1" --argjson args "$2" --argjson secrets "${3:-{\}}" --arg key "$KEY" --arg operation "$(uuid)" --argjson fence "$FENCE" \
    '{v: 1, id: "x", command: $command, args: $args, secrets: ($secrets + {key: $key})} + if $command == "backup:browse" then {} else {operation: $operation, fence: $fence} end')"
  result_of x
  output=$FRAME stderr=''
}
FENCE=1000

create() { # -> BACKUP, SNAPSHOT, MANIFEST
  BACKUP=$(uuid)
  agent backup:create "{\"user\":\"s200001\",\"backup\":\"$BACKUP\",\"repository\":\"local:$PLACE_OF_REPOSITORY\",\"type\":\"full\"}"
  data '.ok'
  SNAPSHOT=$(jq -r .data.snapshot <<<"$output") MANIFEST=$(jq -r .data.manifest <<<"$output")
}

browse() { # MORE-ARGS-JSON
  agent backup:browse "$(jq -nc --arg backup "$BACKUP" --arg manifest "$MANIFEST" --arg repository "local:$PLACE_OF_REPOSITORY" --argjson more "$1" \
    '{user: "s200001", backup: $backup, repository: $repository, manifest: $manifest} + $more')"
}

restore() { # MORE-ARGS-JSON [SECRETS-JSON]
  agent backup:restore "$(jq -nc --arg backup "$BACKUP" --arg snapshot "$SNAPSHOT" --arg manifest "$MANIFEST" --arg repository "local:$PLACE_OF_REPOSITORY" --argjson more "$1" \
    '{user: "s200001", backup: $backup, snapshot: $snapshot, repository: $repository, manifest: $manifest, what: "files"} + $more')" "${2-}"
}

undo() { # [USER]: the last restore
  run --separate-stderr "$AGENT" backup:undo --user="${1:-s200001}" --previous="$(jq -r .data.previous <<<"$output")" --format=json
  data '.ok'
}

tree() { (cd "${1:-$SITE_HOME}" && find . -printf '%p %y %m %l\n' | sort; find . -type f -print0 | sort -z | xargs -0 sha256sum); }

in_home() { (cd "$SITE_HOME" && as_owner bash -c "$1"); }

names() { jq -r '[.data.entries[].name] | join(" ")' <<<"$output"; }

@test "a backup is looked through page by page, directories first, whatever its files are called" {
  in_home 'cd shared && mkdir -p "deep/a b" many && printf 12345 >"deep/a b/file" && : >"$(printf "new\nline\t\xff")" && : >"per%cent" && : >ünï && : >"-rf" && ln -s /etc/passwd link
    for i in {1..450}; do : >many/f$i; done; mkdir many/d{1..3}'
  create
  browse '{"what":"files"}'
  conforms backup:browse "$output"
  [[ $(names) == 'releases shared tmp current' ]]
  data '.data.entries[1] | .type == "directory" and .files == 455 and .size == 5 and (.mtime | fromdate > 1700000000)'
  browse '{"what":"files","path":"shared"}'
  [[ $(names) == 'deep many -rf link new%0Aline%09%FF per%25cent %C3%BCn%C3%AF' || $(names) == 'deep many %C3%BCn%C3%AF -rf link new%0Aline%09%FF per%25cent' ]]
  data '[.data.entries[] | select(.name == "link") | .type] == ["link"] and (.data | has("next") | not)'
  browse '{"what":"files","path":"shared/deep/a b"}'
  data '.data.entries == [{name: "file", type: "file", size: 5, files: 0, mtime: .data.entries[0].mtime}]'
  local after='' seen=''
  while browse "$(jq -nc --arg after "$after" '{what: "files", path: "shared/many"} + if $after == "" then {} else {after: $after} end')"; do
    seen+=" $(names)"
    data '(.data.entries | length) <= 200'
    after=$(jq -r '.data.next // ""' <<<"$output")
    [[ -n $after ]] || break
  done
  [[ $(wc -w <<<"$seen") == 453 && $(tr ' ' '\n' <<<"$seen" | sort -u | grep -c .) == 453 ]]
  [[ $seen == ' d1 d2 d3 f1 f10 '* ]]
  # nothing of it needs the repository once more, and nobody else may look
  mv "$REPOSITORY" "$REPOSITORY.away"
  browse '{"what":"files","path":"tmp"}'
  data '.data.entries == []'
  mv "$REPOSITORY.away" "$REPOSITORY"
  [[ $(stat -c %a "$VPSMANAGER_ROOT/var/lib/vpsmanager/manifests") == 700 ]]
  browse '{"what":"databases"}'
  data '.data.entries == []'
  for path in shared/nothing 'shared/deep/a b/file' shared/link; do
    browse "{\"what\":\"files\",\"path\":\"$path\"}"
    data '.error.code == "BACKUP_NOT_FOUND"'
  done
  for path in .. shared/.. /etc shared//deep ./shared shared/ shared/%2E%2E shared%2F.. %00 "shared/%0a" 'sh\u0001'; do
    browse "{\"what\":\"files\",\"path\":\"$path\"}"
    data '.error.code == "INVALID_ARGUMENT"' || { echo "$path"; return 1; }
  done
  MANIFEST=$(printf 'a%.0s' {1..64})
  browse '{"what":"files"}'
  data '.error.code == "REPOSITORY_DAMAGED"'
}

@test "single files and directories come back exactly, nothing else changes, and an undo brings back what was there" {
  local before good
  in_home 'cd shared && mkdir -p deep/er gone/down "odd [x]*?\\" && echo one >deep/er/file && chmod 0600 deep/er/file && echo two >text && ln -s ../tmp link && echo down >gone/down/there &&
    chmod 0700 gone && echo odd >"odd [x]*?\\/$(printf "new\nline")" && echo no >"odd xyz"'
  create
  in_home 'cd shared && rm -rf gone && echo changed >text && echo changed >deep/er/file && ln -sfn /etc link && echo later >deep/er/later && echo changed >"odd xyz" && rm -r odd\ \[*'
  before=$(tree)
  restore '{"paths":["shared/text","shared/deep","shared/deep/er/file","shared/link","shared/gone/down/there","shared/odd [x]*?\\/new%0Aline"]}'
  conforms backup:restore "$output"
  data '.data | .paths == 5 and .files == 4 and .state == "active"'
  [[ $(cat "$SITE_HOME/shared/text" "$SITE_HOME/shared/deep/er/file" "$SITE_HOME/shared/gone/down/there" "$SITE_HOME/shared/odd xyz" "$SITE_HOME/shared/odd [x]"*/*) == $'two\none\ndown\nchanged\nodd' ]]
  [[ $(readlink "$SITE_HOME/shared/link") == ../tmp && $(stat -c %a "$SITE_HOME/shared/deep/er/file" "$SITE_HOME/shared/gone") == $'600\n700' ]]
  [[ ! -e $SITE_HOME/shared/deep/er/later ]]
  undo
  [[ $(tree) == "$before" ]]
  # once more, and used meanwhile: what the site put beside stays
  restore '{"paths":["shared/gone/down/there"]}'
  in_home 'echo mine >shared/gone/mine'
  undo
  [[ $(cat "$SITE_HOME/shared/gone/mine") == mine && ! -e $SITE_HOME/shared/gone/down ]]
  [[ -z $(find "$VPSMANAGER_ROOT/srv/chom/retained/restores" -path '*/paths/*') ]]
}

@test "a path never leads out of the home, whatever the site has put in its way" {
  local path
  in_home 'mkdir -p shared/a/b && echo good >shared/a/b/file && echo good >shared/plain'
  create
  as_owner mkdir -p "$VPSMANAGER_ROOT/outside/b"
  as_owner bash -c 'echo secret >"$1/outside/b/file"' - "$VPSMANAGER_ROOT"
  in_home "rm -rf shared/a && ln -s '$VPSMANAGER_ROOT/outside' shared/a && rm shared/plain && ln -s '$VPSMANAGER_ROOT/outside/b/file' shared/plain"
  restore '{"paths":["shared/plain","shared/a/b/file"]}'
  data '.error.code == "IN_THE_WAY" and (.error.message | test("shared/a is not the directory"))'
  [[ -L $SITE_HOME/shared/plain && $(cat "$VPSMANAGER_ROOT/outside/b/file") == secret ]]
  # the link itself gives way, and is back after the undo
  restore '{"paths":["shared/plain"]}'
  [[ ! -L $SITE_HOME/shared/plain && $(cat "$SITE_HOME/shared/plain") == good && $(cat "$VPSMANAGER_ROOT/outside/b/file") == secret ]]
  undo
  [[ $(readlink "$SITE_HOME/shared/plain") == "$VPSMANAGER_ROOT/outside/b/file" ]]
  restore '{"paths":["shared/a"]}'
  [[ ! -L $SITE_HOME/shared/a && $(cat "$SITE_HOME/shared/a/b/file") == good ]]
  in_home "mv shared/a shared/c && echo file >shared/a"
  restore '{"paths":["shared/a/b/file"]}'
  data '.error.code == "IN_THE_WAY"'
  for path in ../s200002/x /etc/passwd shared/../../x '' . shared/a/ %2E%2E/x 'shared/%00' $'shared/a\tb'; do
    restore "$(jq -nc --arg path "$path" '{paths: [$path]}')"
    data '.error.code == "INVALID_ARGUMENT"' || { echo "$path"; return 1; }
  done
  for path in shared/no shared/plai shared/a/b/fil; do
    restore "{\"paths\":[\"$path\"]}"
    data '.error.code == "BACKUP_NOT_FOUND"' || { echo "$path"; return 1; }
  done
  for path in '{"paths":[]}' '{"paths":["shared"],"what":"full"}' '{"tables":["a"]}' '{"adapt":true}' '{"source":"s200002","adapt":true,"paths":["shared"]}'; do
    restore "$path"
    data '.error.code == "INVALID_ARGUMENT"' || { echo "$path"; return 1; }
  done
  [[ $(cat "$VPSMANAGER_ROOT/outside/b/file") == secret && $(ls "$VPSMANAGER_ROOT/outside") == b ]]
}

@test "a directory that the site exchanges for a link while its file takes its place leads nowhere" {
  local pl=$PLACE/agent/lib/pick.pl home=$PLACE/home area=$PLACE/area turn pid
  mkdir -p "$home/dir" "$PLACE/outside" "$area"
  echo secret >"$PLACE/outside/file"
  cp -a "$home/dir" "$PLACE/spare"
  # a directory and a link in turns, as quickly as it goes
  (set +e; while :; do mv -T "$home/dir" "$home/was"; ln -s ../outside "$home/dir"; rm "$home/dir"; mv -T "$home/was" "$home/dir"; done) 2>/dev/null 3>&- &
  pid=$!
  for turn in {1..40}; do
    echo "$turn" >"$area/0"
    printf '0\tdir/file\t%s\t750\n' "$(stat -c %i "$area/0")" >"$PLACE/list"
    perl "$pl" swap "$home" "$area" "$(id -u)" "$(id -g)" "$PLACE/list" >/dev/null 2>&1 || true
    [[ $(cat "$PLACE/outside/file") == secret && $(ls "$PLACE/outside") == file ]] || { kill "$pid"; return 1; }
  done
  kill "$pid"
  wait "$pid" || true
}

@test "single files go on where they were interrupted, and another restore makes them give way" {
  local before operation holder
  in_home 'echo one >shared/one && echo two >shared/two'
  create
  in_home 'echo new >shared/one && echo new >shared/two'
  before=$(tree)
  # killed between the first exchange and the second
  sed -i 's|    return if \$look .. !\$above;|&\n    die "killed\\n" if -e "/'"$PLACE"'/kill" \&\& $number == 1;|' "$PLACE/agent/lib/pick.pl"
  touch "$PLACE/kill"
  restore '{"paths":["shared/one","shared/two"]}'
  data '.ok | not'
  [[ $(cat "$SITE_HOME/shared/one" "$SITE_HOME/shared/two") == $'one\nnew' ]]
  rm "$PLACE/kill"
  restore '{"paths":["shared/two","shared/one"]}'
  [[ $(cat "$SITE_HOME/shared/one" "$SITE_HOME/shared/two") == $'one\ntwo' ]]
  undo
  [[ $(tree) == "$before" ]]
  touch "$PLACE/kill"
  restore '{"paths":["shared/one","shared/two"]}'
  rm "$PLACE/kill"
  local half
  half=$(tree)
  restore '{"paths":["shared/two"]}'
  data '.ok'
  undo
  [[ $(tree) == "$half" ]]
}

@test "a backup of one site becomes another one's, with its address and without the first one noticing" {
  local good there before
  site 200002 b.example
  there=$VPSMANAGER_ROOT/srv/chom/sites/s200002
  in_home 'cd releases/first/public && mkdir sub && cat >wp-config.php <<"PHP"
<?php
define( "DB_NAME", "s200001_shop" );
define( "DB_USER", "s200001_shop" );
define( "DB_PASSWORD", "old-old-old-old-old-old" );
define( "DB_HOST", "localhost" );
  define("WP_SITEURL", "http://a.example/wp");
// s200001_shop stays in a comment
require_once ABSPATH . "wp-settings.php";
PHP
    printf "DB_DATABASE=s200001_shop\r\nDB_USERNAME=\"s200001_shop\"\r\nDB_PASSWORD=old\r\nAPP_URL=https://a.example/x\r\nDATABASE_URL=mysql://s200001_shop:old@localhost/s200001_shop?x=1\r\n" >.env
    cp wp-config.php sub/readme.php; ln -s wp-config.php sub/wp-config.php; chmod 0600 wp-config.php; chmod 0640 .env'
  good=$(tree)
  create
  before=$(tree "$there")
  restore '{"user":"s200002"}'
  data '.error.code == "INVALID_ARGUMENT"'
  restore '{"user":"s200002","source":"s200003"}'
  data '.error.code == "INVALID_ARGUMENT"'
  [[ $(tree "$there") == "$before" ]]
  restore '{"user":"s200002","source":"s200001"}'
  conforms backup:restore "$output"
  [[ $(tree "$there") == "$good" && $(tree) == "$good" ]]
  undo s200002
  [[ $(tree "$there") == "$before" ]]
  restore '{"user":"s200002","source":"s200001","adapt":true}' '{"databases":"{\"shop\":\"new-password-0123456789\"}"}'
  data '.data.adapted == ["releases/first/public/.env", "releases/first/public/wp-config.php"]'
  [[ $(tree) == "$good" ]]
  diff - "$there/current/public/wp-config.php" <<'PHP'
<?php
define('WP_HOME', (empty($_SERVER['HTTPS']) || $_SERVER['HTTPS'] === 'off' ? 'http' : 'https') . '://b.example');
define( "DB_NAME", 's200002_shop' );
define( "DB_USER", 's200002_shop' );
define( "DB_PASSWORD", 'new-password-0123456789' );
define( "DB_HOST", "localhost" );
  define("WP_SITEURL", (empty($_SERVER['HTTPS']) || $_SERVER['HTTPS'] === 'off' ? 'http' : 'https') . '://b.example/wp');
// s200001_shop stays in a comment
require_once ABSPATH . "wp-settings.php";
PHP
  diff <(printf 'DB_DATABASE=s200002_shop\r\nDB_USERNAME="s200002_shop"\r\nDB_PASSWORD=new-password-0123456789\r\nAPP_URL=http://b.example/x\r\nDATABASE_URL=mysql://s200002_shop:new-password-0123456789@localhost/s200002_shop?x=1\r\n') "$there/current/public/.env"
  [[ $(stat -c %a "$there/current/public/wp-config.php" "$there/current/public/.env") == $'600\n640' ]]
  cmp "$there/current/public/sub/readme.php" "$SITE_HOME/current/public/sub/readme.php"
  [[ -z $(grep -rl new-password "$VPSMANAGER_ROOT/var" "$VPSMANAGER_ROOT/run" "$VPSMANAGER_ROOT/srv/chom/retained") ]]
  undo s200002
  [[ $(tree "$there") == "$before" ]]
  # parts of it as well
  in_home 'rm -r releases/first/public/sub'
  restore '{"user":"s200002","source":"s200001","paths":["releases/first/public/sub"]}'
  [[ -f $there/current/public/sub/readme.php ]]
  undo s200002
  [[ $(tree "$there") == "$before" ]]
  restore '{"user":"s200002","source":"s200001","adapt":true}' '{"databases":"{\"shop\":\"short\"}"}'
  data '.error.code == "INVALID_ARGUMENT"'
}
