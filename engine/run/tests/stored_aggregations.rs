//! Aggregations whose tables are in stores: what is told when buckets close, what reading asks, and how one begins anew.

mod elsewhere;

use std::sync::{Arc, Mutex};

use elsewhere::{Elsewhere, app, calls, pool, process, types};
use riddhi_batch::{Frame, Str};
use riddhi_exec::table::StoreError;
use riddhi_journal::{Inputs, JournalReader, JournalWriter};
use riddhi_run::worker::Pool;
use riddhi_run::{App, Clock, FailureReport, StoreTypes, compile_on_demand};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// An aggregation, and who reads it if `reads`.
fn text(reads: bool) -> String {
    let join = "from R as r join A as a on a.k == r.k within r.a, r.b per 'minutes'
        select a.AGG_TIMESTAMP as t, a.k as k, a.total as total, a.n as n insert into Out;";
    format!(
        "@app:playback define stream S (k int, v int); @OnError(action='stream') define stream R (k int, a long, b long);
        @store(type='recorder') define aggregation A from S select k, sum(v) as total, count() as n group by k
        aggregate every sec ... hour; {}",
        if reads { join } else { "" }
    )
}

/// An event: of `S` key and value at a time, of `R` key and range.
#[derive(Clone, Copy)]
enum Event {
    S(i64, i32, i32),
    R(i64, i32, i64, i64),
}
use Event::{R, S};

struct Rig {
    app: App,
    pool: Pool,
    frame: Frame,
    clock: Clock,
}

impl Rig {
    fn new(text: &str, types: &StoreTypes) -> Rig {
        let app = app(text);
        let mut pool = pool(&app, 1, false);
        pool.connect(types).unwrap();
        Rig { frame: pool.frame(), clock: Clock::new(true, 0), app, pool }
    }

    /// Puts these into the frame.
    fn fill(&mut self, events: &[Event]) {
        for &event in events {
            let (name, ts) = match event {
                S(ts, ..) => ("S", ts),
                R(ts, ..) => ("R", ts),
            };
            let stream = self.app.stream(name).unwrap() as u32;
            let (rows, _) = self.frame.rows_of(stream);
            rows.ts.push(ts);
            match event {
                S(_, k, v) => {
                    rows.cols[0].push_i32(k);
                    rows.cols[1].push_i32(v);
                }
                R(_, k, a, b) => {
                    rows.cols[0].push_i32(k);
                    rows.cols[1].push_i64(a);
                    rows.cols[2].push_i64(b);
                }
            }
            let (now, sets) = self.clock.stamp(Some(ts));
            self.frame.commit(stream, now, sets);
        }
    }

    /// Processes these as one frame; gives rows and failures.
    fn turn(&mut self, events: &[Event]) -> (Vec<String>, Vec<FailureReport>) {
        self.fill(events);
        let next = self.frame.base + self.frame.entries.len() as u64;
        let done = process(&mut self.pool, &mut self.frame);
        self.frame.reset(next);
        done
    }

    /// What an on-demand query answers, in some order.
    fn ask(&mut self, text: &str) -> Result<Vec<String>, String> {
        let compiled = compile_on_demand(text, &self.app);
        let query = compiled.query.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
        let answer = self.pool.ask(&query, self.pool.now())?;
        let row = |i| answer.rows.cols.iter().map(|c| c.value(i, &answer.arena).to_string()).collect::<Vec<_>>();
        let mut rows: Vec<String> = (0..answer.rows.len()).map(|i| row(i).join(" ")).collect();
        rows.sort();
        Ok(rows)
    }
}

