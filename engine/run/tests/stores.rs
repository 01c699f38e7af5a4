//! What an app with tables in stores asks and tells them: one call for all events of a frame, batches that can be tried again,
//! failures of both kinds, and what a cache keeps.

mod elsewhere;

use std::sync::{Arc, Mutex};

use elsewhere::{Elsewhere, Event, STREAMS, app, calls, pool, turn, types};
use riddhi_exec::table::StoreError;
use riddhi_plan::registry::StoreSpec;
use riddhi_run::{Clock, FailureReport, compile_on_demand, compile_with, registry};

#[test]
fn one_call_for_all_events_of_a_frame() {
    let app = app(&format!(
        "{STREAMS} @store(type='recorder') @primaryKey('k') define table T (k int, v int);
        @store(type='recorder') define table Log (k int, v int);
        from In insert into T;
        from In insert into Log;
        from S join T on S.k == T.k select S.k as k, T.v as v insert into Out;
        from S[(T.k == k and T.v > 1) in T] select k insert into Is;"
    ));
    let all = Arc::new(Mutex::new(Elsewhere::default()));
    let mut pool = pool(&app, 1, false);
    pool.connect(&types(&all, true)).unwrap();
    let prepared = calls(&all);
    assert_eq!(prepared.iter().filter(|c| c.as_str() == "T: prepare").count(), 3, "{prepared:?}");
    let (mut frame, mut clock) = (pool.frame(), Clock::new(false, 0));

    let many: Vec<Event> = (0..1000).map(|k| ("In", k, k % 3)).collect();
    turn(&mut pool, &app, &mut clock, &mut frame, &many);
    // Nobody sees the rows of the log, so nothing is asked of it.
    assert_eq!(calls(&all), ["T: look up 1000", "T: apply 1000", "Log: apply 1000"]);

    let asks: Vec<Event> = (0..1000).map(|k| ("S", k % 500, 0)).collect();
    let (rows, failures) = turn(&mut pool, &app, &mut clock, &mut frame, &asks);
    assert_eq!(failures, []);
    assert_eq!(rows.iter().filter(|r| r.starts_with("Out")).count(), 1000);
    assert_eq!(rows.iter().filter(|r| r.starts_with("Is")).count(), 2 * (0..500).filter(|k| k % 3 > 1).count());
    let mut asked = calls(&all);
    asked.sort();
    assert_eq!(asked, ["T: look up 500", "T: look up 500"]);
}

#[test]
fn a_store_that_is_away_gets_the_same_batch_again_and_one_that_refuses_loses_an_event() {
    let app = app(&format!(
        "{STREAMS} @store(type='recorder') @primaryKey('k') define table T (k int, v int);
        @OnError(action='stream') define stream F (k int, v int);
        from In insert into T;
        from F join T on F.k == T.k select F.k as k, T.v as v insert into Out;
        from !F select k insert into Failed;"
    ));
    let all = Arc::new(Mutex::new(Elsewhere::default()));
    let mut pool = pool(&app, 1, false);
    pool.connect(&types(&all, true)).unwrap();
    let (mut frame, mut clock) = (pool.frame(), Clock::new(false, 0));
    calls(&all);
    let away = || StoreError::Away("no route".into());
    let refused = || StoreError::Refused("no such thing".into());

    all.lock().unwrap().fails = vec![("apply", away()), ("apply", away())];
    let (_, failures) = turn(&mut pool, &app, &mut clock, &mut frame, &[("In", 1, 10), ("In", 2, 20)]);
    assert_eq!((calls(&all).len(), failures), (4, vec![]), "a look-up, and the batch three times");

    // Three times is as long as anybody waits.
    all.lock().unwrap().fails = vec![("apply", away()), ("apply", away()), ("apply", away())];
    let (_, failures) = turn(&mut pool, &app, &mut clock, &mut frame, &[("In", 3, 30), ("In", 4, 40)]);
    let lost = |f: &FailureReport| (f.position, f.rows, f.reason.clone());
    assert_eq!(failures.iter().map(lost).collect::<Vec<_>>(), [(2, 2, "the store is not there: no route".to_owned())]);

    // A batch that is refused goes out again chunk by chunk, and only what is refused then is lost.
    all.lock().unwrap().fails = vec![("apply 1", refused()), ("apply 3", refused())];
    let events = [("In", 5, 50), ("In", 6, 60), ("In", 7, 70)];
    let (_, failures) = turn(&mut pool, &app, &mut clock, &mut frame, &events);
    assert_eq!(failures.iter().map(lost).collect::<Vec<_>>(), [(4, 1, "no such thing".to_owned())]);

    // Events whose rows cannot be looked up follow `@OnError`, the others go on.
    all.lock().unwrap().fails = vec![("look up 1", refused()), ("look up 2", refused())];
    let (rows, failures) = turn(&mut pool, &app, &mut clock, &mut frame, &[("F", 6, 0), ("F", 7, 0)]);
    assert_eq!(rows, ["!F 6 0 no such thing", "Failed 6", "Out 7 70"]);
    assert_eq!(failures.iter().map(lost).collect::<Vec<_>>(), [(7, 1, "no such thing".to_owned())]);
    let counters = pool.store_reports()[0].counters;
    assert_eq!((counters.away, counters.lost, counters.changes), (5, 3, 7));
}

