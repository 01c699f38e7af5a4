#!/usr/bin/env bash
# Siddhi TCP in, filter, count: `riddhi run` on core 0, `riddhi load` on core 1, over loopback, with acknowledgements.
#
# Prints for each size of a frame: events/s flat out, CPU seconds of both sides per million events; then the latency at half of
# that rate. From the environment: DURATION (seconds of each run, 10), BATCHES ("100 1000"), RIDDHI (a binary, instead of a
# release build), PORT (19892), SERVER_CORE (0), LOAD_CORE (1).
set -euo pipefail
cd "$(dirname "$0")/.."

duration=${DURATION:-10} port=${PORT:-19892} server_core=${SERVER_CORE:-0} load_core=${LOAD_CORE:-1}
if [ -z "${RIDDHI:-}" ]; then
    cargo build --release --quiet -p riddhi-cli
fi
riddhi=$(realpath "${RIDDHI:-target/release/riddhi}")
ticks=$(getconf CLK_TCK)
folder=$(mktemp -d)
cp bench/edge/tcp-filter.siddhi "$folder"
cd "$folder"

taskset -c "$server_core" "$riddhi" run tcp-filter.siddhi --tcp "127.0.0.1:$port" --no-reload >out 2>err &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
for _ in $(seq 100); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
    kill -0 "$server" 2>/dev/null || { cat err >&2; exit 1; }
    sleep 0.1
done

# User and system time of the server, in ticks; its name has no blank.
server_ticks() { awk '{ print $14 + $15 }' "/proc/$server/stat"; }

# load BATCH RATE SECONDS: the report is in `report`, the generator's CPU time in `cpu`.
load() {
    local TIMEFORMAT='%U %S'
    { time taskset -c "$load_core" "$riddhi" load "tcp://127.0.0.1:$port/Edge/Trades" --ack --format json \
        --types string:100:8,double,long,long,long,long,int --batch "$1" --rate "$2" --seconds "$3" >report 2>load-err; } 2>cpu ||
        { cat report load-err >&2; exit 1; }
}

# The number of a key of the report.
number() { sed -n "s/^ *\"$1\": *\([0-9.e+-]*\),*$/\1/p" report | head -n 1; }

# row BATCH RATE
row() {
    local before after
    before=$(server_ticks)
    load "$1" "$2" "$duration"
    after=$(server_ticks)
    awk -v batch="$1" -v asked="$2" -v rate="$(number events_per_second)" -v events="$(number events)" \
        -v server="$((after - before))" -v ticks="$ticks" -v load="$(awk '{ print $1 + $2 }' cpu)" -v unsent="$(number unsent)" \
        -v p50="$(number p50)" -v p99="$(number p99)" -v p999="$(number p99.9)" -v p9999="$(number p99.99)" 'BEGIN {
            millions = events / 1e6
            printf "| %6d | %10s | %12.0f | %9.4f | %9.4f | %9.1f | %9.1f | %9.1f | %9.1f | %8d |\n", batch, asked, rate,
                server / ticks / millions, load / millions, p50, p99, p999, p9999, unsent
        }'
}

printf '| %6s | %10s | %12s | %9s | %9s | %9s | %9s | %9s | %9s | %8s |\n' batch asked events/s 'server/M' 'load/M' 'p50 us' \
    'p99 us' 'p99.9 us' 'p99.99 us' unsent
echo '|---|---|---|---|---|---|---|---|---|---|'
for batch in ${BATCHES:-100 1000}; do
    load "$batch" max 2
    row "$batch" max
    half=$(awk -v rate="$(number events_per_second)" 'BEGIN { printf "%d", rate / 2 }')
    row "$batch" "$half"
done
[ -s counts.csv ] || { echo 'nothing came out of the app' >&2; exit 1; }
