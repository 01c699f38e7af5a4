//! What the binder tells a user, a file per family of mistakes. Codes are listed in docs/diagnostics.md.

pub(crate) mod annotations;
pub(crate) mod calls;
pub(crate) mod multi;
pub(crate) mod names;
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

/// `a`, `b` and `c`.
fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|n| format!("`{n}`")).collect();
    match names.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
