use super::*;

/// A document, a path and what Siddhi's library (json-path 2.4) finds, as its writer puts it; `missing`, `wrong` or `no number` where it
/// complains.
const PATHS: &str = include_str!("paths.tsv");

fn answer(text: &str, path: &str) -> String {
    let Ok(path) = Path::parse(path) else { return "wrong".to_owned() };
    let mut doc = Doc::default();
    if doc.parse(text, Mode::Lenient).is_err() || doc.tree(text).is_nothing() {
        return "wrong".to_owned();
    }
    let (tree, mut out) = (doc.tree(text), String::new());
    let written = match find(tree, &path) {
        Err(_) => return "wrong".to_owned(),
        Ok(Found::Missing) => return "missing".to_owned(),
        Ok(Found::One(item)) => item.write(tree, &mut out),
        Ok(Found::Many(all)) => write_value(&Value::List(all.iter().map(|i| i.value(tree)).collect()), &mut out),
    };
    if written.is_err() { "no number".to_owned() } else { out }
}

#[test]
fn paths_find_what_siddhi_finds() {
    let mut wrong = Vec::new();
    for line in PATHS.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        let [text, path, expected] = cells[..] else { panic!("{line}") };
        let found = answer(text, path);
        if found != expected {
            wrong.push(format!("{path} in {text}: {expected}, not {found}"));
        }
    }
    assert!(PATHS.lines().count() > 100 && wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_are_there_once_however_many() {
    let many: Vec<String> = (0..40).map(|i| format!("\"k{}\":{i}", i % 30)).collect();
    let (text, mut doc) = (format!("{{{}}}", many.join(",")), Doc::default());
    doc.parse(&text, Mode::Quoted).unwrap();
    let members = doc.tree(&text).members(ROOT);
    assert_eq!(members.len(), 30);
    let value = |k: usize| doc.tree(&text).value(members[k].1, true);
    assert_eq!((members[3].0, value(3)), ("k3", Value::Int(33)));
    assert_eq!((members[12].0, value(12)), ("k12", Value::Int(12)));
}

#[test]
fn whatever_the_text_nothing_panics() {
    let pieces =
        ["{", "}", "[", "]", ":", ",", "\"", "'", "\\", "\\u00", "\\ud83d", "1", "-", ".", "e", "é", "😀", " ", "null"];
    let mut seed = 7u32;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..seed % 13 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            text += pieces[(seed >> 16) as usize % pieces.len()];
        }
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        for mode in [Mode::Lenient, Mode::Quoted] {
            let mut doc = Doc::default();
            if doc.parse(&text, mode).is_ok() {
                drop(doc.tree(&text).value(ROOT, true));
            }
        }
        drop(Path::parse(&text));
    }
    let deep = "[".repeat(100_000);
    assert!(Doc::default().parse(&deep, Mode::Lenient).is_err());
    assert!(Path::parse(&format!("$[?({}", "(".repeat(10_000))).is_err());
}

#[test]
fn a_text_keeps_to_its_quotes() {
    let parsed = |text: &str| Doc::default().parse(text, Mode::Quoted).is_ok();
    assert!(parsed(r#"{"b":1,"a":"x/y"}"#) && parsed("{\"a\":1,}") && !parsed("{'b':1}") && !parsed("{b:1}"));
    assert!(!parsed("{\"b\":01}") && !parsed("") && parsed("{\"b\":-0.5e3} behind"));
}

#[test]
fn groups_are_written_with_slashes_escaped() {
    let text = "{\"b\":1,\"a\":\"x/y<>é\u{2028}\"}";
    let mut doc = Doc::default();
    doc.parse(text, Mode::Quoted).unwrap();
    let mut out = String::new();
    write_plain(&doc.tree(text).value(ROOT, false), &mut out).unwrap();
    assert_eq!(out, r#"{"a":"x\/y<>é\u2028","b":1}"#);
}
