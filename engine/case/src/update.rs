//! A file of cases with the answers in the place of what it expected.
//!
//! Only what differs changes: rows that are as expected keep their lines, comments and empty lines stay where they are.

use std::ops::Range;

use riddhi_ql::Source;

use crate::align::{Edit, align};
use crate::compare::{Failure, place, row, same_row};
use crate::drive::{OutRow, Targets, Way, rows_of};
use crate::form::{Case, Expect, Order, Want, row_text};
use crate::script::{Refused, Script};

/// Lines that are replaced, and by which.
pub type Change = (Range<usize>, Vec<String>);

/// The changes that make a case expect what comes out; `lines`: those of the text it was parsed from. `Err` says why there
/// are none.
pub fn changes(case: &Case, lines: &[&str], way: &Way) -> Result<Vec<Change>, Failure> {
    match (&case.expect, Script::of(case)) {
        (Expect::Rows(wants), Ok(script)) => {
            let targets = rows_of(&script, way).map_err(|e| Failure::Told(e.to_string()))?;
            Ok(row_changes(case, wants, lines, &targets))
        }
        (Expect::Rejected(Some(_)), Err(Refused::Mistaken(n, told))) => {
            let source = Source::new("app", case.apps[n].as_str());
            let first = told.first().map(|d| place(d, &source)).unwrap_or_default();
            let fault = first.split(": ").next().unwrap_or_default();
            let line = case.lines.clone().find(|&i| lines[i].starts_with("rejected:"));
            Ok(line.map(|i| (i..i + 1, vec![format!("rejected: {fault}")])).into_iter().collect())
        }
        (_, Err(Refused::Mistaken(n, told) | Refused::Unsupported(n, told))) => Err(Failure::Refused(n, told)),
        (_, Err(Refused::Unfit(why))) => Err(Failure::Told(why)),
        (_, Ok(_)) => Err(Failure::Told("the app runs, and should be refused: take that line out yourself".to_owned())),
    }
}

/// The lines of a file with the changes, which are of different lines.
pub fn changed(text: &str, mut changes: Vec<Change>) -> String {
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    changes.sort_by_key(|(range, _)| (range.start, range.end));
    for (range, new) in changes.into_iter().rev() {
        lines.splice(range, new);
    }
    lines.iter().flat_map(|line| [line.as_str(), end]).collect()
}

fn row_changes(case: &Case, wants: &[Want], lines: &[&str], targets: &Targets) -> Vec<Change> {
    let mut changes = Vec::new();
    for want in wants.iter().filter(|w| w.order != Order::Ignored) {
        let rows = targets.iter().find(|t| t.0 == want.target).map_or(&[][..], |t| &t.1);
        if !same(want, rows) {
            changes.push(section(case, want, lines, rows));
        }
    }
    let unnamed = targets.iter().filter(|(target, _)| wants.iter().all(|w| w.target != *target));
    let new: Vec<String> = unnamed
        .flat_map(|(target, rows)| {
            let rows = rows.iter().map(|r| format!("  {}", row_text(&row(r), case.zero)));
            std::iter::once(format!("{target}:")).chain(rows)
        })
        .collect();
    if !new.is_empty() {
        let written = |i: &usize| !lines[*i].trim().is_empty();
        let end = case.lines.clone().rev().find(written).map_or(case.lines.end, |i| i + 1);
        changes.push((end..end, new));
    }
    changes
}

/// Whether a target shows what is wanted, current and expired rows apart.
fn same(want: &Want, rows: &[OutRow]) -> bool {
    [false, true].iter().all(|&expired| {
        let mut rest: Vec<&OutRow> = rows.iter().filter(|r| r.expired == expired).collect();
        let expected: Vec<_> = want.rows.iter().filter(|r| r.expired == expired).collect();
        match want.order {
            Order::Free => {
                let found = expected
                    .iter()
                    .all(|e| rest.iter().position(|g| same_row(e, g)).map(|i| rest.swap_remove(i)).is_some());
                found && rest.is_empty()
            }
            _ => expected.len() == rest.len() && expected.iter().zip(&rest).all(|(e, g)| same_row(e, g)),
        }
    })
}

