# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the libraries are one program
# The one place that judges arguments: schema/<command>.args.json, which the panel's contract tests read as well.

# Understands the part of JSON Schema that our schemas use, and refuses control characters everywhere.
# shellcheck disable=SC2016
readonly VALIDATE_JQ='
  def type_ok($t): if $t == "integer" then type == "number" and . == floor else type == $t end;
  def clean: explode | all(. > 31 and (. < 127 or . > 159) and . != 65533 and . != 8232 and . != 8233);
  def check($s; $at):
    if ($s | has("type")) and (type_ok($s.type) | not) then "\($at) must be of type \($s.type)"
    elif ($s | has("enum")) and (. as $v | $s.enum | any(. == $v) | not)
      then "\($at) must be one of \($s.enum | map(tostring) | join(", "))"
    elif type == "string" then
      if clean | not then "\($at) contains a control character"
      elif ($s | has("maxLength")) and length > $s.maxLength then "\($at) is longer than \($s.maxLength) characters"
      elif ($s | has("pattern")) and (test($s.pattern) | not) then "\($at) is not \($s.description // "valid")"
      else empty end
    elif type == "number" then
      if ($s | has("minimum")) and . < $s.minimum then "\($at) must be at least \($s.minimum)"
      elif ($s | has("maximum")) and . > $s.maximum then "\($at) must be at most \($s.maximum)"
      else empty end
    elif type == "array" then
      if ($s | has("maxItems")) and length > $s.maxItems then "\($at) has more than \($s.maxItems) entries"
      else (range(0; length) as $i | .[$i] | check($s.items // {}; "\($at)[\($i)]")) end
    elif type == "object" then
      . as $v
      | (($s.required // [])[] | select(. as $k | $v | has($k) | not) | "\(if $at == "" then . else "\($at).\(.)" end) is missing"),
        ($v | keys[] as $k
          | if $k | clean | not then "an argument name contains a control character"
            elif ($s.properties // {}) | has($k) then ($v[$k] | check($s.properties[$k]; if $at == "" then $k else "\($at).\($k)" end))
            elif $s.additionalProperties == false then "unknown argument \($k[0:64])"
            else empty end)
    else empty end;
'

readonly VALIDATE_ARGUMENTS_JQ="$VALIDATE_JQ"'
  $schema[0] as $s
  | if type != "object" then "!the arguments must be an object"
    else [check($s; "")] as $wrong
    | if $wrong != [] then "!" + $wrong[0]
      else to_entries[] | .key, (.value | if type == "string" then . else tojson end) end
    end'

# Fills ARG from the JSON object, or fails. A named function check_<command> may add what a schema cannot say.
validate_arguments() { # COMMAND ARGS-JSON
  local schema=$AGENT_HOME/schema/${1//:/-}.args.json key value lines
  ARG=()
  [[ -r $schema ]] || fail INTERNAL "no schema for $1"
  if [[ $2 == '{}' && $(<"$schema") != *'"required": ["'* ]]; then return; fi
  lines=$(jq -r --slurpfile schema "$schema" "$VALIDATE_ARGUMENTS_JQ" <<<"$2" 2>/dev/null) ||
    fail INVALID_ARGUMENT "the arguments are not valid JSON"
  if [[ $lines == '!'* ]]; then fail INVALID_ARGUMENT "$1: ${lines#!}"; fi
  if [[ -n $lines ]]; then
    while IFS= read -r key && IFS= read -r value; do ARG["$key"]=$value; done <<<"$lines"
  fi
  if declare -F "check_${1//[:-]/_}" >/dev/null; then "check_${1//[:-]/_}"; fi
}

# --key=value words of the command line -> JSON object in REPLY, typed by the schema.
# shellcheck disable=SC2016
readonly CLI_TO_JSON_JQ='
  ($schema[0].properties // {}) as $known
  | reduce $ARGS.positional[] as $word ({};
      ($word | capture("\\A--(?<k>[a-z][a-z0-9_]*)(?<eq>=(?<v>.*))?\\z"; "m")) as $p
      | ($known[$p.k].type // "string") as $type
      | .[$p.k] = (
          if $p.eq == null then (if $type == "boolean" then true else "" end)
          elif $type == "integer" and ($p.v | test("\\A-?[0-9]{1,15}\\z")) then ($p.v | tonumber)
          elif $type == "boolean" and ($p.v == "true" or $p.v == "false") then $p.v == "true"
          elif $type == "array" then ($p.v | split(","))
          else $p.v end))'

arguments_from_words() { # COMMAND WORD...
  local schema=$AGENT_HOME/schema/${1//:/-}.args.json word
  for word in "${@:2}"; do
    if [[ ! $word =~ ^--[a-z][a-z0-9_]*(=|$) ]]; then
      json_string "$word"
      echo "vpsmanager: $REPLY is not an argument of the form --name=value" >&2
      return 1
    fi
  done
  REPLY=$(jq -nc --slurpfile schema "$schema" "$CLI_TO_JSON_JQ" --args -- "${@:2}") || return 1
}
