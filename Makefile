.PHONY: bench bench-peers

# Riddhi alone: rates, latency, bytes per event. Prints only.
bench:
	cargo run --release --quiet -p riddhi-bench -- --no-peer

# Side by side with Siddhi, in turn; writes bench/results. Needs a JDK 17 and Maven, which fetches the peer.
bench-peers:
	mvn -q -B -f bench/peers/pom.xml package
	cargo run --release --quiet -p riddhi-bench
