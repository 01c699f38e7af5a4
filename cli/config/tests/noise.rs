//! Whatever the bytes: no panic, places within the text, and either a configuration or an error.

mod check;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

const FILES: &[&str] = &[
    include_str!("files/pair.yaml"),
    include_str!("files/alone.yaml"),
    include_str!("files/added.yaml"),
    include_str!("files/mistakes.yaml"),
    include_str!("files/riddhi-pair.yaml"),
    include_str!("files/riddhi-mistakes.yaml"),
];

const WORDS: &[&str] = &[
    "a",
    "riddhi",
    "ha",
    "group",
    ":",
    ": ",
    "- ",
    "\n",
    "\n  ",
    "\n    ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "&x ",
    "*x",
    "|",
    ">",
    "'",
    "\"",
    "#",
    "? ",
    "!",
    "!!str ",
    "<<",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "\t",
    "~",
    "null",
    "${env:",
    "${sec:a}",
    "ü",
    "\u{feff}",
    "\r",
    "0",
    "-1",
    "9999999999999999999",
    "wso2.datasources",
    "dataSources",
    "database",
    "jdbc:postgresql://",
    "%",
    "@",
    "/",
    "true",
];

/// Those of `files` are the corpus that the fuzzer starts from: `cargo +nightly fuzz run load fuzz/corpus/load tests/files`.
#[test]
fn fuzz_corpus() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/load");
    let found = std::fs::read_dir(folder).expect("it is there").map(|f| f.expect("it can be listed").path());
    found.for_each(|file| check::load(&std::fs::read(file).expect("it can be read")));
    FILES.iter().for_each(|file| check::load(file.as_bytes()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn bytes(bytes in vec(any::<u8>(), 0..300)) {
        check::load(&bytes);
    }

    #[test]
    fn words(words in vec(select(WORDS), 0..60)) {
        check::load(words.concat().as_bytes());
    }

    #[test]
    fn cuts(file in select(FILES), from in any::<Index>(), len in 0usize..40, word in select(WORDS)) {
        let mut bytes = file.as_bytes().to_vec();
        let from = from.index(bytes.len());
        bytes.splice(from..(from + len).min(file.len()), word.bytes());
        check::load(&bytes);
    }
}
