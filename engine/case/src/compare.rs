//! Whether what came out is what a case expects, and if not, where and how it differs.

use std::fmt;

use riddhi_batch::Value;
use riddhi_ql::{Diagnostic, Source, suggest};
use riddhi_run::App;

use crate::align::{Edit, align};
use crate::drive::{OutRow, Targets, Way, rows_of};
use crate::form::{Case, Expect, Fault, Order, Row, Token, Want, row_text};
use crate::script::{Refused, Script};

/// Equal rows shown before and after a difference.
const CONTEXT: usize = 3;

/// Lines shown of a target's differences at most.
const LINES_MAX: usize = 40;

/// Why a case fails.
#[derive(Clone, Debug)]
pub enum Failure {
    /// An app that should run is refused: which one, and why.
    Refused(usize, Vec<Diagnostic>),
    /// Targets show other rows.
    Rows(Vec<Difference>),
    /// Anything else, in a sentence.
    Told(String),
}

/// How the rows of a target differ.
#[derive(Clone, Debug)]
pub struct Difference {
    /// `stream Out`, `query q`, `query q (expired)`.
    pub target: String,
    /// How many rows the case has.
    pub expected: usize,
    /// How many came.
    pub came: usize,
    /// The rows around each difference.
    pub lines: Vec<(Mark, String)>,
}

/// What a line of a difference is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A row that is as expected.
    Same,
    /// A row that did not come.
    Missing,
    /// A row that came and is not expected.
    Extra,
    /// Stands for lines that are left out.
    Skipped,
}

