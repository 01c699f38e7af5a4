//! A changed app takes over what is unchanged of the state of the one before.

use riddhi_batch::{Str, Value};
use riddhi_run::{App, Engine, EngineOptions, Target, compile, compile_on_demand};

const STREAMS: &str = "define stream S (k string, v long);\n";
const TABLE: &str = "define table T (k string, v long);\n";
const SALES: &str = "define aggregation A from S select k, sum(v) as total group by k aggregate every sec ... min;\n";
const PARTITION: &str = "partition with (k of S) begin
    @info(name='sums') from S select k, sum(v) as s insert into Sums;
    @info(name='batches') from S#window.lengthBatch(3) select k, count() as n insert into Counts;
end;\n";
const INTO: &str = "from S select k, v insert into T;\n";

fn app(text: &str) -> App {
    let compiled = compile(text);
    compiled.plan.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics))
}

fn engine(app: &App) -> Engine {
    let mut engine = Engine::new(app.clone(), EngineOptions::default());
    engine.start(1_000_000);
    engine
}

/// Takes an event at a time of the clock; gives what comes out of a stream, if there is one of that name.
fn send(engine: &mut Engine, base: u64, now: i64, (k, v): (&str, i64), out: &str) -> Vec<Vec<Value>> {
    let app = engine.app().clone();
    let stream = app.stream("S").unwrap() as u32;
    let mut frame = engine.frame();
    frame.reset(base);
    let (rows, arena) = frame.rows_of(stream);
    rows.ts.push(now);
    rows.cols[0].push_str(Str::new(k.as_bytes(), arena));
    rows.cols[1].push_i64(v);
    frame.commit(stream, now, true);
    let outputs = engine.process(&mut frame);
    let mut seen = Vec::new();
    if let Some(out) = app.stream(out) {
        outputs.of(Target::Stream(out as u32), |out| {
            for row in out.first..out.first + out.n {
                seen.push(out.rows.cols.iter().map(|c| c.value(row, out.arena)).collect());
            }
        });
    }
    seen
}

/// Three events in the first version of an app; its state carried over to the second. Gives that, and what was left behind.
fn changed(before: &str, after: &str) -> (Engine, Vec<String>) {
    let (before, after) = (app(before), app(after));
    let mut first = engine(&before);
    for (i, event) in [("a", 1), ("b", 10), ("a", 2)].into_iter().enumerate() {
        send(&mut first, i as u64, 1_000_000 + i as i64, event, "");
    }
    let mut second = Engine::new(after, EngineOptions::default());
    let left = second.carry_over(&first.save(), &before).unwrap();
    second.start(1_000_010);
    (second, left)
}

fn found(engine: &mut Engine, query: &str) -> Vec<String> {
    let compiled = compile_on_demand(query, engine.app());
    let query = compiled.query.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    let answer = engine.ask(&query, 1_000_010).unwrap();
    let row = |row: usize| {
        let values = answer.rows.cols.iter().map(|c| c.value(row, &answer.arena).to_string());
        values.collect::<Vec<_>>().join(" ")
    };
    (0..answer.rows.len()).map(row).collect()
}

const MORE: &str = "from S[v > 100] select k insert into Alerts;\n";
const TOTALS: &str = "from A within 0L, 2000000L per 'sec' select k, total";

#[test]
fn tables_aggregations_and_partitions_go_on_beside_what_is_new() {
    let text = [STREAMS, TABLE, SALES, PARTITION, INTO].concat();
    let (mut engine, left) = changed(&text, &(text.clone() + MORE));
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(found(&mut engine, "from T select k, v"), ["a 1", "b 10", "a 2"]);
    assert_eq!(found(&mut engine, TOTALS), ["a 3", "b 10"]);
    let sums = send(&mut engine, 3, 1_000_020, ("a", 4), "Sums");
    assert_eq!(sums, [[Value::Str("a".into()), Value::Long(7)]]);
    assert_eq!(send(&mut engine, 4, 1_000_020, ("a", 5), "Counts"), Vec::<Vec<Value>>::new());
}

#[test]
fn what_has_changed_begins_anew_and_nothing_else() {
    let text = [STREAMS, TABLE, SALES, PARTITION, INTO].concat();
    let wider = "define table T (k string, v long, w long);\n";
    let into = "from S select k, v, v as w insert into T;\n";
    let (mut engine, left) = changed(&text, &[STREAMS, wider, SALES, PARTITION, into].concat());
    assert!(left.contains(&"table:T/table".to_owned()) && !left.iter().any(|l| l.contains("A/buckets")), "{left:?}");
    assert!(found(&mut engine, "from T select k").is_empty());
    assert_eq!(found(&mut engine, TOTALS), ["a 3", "b 10"]);

    // With other values kept, nothing of the aggregation goes on, nor of its tables.
    let other = SALES.replace("sum(v)", "max(v)");
    let (mut engine, left) = changed(&text, &[STREAMS, TABLE, &other, PARTITION, INTO].concat());
    assert!(left.contains(&"aggregation:A/buckets".to_owned()), "{left:?}");
    assert!(found(&mut engine, TOTALS).is_empty());
    assert_eq!(found(&mut engine, "from T select k, v"), ["a 1", "b 10", "a 2"]);
}

#[test]
fn a_partition_that_tells_otherwise_begins_anew_with_all_inside() {
    let text = [STREAMS, PARTITION].concat();
    let by_range = PARTITION.replace("k of S", "v < 5 as 'low' or v >= 5 as 'high' of S");
    let (mut engine, left) = changed(&text, &[STREAMS, &by_range].concat());
    assert!(left.iter().any(|l| l.ends_with("/keys")), "{left:?}");
    assert!(left.iter().any(|l| l.starts_with("sums/")), "{left:?}");
    let sums = send(&mut engine, 3, 1_000_020, ("a", 4), "Sums");
    assert_eq!(sums, [[Value::Str("a".into()), Value::Long(4)]]);
    // One query inside that has changed begins anew, the others go on.
    let other = PARTITION.replace("sum(v) as s", "sum(v) + 1000 as s");
    let (mut engine, left) = changed(&text, &[STREAMS, &other].concat());
    assert!(left.iter().all(|l| l.starts_with("sums/")) && !left.is_empty(), "{left:?}");
    let counts = send(&mut engine, 3, 1_000_020, ("a", 4), "Counts");
    assert_eq!(counts, [[Value::Str("a".into()), Value::Long(3)]]);
}
