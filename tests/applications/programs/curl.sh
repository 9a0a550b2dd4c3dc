# Each line is {"messages": [...], "model": "..."}, which is the body of a request but for what is asked beside.
set -e
address="$OPENAI_BASE_URL/chat/completions"

send() { # the body, and options
  body="$1"
  shift
  curl --silent --show-error --fail "$@" "$address" \
    -H "Authorization: Bearer $OPENAI_API_KEY" -H "Content-Type: application/json" -d "$body"
}

field() { # one line of Python that prints what it takes from `body`
  python3 -c "import json, sys; body = sys.stdin.read(); $1"
}

chat() { send "$1" --retry 2 | field 'print(json.dumps(json.loads(body)["choices"][0]["message"]["content"]))'; }

chat_in_a_hurry() {
  send "$1" --max-time 1 | field 'print(json.dumps(json.loads(body)["choices"][0]["message"]["content"]))'
}

structured() {
  properties='{"city": {"type": "string"}, "rain": {"type": "boolean"}}'
  rest='"required": ["city", "rain"], "additionalProperties": false'
  schema="{\"type\": \"object\", \"properties\": $properties, $rest}"
  form="{\"type\": \"json_schema\", \"json_schema\": {\"name\": \"forecast\", \"strict\": true, \"schema\": $schema}}"
  send "${1%\}}, \"response_format\": $form}" | field 'print(json.dumps(json.loads(json.loads(body)["choices"][0]["message"]["content"])))'
}

streamed() {
  send "${1%\}}, \"stream\": true}" --no-buffer | field '
lines = [line.removeprefix("data: ") for line in body.splitlines() if line]
assert lines.pop() == "[DONE]", "the stream ended early"
print(json.dumps("".join(json.loads(line)["choices"][0]["delta"].get("content") or "" for line in lines)))'
}

while read -r line; do
  if [ "$2" = or_sorry ]; then
    "$1" "$line" || echo '"Sorry, not now."'
  else
    "$1" "$line"
  fi
done
