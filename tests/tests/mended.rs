//! docs/compatibility.md, the cases in `cases/mended` and `known.txt` name each other.

use std::collections::BTreeSet;
use std::fs;

use riddhi_tests::data::{cases, folder, known};

/// The rows of the document's table: numbers of the differences, case.
fn rows() -> Vec<(String, String)> {
    let text = fs::read_to_string(folder().join("../docs/compatibility.md")).expect("the document can be read");
    let text = text.split("\n## ").next().unwrap_or_default();
    let rows = text.lines().filter_map(|l| l.strip_prefix("| ")?.strip_suffix('|')).skip(1);
    rows.map(|row| {
        let mut cells = row.rsplit(" | ").map(str::trim);
        let case = cells.next().unwrap_or_default().to_owned();
        (cells.next().unwrap_or_default().to_owned(), case)
    })
    .collect()
}

#[test]
fn every_difference_has_its_case() {
    let named: BTreeSet<String> = rows().into_iter().map(|(_, case)| case).collect();
    let there: BTreeSet<String> = cases("cases/mended").into_iter().map(|c| c.name).collect();
    assert!(there.len() >= 15, "only {there:?}");
    assert_eq!(named, there, "named by the document, and there");
}

#[test]
fn every_case_that_differs_is_explained() {
    let rows = rows();
    let numbers: BTreeSet<&str> = rows.iter().flat_map(|(numbers, _)| numbers.split(", ")).collect();
    for (name, why) in known() {
        let number = why.split_whitespace().next().unwrap_or_default();
        assert!(numbers.contains(number), "{name} differs by {number:?}, which docs/compatibility.md does not name");
    }
}
