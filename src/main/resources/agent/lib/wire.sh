# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# What goes over the wire: the request decoder, and frames made without starting a process.

readonly FRAME_LIMIT=32768 REQUEST_LIMIT=65536

# One long-lived jq turns each request line into one record on the bus: kind, id and the rest, separated by US.
# A pipe takes up to 4096 bytes whole, so longer records travel as P(art) lines, ended by an E(nd) line.
# Kinds: R(equest) and B(ad). A line that is not JSON must never end the decoder: everything is under `try`.
# jq compiles a pattern anew for each line, so one looks at id and command together; only what it refuses is looked at
# piece by piece, for the right answer. Neither may hold the space between them.
# shellcheck disable=SC2016
readonly DECODER_JQ='
  def clean: test("[\\x{0}-\\x{1f}\\x{7f}-\\x{9f}\\x{2028}\\x{2029}\\x{fffd}]") | not;
  def tidy: [.. | strings, (objects | keys[])] | all(clean);
  def uuid: type == "string" and test("\\A[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\\z");
  def sorted: if type == "object" then to_entries | sort_by(.key) | map(.value |= sorted) | from_entries
              elif type == "array" then map(sorted) else . end;
  def digits($max): if type == "string" and test("\\A(0|[1-9][0-9]{0,18})\\z") then .
              elif type == "number" and . >= 0 and . == floor and . <= 9007199254740991 then tostring
              else error("not a whole number") end;
  def bad($id; $code; $why): "B\u001f\($id)\u001f\($code)\u001f\($why)";
  def record:
    if type != "object" then bad(""; "MALFORMED_FRAME"; "a request is a JSON object")
    else
      (.id | type == "string") as $named
      | ($named and (.command | type == "string")
          and ("\(.id) \(.command)" | test("\\A[A-Za-z0-9._:-]{1,64} [a-z]+(:[a-z]+)?\\z"))) as $plain
      | (if $plain or $named and (.id | test("\\A[A-Za-z0-9._:-]{1,64}\\z")) then .id else "" end) as $id
      | if $id == "" then bad(""; "MALFORMED_FRAME"; "id must be 1 to 64 letters, digits or ._:-")
        elif .v != 1 then bad($id; "MALFORMED_FRAME"; "this agent speaks version 1 of the protocol")
        elif (keys - ["v", "id", "command", "args", "secrets", "operation", "fence", "from"]) != []
          then bad($id; "MALFORMED_FRAME"; "unknown field in the request")
        elif ($plain | not) and ((.command | type) != "string" or (.command | test("\\A[a-z]+(:[a-z]+)?\\z") | not))
            or (.command | length) > 64
          then bad($id; "UNKNOWN_COMMAND"; "command must look like site:create")
        elif has("args") and (.args | type) != "object" then bad($id; "INVALID_ARGUMENT"; "args must be an object")
        elif has("secrets") and (.secrets | type) != "object" then bad($id; "INVALID_ARGUMENT"; "secrets must be an object")
        elif has("operation") and (.operation | uuid | not) then bad($id; "INVALID_ARGUMENT"; "operation must be a lower-case UUID")
        elif (.args // {}) != {} and (.args | tidy | not) or has("secrets") and (.secrets | tidy | not)
          then bad($id; "INVALID_ARGUMENT"; "control characters are refused; write what is not ASCII as \\u escapes")
        else
          try "R\u001f\($id)\u001f\(.command)\u001f\(.operation // "")\u001f\(
            if has("fence") then .fence | digits(0) else "" end)\u001f\(
            if has("from") then .from | digits(0) else "0" end)\u001f\(
            if (.args // {}) == {} then "{}" else .args | sorted | tojson end)\u001f\(
            if has("secrets") then .secrets | tojson else "" end)"
          catch bad($id; "INVALID_ARGUMENT"; "fence and from must be whole numbers; above 2^53 send them as text")
        end
    end;
  (if utf8bytelength > $limit then bad(""; "MALFORMED_FRAME"; "a request may have \($limit) bytes")
   elif test("[\\x{0}-\\x{1f}\\x{7f}]") then bad(""; "MALFORMED_FRAME"; "a request line may not contain control characters")
   else (try ([fromjson] | {ok: .[0]}) catch {}) as $parsed
     | if $parsed | has("ok") then (try ($parsed.ok | record) catch bad(""; "MALFORMED_FRAME"; "the request cannot be read"))
       else bad(""; "MALFORMED_FRAME"; "the line is not JSON") end
   end)
  | if utf8bytelength <= 4000 then .
    else (. as $r | range(0; length; 900) | "P" + $r[.:. + 900]), "E" end'

# A jq that were fed a line without end would otherwise eat the machine; it ends instead and is started again.
decode_requests() {
  ulimit -v 1048576 2>/dev/null
  jq -Rr --unbuffered --argjson limit "$REQUEST_LIMIT" "$DECODER_JQ"
}

# Frames of an outcome: one `result`, preceded by `part` frames when the data would not fit into one.
# The pieces are text; put together they are the JSON of the result's data.
frames_of() { # ID OUTCOME EXTRA
  if ((${#2} + ${#3} + 128 <= FRAME_LIMIT)); then
    printf '{"id":"%s","type":"result",%s%s}\n' "$1" "$2" "$3"
    return
  fi
  printf '{%s}' "$2" | jq -c --arg id "$1" --argjson extra "{${3#,}}" '
    (.data | tojson) as $text
    | [range(0; $text | length; 5000) | $text[.:. + 5000]] as $parts
    | ($parts[] | {id: $id, type: "part", data: .}),
      {id: $id, type: "result", ok: .ok, parts: ($parts | length)} + $extra'
}
