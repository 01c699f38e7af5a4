# For the scripts of this folder, which read it with `source`: the binary, a folder of their own in which they go on, and what they count by.
# From the environment: DURATION, RIDDHI, SERVER_CORE, LOAD_CORE, as the scripts say.

duration=${DURATION:-10} server_core=${SERVER_CORE:-0} load_core=${LOAD_CORE:-1}
if [ -z "${RIDDHI:-}" ]; then
    cargo build --release --quiet -p riddhi-cli
fi
riddhi=$(realpath "${RIDDHI:-target/release/riddhi}")
ticks=$(getconf CLK_TCK)
folder=$(mktemp -d)
bench=$PWD/bench
cd "$folder"

# The processes that `stop` ends.
running=()
stop() {
    local pid
    for pid in "${running[@]}"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    running=()
}

# User and system time of a process, in ticks, 0 of none; its name has no blank.
ticks_of() { if [ -n "$1" ]; then awk '{ print $14 + $15 }' "/proc/$1/stat"; else echo 0; fi; }

# The number of a key of the report.
number() { sed -n "s/^ *\"$1\": *\([0-9.e+-]*\),*$/\1/p" report | head -n 1; }

# Half of the rate of the report.
half() { awk -v rate="$(number events_per_second)" 'BEGIN { printf "%d", rate / 2 }'; }
