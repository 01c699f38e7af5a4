//! Whole texts: apps of all kinds that Siddhi accepts and refuses, and the corpus that the fuzzer starts from.

mod common;

use std::fs;
use std::path::PathBuf;

use riddhi_ql::parse;

/// The texts of the files in a folder of this crate, with their names, in order.
fn texts(folder: &str) -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut texts: Vec<_> = entries
        .map(|entry| {
            let path = entry.expect("the folder can be listed").path();
            let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), text)
        })
        .collect();
    texts.sort();
    texts
}

#[test]
fn accepted_apps() {
    let texts = texts("tests/data/accepted");
    assert!(texts.len() > 30, "the apps are there");
    for (name, text) in texts {
        println!("{name}");
        common::reprint_app(&text);
    }
}

/// Apps with one random mistake in the syntax. The first thing that is said about each is kept as it is.
#[test]
fn refused_apps() {
    let mut firsts = String::new();
    for (name, text) in texts("tests/data/refused") {
        let diagnostics = parse(&text).diagnostics;
        assert!(!diagnostics.is_empty(), "{name} is refused");
        firsts += &format!("{name}\n{}\n", common::shown(&diagnostics[..1], &text));
    }
    insta::assert_snapshot!(firsts);
}

#[test]
fn fuzz_corpus() {
    let texts = texts("fuzz/corpus/parse");
    assert!(texts.len() >= 60, "the corpus is there");
    for (name, text) in texts {
        println!("{name}");
        common::check_any(&text);
    }
}
