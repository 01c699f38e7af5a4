//! How the texts of the codes are tried.

#[path = "../../tests/support/mod.rs"]
mod support;

use riddhi_ql::{Described, Diagnostic};

use crate::registry::Registry;

/// What examples stand behind.
pub(super) const S: &str = "define stream S (symbol string, price double, volume long, n int, on bool);\n";

/// What is shown of a code for its example.
pub(super) fn example(described: &Described) -> String {
    let code = described.code;
    // What is built in and missing shows only where nothing is there.
    let empty = matches!(code.0, "U0101" | "U0102" | "U0103");
    let (text, mut told) = planned(described.example, &if empty { Registry::default() } else { support::registry() });
    told.retain(|d| d.code == code);
    for d in told.iter().filter(|d| d.is_error() && code.0.starts_with('R')) {
        assert!(d.help.is_some(), "{code}: {} has no help", d.message);
    }
    support::shown(&told, &text)
}

/// All that is shown for an app.
pub(super) fn told(app: &str) -> String {
    let (text, told) = planned(app, &support::registry());
    support::shown(&told, &text)
}

fn planned(app: &str, registry: &Registry) -> (String, Vec<Diagnostic>) {
    let text = if app.starts_with("@app:") { app.to_owned() } else { format!("{S}{app}") };
    let parsed = riddhi_ql::parse(&text);
    assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
    let told = crate::plan(&parsed.app, registry).diagnostics;
    (text, told)
}
