//! `{{attribute}}` in texts.

use riddhi_batch::Schema;
use riddhi_ql::{Diagnostics, StrLit};

use crate::connector::{Part, Template};
use crate::diagnose::connect;

/// Whether the text has a place for an attribute.
pub(crate) fn has_attribute(text: &str) -> bool {
    text.find("{{").is_some_and(|at| text[at..].contains("}}"))
}

/// The parts of a text. An attribute that the stream does not have is told, and left out. Back quotes around a text without
/// spaces are no part of it, as in Siddhi.
pub(crate) fn parse(written: &StrLit, schema: &Schema, stream: &str, out: &mut Diagnostics) -> Template {
    let mut rest = written.value.as_str();
    if let Some(inner) = rest.strip_prefix('`').and_then(|r| r.strip_suffix('`'))
        && !inner.contains(char::is_whitespace)
    {
        rest = inner;
    }
    let mut parts = Vec::new();
    while let Some((before, name, after)) = next(rest) {
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        match schema.index_of(name.trim()) {
            Some(attribute) => parts.push(Part::Attribute(attribute)),
            None => {
                let names = schema.attributes.iter().map(|a| a.name.as_str());
                out.push(connect::unknown_placeholder(name.trim(), stream, written.span, names));
            }
        }
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Template { parts }
}

/// Text before the next attribute, its name, and the text after it.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    let (name, after) = rest.split_once("}}")?;
    Some((before, name, after))
}
