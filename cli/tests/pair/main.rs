//! Two `riddhi run` processes, a PostgreSQL and a client that wants acknowledgements: whatever is killed, no acknowledged event is lost,
//! and whoever takes over goes on as one run would have.

mod acks;
#[path = "../support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use riddhi_test_postgres::Server;
use support::client::{send, send_many};
use support::pair::{COUNTS, Pair};

#[test]
fn no_acknowledged_event_is_lost() {
    let Some(server) = Server::start() else { return };
    let mut pair = Pair::with(server.port(), "ttl_ms: 1000\n  passive: queue", "", COUNTS);
    pair.migrate();
    pair.start(0);
    pair.start(1);
    let (mut next, mut synced) = (0, 1);
    pair.until_in_sync(synced);
    // The active, the passive, and the active in the middle of what it was sent.
    for (kills_active, count) in [(true, 500), (false, 500), (true, 5000)] {
        let (active, mut stream) = pair.connect();
        next = send(&mut stream, next, 500);
        assert!(next > 0, "nothing was acknowledged:\n{}", pair.log());
        let victim = if kills_active { active } else { 1 - active };
        if count > 500 {
            let more = std::thread::spawn(move || send(&mut stream, next, count));
            std::thread::sleep(Duration::from_millis(30));
            pair.kill(victim);
            next = more.join().unwrap();
        } else {
            pair.kill(victim);
        }
        pair.start(victim);
        synced += 1;
        pair.until_in_sync(synced);
    }
    let (_, mut stream) = pair.connect();
    let end = send(&mut stream, next, 100);
    assert_eq!(end, next + 100, "{}", pair.log());
    pair.until_out(end);
}

/// Two running numbers, of all events and of the last 700; a chunk gives a line of each.
const TOTALS: &str = "from S select n, sum(n) as c insert into Out;\n\
    from S#window.length(700) select n, sum(n) as c insert into Out;\n";

/// Events of a chunk.
const EACH: i64 = 500;

/// What one run without a disturbance puts out, for chunks that end at these events.
fn totals(ends: impl Iterator<Item = i64>) -> Vec<(i64, i64)> {
    let upto = |n: i64| if n < 0 { 0 } else { n * (n + 1) / 2 };
    ends.flat_map(|n| [(n, upto(n)), (n, upto(n) - upto(n - 700))]).collect()
}

/// The ends of chunks of events from `from` on.
fn ends(from: i64, to: i64) -> impl Iterator<Item = i64> {
    (from..to).step_by(EACH as usize).map(move |first| (first + EACH).min(to) - 1)
}

/// Kills the active after so many events, none of them in a snapshot; sends as many again to the other, whose outputs must go on as
/// those of one undisturbed run. Gives the time from the kill to the first acknowledgement.
fn take_over(server: &Server, passive: &str, events: i64) -> Duration {
    let mut pair = Pair::with(server.port(), &format!("ttl_ms: 1000\n  passive: {passive}"), "", TOTALS);
    pair.args = vec!["--snapshot-interval", "100000", "--no-reload"];
    pair.migrate();
    pair.start(0);
    pair.start(1);
    pair.until_in_sync(1);
    let (active, mut stream) = pair.connect();
    assert_eq!(send_many(&mut stream, 0, events, EACH), events, "{}", pair.log());
    // The sinks' note comes within half a second, and a follower is a little behind it.
    pair.until_lines(totals(ends(0, events)).len());
    std::thread::sleep(Duration::from_millis(1000));
    let begun = Instant::now();
    pair.kill(active);
    let (other, mut stream) = pair.connect();
    assert_ne!(other, active);
    assert_eq!(send_many(&mut stream, events, 1, 1), events + 1, "{}", pair.log());
    let took = begun.elapsed();
    // Acknowledgements count the frames of a connection.
    let (_, mut stream) = pair.connect();
    assert_eq!(send_many(&mut stream, events + 1, events - 1, EACH), events * 2, "{}", pair.log());
    let expected = totals(ends(0, events).chain([events]).chain(ends(events + 1, events * 2)));
    pair.until_lines(expected.len());
    // A file is cut back to where the sink's note says that it ended, so nothing comes twice.
    let out = pair.lines();
    if let Some(at) = (0..expected.len()).find(|at| out.get(*at) != expected.get(*at)) {
        let about =
            |all: &[(i64, i64)]| format!("{:?}", &all[at.saturating_sub(3).min(all.len())..(at + 3).min(all.len())]);
        panic!("line {at} is another than of one run: {} for {}\n{}", about(&out), about(&expected), pair.log());
    }
    assert_eq!(out.len(), expected.len());
    assert!(pair.log().contains("note: app A goes on at entry"), "{}", pair.log());
    let followed = pair.log().contains("followed from entry");
    assert_eq!(followed, passive == "warm", "{}", pair.log());
    took
}

#[test]
fn a_warm_passive_goes_on_from_where_the_outputs_are() {
    let Some(server) = Server::start() else { return };
    let took = take_over(&server, "warm", 200_000);
    eprintln!("first event accepted {} ms after the kill", took.as_millis());
}

#[test]
#[ignore = "measures: minutes"]
fn warm_against_queue() {
    let Some(server) = Server::start() else { return };
    for events in [300_000, 3_000_000] {
        for passive in ["queue", "warm", "queue", "warm"] {
            let took = take_over(&server, passive, events);
            eprintln!("{events} events, {passive}: first event accepted {} ms after the kill", took.as_millis());
        }
    }
}
