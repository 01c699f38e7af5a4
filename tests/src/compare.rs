//! Whether what came out is what a case expects, and if not, where and how it differs.

use std::fmt::Write;

use riddhi_batch::Value;
use riddhi_ql::{Diagnostic, Source};
use riddhi_run::compile;

use crate::case::{Case, Expect, Fault, Order, Row, Token, Want};
use crate::drive::{OutRow, Way, rows_of};
use crate::script::{Refused, Script};

/// Runs a case; `Err` is a text that shows the first difference.
pub fn check(case: &Case, way: &Way) -> Result<(), String> {
    match (&case.expect, Script::of(case)) {
        (Expect::Rejected(None), Err(Refused::Mistaken(_))) => Ok(()),
        (Expect::Rejected(Some(fault)), Err(Refused::Mistaken(_))) => told("", fault, &case.apps[0]),
        (Expect::Needs(feature, fault), Err(Refused::Unsupported(_))) => told(feature, fault, &case.apps[0]),
        (Expect::Rejected(_), Ok(_)) => Err("the app runs, and should be refused as mistaken".to_owned()),
        (Expect::Needs(feature, _), Ok(_)) => Err(format!("the app runs, and should need {feature}")),
        (_, Err(refused)) => Err(format!("{refused:?}")),
        (Expect::Rows(wants), Ok(script)) => {
            let (targets, _) = rows_of(&script, way);
            compare(wants, &targets)
        }
    }
}

/// Whether an app's diagnostics have one of that code at that place that names the feature.
fn told(feature: &str, fault: &Fault, app: &str) -> Result<(), String> {
    let source = Source::new("app", app);
    let told: Vec<String> = compile(app).diagnostics.iter().map(|d| place(d, &source)).collect();
    let place = format!("{} at {}: ", fault.code, fault.at);
    match told.iter().any(|t| t.strip_prefix(&place).is_some_and(|message| message.contains(feature))) {
        true => Ok(()),
        false => Err(format!("nothing like `{place}{feature}` in {told:#?}")),
    }
}

/// `R0404 at 2:20: message`.
pub fn place(diagnostic: &Diagnostic, source: &Source) -> String {
    let at = source.position(diagnostic.primary.span.start);
    format!("{} at {}:{}: {}", diagnostic.code.0, at.line, at.column, diagnostic.message)
}

/// Compares target by target. Current and expired rows of a query are compared apart: that is how Siddhi's callback has
/// them.
fn compare(wants: &[Want], got: &[(String, Vec<OutRow>)]) -> Result<(), String> {
    for want in wants.iter().filter(|w| w.order != Order::Ignored) {
        let rows = got.iter().find(|g| g.0 == want.target).map_or(&[][..], |g| &g.1);
        for expired in [false, true] {
            let expected: Vec<&Row> = want.rows.iter().filter(|r| r.expired == expired).collect();
            let rows: Vec<&OutRow> = rows.iter().filter(|r| r.expired == expired).collect();
            let kind = if expired { " (expired)" } else { "" };
            compare_rows(want.order, &expected, &rows).map_err(|e| format!("{}{kind}: {e}", want.target))?;
        }
    }
    match got.iter().find(|g| wants.iter().all(|w| w.target != g.0)) {
        Some((target, rows)) => Err(format!("{target}: {} rows, and the case does not name it", rows.len())),
        None => Ok(()),
    }
}

fn compare_rows(order: Order, expected: &[&Row], got: &[&OutRow]) -> Result<(), String> {
    if order == Order::Free {
        let mut rest = got.to_vec();
        for row in expected {
            match rest.iter().position(|g| same_row(row, g)) {
                Some(i) => drop(rest.remove(i)),
                None => return Err(format!("nothing like {}", show_row(row))),
            }
        }
        return rest.first().map_or(Ok(()), |row| Err(format!("besides, {}", show_out(row))));
    }
    let same = expected.iter().zip(got).take_while(|(e, g)| same_row(e, g)).count();
    if same == expected.len() && same == got.len() {
        return Ok(());
    }
    Err(diff(same, expected, got))
}

/// The rows before the first difference and some after it, expected with `-`, got with `+`.
fn diff(same: usize, expected: &[&Row], got: &[&OutRow]) -> String {
    const BEFORE: usize = 3;
    const AFTER: usize = 4;
    let mut text = format!("{} rows expected, {} came; from row {same} on:\n", expected.len(), got.len());
    for row in &expected[same.saturating_sub(BEFORE)..same] {
        let _ = writeln!(text, "      {}", show_row(row));
    }
    for row in expected.iter().skip(same).take(AFTER) {
        let _ = writeln!(text, "    - {}", show_row(row));
    }
    for row in got.iter().skip(same).take(AFTER) {
        let _ = writeln!(text, "    + {}", show_out(row));
    }
    text
}

fn show_row(row: &Row) -> String {
    let values: Vec<String> = row.values.iter().map(Token::to_string).collect();
    format!("@{} {}", row.ts.unwrap_or(0), values.join(", "))
}

fn show_out(row: &OutRow) -> String {
    let values: Vec<String> = row.values.iter().map(|v| token(v).to_string()).collect();
    format!("@{} {}", row.ts, values.join(", "))
}

/// A value as a case would write it.
pub fn token(value: &Value) -> Token {
    match value {
        Value::Null => Token::Null,
        Value::Bool(x) => Token::Bool(*x),
        Value::Str(x) => Token::Text(x.to_string()),
        Value::Set(_) => Token::Any,
        number => Token::Number(number.to_string()),
    }
}

fn same_row(expected: &Row, got: &OutRow) -> bool {
    expected.ts.is_none_or(|ts| ts == got.ts)
        && expected.values.len() == got.values.len()
        && expected.values.iter().zip(&got.values).all(|(e, g)| same(e, g))
}

/// The same value of the same kind; decimals may be written in any way that reads back as the same number.
fn same(expected: &Token, got: &Value) -> bool {
    match (expected, got) {
        (Token::Any, _) => true,
        (Token::Null, Value::Null) => true,
        (Token::Bool(a), Value::Bool(b)) => a == b,
        (Token::Text(a), Value::Str(b)) => **a == **b || (is_uuid(a) && is_uuid(b)),
        (Token::Number(a), Value::Int(b)) => a.parse() == Ok(*b),
        (Token::Number(a), Value::Long(b)) => a.parse() == Ok(*b),
        (Token::Number(a), Value::Float(b)) => decimal(a) && Value::Float(*b) == Value::Float(a.parse().unwrap_or(0.0)),
        (Token::Number(a), Value::Double(b)) => {
            decimal(a) && Value::Double(*b) == Value::Double(a.parse().unwrap_or(0.0))
        }
        _ => false,
    }
}

fn decimal(text: &str) -> bool {
    text.contains(['.', 'e', 'E', 'N', 'I'])
}

/// UUIDs are random: any is as good as another.
fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}
