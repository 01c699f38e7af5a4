//! docs/compatibility.md and the cases in `cases/mended` name each other.

use std::collections::BTreeSet;
use std::fs;

use riddhi_tests::data::{cases, folder};

#[test]
fn every_difference_has_its_case() {
    let text = fs::read_to_string(folder().join("../docs/compatibility.md")).expect("the document can be read");
    let rows = text.lines().filter_map(|l| l.strip_prefix("| ")?.strip_suffix(" |"));
    let named: BTreeSet<String> =
        rows.filter_map(|row| row.rsplit(" | ").next()?.strip_prefix("mended/")).map(str::to_owned).collect();
    let below = cases("cases/mended").into_iter().map(|c| c.name);
    let there: BTreeSet<String> = below.map(|n| n.trim_start_matches("mended/").to_owned()).collect();
    assert!(there.len() >= 15, "only {there:?}");
    assert_eq!(named, there, "named by the document, and there");
}
