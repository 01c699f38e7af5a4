//! A row that cannot be computed is reported with its query and the entry it came with, however entries are framed.

use riddhi_batch::Value;
use riddhi_run::{Engine, EngineOptions, compile};

const APP: &str = "define stream S (at long, k string, v int);
    @info(name='item') from S select cast(k, 'int') + v as w insert into A;
    @info(name='filter') from S[cast(k, 'int') + v > 0] select v insert into B;
    @info(name='having') from S#window.length(2) select k, sum(v) as t having cast(k, 'int') + t > 0 insert into C;
    @info(name='sliding') from S#window.length(2) select sum(v) as t, cast(k, 'int') + v as w insert into D;
    @info(name='time') from S#window.externalTime(at, 10) select v insert into E;";

#[test]
fn failures_have_their_place() {
    let plan = compile(APP).plan.expect("it compiles");
    for per_frame in [1, 3, 10] {
        let mut engine = Engine::new(plan.clone(), EngineOptions::default());
        engine.start(0);
        let mut frame = engine.frame();
        let mut seen = Vec::new();
        for i in 0..10i64 {
            let (at, k) = if i == 4 { (Value::Null, Value::Str("x".into())) } else { (Value::Long(i), Value::Null) };
            let (rows, arena) = frame.rows_of(0);
            rows.ts.push(i);
            for (column, value) in rows.cols.iter_mut().zip([at, k, Value::Int(1)]) {
                assert!(column.push_value(&value, arena), "it is of the attribute's type");
            }
            frame.commit(0, i, true);
            if (i + 1) % per_frame == 0 || i == 9 {
                let _ = engine.process(&mut frame);
                seen.extend(engine.failures().map(|f| (f.query, f.position, f.rows)));
                frame.reset(i as u64 + 1);
            }
        }
        seen.sort();
        let want = ["filter", "having", "item", "sliding", "time"].map(|q| (q.to_owned(), 4, 1));
        assert_eq!(seen, want, "{per_frame} a frame");
    }
}
