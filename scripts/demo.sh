#!/bin/bash
# The demonstration: a daemon with its own configuration, a simulated station on ptys, and the live
# stream in this terminal. Ctrl-C ends all of it.
set -euo pipefail
bin=$1
directory=$(mktemp -d /tmp/tocsin-demo.XXXXXX)
pids=()
stop() {
    trap - EXIT INT TERM
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$directory"
}
trap stop EXIT INT TERM

"$bin/tocsin" simulate --directory "$directory" --seed "${SEED:-$RANDOM}" --quiet &
pids+=($!)
"$bin/tocsind" --demo --demo-directory "$directory" 2>"$directory/tocsind.log" &
daemon=$!
pids+=("$daemon")

for _ in $(seq 100); do
    [ -S "$directory/tocsin.sock" ] && break
    kill -0 "$daemon" 2>/dev/null || { cat "$directory/tocsind.log" >&2; exit 1; }
    sleep 0.1
done
echo
echo "  live stream   http://127.0.0.1:8119/v1/events        (curl -N, or a browser)"
echo "  ports         http://127.0.0.1:8119/v1/ports         alerts  http://127.0.0.1:8119/v1/alerts"
echo "  journal       $directory/tocsind.log"
echo "  Ctrl-C ends the daemon, the simulated station and this view."
echo
"$bin/tocsin" watch --desk "unix:$directory/tocsin.sock" --after 0 ${WATCH_OPTIONS:-}
