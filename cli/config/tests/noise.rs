//! Whatever the bytes: no panic, places within the text, and either a configuration or an error.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use riddhi_config::{Environment, load};
use riddhi_ql::render_text;

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

fn environment() -> Environment {
    let variables = [("RIDDHI__ACK", "received"), ("WSO2_DATASOURCES__DATASOURCES_0_NAME", "a"), ("X", "\u{0}")];
    let variables = variables.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
    Environment { variables, ..Environment::default() }
}

fn holds(bytes: &[u8]) {
    let loaded = load("x.yaml", bytes, &environment());
    let text = render_text(&loaded.diagnostics, &loaded.source, false);
    assert_eq!(loaded.config.is_none(), loaded.diagnostics.iter().any(|d| d.is_error()), "{text}");
    for d in &loaded.diagnostics {
        assert!(d.primary.span.end as usize <= loaded.source.text().len());
        assert!(d.help.is_some());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn bytes(bytes in vec(any::<u8>(), 0..300)) {
        holds(&bytes);
    }

    #[test]
    fn words(words in vec(select(WORDS), 0..60)) {
        holds(words.concat().as_bytes());
    }

    #[test]
    fn cuts(file in select(FILES), from in any::<Index>(), len in 0usize..40, word in select(WORDS)) {
        let mut bytes = file.as_bytes().to_vec();
        let from = from.index(bytes.len());
        bytes.splice(from..(from + len).min(file.len()), word.bytes());
        holds(&bytes);
    }
}
