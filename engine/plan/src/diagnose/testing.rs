//! How the texts of the codes are tried.

#[path = "../../tests/support/mod.rs"]
mod support;

use riddhi_ql::{Described, Diagnostic, example_app};

use crate::registry::Registry;

/// What is shown of a code for its example.
pub(super) fn example(described: &Described) -> String {
    let (code, text) = (described.code, described.app());
    // What is built in and missing shows only where nothing is there.
    let empty = matches!(code.0, "U0101" | "U0102" | "U0103");
    let mut told = diagnostics(&text, &if empty { Registry::default() } else { support::registry() });
    told.retain(|d| d.code == code);
    support::shown(&told, &text)
}

/// All that is shown for an app.
pub(super) fn told(app: &str) -> String {
    let text = example_app(app);
    support::shown(&diagnostics(&text, &support::registry()), &text)
}

fn diagnostics(text: &str, registry: &Registry) -> Vec<Diagnostic> {
    let parsed = riddhi_ql::parse(text);
    assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
    let told = crate::plan(&parsed.app, registry).diagnostics;
    for d in told.iter().filter(|d| d.is_error() && d.code.0.starts_with('R')) {
        assert!(d.help.is_some(), "{}: {} has no help", d.code, d.message);
    }
    told
}
