//! What the binder tells a user, a file per family of mistakes. Codes are listed in docs/diagnostics.md.

pub(crate) mod annotations;
pub(crate) mod calls;
pub(crate) mod multi;
pub(crate) mod names;
pub(crate) mod remarks;
pub(crate) mod selection;
pub(crate) mod types;
pub(crate) mod unsupported;

use riddhi_ql::{Diagnostic, Span};

/// Adds the help `did you mean` if one of the names is close to what was written, else `otherwise` if there is any.
fn with_nearest<'a>(
    diagnostic: Diagnostic,
    written: &str,
    span: Span,
    names: impl IntoIterator<Item = &'a str>,
    otherwise: Option<String>,
) -> Diagnostic {
    match (nearest(written, names), otherwise) {
        (Some(name), _) => {
            let name = crate::text::name_text(name);
            diagnostic.fix(format!("did you mean `{name}`?"), span, name)
        }
        (None, Some(text)) => diagnostic.help(text),
        (None, None) => diagnostic,
    }
}

/// The name that differs least from `written`, if it differs little.
fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = (written.chars().count() / 3).max(1);
    let close = names.into_iter().map(|n| (distance(written, n), n)).filter(|(d, _)| *d <= most);
    close.min_by_key(|(d, _)| *d).map(|(_, n)| n)
}

/// Edits between two names; a difference in case counts nothing.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().collect();
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let least = (corner + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            corner = row[j + 1];
            row[j + 1] = least;
        }
    }
    row[b.len()]
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