/// The lines of a target's rows anew.
fn section(case: &Case, want: &Want, lines: &[&str], rows: &[OutRow]) -> Change {
    let first = want.head + 1;
    let end = want.lines.last().map_or(first, |(line, _)| line + 1);
    let edits = align(want.rows.len(), rows.len(), |e, g| {
        want.rows[e].expired == rows[g].expired && same_row(&want.rows[e], &rows[g])
    });
    let mut out = Vec::new();
    let mut line = first;
    let mut at = 0;
    while at < edits.len() {
        if let Edit::Add(g) = edits[at] {
            out.push(format!("  {}", row_text(&row(&rows[g]), case.zero)));
            at += 1;
            continue;
        }
        let (Edit::Keep(e, _) | Edit::Remove(e)) = edits[at] else { continue };
        let Some((number, range)) = want.lines.iter().find(|(_, range)| range.contains(&e)) else { break };
        // What stands between the rows: comments and empty lines.
        out.extend(lines[line.min(*number)..*number].iter().map(|l| (*l).to_owned()));
        line = line.max(number + 1);
        let whole = edits.get(at..at + range.len()).unwrap_or(&[]);
        let kept = whole.iter().zip(range.clone()).all(|(edit, e)| matches!(edit, Edit::Keep(k, _) if *k == e));
        if kept && whole.len() == range.len() {
            out.push(lines[*number].to_owned());
            at += range.len();
            continue;
        }
        if let Edit::Keep(_, g) = edits[at] {
            out.push(format!("  {}", row_text(&row(&rows[g]), case.zero)));
        }
        at += 1;
    }
    out.extend(lines[line.min(end)..end].iter().map(|l| (*l).to_owned()));
    (first..end, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::check;
    use crate::form::{no_files, parse};

    const CASE: &str = "\
# About it.
app:
  define stream S (v int);
  from S[v > 0] select v, v * 2.0 as w insert into Out;
  @info(name='q') from S#window.length(1) select v insert all events into All;
input:
  S@0 1; @1 2
  S@2 3
";

    fn updated(text: &str) -> String {
        let way = Way::frames_of(1);
        let lines: Vec<&str> = text.lines().collect();
        let cases = parse("x", text, &no_files).expect("it is well-formed");
        let changes = cases.iter().flat_map(|case| changes(case, &lines, &way).expect("it can be updated")).collect();
        let new = changed(text, changes);
        for case in parse("x", &new, &no_files).expect("it is well-formed") {
            check(&case, &way).unwrap_or_else(|e| panic!("{new}\\n{e}"));
        }
        new
    }

    #[test]
    fn a_case_without_answers_gets_them() {
        let all = updated(CASE);
        let out = "stream Out:\n  @0 1, 2.0\n  @1 2, 4.0\n  @2 3, 6.0\n";
        assert!(all.starts_with(CASE) && all.contains(out), "{all}");
        assert_eq!(updated(&all), all);
        let two = format!("=== one\n{CASE}\n=== two\n{CASE}");
        assert_eq!(updated(&two).matches(out).count(), 2);
    }

    #[test]
    fn only_what_differs_changes() {
        let all = updated(CASE);
        let written = all.replace(
            "stream Out:\n  @0 1, 2.0\n  @1 2, 4.0\n  @2 3, 6.0\n",
            "stream Out:\n# The first.\n  @0 1, 2.00; @1 2, 4.0\n\n# The last.\n  @2 4, 6.0\n  @3 5, 7.0\n# Behind.\n",
        );
        let expected = all.replace(
            "stream Out:\n  @0 1, 2.0\n  @1 2, 4.0\n  @2 3, 6.0\n",
            "stream Out:\n# The first.\n  @0 1, 2.00; @1 2, 4.0\n\n# The last.\n  @2 3, 6.0\n# Behind.\n",
        );
        assert_eq!(updated(&written), expected);
        let several = all.replace("  @0 1, 2.0\n  @1 2, 4.0\n", "  @0 1, 2.0; @1 2, 5.0\n");
        assert_eq!(updated(&several), all);
    }

    #[test]
    fn a_fault_is_updated() {
        let text = "app:\n  define stream S (v int);\n  from S select w insert into Out;\nrejected: R0101 at 1:1\n";
        assert_eq!(updated(text), text.replace("R0101 at 1:1", "R0105 at 2:15"));
    }
}
