#!/bin/sh
# The mock coordinator in a test from a shell. The commands of dispatch-reference, and curl, are on the PATH.
set -eu

folder=$(mktemp -d)
coordinator="" worker=""
trap 'kill $worker $coordinator 2>/dev/null || true; wait; rm -r "$folder"' EXIT

# One line of JSON says that it listens, and where.
dispatch-mockcoord --port 0 --ready-json > "$folder/ready" &
coordinator=$!
until [ -s "$folder/ready" ]; do
  kill -0 "$coordinator"
  sleep 0.05
done
url=$(sed 's/.*"url":"\([^"]*\)".*/\1/' "$folder/ready")

COORDINATOR_URL="$url" WORKER_KEY_PATH="$folder/key.json" dispatch-worker > "$folder/worker.log" &
worker=$!

job=$(curl -sS -H 'Content-Type: application/json' "$url/v1/jobs/commit/cheap" \
  -d '{"job_type":"TASK","user_id":"alice","payload":{"task_type":"summarize","input":"some text"}}' |
  sed 's/.*"job_id":"\([^"]*\)".*/\1/')

for _ in $(seq 400); do
  answer=$(curl -sS "$url/v1/jobs/$job")
  case $answer in
    *'"status":"completed"'*) printf '%s' "$answer" | dispatch-protocol verify; exit 0 ;;
    *'"status":"failed"'*) break ;;
  esac
  sleep 0.1
done
printf 'the job did not complete: %s\n' "$answer" >&2
exit 1
