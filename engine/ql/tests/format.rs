//! The layout of apps: what it looks like, and what always holds.

mod common;

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use riddhi_ql::{Unformatted, format, parse};

fn formatted(text: &str) -> String {
    match format(text, |_| None) {
        Ok(formatted) => formatted,
        Err(Unformatted::Mistakes(all)) => panic!("{}", common::shown(&all, text)),
        Err(Unformatted::Differs) => panic!("the layout changes {text:?}"),
    }
}

/// The comments of a text in which no string contains what looks like one.
fn comments(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = [rest.find("--"), rest.find("/*")].into_iter().flatten().min() {
        rest = &rest[at..];
        let end = match rest.starts_with("--") {
            true => rest.find(['\r', '\n']),
            false => rest[2..].find("*/").map(|n| n + 4),
        };
        let (comment, after) = rest.split_at(end.unwrap_or(rest.len()));
        found.push(comment.trim_end().to_owned());
        rest = after;
    }
    found
}

/// What always holds: the same tree, stable, no blank at the end of a line that a token or comment does not have.
fn check(text: &str) -> String {
    let once = formatted(text);
    let (before, after) = (parse(text), parse(&once));
    assert_eq!(common::shape(&before.app), common::shape(&after.app), "{text:?} became {once:?}");
    assert_eq!(once, formatted(&once), "the layout of {text:?} is not stable");
    assert!(once.ends_with('\n') && !once.ends_with("\n\n"), "{once:?} ends with one line end");
    once
}

#[test]
fn looks() {
    let text = fs::read_to_string(folder().join("tests/data/untidy.siddhi")).expect("it can be read");
    let once = check(&text);
    assert_eq!(comments(&text), comments(&once));
    insta::assert_snapshot!(once);
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The texts of the files of a folder that are in order.
fn apps(below: &str) -> Vec<String> {
    let folder = folder().join(below);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())).flatten();
    let texts = entries.map(|e| fs::read_to_string(e.path()).expect("it can be read"));
    texts.filter(|text| parse(text).diagnostics.is_empty()).collect()
}

#[test]
fn files() {
    let all = [apps("tests/data/accepted"), apps("fuzz/corpus/parse")].concat();
    assert!(all.len() > 60, "only {} apps", all.len());
    for text in &all {
        check(text);
    }
}

/// A comment after each token of each app, of each form and place, is there once and in order afterwards.
#[test]
fn comments_everywhere() {
    let all = [apps("tests/data/accepted"), apps("fuzz/corpus/parse")].concat();
    let all = all.iter().filter(|text| comments(text).is_empty() && !text.contains('{') && !text.contains("\"\"\""));
    let mut places = 0;
    for text in all {
        for style in 0..5 {
            let commented = interspersed(text, |n| match (n + style) % 5 {
                0 => format!(" /* c{n} */ "),
                1 => format!(" -- c{n}\n"),
                2 => format!("\n-- c{n}\n"),
                3 => format!("\n\n/* c{n}\n  b */ -- d{n}\r\n"),
                _ => String::new(),
            });
            places += comments(&commented).len();
            let once = check(&commented);
            assert_eq!(comments(&commented), comments(&once), "{commented:?} became {once:?}");
        }
    }
    assert!(places > 5000, "only {places} comments");
}

/// A text with something after each blank that is in no string.
fn interspersed(text: &str, between: impl Fn(usize) -> String) -> String {
    let (mut out, mut quote, mut n) = (String::new(), None, 0);
    for c in text.chars() {
        quote = match quote {
            Some(q) if q == c => None,
            None if matches!(c, '\'' | '"' | '`') => Some(c),
            other => other,
        };
        out.push(c);
        if quote.is_none() && matches!(c, ' ' | '\n' | ',' | '(' | ';' | '[') {
            out.push_str(&between(n));
            n += 1;
        }
    }
    out
}

#[test]
fn variables_stay() {
    let lookup = |name: &str| match name {
        "size" => Some("1 + 2".to_owned()),
        "empty" => Some(String::new()),
        _ => None,
    };
    let text = "@app:name('${name}') define stream S(a int);\nfrom S#window.length( ${n} )select a+${size}as b -- ${c}\ninsert into O";
    let once = format(text, lookup).expect("it has no mistakes");
    assert_eq!(
        once,
        "@app:name('${name}')\n\ndefine stream S (a int);\n\nfrom S#window.length(${n})\nselect a + ${size} as b -- ${c}\ninsert into O;\n"
    );
    assert_eq!(format(&once, lookup).expect("it has no mistakes"), once);
    let lost = format("define stream S (a int) ${empty};", lookup);
    assert!(matches!(lost, Err(Unformatted::Differs)), "{lost:?}");
}

#[test]
fn mistakes_are_told() {
    let text = "define stream S (a int); from S[${x} >] select a insert into O";
    let Err(Unformatted::Mistakes(all)) = format(text, |_| None) else { panic!("it has a mistake") };
    assert_eq!(common::codes(&all, text), "S0001 `]`");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_space_will_do(at in 0usize..100, spaces in proptest::collection::vec(" |\t|\n|\r\n|\u{b}|\n\n\n", 1..6)) {
        let all = apps("tests/data/accepted");
        let text = &all[at % all.len()];
        let spread = interspersed(text, |n| spaces[n % spaces.len()].clone());
        check(&spread);
    }
}
