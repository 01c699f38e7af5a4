//! Prints a case with Riddhi's answer in the place of what it expects, for whoever writes a case:
//! `cargo run -p riddhi-tests --example answer -- FILE`. Read the answer before you keep it.

use riddhi_tests::case::{Expect, Order, Row, Want, parse};
use riddhi_tests::compare::token;
use riddhi_tests::drive::{Way, rows_of};
use riddhi_tests::script::Script;

fn main() {
    for file in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file}: {e}"));
        text.lines().take_while(|l| l.starts_with('#')).for_each(|l| println!("{l}"));
        for mut case in parse(&file, &text).unwrap_or_else(|e| panic!("{e}")) {
            case.expect = Expect::Rejected(None);
            if let Ok(script) = Script::of(&case) {
                let (targets, _) = rows_of(&script, &Way::frames_of(64));
                case.expect = Expect::Rows(targets.into_iter().map(want).collect());
            }
            print!("{case}");
        }
    }
}

fn want((target, rows): (String, Vec<riddhi_tests::drive::OutRow>)) -> Want {
    let rows = rows.into_iter().map(|r| Row {
        ts: Some(r.ts),
        expired: r.expired,
        values: r.values.iter().map(token).collect(),
    });
    Want { target, order: Order::Exact, rows: rows.collect() }
}
