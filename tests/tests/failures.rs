//! A row that cannot be computed is reported with its query and the entry it came with, however entries are framed.

use riddhi_batch::Value;
use riddhi_run::{Engine, EngineOptions, Target, compile};

const APP: &str = "define stream S (at long, k string, v int);
    @info(name='item') from S select cast(k, 'int') + v as w insert into A;
    @info(name='filter') from S[cast(k, 'int') + v > 0] select v insert into B;
    @info(name='having') from S#window.length(2) select k, sum(v) as t having cast(k, 'int') + t > 0 insert into C;
    @info(name='sliding') from S#window.length(2) select sum(v) as t, cast(k, 'int') + v as w insert into D;
    @info(name='time') from S#window.externalTime(at, 10) select v insert into E;
    @info(name='argument') from S#window.length(20) select sum(cast(k, 'int') + v) as t insert all events into F;
    @info(name='handler') from S#window.length(20)[count(cast(k, 'int') + v) > 0 and v != 2] select v insert into G;";

/// What fails, as (query, position, rows), and the values of stream `G`, of ten events of which the fifth cannot be computed.
fn run(per_frame: i64) -> (Vec<(String, u64, u64)>, Vec<String>) {
    let plan = compile(APP).plan.expect("it compiles");
    let shown = Target::Stream(plan.stream("G").expect("it is written") as u32);
    let mut engine = Engine::new(plan, EngineOptions::default());
    engine.start(0);
    let mut frame = engine.frame();
    let (mut failed, mut values) = (Vec::new(), Vec::new());
    for i in 0..10i64 {
        let (at, k) = if i == 4 { (Value::Null, Value::Str("x".into())) } else { (Value::Long(i), Value::Null) };
        let (rows, arena) = frame.rows_of(0);
        rows.ts.push(i);
        for (column, value) in rows.cols.iter_mut().zip([at, k, Value::Int(i as i32)]) {
            assert!(column.push_value(&value, arena), "it is of the attribute's type");
        }
        frame.commit(0, i, true);
        if (i + 1) % per_frame == 0 || i == 9 {
            engine.process(&mut frame).of(shown, |out| {
                values.extend(
                    (out.first..out.first + out.n).map(|row| out.rows.cols[0].value(row, out.arena).to_string()),
                );
            });
            failed.extend(engine.failures().map(|f| (f.query, f.position, f.rows)));
            frame.reset(i as u64 + 1);
        }
    }
    failed.sort();
    (failed, values)
}

#[test]
fn failures_have_their_place() {
    for per_frame in [1, 3, 10] {
        let want = ["argument", "filter", "handler", "having", "item", "sliding", "time"];
        let want = want.map(|q| (q.to_owned(), 4, 1));
        assert_eq!(run(per_frame).0, want, "{per_frame} a frame");
    }
}

/// The aggregate of a filter passes it over; the filter still looks at it.
#[test]
fn a_row_that_an_aggregate_of_a_filter_cannot_take_in_is_not_lost() {
    for per_frame in [1, 3, 10] {
        assert_eq!(run(per_frame).1, ["0", "1", "3", "4", "5", "6", "7", "8", "9"], "{per_frame} a frame");
    }
}
