//! docs/diagnostics.md lists the codes as they are, with the examples that their files have; and each code has its file.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use riddhi_plan::CODES;

fn path(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The document's line of each code.
fn lines() -> Vec<String> {
    let lines = CODES.iter().copied().flatten().map(|d| match d.example {
        "" => format!("| {} | {} | |", d.code, d.meaning),
        example => format!("| {} | {} | `{example}` |", d.code, d.meaning),
    });
    lines.collect()
}

#[test]
fn the_document_lists_the_codes() {
    let text = fs::read_to_string(path("../../docs/diagnostics.md")).expect("the document is there");
    let is_row = |line: &&str| line.strip_prefix("| ").is_some_and(|l| l.starts_with(['R', 'U']));
    let documented: Vec<&str> = text.lines().filter(is_row).collect();
    assert_eq!(documented, lines(), "docs/diagnostics.md, left, and the codes' files, right, are not the same");
}

#[test]
fn codes_are_given_once_and_grow() {
    let codes: Vec<&str> = CODES.iter().copied().flatten().map(|d| d.code.0).collect();
    assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
}

/// A file that nobody declares would be dead text.
#[test]
fn every_code_has_its_file() {
    let mut files = BTreeSet::new();
    for family in fs::read_dir(path("src/diagnose")).expect("the folder is there").flatten() {
        for file in fs::read_dir(family.path()).into_iter().flatten().flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            if name != "mod.rs" {
                assert!(files.insert(name[..5].to_uppercase()), "{name}: the code has two files");
            }
        }
    }
    let codes: BTreeSet<String> = CODES.iter().copied().flatten().map(|d| d.code.to_string()).collect();
    assert_eq!(files, codes);
}
