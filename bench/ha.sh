#!/usr/bin/env bash
# What a pair costs: events over Siddhi TCP, filter, count, every event acknowledged. A node without state, one with a state
# folder, and two nodes with PostgreSQL all run, and take load in turn, since a machine is not equally fast all the time. The node that
# takes the events has a core of its own; the generator, the passive and PostgreSQL share the other one.
#
# Prints what edge.sh prints, the passive's CPU seconds per million events, and what an event costs compared to a node without state:
# sums over all rounds, of latencies the median of the rounds. From the environment: ROUNDS (5), DURATION (seconds of each turn, 2), BATCH (1000), TYPES
# (of the stream, as `riddhi load --types`), RIDDHI (a binary, instead of a release build), SERVER_CORE (0), LOAD_CORE (1), PG_BIN (the
# folder of initdb). The ports are 19890 to 19899.
set -euo pipefail
cd "$(dirname "$0")/.."

source bench/common.sh
batch=${BATCH:-1000} rounds=${ROUNDS:-5} types=${TYPES:-string:100:8,double,long,long,long,long,int}
duration=${DURATION:-2}
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

# load PORT RATE SECONDS
load() {
    taskset -c "$load_core" "$riddhi" load "tcp://127.0.0.1:$1/Edge/Trades" --ack --format json --batch "$batch" --rate "$2" \
        --seconds "$3" --types "$types" >report 2>load-err || { cat report load-err >&2; exit 1; }
}

kinds=(alone state pair)
declare -A port=([alone]=19890 [state]=19891 [pair]=19892) server=() name=([alone]='alone' [state]='alone, with --state' [pair]='active of a pair')
passive=

# turn KIND RATE SECONDS: a line of rows for a turn's numbers.
turn() {
    local before passive_before
    before=$(ticks_of "${server[$1]}") passive_before=$(ticks_of "$passive")
    load "${port[$1]}" "$2" "$3"
    # What came last is still under way to the passive's files.
    sleep 0.2
    echo "$1 $(($(ticks_of "${server[$1]}") - before)) $(($(ticks_of "$passive") - passive_before)) $(number events)" \
        "$(number events_per_second) $(number p50) $(number p99) $(number p99.9) $(number unsent)"
}

# row KIND ASKED FILE: a row of the table from a file of turns.
row() {
    local median
    median() { grep "^$1 " "$2" | cut -d' ' -f"$3" | sort -g | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }
    grep "^$1 " "$3" | awk -v name="${name[$1]}" -v kind="$1" -v asked="$2" -v ticks="$ticks" -v p50="$(median "$1" "$3" 6)" \
        -v p99="$(median "$1" "$3" 7)" -v p999="$(median "$1" "$3" 8)" '
        { server += $2; passive += kind == "pair" ? $3 : 0; events += $4; rate += $5; unsent += $9 }
        END {
            millions = events / 1e6
            printf "| %-19s | %9s | %11.0f | %9.4f | %9.4f | %9.1f | %9.1f | %9.1f | %8d |\n", name, asked, rate / NR,
                server / ticks / millions, passive / ticks / millions, p50, p99, p999, unsent
        }'
}

start "$server_core" alone apps/tcp-filter.siddhi --tcp "127.0.0.1:${port[alone]}" --no-reload
server[alone]=$started
until_said alone.log 'runs, from'
start "$server_core" state apps/tcp-filter.siddhi --tcp "127.0.0.1:${port[state]}" --no-reload --state alone-state
server[state]=$started
until_said state.log 'runs, from'

mkdir data
[ "$(id -u)" != 0 ] || chown postgres data
as_postgres "$pg/initdb" -D "$folder/data" -U riddhi --auth trust --no-sync >/dev/null
as_postgres taskset -c "$load_core" "$pg/pg_ctl" -D "$folder/data" -w -l "$folder/data/log" \
    -o "-p 19897 -c listen_addresses=127.0.0.1 -c unix_socket_directories=''" start >/dev/null
for node in a b; do
    cat >"$node.yaml" <<EOF
node: $node
database: postgresql://riddhi@127.0.0.1:19897/postgres?sslmode=disable
ha:
  group: bench
  ttl_ms: 2000
  sync: { host: 127.0.0.1, port: $([ "$node" = a ] && echo 19898 || echo 19899) }
EOF
done
"$riddhi" migrate --config a.yaml >/dev/null
start "$server_core" a --config a.yaml --apps apps --state a --tcp "127.0.0.1:${port[pair]}"
server[pair]=$started
until_said a.log 'runs, from'
start "$load_core" b --config b.yaml --apps apps --state b --tcp "127.0.0.1:${port[pair]}"
passive=$started
until_said a.log 'is in sync'

for kind in "${kinds[@]}"; do load "${port[$kind]}" max 1; done
for _ in $(seq "$rounds"); do
    for kind in "${kinds[@]}"; do turn "$kind" max "$duration" >>flat-out; done
done
# Half of what the pair takes is asked of all.
half=$(awk '$1 == "pair" { rate += $5; n++ } END { printf "%d", rate / n / 2 }' flat-out)
for _ in $(seq "$rounds"); do
    for kind in "${kinds[@]}"; do turn "$kind" "$half" "$duration" >>at-half; done
done

printf '| %-19s | %9s | %11s | %9s | %9s | %9s | %9s | %9s | %8s |\n' node asked events/s 'active/M' 'passive/M' 'p50 us' 'p99 us' \
    'p99.9 us' unsent
echo '|---|--:|--:|--:|--:|--:|--:|--:|--:|'
for kind in "${kinds[@]}"; do
    row "$kind" max flat-out
    row "$kind" "$half" at-half
done
awk -v ticks="$ticks" '
    { cost[$1] += $2; events[$1] += $4 }
    END {
        for (kind in cost) each[kind] = cost[kind] / ticks / events[kind] * 1e9
        printf "\nFlat out, an event costs a node with a journal %.2f times what it costs one without state, %.0f ns more, ",
            each["state"] / each["alone"], each["state"] - each["alone"]
        printf "and the active of a pair %.2f times, %.0f ns more.\n", each["pair"] / each["alone"], each["pair"] - each["alone"]
    }' flat-out