impl Mark {
    /// The character before the line.
    pub fn sign(self) -> char {
        match self {
            Mark::Same | Mark::Skipped => ' ',
            Mark::Missing => '-',
            Mark::Extra => '+',
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Refused(_, diagnostics) => {
                let messages: Vec<&str> = diagnostics.iter().map(|d| d.message.as_str()).collect();
                write!(f, "the app is refused: {}", messages.join("; "))
            }
            Failure::Rows(differences) => differences.iter().try_for_each(|d| d.fmt(f)),
            Failure::Told(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title())?;
        self.lines.iter().try_for_each(|(mark, line)| writeln!(f, "    {} {line}", mark.sign()))
    }
}

impl Difference {
    /// The target and how many rows.
    pub fn title(&self) -> String {
        let rows = |n: usize| if n == 1 { "1 row".to_owned() } else { format!("{n} rows") };
        format!("{}: {} expected, {} came", self.target, rows(self.expected), self.came)
    }
}

/// Runs a case.
pub fn check(case: &Case, way: &Way) -> Result<(), Failure> {
    match (&case.expect, Script::of(case)) {
        (Expect::Rejected(None), Err(Refused::Mistaken(..))) => Ok(()),
        (Expect::Rejected(Some(fault)), Err(Refused::Mistaken(n, told))) => has(&told, "", fault, &case.apps[n]),
        (Expect::Needs(feature, fault), Err(Refused::Unsupported(n, told))) => {
            has(&told, feature, fault, &case.apps[n])
        }
        (Expect::Rejected(_), Ok(_)) => {
            Err(Failure::Told("the app runs, and should be refused as mistaken".to_owned()))
        }
        (Expect::Needs(feature, _), Ok(_)) => Err(Failure::Told(format!("the app runs, and should need {feature}"))),
        (_, Err(Refused::Mistaken(n, told) | Refused::Unsupported(n, told))) => Err(Failure::Refused(n, told)),
        (_, Err(Refused::Unfit(why))) => Err(Failure::Told(why)),
        (Expect::Rows(wants), Ok(script)) => {
            let targets = rows_of(&script, way).map_err(|e| Failure::Told(e.to_string()))?;
            let mut differences = compare(wants, &targets, case.zero);
            if case.apps.len() == 1 {
                differences.extend(never_seen(wants, &differences, &script.app));
                name_unknown(&mut differences, &script.app);
            }
            if differences.is_empty() { Ok(()) } else { Err(Failure::Rows(differences)) }
        }
    }
}

/// What can be seen of an app: `stream Out`, `query q`.
fn targets(app: &App) -> Vec<String> {
    let streams = app.streams.iter().map(|s| format!("stream {}", s.name));
    let queries = app.queries.iter().filter(|q| q.partition.is_none());
    streams.chain(queries.filter_map(|q| Some(format!("query {}", q.name.as_ref()?)))).collect()
}

/// Targets of which a case expects nothing, and nothing could ever come.
fn never_seen(wants: &[Want], differences: &[Difference], app: &App) -> Vec<Difference> {
    let all = targets(app);
    let is_one = |target: &str| target.starts_with("stream ") || target.starts_with("query ");
    let unknown = wants.iter().map(|w| &w.target).filter(|&t| is_one(t) && !all.contains(t));
    unknown
        .filter(|&t| differences.iter().all(|d| d.target != *t))
        .map(|t| Difference { target: t.clone(), expected: 0, came: 0, lines: Vec::new() })
        .collect()
}

/// Says of targets that the app does not have that this is so.
fn name_unknown(differences: &mut [Difference], app: &App) {
    let all = targets(app);
    for difference in differences.iter_mut().filter(|d| d.came == 0) {
        let target = difference.target.trim_end_matches(" (expired)").to_owned();
        if all.contains(&target) {
            continue;
        }
        if app.queries.iter().any(|q| q.name.as_ref().is_some_and(|name| target == format!("query {name}"))) {
            difference.target.push_str(", which is in a partition: name the stream it inserts into");
            continue;
        }
        let near = suggest(&target, all.iter().map(String::as_str));
        let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        difference.target.push_str(&format!(", which the app does not have{near}"));
    }
}

/// Whether an app's diagnostics have one of that code at that place that names the feature.
fn has(diagnostics: &[Diagnostic], feature: &str, fault: &Fault, app: &str) -> Result<(), Failure> {
    let source = Source::new("app", app);
    let told: Vec<String> = diagnostics.iter().map(|d| place(d, &source)).collect();
    let place = format!("{} at {}: ", fault.code, fault.at);
    match told.iter().any(|t| t.strip_prefix(&place).is_some_and(|message| message.contains(feature))) {
        true => Ok(()),
        false => Err(Failure::Told(format!("nothing like `{place}{feature}` in {told:#?}"))),
    }
}

/// `R0404 at 2:20: message`.
pub fn place(diagnostic: &Diagnostic, source: &Source) -> String {
    let at = source.position(diagnostic.primary.span.start);
    format!("{} at {}:{}: {}", diagnostic.code.0, at.line, at.column, diagnostic.message)
}

/// Compares target by target. Current and expired rows of a query are compared apart: that is how Siddhi's callback has
/// them.
fn compare(wants: &[Want], got: &Targets, zero: i64) -> Vec<Difference> {
    let mut differences = Vec::new();
    for want in wants.iter().filter(|w| w.order != Order::Ignored) {
        let rows = got.iter().find(|g| g.0 == want.target).map_or(&[][..], |g| &g.1);
        for expired in [false, true] {
            let expected: Vec<&Row> = want.rows.iter().filter(|r| r.expired == expired).collect();
            let rows: Vec<&OutRow> = rows.iter().filter(|r| r.expired == expired).collect();
            let target = format!("{}{}", want.target, if expired { " (expired)" } else { "" });
            differences.extend(difference(target, want.order, &expected, &rows, zero));
        }
    }
    for (target, rows) in got.iter().filter(|(target, _)| wants.iter().all(|w| w.target != *target)) {
        let rows: Vec<&OutRow> = rows.iter().collect();
        let target = format!("{target}, which the case does not name");
        differences.extend(difference(target, Order::Exact, &[], &rows, zero));
    }
    differences
}

fn difference(target: String, order: Order, expected: &[&Row], got: &[&OutRow], zero: i64) -> Option<Difference> {
    let edits = match order {
        Order::Free => pairs(expected, got),
        _ => align(expected.len(), got.len(), |e, g| same_row(expected[e], got[g])),
    };
    if edits.iter().all(|edit| matches!(edit, Edit::Keep(..))) {
        return None;
    }
    let lines = edits.iter().map(|edit| match *edit {
        Edit::Keep(e, _) => (Mark::Same, row_text(expected[e], zero)),
        Edit::Remove(e) => (Mark::Missing, row_text(expected[e], zero)),
        Edit::Add(g) => (Mark::Extra, row_text(&row(got[g]), zero)),
    });
    Some(Difference { target, expected: expected.len(), came: got.len(), lines: around(lines.collect()) })
}

/// Rows in any order.
fn pairs(expected: &[&Row], got: &[&OutRow]) -> Vec<Edit> {
    let mut rest: Vec<usize> = (0..got.len()).collect();
    let mut edits = Vec::new();
    for (e, row) in expected.iter().enumerate() {
        edits.push(match rest.iter().position(|&g| same_row(row, got[g])) {
            Some(i) => Edit::Keep(e, rest.remove(i)),
            None => Edit::Remove(e),
        });
    }
    edits.extend(rest.into_iter().map(Edit::Add));
    edits
}

/// The lines near a difference, and what stands for the others.
fn around(lines: Vec<(Mark, String)>) -> Vec<(Mark, String)> {
    let changed: Vec<usize> = (0..lines.len()).filter(|&i| lines[i].0 != Mark::Same).collect();
    let near = |i: usize| {
        let next = changed.partition_point(|&c| c + CONTEXT < i);
        changed.get(next).is_some_and(|&c| c <= i + CONTEXT)
    };
    let (mut shown, mut skipped) = (Vec::new(), 0);
    let skip = |shown: &mut Vec<(Mark, String)>, skipped: &mut usize| {
        if *skipped > 0 {
            shown.push((Mark::Skipped, format!("... {skipped} more")));
        }
        *skipped = 0;
    };
    for (i, line) in lines.into_iter().enumerate() {
        if near(i) && shown.len() < LINES_MAX {
            skip(&mut shown, &mut skipped);
            shown.push(line);
        } else {
            skipped += 1;
        }
    }
    skip(&mut shown, &mut skipped);
    shown
}

/// A row that came as a case would write it.
pub fn row(row: &OutRow) -> Row {
    Row { ts: row.ts, expired: row.expired, values: row.values.iter().map(token).collect() }
}

/// A value as a case would write it.
pub fn token(value: &Value) -> Token {
    match value {
        Value::Null => Token::Null,
        Value::Bool(x) => Token::Bool(*x),
        Value::Str(x) => Token::Text(x.to_string()),
        Value::Set(_) | Value::List(_) | Value::Map(_) => Token::Any,
        number => Token::Number(number.to_string()),
    }
}

/// Whether a row is the expected one.
pub fn same_row(expected: &Row, got: &OutRow) -> bool {
    expected.ts.is_none_or(|ts| got.ts == Some(ts))
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
