//! Most apps run batched: nine of ten of the recorded random ones of one stream after another.

use riddhi_case::drive::{Way, drive};
use riddhi_case::script::Script;
use riddhi_plan::logical::Mode;
use riddhi_run::compile;
use riddhi_tests::data::cases;

const GROUPS: [&str; 5] = ["expr", "filter", "function", "groupby", "chain"];

#[test]
fn nine_of_ten_apps_are_batched() {
    let (mut all, mut batched) = (0, 0);
    for case in cases("data/core") {
        if !GROUPS.iter().any(|group| case.name.contains(&format!(".{group}."))) {
            continue;
        }
        let Some(app) = compile(&case.apps[0]).plan else { continue };
        all += 1;
        batched += app.regions.iter().all(|r| r.mode == Mode::Batched) as usize;
    }
    println!("{batched} of {all} apps are batched");
    assert!(all > 300, "only {all} apps were found");
    assert!(batched * 10 >= all * 9, "{batched} of {all}");
}

/// Where all is batched, dense input needs far fewer calls of queries than it has events.
#[test]
fn calls_are_fewer_than_events() {
    let (mut calls, mut events) = (0, 0);
    for case in cases("data/dense") {
        let script = Script::of(&case).expect("the recorded apps run");
        if script.app.regions.iter().any(|r| r.mode != Mode::Batched) {
            continue;
        }
        let run = drive(&script, &Way::frames_of(1024), |_, _| ()).expect("its states can be loaded");
        calls += run.counters.query_calls;
        events += run.counters.events;
    }
    println!("{calls} calls of queries for {events} events");
    assert!(calls * 100 < events, "{calls} calls of queries for {events} events");
}