#[test]
fn what_can_be_foreseen_is_asked_once_where_changes_and_reads_alternate() {
    let app = app(&format!(
        "{STREAMS} @store(type='recorder') @primaryKey('k') define table T (k int, v int);
        from In[v >= 0] select k + 0 as k, v insert into Good;
        from Good insert into T;
        from Up select k, v update or insert into T set T.v = T.v + v on T.k == k;
        from S join T on S.k == T.k select S.k as k, T.v as v insert into Out;
        from S[(T.k == k) in T] select k insert into Is;"
    ));
    let all = Arc::new(Mutex::new(Elsewhere::default()));
    let mut pool = pool(&app, 1, false);
    pool.connect(&types(&all, true)).unwrap();
    let (mut frame, mut clock) = (pool.frame(), Clock::new(false, 0));
    calls(&all);
    let streams = ["In", "S", "Up"];
    let events: Vec<Event> = (0..999).map(|i| (streams[i as usize % 3], i / 3, 1)).collect();
    let (rows, _) = turn(&mut pool, &app, &mut clock, &mut frame, &events);
    assert_eq!(rows.iter().filter(|r| r.starts_with("Out")).count(), 333);
    let asked: Vec<String> = calls(&all).into_iter().filter(|c| c.starts_with("T: look up")).collect();
    // The join, `in`, the condition of the change, and the keys of what is inserted.
    assert_eq!(asked, ["T: look up 333"; 4]);
}

#[test]
fn a_cache_keeps_rows_that_are_looked_up_by_their_key() {
    // Which of these keys are asked for, when two rows may stay.
    let keys = [1, 2, 1, 3, 1, 2, 1, 4, 1, 2, 1];
    for (policy, asked) in
        [("FIFO", vec![1, 2, 3, 1, 2, 4, 1, 2]), ("LRU", vec![1, 2, 3, 2, 4, 2]), ("LFU", vec![1, 2, 3, 2, 4, 2])]
    {
        let app = app(&format!(
            "{STREAMS} @store(type='recorder', @cache(size='2', cache.policy='{policy}')) @primaryKey('k')
            define table T (k int, v int);
            from In insert into T;
            from Up select k, v update T set T.v = v on T.k == k;
            from Del delete T on T.k == k;
            from S join T on S.k == T.k select S.k as k, T.v as v insert into Out;"
        ));
        let all = Arc::new(Mutex::new(Elsewhere::default()));
        let mut pool = pool(&app, 1, false);
        pool.connect(&types(&all, true)).unwrap();
        let (mut frame, mut clock) = (pool.frame(), Clock::new(false, 0));
        let rows: Vec<Event> = (0..10).map(|k| ("In", k, k)).collect();
        turn(&mut pool, &app, &mut clock, &mut frame, &rows);
        // Of what was inserted those that came first are gone, as the bytes of their keys have it; two others take their place.
        turn(&mut pool, &app, &mut clock, &mut frame, &[("S", 7, 0), ("S", 7, 0), ("S", 6, 0), ("S", 6, 0)]);
        calls(&all);
        let mut found = Vec::new();
        for k in keys {
            let (rows, _) = turn(&mut pool, &app, &mut clock, &mut frame, &[("S", k, 0), ("S", k, 0), ("S", k, 0)]);
            assert_eq!(rows, vec![format!("Out {k} {k}"); 3], "{policy}");
            if !calls(&all).is_empty() {
                found.push(k);
            }
        }
        assert_eq!(found, asked, "{policy}");
        // What changes a row that stays changes it there and in the store.
        turn(&mut pool, &app, &mut clock, &mut frame, &[("Up", 1, 100)]);
        assert_eq!(calls(&all), ["T: apply 1"]);
        assert_eq!(turn(&mut pool, &app, &mut clock, &mut frame, &[("S", 1, 0)]).0, ["Out 1 100"]);
        turn(&mut pool, &app, &mut clock, &mut frame, &[("Del", 1, 0)]);
        assert_eq!(calls(&all), ["T: apply 1"]);
        assert_eq!(turn(&mut pool, &app, &mut clock, &mut frame, &[("S", 1, 0)]).0, [] as [&str; 0]);
        assert_eq!(calls(&all), ["T: look up 1"], "that there is no row is not remembered");
    }
}

