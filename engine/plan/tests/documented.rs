//! Every code of the binder is in docs/diagnostics.md, and the examples there get the codes that they stand for. What is told
//! about each is a snapshot named by its code.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use riddhi_plan::plan;
use support::{registry, shown};

const S: &str = "define stream S (symbol string, price double, volume long, n int, on bool);\n";

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Code and example of each row of the document's tables.
fn rows(text: &str) -> Vec<(String, String)> {
    let cells = |line: &str| line.split('|').map(|c| c.trim().to_owned()).collect::<Vec<_>>();
    let is_code = |c: &str| c.len() == 5 && c.starts_with(['R', 'U']) && c[1..].bytes().all(|b| b.is_ascii_digit());
    let rows = text.lines().map(cells).filter(|c| c.len() == 5 && is_code(&c[1]));
    rows.map(|c| (c[1].clone(), c[3].trim_matches('`').to_owned())).collect()
}

/// Codes are written out as `"R0101"`, in src/diagnose only.
fn codes_of_the_source() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/diagnose");
    let files = fs::read_dir(&folder).expect("the folder is there");
    let text: String = files.map(|f| fs::read_to_string(f.expect("listed").path()).expect("readable")).collect();
    let words = text.split('"').filter(|w| w.len() == 5 && w.starts_with(['R', 'U']));
    words.filter(|w| w[1..].bytes().all(|b| b.is_ascii_digit())).map(str::to_owned).collect()
}

#[test]
fn all_codes_are_documented() {
    let rows = rows(&read("../../docs/diagnostics.md"));
    let documented: BTreeSet<String> = rows.iter().map(|(code, _)| code.clone()).collect();
    assert_eq!(documented.len(), rows.len(), "a code is documented twice");
    assert_eq!(documented, codes_of_the_source());
}

#[test]
fn examples_get_their_codes() {
    for (code, example) in rows(&read("../../docs/diagnostics.md")) {
        if example.is_empty() {
            continue;
        }
        let text = if example.starts_with("@app:") { example } else { format!("{S}{example}") };
        let parsed = riddhi_ql::parse(&text);
        assert!(parsed.diagnostics.is_empty(), "{code}: {text}: {:?}", parsed.diagnostics);
        let told = plan(&parsed.app, &registry()).diagnostics;
        assert!(told.iter().any(|d| d.code.0 == code), "{code}: {text}: {told:?}");
        let of_code: Vec<_> = told.into_iter().filter(|d| d.code.0 == code).collect();
        for d in of_code.iter().filter(|d| d.is_error() && code.starts_with('R')) {
            assert!(d.help.is_some(), "{code}: {} has no help", d.message);
        }
        let mut settings = insta::Settings::clone_current();
        settings.set_omit_expression(true);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_snapshot_path("snapshots/codes");
        settings.bind(|| insta::assert_snapshot!(code.as_str(), shown(&of_code, &text)));
    }
}
