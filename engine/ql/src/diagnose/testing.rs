//! How the texts of the codes are tried.

use crate::described::{Described, example_app};
use crate::diagnostic::Diagnostic;
use crate::{Source, parse, render_text, substitute};

/// What is shown of a code for its example.
pub(super) fn example(described: &Described) -> String {
    let text = described.app();
    let mut told = mistakes(&text);
    told.retain(|d| d.code == described.code);
    shown(&told, &text)
}

/// All that is shown for an app.
pub(super) fn told(app: &str) -> String {
    let text = example_app(app);
    shown(&mistakes(&text), &text)
}

fn mistakes(text: &str) -> Vec<Diagnostic> {
    let told = match substitute(text, |_| None) {
        Ok(_) => parse(text).diagnostics,
        Err(missing) => missing,
    };
    // That something else was expected says what to do.
    for d in told.iter().filter(|d| d.code.0 != "S0001") {
        assert!(d.help.is_some(), "{}: {} has no help", d.code, d.message);
    }
    told
}

fn shown(diagnostics: &[Diagnostic], text: &str) -> String {
    render_text(diagnostics, &Source::new("app.siddhi", text), false)
}