/// The rows of a table in the store, in the order in which they came.
fn stored(all: &Arc<Mutex<Elsewhere>>, name: &str) -> Vec<String> {
    let all = all.lock().unwrap();
    let table = all.tables.iter().find(|(known, _)| known == name).unwrap().1.table();
    let mut slots = Vec::new();
    table.all(&mut slots);
    slots.sort_by_key(|&slot| table.number_of(slot));
    let row = |&slot: &u32| table.cols().iter().map(move |c| c.value(slot as usize, table.arena()).to_string());
    slots.iter().map(|slot| row(slot).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn closed_buckets_are_told_in_batches() {
    let all = Arc::new(Mutex::new(Elsewhere::default()));
    let mut rig = Rig::new(&text(false), &types(&all, true));
    let prepared = calls(&all);
    assert!(prepared.iter().filter(|c| *c == "A_SECONDS: prepare a change").count() == 2, "{prepared:?}");
    let events: Vec<Event> = (0..200).map(|i| S(1000 + i * 500, i as i32 % 3, 1)).collect();
    rig.turn(&events[..1]);
    calls(&all);
    let (rows, failures) = rig.turn(&events[1..]);
    assert_eq!((rows, failures), (vec![], vec![]));
    // Nobody reads, so nothing is asked; what a frame closes is one call a table.
    assert_eq!(calls(&all), ["A_SECONDS: apply 198", "A_MINUTES: apply 3"]);
    assert_eq!(stored(&all, "A_MINUTES"), ["0 0 40 40", "0 1 39 39", "0 2 39 39"]);
    assert_eq!(stored(&all, "A_SECONDS")[..3], ["1000 1 1 1", "1000 0 1 1", "2000 0 1 1"]);
}

#[test]
fn readers_see_the_store_and_open_buckets() {
    let whole: Vec<Event> = (0..400)
        .map(|i| match i % 10 {
            9 => R(i * 700, 1, if i % 20 == 9 { 0 } else { MINUTE }, 10 * MINUTE),
            _ => S(i * 700, i as i32 % 3, 1),
        })
        .collect();
    let mut expected = None;
    let mut near = Rig::new(&text(true).replace("@store(type='recorder')", ""), &StoreTypes::default());
    let mut near_rows = Vec::new();
    whole.chunks(1).for_each(|events| near_rows.extend(near.turn(events).0));
    assert!(near_rows.len() > 80, "{}", near_rows.len());
    for frame_of in [1, 7, 64, 1000] {
        let all = Arc::new(Mutex::new(Elsewhere::default()));
        let mut rig = Rig::new(&text(true), &types(&all, true));
        let mut rows = Vec::new();
        for events in whole.chunks(frame_of) {
            let (seen, failures) = rig.turn(events);
            assert_eq!(failures, []);
            rows.extend(seen);
        }
        assert_eq!(rows, near_rows, "frames of {frame_of}");
        let tables = ["A_SECONDS", "A_MINUTES", "A_HOURS"].map(|name| stored(&all, name));
        assert_eq!(*expected.get_or_insert_with(|| tables.clone()), tables, "frames of {frame_of}");
        let asked = "from A within 0L, 100000000L per 'minutes' select AGG_TIMESTAMP, k, total";
        assert_eq!(rig.ask(asked), near.ask(asked));
        assert_eq!(rig.ask("from A_MINUTES select *"), near.ask("from A_MINUTES select *"));
    }
}

/// What a replay, or a recovery if there are `types`, gives of a journal: rows and state.
fn replayed(
    text: &str,
    types: Option<&StoreTypes>,
    journal: &[u8],
    (frame_of, restored, workers): (usize, bool, usize),
) -> (Vec<String>, Vec<u8>) {
    let app = app(text);
    let inputs = inputs(&app);
    let mut reader = JournalReader::new(journal, &inputs).unwrap();
    let mut engine = pool(&app, workers, false);
    types.into_iter().for_each(|types| engine.connect(types).unwrap());
    let (mut frame, mut rows) = (engine.frame(), Vec::new());
    while reader.next(&mut frame, frame_of).unwrap() {
        rows.extend(process(&mut engine, &mut frame).0);
        if restored {
            let (state, now) = (engine.save(), engine.now());
            engine = pool(&app, workers, false);
            engine.load(&state).unwrap();
            engine.start(now);
        }
    }
    (rows, engine.save())
}

fn inputs(app: &App) -> Inputs {
    let streams = ["S", "R"].map(|name| app.stream(name).unwrap());
    Inputs::new(streams.map(|s| (s as u32, app.streams[s].name.as_str(), &app.streams[s].schema)))
}

#[test]
fn a_replay_asks_no_store_and_a_recovery_tells_nothing_twice() {
    let purge = "@purge(enable='true', interval='20 sec', @retentionPeriod(sec='120 sec')) @store";
    // A second region, for a second worker.
    let other = "from S[v > 100] select k insert into Other; from R select k insert into Another;";
    let text = format!("{} {other}", text(true).replace("@store", purge));
    let event = |i: i64| match i % 7 {
        6 => R(HOUR + i * 1300, 1, if i % 3 == 0 { 0 } else { HOUR + MINUTE }, 2 * HOUR),
        _ => S(HOUR + i * 1300, i as i32 % 3, 1),
    };
    let whole: Vec<Event> = (0..400).map(event).collect();
    for frame_of in [1, 16, 400] {
        let all = Arc::new(Mutex::new(Elsewhere::default()));
        let mut rig = Rig::new(&text, &types(&all, true));
        rig.turn(&[S(HOUR - 90 * SECOND, 1, 1), S(HOUR - 40 * SECOND, 2, 1), S(HOUR - 10 * SECOND, 1, 1)]);
        // Another life, which goes on with what the first has left, and does not get it at once.
        let mut rig = Rig::new(&text, &types(&all, true));
        let inputs = inputs(&rig.app);
        let mut journal = JournalWriter::new(Vec::new(), &inputs, 0).unwrap();
        let away = || ("look up", StoreError::Away("no route".into()));
        all.lock().unwrap().fails = vec![away(), away(), away()];
        let mut rows = Vec::new();
        for events in whole.chunks(frame_of) {
            rig.fill(events);
            let next = rig.frame.base + rig.frame.entries.len() as u64;
            journal.hold(&rig.frame).unwrap();
            rows.extend(process(&mut rig.pool, &mut rig.frame).0);
            journal.append_held(rig.pool.take_answers().as_ref()).unwrap();
            rig.frame.reset(next);
        }
        let (state, journal) = (rig.pool.save(), journal.finish().unwrap());
        for way in [(1, false, 1), (1, true, 1), (5, true, 2), (64, false, 2), (1000, true, 1)] {
            let (again, end) = replayed(&text, None, &journal, way);
            assert_eq!(again, rows, "frames of {frame_of}, then {way:?}");
            assert!(end == state, "frames of {frame_of}, then {way:?}");
        }
        let tables = ["A_SECONDS", "A_MINUTES", "A_HOURS"];
        let before = tables.map(|name| stored(&all, name));
        calls(&all);
        assert_eq!(replayed(&text, Some(&types(&all, true)), &journal, (9, false, 2)).1, state);
        assert!(calls(&all).iter().all(|call| call.contains("prepare") || call.contains("mark")));
        assert_eq!(tables.map(|name| stored(&all, name)), before);
    }
}

#[test]
fn ranges_of_a_turn_are_one_request() {
    let all = Arc::new(Mutex::new(Elsewhere::default()));
    let mut rig = Rig::new(&text(true), &types(&all, true));
    rig.turn(&[S(0, 1, 1), S(MINUTE, 1, 2), S(2 * MINUTE, 1, 3)]);
    calls(&all);
    let at = 2 * MINUTE;
    let asks = [R(at, 1, 0, MINUTE), R(at, 1, MINUTE, 2 * MINUTE), R(at, 1, 0, MINUTE), R(at, 1, 0, HOUR)];
    let (rows, _) = rig.turn(&asks);
    assert_eq!(
        rows,
        ["Out 0 1 1 1", "Out 60000 1 2 1", "Out 0 1 1 1", "Out 0 1 1 1", "Out 60000 1 2 1", "Out 120000 1 3 1"]
    );
    assert_eq!(calls(&all), ["A_MINUTES: look up 3"]);
}

#[test]
fn one_that_begins_anew_reads_what_the_store_has() {
    let all = Arc::new(Mutex::new(Elsewhere::default()));
    let mut rig = Rig::new(&text(true), &types(&all, true));
    // Minutes 0 and 1 are closed, of minute 2 the seconds 0 and 1; second 2 is open, and lost.
    let at = |minute: i64, second: i64| HOUR + minute * MINUTE + second * SECOND;
    let events = [S(at(0, 0), 1, 1), S(at(1, 0), 1, 2), S(at(2, 0), 1, 4), S(at(2, 1), 2, 8), S(at(2, 2), 1, 100)];
    rig.turn(&events);
    assert_eq!(stored(&all, "A_MINUTES"), ["3600000 1 1 1", "3660000 1 2 1"]);
    assert_eq!(stored(&all, "A_SECONDS").len(), 4);

    // A query before the first event sees it, and leaves nothing.
    let mut rig = Rig::new(&text(true), &types(&all, true));
    let asked = "from A within 0L, 100000000L per 'minutes' select AGG_TIMESTAMP, k, total, n";
    let before = rig.pool.save();
    calls(&all);
    let rows = ["3600000 1 1 1", "3660000 1 2 1", "3720000 1 4 1", "3720000 2 8 1"];
    assert_eq!(rig.ask(asked).unwrap(), rows);
    assert_eq!(rig.ask("from A within 0L, 100000000L per 'hours' select k, total").unwrap(), ["1 7", "2 8"]);
    assert_eq!(rig.pool.save(), before);
    assert!(calls(&all).iter().all(|call| !call.contains("apply")));

    // Events go on from there, whoever comes first.
    let (seen, failures) = rig.turn(&[R(at(2, 3), 2, 0, 2 * HOUR), S(at(2, 4), 2, 16), R(at(2, 4), 2, 0, 2 * HOUR)]);
    assert_eq!((&seen[..], failures), (&["Out 3720000 2 8 1".to_owned(), "Out 3720000 2 24 2".to_owned()][..], vec![]));
    rig.turn(&[S(at(60, 0), 1, 1)]);
    let minutes = ["3600000 1 1 1", "3660000 1 2 1", "3720000 1 4 1", "3720000 2 24 2"];
    let mut found = stored(&all, "A_MINUTES");
    found.sort();
    assert_eq!(found, minutes);
    let mut found = stored(&all, "A_HOURS");
    found.sort();
    assert_eq!(found, ["3600000 1 7 3", "3600000 2 24 2"]);
}

#[test]
fn a_recovery_of_a_second_life_tells_what_the_first_has_names_for() {
    let all = Arc::new(Mutex::new(Elsewhere::default()));
    let mut rig = Rig::new(&text(false), &types(&all, true));
    let first: Vec<Event> = (0..200).map(|i| S(i * MINUTE, 1, 1)).collect();
    rig.turn(&first);
    assert_eq!(stored(&all, "A_HOURS").len(), 3);
    // The second has not closed an hour when it fails, and the journal of it is gone through.
    let mut rig = Rig::new(&text(false), &types(&all, true));
    let inputs = inputs(&rig.app);
    let mut journal = JournalWriter::new(Vec::new(), &inputs, 0).unwrap();
    rig.fill(&[S(201 * MINUTE, 1, 1), S(202 * MINUTE, 1, 1)]);
    journal.hold(&rig.frame).unwrap();
    process(&mut rig.pool, &mut rig.frame);
    journal.append_held(rig.pool.take_answers().as_ref()).unwrap();
    assert_eq!(calls(&all).iter().filter(|c| c.ends_with("begin anew")).count(), 6, "three in each life");
    let journal = journal.finish().unwrap();
    let mut again = Rig::new(&text(false), &types(&all, true));
    let mut reader = JournalReader::new(&journal[..], &inputs).unwrap();
    while reader.next(&mut again.frame, 10).unwrap() {
        process(&mut again.pool, &mut again.frame);
    }
    again.frame.reset(2);
    // Of minute 199 the second was open.
    again.turn(&[S(241 * MINUTE, 1, 1)]);
    assert!(calls(&all).iter().all(|call| !call.ends_with("begin anew")));
    assert_eq!(stored(&all, "A_HOURS")[3..], ["10800000 1 21 21"]);
}

#[test]
fn buckets_of_an_attribute_and_latest_values_begin_anew_too() {
    let text = "@app:playback define stream S (k int, v int); define stream R (k int, a long, b long);
        define stream T (k int, ts long, v int, s string);
        @store(type='recorder') define aggregation A from T select k, avg(v) as mean, max(v) as most, s as last
        group by k aggregate by ts every sec ... year;";
    let asked = "from A within 0L, 100000000000L per 'days' select AGG_TIMESTAMP, k, mean, most, last";
    let add = |rig: &mut Rig, events: &[(i64, i32, i64, i32)]| {
        let stream = rig.app.stream("T").unwrap() as u32;
        for &(now, k, ts, v) in events {
            let (rows, arena) = rig.frame.rows_of(stream);
            rows.ts.push(now);
            rows.cols[0].push_i32(k);
            rows.cols[1].push_i64(ts);
            rows.cols[2].push_i32(v);
            let text = format!("a text that is long enough to be away {v}");
            rows.cols[3].push_str(Str::new(text.as_bytes(), arena));
            let (now, sets) = rig.clock.stamp(Some(now));
            rig.frame.commit(stream, now, sets);
        }
        assert_eq!(rig.turn(&[]).1, []);
    };
    let day = 24 * HOUR;
    // Late ones among them, and the last of a key by time is not the last that comes.
    let first = [(5 * day, 1, 5 * day, 10), (5 * day + 2000, 1, 3 * day, 20), (5 * day + 4000, 2, 5 * day, 30)];
    let then = [(5 * day + 6000, 1, 5 * day + 10, 40), (5 * day + 8000, 1, 5 * day + 5, 1), (5 * day + 9000, 9, 0, 0)];
    let last = [(5 * day + 9500, 1, 3 * day, 50), (5 * day + MINUTE, 2, 5 * day, 31)];
    let all = Arc::new(Mutex::new(Elsewhere::default()));
    let mut rig = Rig::new(text, &types(&all, true));
    add(&mut rig, &first);
    add(&mut rig, &then);
    // The event of key 9 is lost with its second.
    let mut rig = Rig::new(text, &types(&all, true));
    add(&mut rig, &last);
    let mut near = Rig::new(&text.replace("@store(type='recorder')", ""), &StoreTypes::default());
    [&first[..], &then[..2], &last[..]].iter().for_each(|events| add(&mut near, events));
    let found = rig.ask(asked).unwrap();
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(Ok(found), near.ask(asked));
}

#[test]
fn what_was_closed_while_nobody_was_there_goes_on() {
    let all = Arc::new(Mutex::new(Elsewhere::default()));
    let text = text(false).replace("@store", "@purge(enable='false') @store");
    let mut rig = Rig::new(&text, &types(&all, true));
    rig.turn(&[S(5 * SECOND, 1, 1), S(70 * SECOND, 1, 2), S(80 * SECOND, 1, 4)]);
    drop(rig);
    // Of minute 1 one second is in the store; a day later minute and hour are still told.
    let mut rig = Rig::new(&text, &types(&all, true));
    assert_eq!(rig.turn(&[S(24 * HOUR, 1, 8), S(26 * HOUR, 1, 16)]).1, []);
    assert_eq!(stored(&all, "A_MINUTES"), ["0 1 1 1", "60000 1 2 1", "86400000 1 8 1"]);
    assert_eq!(stored(&all, "A_HOURS"), ["0 1 3 2", "86400000 1 8 1"]);
}

#[test]
fn old_rows_go_from_the_store() {
    for reads in [false, true] {
        let all = Arc::new(Mutex::new(Elsewhere::default()));
        let purge = "@purge(enable='true', interval='10 sec', @retentionPeriod(sec='120 sec')) @store";
        let mut rig = Rig::new(&text(reads).replace("@store", purge), &types(&all, true));
        let events: Vec<Event> = (0..300).map(|i| S(i * SECOND, 1, 1)).collect();
        events.chunks(50).for_each(|events| assert_eq!(rig.turn(events).1, []));
        let seconds = stored(&all, "A_SECONDS");
        assert_eq!((seconds.len(), &*seconds[0]), (129, "170000 1 1 1"), "reads: {reads}");
        assert_eq!(stored(&all, "A_MINUTES").len(), 4);
        assert!(calls(&all).contains(&"A_SECONDS: apply 1".to_owned()));
    }
}

#[test]
fn a_store_that_fails_fails_what_needs_it() {
    let all = Arc::new(Mutex::new(Elsewhere::default()));
    let mut rig = Rig::new(&text(true), &types(&all, true));
    let away = || StoreError::Away("no route".into());
    let three = |call: &'static str| vec![(call, away()), (call, away()), (call, away())];
    let told = |failures: Vec<FailureReport>| -> Vec<(u64, u64, String)> {
        failures.into_iter().map(|f| (f.position, f.rows, f.reason)).collect()
    };
    let why = "the store is not there: no route";

    // Before it is known what the store has, events have nothing to be added to.
    all.lock().unwrap().fails = three("look up");
    let (rows, failures) = rig.turn(&[S(0, 1, 1), S(10, 1, 1), R(20, 1, 0, HOUR)]);
    assert_eq!(rows, [format!("!R 1 0 3600000 {why}")]);
    assert_eq!(told(failures), [(0, 1, why.to_owned()), (1, 1, why.to_owned()), (2, 1, why.to_owned())]);
    // The next frame tries again.
    let (_, failures) = rig.turn(&[S(SECOND, 1, 1), S(2 * SECOND, 1, 2)]);
    assert_eq!(failures, []);

    // What is not told is lost to the table, and goes on to the next duration all the same.
    all.lock().unwrap().fails = three("apply");
    let (_, failures) = rig.turn(&[S(3 * SECOND, 1, 4)]);
    assert_eq!(told(failures), [(5, 1, why.to_owned())]);
    rig.turn(&[S(MINUTE, 1, 8)]);
    assert_eq!(stored(&all, "A_SECONDS"), ["1000 1 1 1", "3000 1 4 1"]);
    assert_eq!(stored(&all, "A_MINUTES"), ["0 1 7 3"]);

    // Who reads and gets no answer follows `@OnError`; a query is told.
    all.lock().unwrap().fails = three("look up");
    let (rows, failures) = rig.turn(&[R(MINUTE, 1, 0, HOUR), S(MINUTE, 1, 16)]);
    assert_eq!(rows, [format!("!R 1 0 3600000 {why}")]);
    assert_eq!(told(failures), [(7, 1, why.to_owned())]);
    all.lock().unwrap().fails = three("look up");
    let asked = "from A within 0L, 3600000L per 'minutes' select total";
    assert_eq!(rig.ask(asked), Err(why.to_owned()));
    assert_eq!(rig.ask(asked).unwrap(), ["24", "7"]);
}
