//! Every example of the documents answers as it is written there.

use std::fs;
use std::path::Path;

use riddhi_case::compare::check;
use riddhi_case::drive::Way;
use riddhi_case::form::{no_files, of_markdown, parse};
use riddhi_tests::data::folder;

/// The cases of a document that answer otherwise, and how many there are.
fn wrong(path: &Path) -> (Vec<String>, usize) {
    let text = fs::read_to_string(path).expect("the document can be read");
    let name = path.display().to_string();
    let cases = parse(&name, &of_markdown(&text), &no_files).unwrap_or_else(|e| panic!("{name}: {e}"));
    let check = |case| check(case, &Way::frames_of(64)).err();
    let wrong = cases.iter().filter_map(|case| Some(format!("{name}: {}\n{}", case.name, check(case)?)));
    (wrong.collect(), cases.len())
}

#[test]
fn examples_answer_as_written() {
    let (wrong, all) = wrong(&folder().join("../docs/language.md"));
    assert!(all > 30, "only {all} examples");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn examples_of_extensions_answer_as_written() {
    let (wrong, all) = wrong(&folder().join("../docs/extensions.md"));
    assert!(all > 0, "no example");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
