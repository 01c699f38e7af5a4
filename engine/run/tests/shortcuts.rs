//! Shortcuts of a turn answer as the general way does: lone events, and rules that are looked up.

use riddhi_batch::{Arena, Frame, Str, Value};
use riddhi_run::{Engine, EngineOptions, compile};

const STREAM: &str = "define stream S (s string, p double, n int, l long, b bool);\ndefine stream T (v int);\n";

/// Conditions and selections that take the short way, with and without change, and some that do not.
const QUERIES: [&str; 9] = [
    "from S[p > 50.0] select * insert into Out;",
    "from S[p > 50.0 and b] select s, p, n, l, b insert into Out;",
    "from S select * insert into Out;",
    "from S[n < 5] select l, s, n + 1 as m, p * 2.0 as q insert into Out;",
    "from S[not (s == 'a')] select b, b as c, s insert into Out;",
    "from S[p > 50.0] select s, n / (n - 3) as r insert into Out;",
    "from S[p > 50.0] select s, coalesce(s, 'none') as r insert into Out;",
    "from S[p > 50.0] select * insert into Out; from Out[n > 3] select s insert into End;",
    "from S[p > 50.0] select * insert into Out; from T[v > 1] select v insert into Vs;",
];

/// A numbered event, the same whenever it is asked for: nulls, long strings, arrays and ticks come up.
struct Events {
    frame: Frame,
    seed: u64,
}

enum Given {
    S(i64, [Option<Value>; 5]),
    T(i64, i32),
    Pair(i64),
    Tick(i64),
}

fn random(seed: &mut u64, below: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % below
}

impl Events {
    fn next(&mut self, at: i64) -> Given {
        let mut pick = |n| random(&mut self.seed, n);
        match pick(12) {
            0 => return Given::T(at, pick(4) as i32),
            1 => return Given::Pair(at),
            2 => return Given::Tick(at),
            _ => {}
        }
        let text = ["a", "b", "a text that needs the arena", "and another that needs it"][pick(4) as usize];
        let values = [
            Value::Str(text.into()),
            Value::Double(pick(10_000) as f64 / 100.0),
            Value::Int(pick(9) as i32),
            Value::Long(pick(9) as i64),
            Value::Bool(pick(2) == 0),
        ];
        let with_nulls = pick(6) == 0;
        Given::S(at, values.map(|v| (!with_nulls || pick(2) == 0).then_some(v)))
    }

    /// Appends it as an entry, by the values' types where that can be done.
    fn append(&mut self, given: &Given, base: Option<u64>) {
        let frame = &mut self.frame;
        match (given, base) {
            (Given::S(at, values), Some(base)) => {
                if let [
                    Some(Value::Str(s)),
                    Some(Value::Double(p)),
                    Some(Value::Int(n)),
                    Some(Value::Long(l)),
                    Some(Value::Bool(b)),
                ] = values
                    && let Some(s) = Str::inline(s.as_bytes())
                {
                    assert!(frame.lone(base, 0, *at, (s, *p, *n, *l, *b), *at, true));
                    return;
                }
                frame.reset(base);
            }
            (_, Some(base)) => frame.reset(base),
            _ => {}
        }
        match given {
            Given::S(at, values) => {
                push(frame, *at, values);
                frame.commit(0, *at, true);
            }
            Given::T(at, v) => {
                let (rows, _) = frame.rows_of(1);
                rows.ts.push(*at);
                rows.cols[0].push_i32(*v);
                frame.commit(1, *at, true);
            }
            Given::Pair(at) => {
                for n in [60.0, 70.0] {
                    push(
                        frame,
                        *at,
                        &[None, Some(Value::Double(n)), Some(Value::Int(4)), None, Some(Value::Bool(true))],
                    );
                }
                frame.commit(0, *at, true);
            }
            Given::Tick(at) => frame.tick(*at, true),
        }
    }
}

fn push(frame: &mut Frame, at: i64, values: &[Option<Value>]) {
    let (rows, arena) = frame.rows_of(0);
    rows.ts.push(at);
    for (column, value) in rows.cols.iter_mut().zip(values) {
        assert!(column.push_value(value.as_ref().unwrap_or(&Value::Null), arena));
    }
}

