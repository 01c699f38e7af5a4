#!/usr/bin/env bash
# What a pair costs: events over Siddhi TCP, filter, count, every event acknowledged. One node without state, one with a state
# folder, then two nodes with PostgreSQL. The node that takes the events has a core of its own; the generator, the passive and
# PostgreSQL share the other one.
#
# Prints what edge.sh prints, and the passive's CPU seconds per million events. From the environment: DURATION (seconds of each run,
# 10), BATCH (1000), RIDDHI (a binary, instead of a release build), SERVER_CORE (0), LOAD_CORE (1), PG_BIN (the folder of initdb). The
# ports are 19892, 19897, 19898 and 19899.
set -euo pipefail
cd "$(dirname "$0")/.."

source bench/common.sh
batch=${BATCH:-1000}
pg=${PG_BIN:-$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)}
chmod 755 "$folder"
mkdir apps
cp "$bench/edge/tcp-filter.siddhi" apps

# PostgreSQL does not run as root.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then setpriv --reuid postgres --regid postgres --clear-groups -- "$@"; else "$@"; fi
}

finish() {
    stop
    [ -d data ] && as_postgres "$pg/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1
    rm -rf "$folder"
}
trap finish EXIT

# until_said FILE TEXT: waits until a log has it.
until_said() {
    for _ in $(seq 300); do
        grep -q "$2" "$1" 2>/dev/null && return
        sleep 0.1
    done
    echo "$1 does not say: $2" >&2
    cat "$1" >&2
    exit 1
}

# start CORE NAME ARGUMENTS: a `riddhi run` with its log in NAME.log; its process is `started`.
start() {
    local core=$1 name=$2
    shift 2
    taskset -c "$core" "$riddhi" run "$@" >/dev/null 2>"$name.log" &
    started=$!
    running+=("$started")
}

# load RATE SECONDS
load() {
    taskset -c "$load_core" "$riddhi" load tcp://127.0.0.1:19892/Edge/Trades --ack --format json --batch "$batch" --rate "$1" \
        --seconds "$2" --types string:100:8,double,long,long,long,long,int >report 2>load-err || { cat report load-err >&2; exit 1; }
}

# row NAME RATE
row() {
    local before passive_before
    before=$(ticks_of "$server") passive_before=$(ticks_of "$passive")
    load "$2" "$duration"
    awk -v name="$1" -v asked="$2" -v rate="$(number events_per_second)" -v events="$(number events)" -v ticks="$ticks" \
        -v server="$(($(ticks_of "$server") - before))" -v passive="$(($(ticks_of "$passive") - passive_before))" \
        -v unsent="$(number unsent)" -v p50="$(number p50)" -v p99="$(number p99)" -v p999="$(number p99.9)" 'BEGIN {
            millions = events / 1e6
            printf "| %-26s | %9s | %11.0f | %9.4f | %9.4f | %9.1f | %9.1f | %9.1f | %8d |\n", name, asked, rate,
                server / ticks / millions, passive / ticks / millions, p50, p99, p999, unsent
        }'
}

rows() {
    load max 2
    row "$1" max
    row "$1" "${2:-$(half)}"
}

printf '| %-26s | %9s | %11s | %9s | %9s | %9s | %9s | %9s | %8s |\n' node asked events/s 'active/M' 'passive/M' 'p50 us' 'p99 us' \
    'p99.9 us' unsent
echo '|---|--:|--:|--:|--:|--:|--:|--:|--:|'

passive=
start "$server_core" alone apps/tcp-filter.siddhi --tcp 127.0.0.1:19892 --no-reload
server=$started
until_said alone.log 'runs, from'
rows 'alone'
stop
start "$server_core" state apps/tcp-filter.siddhi --tcp 127.0.0.1:19892 --no-reload --state alone-state
server=$started
until_said state.log 'runs, from'
rows 'alone, with --state'
stop

mkdir data
[ "$(id -u)" != 0 ] || chown postgres data
as_postgres "$pg/initdb" -D "$folder/data" -U riddhi --auth trust --no-sync >/dev/null
as_postgres taskset -c "$load_core" "$pg/pg_ctl" -D "$folder/data" -w -l "$folder/data/log" \
    -o "-p 19897 -c listen_addresses=127.0.0.1 -c unix_socket_directories=''" start >/dev/null
for name in a b; do
    cat >"$name.yaml" <<EOF
node: $name
database: postgresql://riddhi@127.0.0.1:19897/postgres?sslmode=disable
ha:
  group: bench
  ttl_ms: 2000
  sync: { host: 127.0.0.1, port: $([ "$name" = a ] && echo 19898 || echo 19899) }
EOF
done
"$riddhi" migrate --config a.yaml >/dev/null
start "$server_core" a --config a.yaml --apps apps --state a --tcp 127.0.0.1:19892
server=$started
until_said a.log 'runs, from'
start "$load_core" b --config b.yaml --apps apps --state b --tcp 127.0.0.1:19892
passive=$started
until_said a.log 'is in sync'
rows 'active of a pair'
