//! Waiting matches are bounded: of more than may wait the oldest goes, which is counted and reported.

use riddhi_batch::Value;
use riddhi_run::{Engine, EngineOptions, compile};

const APP: &str = "define stream A (n int); define stream B (n int);
    from every e1=A -> e2=B select e1.n as n insert into Out;";

/// What comes out after so many As, a tick, and a B, with at most so many matches; rows that were lost.
fn run(events: i32, matches_max: usize) -> (Vec<Value>, u64, String) {
    let app = compile(APP).plan.expect("the app compiles");
    let mut engine = Engine::new(app, EngineOptions { partial_matches_max: matches_max, ..EngineOptions::default() });
    engine.start(1);
    let mut frame = engine.frame();
    for n in 0..=events {
        let stream = if n < events { 0 } else { 1 };
        let (rows, arena) = frame.rows_of(stream);
        rows.ts.push(i64::from(n) + 1);
        assert!(rows.cols[0].push_value(&Value::Int(n), arena));
        frame.commit(stream, i64::from(n) + 1, true);
    }
    let outputs = engine.process(&mut frame);
    let mut rows = Vec::new();
    outputs.each(|out| {
        rows.extend((out.first..out.first + out.n).map(|row| out.rows.cols[0].value(row, out.arena)));
    });
    let reason = outputs.failures().first().map_or(String::new(), |f| f.reason.clone());
    (rows, engine.counters().failed_rows, reason)
}

#[test]
fn the_oldest_match_goes() {
    let (rows, failed, reason) = run(10, 4);
    assert_eq!(rows, [7, 8, 9].map(Value::Int));
    assert_eq!(failed, 7);
    assert_eq!(reason, "more than 4 partial matches wait; the oldest is dropped");
}

#[test]
fn nothing_goes_as_long_as_there_is_room() {
    let (rows, failed, _) = run(10, 11);
    assert_eq!((rows.len(), failed), (10, 0));
}
