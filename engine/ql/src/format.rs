//! The layout of an app's text: `riddhi fmt`.
//!
//! Tokens keep their spelling (numbers, quotes, parentheses), but for keywords, which become lower case; what is between
//! them is laid out anew. Comments stay between the tokens where they stand, after the text of their line or on lines of
//! their own. So the layout depends on tokens and comments only, and the laid out text has the same ones: formatting it
//! again changes nothing.
//!
//! Not here: files; what is laid out is one text without mistakes.

mod doc;
mod layout;
mod pieces;
mod spacing;

use crate::diagnostic::Diagnostic;
use crate::parse::{Marked, parse_marked};
use crate::substitute::{Substituted, substitute, variables};

/// Why a text is not laid out.
#[derive(Clone, Debug)]
pub enum Unformatted {
    /// It has mistakes in its syntax.
    Mistakes(Vec<Diagnostic>),
    /// The result would not be the same app with the same comments: a variable with an empty value would be lost, or
    /// there is a mistake in the layout. Checked every time, as it is the user's only copy.
    Differs,
}

/// Lays out an app. `lookup` gives variables their values, as for [`substitute`]; one without a value is read as `1`. In
/// the result they are as written.
///
/// ```
/// let text = "define stream S(a int);FROM S [a>5] select a insert into Out -- done";
/// let formatted = riddhi_ql::format(text, |_| None).expect("it has no mistakes");
/// assert_eq!(formatted, "define stream S (a int);\n\nfrom S[a > 5] select a insert into Out; -- done\n");
/// ```
pub fn format(text: &str, lookup: impl Fn(&str) -> Option<String>) -> Result<String, Unformatted> {
    let fill = |text: &str| substitute(text, |name| Some(lookup(name).unwrap_or_else(|| "1".to_owned())));
    let filled = fill(text).map_err(Unformatted::Mistakes)?;
    let marked = parse_marked(filled.text())
        .map_err(|all| Unformatted::Mistakes(all.into_iter().map(|d| filled.restore(d)).collect()))?;
    let formatted = layout::layout(&pieces::Pieces::new(text, &filled, &marked));
    match fill(&formatted) {
        Ok(again) if same(text, &marked, &filled, &formatted, &again) => Ok(formatted),
        _ => Err(Unformatted::Differs),
    }
}

/// Whether the laid out text has the same tree, comments and variables.
fn same(text: &str, marked: &Marked, filled: &Substituted, formatted: &str, again: &Substituted) -> bool {
    let Ok(other) = parse_marked(again.text()) else { return false };
    let comments = |marked: &Marked, filled: &Substituted| -> Vec<String> {
        marked.comments.iter().map(|span| span.of(filled.text()).trim_end().to_owned()).collect()
    };
    let names = |text: &str| -> Vec<String> { variables(text).map(|(a, b)| text[a..b].to_owned()).collect() };
    marked.app.to_string() == other.app.to_string()
        && comments(marked, filled) == comments(&other, again)
        && names(text) == names(formatted)
}
