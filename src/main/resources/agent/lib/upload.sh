# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# `put <uuid> <bytes> <sha256>`: a file for a later request, which names it by its id. Only root can read it, it is
# there whole or not at all, and what no request has fetched goes after a day.

readonly UPLOAD_LIMIT=67108864 UPLOADS_KEPT=8 UPLOAD_SECONDS=900

name_upload() { UPLOAD=$STATE_DIR/uploads/$1; } # UUID -> UPLOAD

upload_matches() { # FILE SHA256
  [[ -f $1 ]] && printf '%s  %s\n' "$2" "$1" | sha256sum -c --status - 2>/dev/null
}

receive_upload() { # UUID BYTES SHA256
  local bytes=$2 sum=$3 size more
  local -a kept=()
  ((bytes > 0 && bytes <= UPLOAD_LIMIT)) || refuse_upload 2 "an upload has 1 to $UPLOAD_LIMIT bytes"
  make_directory 0700 "$STATE_DIR/uploads" || exit 10
  name_upload "$1"
  if ! upload_matches "$UPLOAD" "$sum"; then
    [[ ! -e $UPLOAD ]] || refuse_upload 5 "another file was put under this id"
    find "$STATE_DIR/uploads" -mindepth 1 -maxdepth 1 -mmin +1440 -delete
    kept=("$STATE_DIR"/uploads/*)
    ((${#kept[@]} < UPLOADS_KEPT)) || refuse_upload 6 "$UPLOADS_KEPT files wait to be fetched already"
    PART=$(mktemp "$STATE_DIR/uploads/.part.XXXXXXXX") || refuse_upload 10 "the file cannot be stored (disk full?)"
    trap 'rm -f -- "$PART"' EXIT
    timeout "$UPLOAD_SECONDS" head -c "$bytes" >"$PART" || refuse_upload 10 "the file cannot be stored (disk full?)"
    size=$(stat -c %s -- "$PART")
    ((size == bytes)) || refuse_upload 2 "$size of $bytes bytes came"
    more=$(timeout 5 head -c 1 | wc -c)
    ((more == 0)) || refuse_upload 2 "more than $bytes bytes came"
    upload_matches "$PART" "$sum" || refuse_upload 2 "what came does not have this checksum"
    if ! sync -- "$PART" || ! mv -T -- "$PART" "$UPLOAD"; then refuse_upload 10 "the file cannot be stored"; fi
  fi
  printf '{"upload":"%s","bytes":%d,"sha256":"%s"}\n' "$1" "$bytes" "$sum"
}

refuse_upload() { # EXIT MESSAGE
  echo "vpsmanager: $2" >&2
  exit "$1"
}