/// Everything that comes out, as text, of events in frames of `entries`.
fn run(query: &str, entries: usize, options: EngineOptions, reload_every: usize) -> (Vec<String>, Vec<u8>) {
    let app = compile(&format!("{STREAM}{query}")).plan.expect("the app compiles");
    let fresh = || {
        let mut engine = Engine::new(app.clone(), options.clone());
        engine.start(0);
        engine
    };
    let mut engine = fresh();
    let mut events = Events { frame: engine.frame(), seed: 3 };
    let mut printed = Vec::new();
    for turn in 0..600 / entries {
        let base = (turn * entries) as u64;
        for i in 0..entries {
            let given = events.next((base as i64 + i as i64) / 3);
            let alone = entries == 1;
            if !alone && i == 0 {
                events.frame.reset(base);
            }
            events.append(&given, alone.then_some(base));
        }
        let outputs = engine.process(&mut events.frame);
        let told = (outputs.is_empty(), outputs.len());
        let mut rows = 0;
        outputs.each(|out| {
            rows += out.n;
            let arena: &Arena = out.arena;
            for row in out.first..out.first + out.n {
                let values: Vec<Value> = out.rows.cols.iter().map(|c| c.value(row, arena)).collect();
                printed.push(format!("{:?} {} {values:?}", out.target, out.rows.ts[row]));
            }
        });
        assert_eq!(told, (rows == 0, rows));
        if turn % reload_every == reload_every - 1 {
            let saved = engine.save();
            engine = fresh();
            engine.load(&saved).expect("our own state");
        }
    }
    // Targets of one entry come in text order, those of a frame entry by entry: the same.
    (printed, engine.save())
}

/// Fails at the first row that differs.
fn assert_same(what: &str, found: &(Vec<String>, Vec<u8>), expected: &(Vec<String>, Vec<u8>)) {
    for (i, pair) in found.0.iter().zip(&expected.0).enumerate() {
        assert_eq!(pair.0, pair.1, "{what}, row {i}");
    }
    assert_eq!(found.0.len(), expected.0.len(), "{what}");
    assert_eq!(found.1, expected.1, "{what}, state");
}

/// Rules on texts short and long, on ints and longs; alone, with more conditions, on a stream that other queries write, of
/// several writers, with windows and timers.
const RULES: [&str; 5] = [
    "from S[s == 'a'] select * insert into Out;
     from S[p > 20.0 and s == 'a text that needs the arena'] select s, p, n, l, b insert into Out;
     from S['b' == s and (n > 3 or b)] select * insert into Out;
     from S[s == 'nowhere'] select * insert into Out;
     from S[s == 'a' and n == 2] select * insert into Out;
     from S select * insert into Out;",
    "from S[n == 1] select s, n insert into A; from S[n == 2] select s, n insert into B;
     from S[n == 2 and p > 40.0] select s, n insert into A; from S[n == 3] select s, n insert into C;
     from S[n == 4] select s, n insert into B; from S[n == 7 and s == 'a'] select s, n insert into C;",
    "from S[n == 4]#window.time(5) select s, sum(p) as t group by s insert all events into A;
     from S[n == 4]#window.lengthBatch(3) select count() as c insert into B;
     from S[n == 5]#window.timeBatch(7) select count() as c insert into C;
     from S[n == 5] select count() as c insert into D; from S[n == 6][p > 30.0] select n insert into E;",
    "from S[p > 10.0] select s, n, l insert into M; from S[b] select s, n, l insert into M;
     from M[l == 5L] select s insert into Out; from M[l == 6L] select s insert into Out;
     from M[l == 7L and n > 2] select s insert into Out; from M[l == 5L]#window.length(3) select s insert all events into Out;",
    "from S[p > 10.0] select s, n insert into M; from M[n == 1] select s insert into Out; from M[n == 4] select s insert into Out;
     from M[n == 5] select s insert into Out; from M[n == 6 and s == 'b'] select s insert into Out;
     from T[v == 1] select 'one' as s insert into Out;",
];

#[test]
fn lone_events_and_rules_answer_as_frames_do() {
    let usual = EngineOptions::default;
    for query in QUERIES.iter().chain(&RULES) {
        let whole = run(query, 300, usual(), usize::MAX);
        assert!(whole.0.len() > 100, "{query}: {} rows", whole.0.len());
        let general = run(query, 300, EngineOptions { force_general: true, ..usual() }, usize::MAX);
        assert_same(query, &(general.0, whole.1.clone()), &whole);
        let stepped = run(query, 300, EngineOptions { force_stepped: true, ..usual() }, usize::MAX);
        assert_same(query, &stepped, &whole);
        for (entries, reload_every) in [(1, usize::MAX), (1, 7), (2, usize::MAX), (60, 3)] {
            assert_same(query, &run(query, entries, usual(), reload_every), &whole);
        }
    }
}

#[test]
fn rules_are_found() {
    for rules in RULES {
        let plan = compile(&format!("{STREAM}{rules}")).plan.expect("the app compiles");
        assert_eq!(plan.rules.len(), 1, "{rules}: {:?}", plan.rules);
    }
}
