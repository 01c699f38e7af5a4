//! What stores answered makes a replay independent of them, and a recovery sends only what they do not have.

mod elsewhere;

use std::sync::{Arc, Mutex};

use elsewhere::{Elsewhere, Event, STREAMS, app, calls, fill, pool, process, types};
use riddhi_batch::Answered;
use riddhi_journal::{Inputs, JournalReader, JournalWriter};
use riddhi_run::{App, Clock, FailureReport};

const EVERYTHING: &str = "
    @store(type='recorder') @primaryKey('k') define table T (k int, v int);
    @store(type='recorder') define table L (k int, v int);
    from In insert into T;
    from In select k, v insert into L;
    from Up select k, v update or insert into T set T.v = T.v + v on T.k == k;
    from Up select k, v update L set L.v = v on L.k == k;
    from Del delete T on T.k == k;
    from Del delete L on L.k < k and L.v > v;
    from S select k, sum(v) as v insert into Sums;
    from Sums join T on Sums.v > T.k select Sums.k as k, Sums.v as s, T.v as v insert into Out;
    from S#window.length(3) join L on S.k == L.k select S.k as k, L.v as v insert into Listed;
    from S[(T.k == k) in T] select k insert into Is;
    @info(name = 'p') from every a=S -> b=S[(T.k == b.k and T.v > a.v) in T] select a.k as x, b.k as y insert into Seen;";

fn everything() -> Vec<Event> {
    let streams = ["In", "S", "Up", "S", "Del", "In", "S", "S"];
    (0..400usize).map(|i| (streams[i * 7 % 8], (i * 5 % 13) as i32, (i * 3 % 7) as i32)).collect()
}

/// Runs everything against stores, in frames of that size, with a journal.
fn live(
    app: &App,
    frame_of: usize,
    workers: usize,
    numbered: bool,
) -> (Vec<String>, Vec<u8>, Vec<u8>, Arc<Mutex<Elsewhere>>) {
    let all = Arc::new(Mutex::new(Elsewhere::default()));
    let mut pool = pool(app, workers, true);
    pool.connect(&types(&all, numbered)).unwrap();
    let inputs = inputs(app);
    let mut journal = JournalWriter::new(Vec::new(), &inputs, 0).unwrap();
    let (mut frame, mut clock) = (pool.frame(), Clock::new(false, 0));
    let mut rows = Vec::new();
    for events in everything().chunks(frame_of) {
        fill(&mut frame, app, &mut clock, events);
        let next = frame.base + frame.entries.len() as u64;
        journal.hold(&frame).unwrap();
        let (seen, failures) = process(&mut pool, &mut frame);
        let duplicate = |f: &FailureReport| f.reason.contains("has a row with this primary key");
        assert!(failures.iter().all(duplicate), "{failures:?}");
        rows.extend(seen);
        let answered: Option<Answered> = pool.take_answers();
        assert!(answered.as_ref().is_none_or(|a| a.until == next));
        journal.append_held(answered.as_ref()).unwrap();
        assert_eq!(pool.send_changes(), []);
        frame.reset(next);
    }
    let state = pool.save();
    (rows, state, journal.finish().unwrap(), all)
}

fn inputs(app: &App) -> Inputs {
    let streams = ["In", "S", "Up", "Del"].map(|name| app.stream(name).unwrap());
    Inputs::new(streams.map(|s| (s as u32, app.streams[s].name.as_str(), &app.streams[s].schema)))
}

/// States by position.
type States = Vec<(u64, Vec<u8>)>;

