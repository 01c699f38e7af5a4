//! docs/diagnostics.md lists the codes as they are, with the examples that their files have; and each code has its file.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use riddhi_ql::{Described, EXAMPLE_STREAM};

fn path(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// All codes in the order of the document.
fn codes() -> impl Iterator<Item = &'static Described> {
    riddhi_ql::CODES.iter().chain(riddhi_plan::CODES.iter().copied().flatten())
}

#[test]
fn the_document_lists_the_codes() {
    let text = fs::read_to_string(path("../../docs/diagnostics.md")).expect("the document is there");
    let is_row = |line: &&str| line.strip_prefix("| ").is_some_and(|l| l.starts_with(['S', 'R', 'U']));
    let documented: Vec<&str> = text.lines().filter(is_row).collect();
    let rows = codes().map(|d| match d.example {
        "" => format!("| {} | {} | |", d.code, d.meaning),
        example => format!("| {} | {} | `{example}` |", d.code, d.meaning),
    });
    let rows: Vec<String> = rows.collect();
    assert_eq!(documented, rows, "docs/diagnostics.md, left, and the files of the codes, right, are not the same");
    assert!(text.lines().any(|line| line.trim() == EXAMPLE_STREAM), "the document shows what the examples need");
}

#[test]
fn a_code_is_given_once() {
    for family in [riddhi_ql::CODES].iter().chain(riddhi_plan::CODES) {
        assert!(family.is_sorted_by(|a, b| a.code < b.code), "{family:?}");
    }
    let distinct: BTreeSet<_> = codes().map(|d| d.code).collect();
    assert_eq!(distinct.len(), codes().count());
}

/// A file that nobody declares would be dead text.
#[test]
fn every_code_has_its_file() {
    let mut files = BTreeSet::new();
    let folder = |path: PathBuf| fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    for file in folder(path("src/diagnose")).flat_map(folder).chain(folder(path("../ql/src/diagnose"))) {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some((code, _)) = name.split_once('_').filter(|_| name.ends_with(".rs")) {
            assert!(files.insert(code.to_uppercase()), "{name}: the code has two files");
        }
    }
    assert_eq!(files, codes().map(|d| d.code.to_string()).collect());
}