#[test]
fn what_stores_cannot_do_is_refused_with_its_place() {
    let mut registry = registry();
    registry.store(StoreSpec { name: "recorder", options: Vec::new() });
    let told = |text: &str| -> Vec<String> {
        let compiled = compile_with(&format!("{STREAMS} {text}"), &registry);
        compiled.diagnostics.iter().map(|d| format!("{} {}", d.code, d.message)).collect()
    };
    let table = "define table T (k int, v double);";
    assert_eq!(told(&format!("@store(type='redis') {table}")), ["U0024 Riddhi does not have the store `redis` yet"]);
    assert_eq!(
        told(&format!("@store(type='recorder', @cache(size='10')) {table}")),
        ["U0024 Riddhi does not have the cache of a table without a primary key yet"]
    );
    let aggregation = "define aggregation A from S select sum(v) as total aggregate every month;";
    assert_eq!(
        told(&format!("@store(type='redis') {aggregation}")),
        ["U0024 Riddhi does not have the store `redis` yet"]
    );
    assert_eq!(
        told(&format!("@store(type='recorder', @cache(size='10')) {aggregation}")),
        ["U0024 Riddhi does not have the cache of an aggregation's store yet"]
    );
    let cache = |cache: &str| told(&format!("@store(type='recorder', @cache({cache})) @primaryKey('k') {table}"));
    assert_eq!(
        cache("size='10', cache.policy='lru', retention.period='5 min', purge.interval='1 min'"),
        [] as [&str; 0]
    );
    assert_eq!(cache("cache.policy='LRU'"), ["R0902 `cache` lacks its option `size`"]);
    assert_eq!(cache("size='0'"), ["R0903 `0` is no value of `size`"]);
    assert_eq!(cache("size='1', cache.policy='ARC'"), ["R0903 `ARC` is no value of `cache.policy`"]);
    assert_eq!(cache("size='1', retention.period='soon'").len(), 1);
    assert_eq!(told(&format!("@store(type='recorder', url='x') {table}")).len(), 1, "an option that it does not have");
    let random = "from In select k, 1.0 as v update T set T.v = math:rand() on T.k == k;";
    assert_eq!(
        told(&format!("@store(type='recorder') {table} {random}")),
        ["U0024 Riddhi does not have random values in what a table asks of its store, or tells it, yet"]
    );

    let app = app(&format!("{STREAMS} @store(type='recorder') define table T (k int, v int); from In insert into T;"));
    let change = compile_on_demand("delete T on T.k == 1", &app);
    let why: Vec<String> = change.diagnostics.iter().map(|d| format!("{} {}", d.code, d.message)).collect();
    assert!(why[0].starts_with("U0024"), "{why:?}");
    let read = compile_on_demand("from T on k == 1 select v", &app).query.unwrap();

    // Nobody in the app sees the rows, but a query does.
    let all = Arc::new(Mutex::new(Elsewhere::default()));
    let mut pool = pool(&app, 1, false);
    assert!(pool.ask(&read, 0).is_err(), "it is not connected");
    pool.connect(&types(&all, true)).unwrap();
    let (mut frame, mut clock) = (pool.frame(), Clock::new(false, 0));
    turn(&mut pool, &app, &mut clock, &mut frame, &[("In", 1, 5), ("In", 2, 6)]);
    calls(&all);
    let state = pool.save();
    assert_eq!(pool.ask(&read, 100).unwrap().rows.len(), 1);
    assert_eq!(calls(&all), ["T: prepare", "T: look up 1"]);
    assert_eq!(pool.save(), state);
    assert!(pool.take_answers().is_none());
}