/// Runs a journal through an app that knows no store; gives rows, the state at the end, and those in between by position.
fn replay(
    app: &App,
    journal: &[u8],
    frame_of: usize,
    workers: usize,
    restored_every: usize,
) -> (Vec<String>, Vec<u8>, States) {
    let inputs = inputs(app);
    let mut reader = JournalReader::new(journal, &inputs).unwrap();
    let mut engine = pool(app, workers, false);
    let mut frame = engine.frame();
    let (mut rows, mut states, mut turns) = (Vec::new(), Vec::new(), 0);
    while reader.next(&mut frame, frame_of).unwrap() {
        rows.extend(process(&mut engine, &mut frame).0);
        turns += 1;
        let state = engine.save();
        if turns % restored_every == 0 {
            let now = engine.now();
            engine = pool(app, workers, false);
            engine.load(&state).unwrap();
            engine.start(now);
        }
        states.push((reader.position(), state));
    }
    (rows, engine.save(), states)
}

#[test]
fn a_replay_asks_no_store_and_gives_the_same_rows_and_states() {
    let plain = app(&format!("{STREAMS}{EVERYTHING}"));
    let (expected, ..) = live(&plain, 1, 1, true);
    assert!(expected.len() > 300, "{}", expected.len());
    replays(&plain, &expected);
    for policy in
        ["FIFO', retention.period='1 sec", "LRU", "lfu', retention.period='900 millisec', purge.interval='300 millisec"]
    {
        let cached = format!("@store(type='recorder', @cache(size='4', cache.policy='{policy}')) @primaryKey");
        let text = EVERYTHING.replace("@store(type='recorder') @primaryKey", &cached);
        replays(&app(&format!("{STREAMS}{text}")), &expected);
    }
}

fn replays(app: &App, expected: &[String]) {
    for (frame_of, workers, numbered) in [(1, 1, true), (7, 1, true), (64, 1, false), (400, 2, true), (33, 2, false)] {
        let (rows, state, journal, all) = live(app, frame_of, workers, numbered);
        let calls = calls(&all).len();
        let sorted = |rows: &[String]| {
            let mut rows = rows.to_vec();
            rows.sort();
            rows
        };
        // Only a store that numbers its rows tells in which order they are found.
        assert_eq!(sorted(&rows), sorted(expected), "frames of {frame_of}");
        assert!(!numbered || rows == expected, "frames of {frame_of}");
        let mut known: States = Vec::new();
        for (replayed, threads, restored) in
            [(1, 1, usize::MAX), (1, 1, 1), (5, 1, 2), (64, 2, 3), (1000, 1, usize::MAX)]
        {
            let (again, end, states) = replay(app, &journal, replayed, threads, restored);
            assert_eq!(again, rows, "frames of {frame_of}, then of {replayed}");
            assert_eq!(end, state, "frames of {frame_of}, then of {replayed}");
            for (position, state) in states {
                match known.iter().find(|(known, _)| *known == position) {
                    Some((_, known)) => {
                        assert!(*known == state, "state at {position}, frames of {frame_of}, {replayed}")
                    }
                    None => known.push((position, state)),
                }
            }
        }
        assert_eq!(calls, calls + self::calls(&all).len(), "a replay asks nobody");
    }
}

#[test]
fn a_recovery_sends_only_what_the_store_does_not_have() {
    let app = app(&format!("{STREAMS}{EVERYTHING}"));
    let (_, _, journal, all) = live(&app, 50, 1, true);
    let named = all.lock().unwrap().names.len();
    let rows_before: Vec<usize> = all.lock().unwrap().tables.iter().map(|(_, t)| t.table().len()).collect();
    let mut engine = pool(&app, 1, false);
    engine.connect(&types(&all, true)).unwrap();
    calls(&all);
    let inputs = inputs(&app);
    let mut reader = JournalReader::new(&journal[..], &inputs).unwrap();
    let mut frame = engine.frame();
    while reader.next(&mut frame, 20).unwrap() {
        process(&mut engine, &mut frame);
    }
    assert_eq!(calls(&all), [] as [&str; 0]);
    assert_eq!(all.lock().unwrap().names.len(), named);
    let rows_after: Vec<usize> = all.lock().unwrap().tables.iter().map(|(_, t)| t.table().len()).collect();
    assert_eq!(rows_after, rows_before);
}
