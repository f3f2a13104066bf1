#!/usr/bin/env bash
# The pages in Chromium, against the real server and a running demonstration event.
set -euo pipefail
bin=$1
[ -d web/node_modules ] && [ -f web/dist/index.html ] || { echo "SKIP: the pages are not built (./dev web)"; exit 77; }
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || { echo "SKIP: no chromium"; exit 77; }
tmp=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$bin" serve content/events/demo --state "$tmp/state" --port "$port" --network loopback --web web/dist >"$tmp/out" 2>&1 &
server=$!
trap 'kill -INT $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$tmp"' EXIT
for _ in $(seq 300); do
    grep -q "the event has begun" "$tmp/out" && break
    kill -0 $server 2>/dev/null || { cat "$tmp/out"; exit 1; }
    sleep 0.1
done
password() { awk -v a="$1" '$1 == a {print $2}' "$tmp/state/accounts.txt"; }
MILLRACE_URL="http://127.0.0.1:$port" MILLRACE_TEAM="captain:$(password captain)" MILLRACE_ORGANISER="organiser:$(password organiser)" \
    node tests/e2e/pages.mjs
