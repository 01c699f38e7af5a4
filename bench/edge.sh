#!/usr/bin/env bash
# The network edge: `riddhi run` on one core, `riddhi load` (and what takes the outputs) on another, over loopback, every event
# acknowledged.
#
#   bench/edge.sh [filter] [window] [http] [bridge]     all of them without a name
#
# Prints for each row: events/s flat out, CPU seconds of both sides per million events; then the latency at half of that rate.
# From the environment: DURATION (seconds of each run, 10), BATCHES (of filter and window, "100 1000"), RIDDHI (a binary, instead of
# a release build), SERVER_CORE (0), LOAD_CORE (1). The ports are 19892 to 19896.
set -euo pipefail
cd "$(dirname "$0")/.."

source bench/common.sh
cp "$bench"/edge/*.siddhi "$bench"/edge/*.yaml .
trap 'stop; rm -rf "$folder"' EXIT

# start CORE PORT ARGUMENTS: a `riddhi run`, once its port is open; its process is `started`.
start() {
    local core=$1 port=$2
    shift 2
    taskset -c "$core" "$riddhi" run "$@" --no-reload >out 2>err &
    started=$!
    running+=("$started")
    for _ in $(seq 100); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
        kill -0 "$started" 2>/dev/null || { cat err >&2; exit 1; }
        sleep 0.1
    done
    echo "port $port is not open" >&2
    exit 1
}

# load RATE SECONDS BATCH CONNECTIONS URL OPTIONS: the report is in `report`, the generator's CPU time in `cpu`.
load() {
    local TIMEFORMAT='%U %S' rate=$1 seconds=$2 batch=$3 connections=$4
    shift 4
    { time taskset -c "$load_core" "$riddhi" load "$@" --format json --batch "$batch" --rate "$rate" --seconds "$seconds" \
        --connections "$connections" >report 2>load-err; } 2>cpu || { cat report load-err >&2; exit 1; }
}

# row NAME RATE BATCH CONNECTIONS URL OPTIONS
row() {
    local before after name=$1
    shift
    before=$(ticks_of "$server")
    load "$1" "$duration" "${@:2}"
    after=$(ticks_of "$server")
    awk -v name="$name" -v batch="$2" -v connections="$3" -v asked="$1" -v rate="$(number events_per_second)" \
        -v events="$(number events)" -v server="$((after - before))" -v ticks="$ticks" -v load="$(awk '{ print $1 + $2 }' cpu)" \
        -v unsent="$(number unsent)" -v p50="$(number p50)" -v p99="$(number p99)" -v p999="$(number p99.9)" \
        -v p9999="$(number p99.99)" 'BEGIN {
            millions = events / 1e6
            printf "| %-22s | %6d | %5d | %9s | %11.0f | %8.3f | %8.3f | %9.1f | %9.1f | %9.1f | %9.1f | %8d |\n", name, batch,
                connections, asked, rate, server / ticks / millions, load / millions, p50, p99, p999, p9999, unsent
        }'
}

# rows NAME BATCH CONNECTIONS URL OPTIONS: warm, flat out, at half of it.
rows() {
    local name=$1
    shift
    load max 2 "$@"
    row "$name" max "$@"
    row "$name" "$(half)" "$@"
}

came_out() { [ -s "$1" ] || { echo "nothing came out of the app: no $1" >&2; exit 1; }; }

trades=string:100:8,double,long,long,long,long,int
tcp=tcp://127.0.0.1:19892/Edge/Trades

filter() {
    start "$server_core" 19892 tcp-filter.siddhi --tcp 127.0.0.1:19892
    server=$started
    for batch in ${BATCHES:-100 1000}; do
        rows 'TCP, filter, count' "$batch" 1 "$tcp" --ack --types "$trades"
    done
    came_out counts.csv
}

window() {
    start "$load_core" 19893 drain.siddhi --tcp 127.0.0.1:19893
    start "$server_core" 19892 tcp-window.siddhi --tcp 127.0.0.1:19892
    server=$started
    for batch in ${BATCHES:-100 1000}; do
        rows 'TCP, 1 s avg, TCP' "$batch" 1 "$tcp" --ack --types "$trades"
    done
    came_out drained.csv
}

http() {
    start "$server_core" 19894 http.siddhi
    server=$started
    for batch in 1 100; do
        rows 'HTTP, JSON' "$batch" 64 http://127.0.0.1:19894/Edge/Trades \
            --types symbol=string:100:8,price=double,a=long,b=long,volume=int
    done
    came_out counts.csv
}

bridge() {
    start "$server_core" 19895 --config bridge.yaml bridge.siddhi
    server=$started
    export RIDDHI_LOAD_USER=load:secret
    for url in binary://127.0.0.1:19895 thrift://127.0.0.1:19896; do
        rows "data bridge, ${url%%:*}" 100 32 "$url/Trades" --login 127.0.0.1:19895 --types "$trades"
    done
    came_out counts.csv
}

printf '| %-22s | %6s | %5s | %9s | %11s | %8s | %8s | %9s | %9s | %9s | %9s | %8s |\n' workload batch conns asked events/s \
    server/M load/M 'p50 us' 'p99 us' 'p99.9 us' 'p99.99 us' unsent
echo '|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|'
for what in "${@:-filter window http bridge}"; do
    for one in $what; do
        "$one"
        stop
        rm -f counts.csv drained.csv
    done
done
