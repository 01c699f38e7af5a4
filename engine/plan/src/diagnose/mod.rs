//! What the binder tells a user: a folder for each family of codes, in it a file for each code.
//!
//! A file holds all of its code: what it stands for, an example, what is shown for that (a test), further tests, and the
//! functions that make its diagnostics, with label and help. It is called after the code and what was found. The binder,
//! which finds the mistake, calls these functions by the family, as in `names::unknown_stream(..)`.
//!
//! A new code: the file, and its name in the family's `mod.rs`, once to declare it and once to list it. What is not listed
//! cannot be called by the binder; what is listed has an example and a test, as `code!` takes no less. tests/documented.rs
//! holds docs/diagnostics.md against the list. Mistakes of syntax are in `riddhi-ql`'s `diagnose`, in the same way.

pub(crate) mod annotations;
pub(crate) mod calls;
pub(crate) mod clauses;
pub(crate) mod connect;
pub(crate) mod multi;
pub(crate) mod names;
pub(crate) mod notes;
#[cfg(test)]
mod testing;
pub(crate) mod types;
pub(crate) mod unsupported;
pub(crate) mod warnings;

use riddhi_ql::{Described, Diagnostic, Span, suggest};

/// All codes of the binder by family, in the order of docs/diagnostics.md.
pub const CODES: &[&[Described]] = &[
    names::CODES,
    calls::CODES,
    types::CODES,
    clauses::CODES,
    annotations::CODES,
    warnings::CODES,
    notes::CODES,
    multi::CODES,
    connect::CODES,
    unsupported::CODES,
];

/// Adds the help `did you mean` if one of the names is close to what was written, else `otherwise` if there is any.
fn with_nearest<'a>(
    diagnostic: Diagnostic,
    written: &str,
    span: Span,
    names: impl IntoIterator<Item = &'a str>,
    otherwise: Option<String>,
    written_as: fn(&str) -> String,
) -> Diagnostic {
    match (suggest(written, names), otherwise) {
        (Some(name), _) => {
            let written = written_as(name);
            diagnostic.fix(format!("did you mean `{written}`?"), span, written)
        }
        (None, Some(text)) => diagnostic.help(text),
        (None, None) => diagnostic,
    }
}

/// Names that a message lists at most.
const LISTED_MAX: usize = 12;

/// `a`, `b` and `c`; of many names the first ones.
fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names: Vec<String> = names.into_iter().map(|n| format!("`{n}`")).collect();
    if names.len() > LISTED_MAX {
        let more = names.split_off(LISTED_MAX).len();
        names.push(format!("{more} more"));
    }
    match names.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
