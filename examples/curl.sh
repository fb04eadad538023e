#!/bin/sh
# Holdfast with curl:
#
#   HOLDFAST_KEY=hf_… sh examples/curl.sh     (no key where AUTH=off)
#
# Prints what it finds, and ends with an error as soon as a call fails.
set -eu
url=${HOLDFAST_URL:-http://127.0.0.1:8080}

# The key stands in a file of its own, so that no list of processes shows it.
headers=$(mktemp)
trap 'rm -f "$headers" "$headers.answer"' EXIT
[ -z "${HOLDFAST_KEY:-}" ] || echo "Authorization: Bearer $HOLDFAST_KEY" >"$headers"

ask() {
  path=$1
  shift
  curl --silent --show-error --fail-with-body --max-time 10 \
    --header "@$headers" "$@" "$url$path"
}

echo "health: $(ask /health/ready)"

# A document has a version, its ETag: change this very one, or be told.
mode=/api/futures/ginie/modes/scalp
ask "$mode" --dump-header "$headers.answer" >/dev/null
etag=$(sed -n 's/^[Ee][Tt]ag: \("[0-9]*"\).*/\1/p' "$headers.answer")
change() {
  leverage=$1
  shift
  ask "$mode" --request PATCH --json "{\"size\":{\"leverage\":$leverage}}" "$@"
}
change 3 --header "If-Match: $etag" >/dev/null
echo "changed: version $etag"
change 4 >/dev/null
status=$(change 5 --header "If-Match: $etag" --no-fail-with-body \
  --output /dev/null --write-out '%{http_code}')
echo "changed behind its back: $status"

# With a key of its own a request can be repeated: its answer is kept.
number=$(ask /api/orders/sequence --header 'Idempotency-Key: example-0001' --json '{}')
again=$(ask /api/orders/sequence --header 'Idempotency-Key: example-0001' --json '{}')
[ "$number" = "$again" ]
echo "number: $number"

# An event with an id is in the log once, however often it is sent.
event='{"id":"0196f0c2-7d1e-7a40-9c55-3b1f6e0a2d11","event_type":"setup.received","data":{"setup_id":"curl-1"}}'
echo "published: $(ask /api/v1/events --json "$event")"
echo "read: $(ask '/api/v1/events?channel=setup.*&limit=1')"
