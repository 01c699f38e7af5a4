//! Random typed expressions over random columns: programs agree with the row-at-a-time reference.

mod expr_gen;

use expr_gen::{Table, Tape, expression, show, tape};
use proptest::prelude::*;
use riddhi_batch::{Arena, Column, Sel, Type, Value};
use riddhi_exec::expr::{Program, Rows, Scratch, Source, reference};
use riddhi_plan::expr::Expr;
use riddhi_plan::registry::{Failed, RowCx};

/// Rows of a call, of which the first is `first` or which are scattered from there on.
fn check(
    expr: &Expr,
    table: &Table,
    arena: &mut Arena,
    n: usize,
    first: usize,
    scattered: bool,
    scratch: &mut Scratch,
) {
    let places: Vec<u32> = (0..n).map(|i| if scattered { first + i * 2 } else { first + i } as u32).collect();
    let sel = if scattered { Sel::Rows(&places) } else { Sel::From(first) };
    let ts: Vec<i64> = places.iter().map(|&p| 1_000 + p as i64).collect();
    let now: Vec<i64> = places.iter().map(|&p| 5_000 + p as i64).collect();
    let rows = Rows {
        n,
        input: Source { cols: &table.input, sel },
        computed: Source { cols: &table.computed, sel: Sel::From(first) },
        ts: &ts,
        now: &now,
        serial: 77,
        seed: 4711,
    };
    let wanted: Vec<_> = (0..n)
        .map(|i| {
            let of = |cols: &[Column], at| cols.iter().map(|c| c.value(at, arena)).collect::<Vec<Value>>();
            let (input, computed) = (of(&table.input, places[i] as usize), of(&table.computed, first + i));
            let cx = RowCx { ts: ts[i], now: now[i], serial: 77 + i as u64, seed: 4711 };
            reference::value(expr, &input, &computed, &cx)
        })
        .collect();

    let program = Program::compile(expr);
    assert_eq!(program.kind(), expr.kind);
    for twice in [false, true] {
        let (mut out, mut failed) = (Column::new(program.kind()), Failed::default());
        if twice {
            out.push_null();
        }
        program.eval(&rows, arena, scratch, &mut out, &mut failed);
        let start = twice as usize;
        assert_eq!(out.len(), start + n);
        assert!(out.nulls.is_empty() || out.nulls.len() == start + n);
        for (i, wanted) in wanted.iter().enumerate() {
            let got = out.value(start + i, arena);
            match wanted {
                Ok(value) => {
                    assert!(!failed.is(i), "row {i} failed: {}, wanted {value:?} of {}", failed.why_of(i), show(expr));
                    assert_eq!(&got, value, "row {i} of {}", show(expr));
                }
                Err(why) => {
                    assert!(failed.is(i), "row {i} is {got:?}, should have failed: {why}: {}", show(expr));
                    assert!(got.is_null() && !failed.why_of(i).is_empty());
                }
            }
        }
    }
    if expr.ty == Type::Bool {
        let (mut hits, mut failed) = (vec![9], Failed::default());
        program.select(&rows, arena, scratch, &mut hits, &mut failed);
        let mut wanted_hits = vec![9];
        for (i, wanted) in wanted.iter().enumerate() {
            match wanted {
                Ok(Value::Bool(true)) => wanted_hits.push(i as u32),
                Ok(Value::Bool(false) | Value::Null) => assert!(!failed.is(i), "row {i}"),
                _ => assert!(failed.is(i), "row {i}"),
            }
        }
        assert_eq!(hits, wanted_hits);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn programs_agree_with_the_reference(choices in tape()) {
        let mut tape = Tape::new(choices);
        let mut arena = Arena::new();
        arena.push(b"something before");
        let table = Table::random(&mut tape, 620, &mut arena);
        let mut scratch = Scratch::new();
        for _ in 0..3 {
            let expr = expression(&mut tape, &table);
            for n in [1, 2, 7, 300] {
                for scattered in [false, true] {
                    let first = tape.pick(8);
                    check(&expr, &table, &mut arena, n, first, scattered, &mut scratch);
                }
            }
        }
    }
}
