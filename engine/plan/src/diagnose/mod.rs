//! What the binder tells a user. Codes are listed in docs/diagnostics.md with an example each; tests/documented.rs keeps what
//! is told about each example.
//!
//! A file per family and not per code: a mistake is a few lines of text that must sound like those beside it, and the binder,
//! which finds it, knows the span and the names.

pub(crate) mod annotations;
pub(crate) mod calls;
pub(crate) mod connect;
pub(crate) mod multi;
pub(crate) mod names;
pub(crate) mod rates;
pub(crate) mod remarks;
pub(crate) mod selection;
pub(crate) mod types;
pub(crate) mod unsupported;

use riddhi_ql::{Diagnostic, Span, suggest};

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
            let help = format!("did you mean `{name}`?");
            diagnostic.fix(help, span, written_as(name))
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
