//! Variables: every `${name}` of an app is replaced before it is parsed, in strings and comments too.
//!
//! The substituted text remembers where its pieces came from, so that diagnostics can be shown on the text that the
//! user wrote. On-demand queries are not substituted.

use crate::diagnose;
use crate::diagnostic::Diagnostic;
use crate::span::Span;

/// A text with its variables replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substituted {
    text: String,
    pieces: Vec<Piece>,
}

/// A replaced variable, in both texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    written: Span,
    replaced: Span,
}

/// Replaces every `${name}` of `text` by its value. Names are of ASCII letters, digits and `_`; a `${` with something
/// else behind it is left alone. Variables without a value are reported, all of them.
pub fn substitute(text: &str, lookup: impl Fn(&str) -> Option<String>) -> Result<Substituted, Vec<Diagnostic>> {
    let mut result = Substituted { text: String::with_capacity(text.len()), pieces: Vec::new() };
    let mut missing = Vec::new();
    let mut done = 0;
    for (start, end) in variables(text) {
        let (name, written) = (&text[start + 2..end - 1], Span::new(start as u32, end as u32));
        let Some(value) = lookup(name) else {
            missing.push(diagnose::variable(name, written));
            continue;
        };
        result.text.push_str(&text[done..start]);
        let replaced_start = result.text.len() as u32;
        result.text.push_str(&value);
        result.pieces.push(Piece { written, replaced: Span::new(replaced_start, result.text.len() as u32) });
        done = end;
    }
    result.text.push_str(&text[done..]);
    if missing.is_empty() { Ok(result) } else { Err(missing) }
}

/// Where the variables stand, in order.
pub(crate) fn variables(text: &str) -> impl Iterator<Item = (usize, usize)> {
    text.match_indices("${").filter_map(|(start, _)| {
        let name = &text[start + 2..];
        let length = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
        (length > 0 && name[length..].starts_with('}')).then_some((start, start + length + 3))
    })
}

impl Substituted {
    /// The text to parse.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A place of the substituted text as a place of the written one. What lies inside a value becomes the variable.
    pub fn written(&self, span: Span) -> Span {
        Span::new(self.offset(span.start, |piece| piece.start), self.offset(span.end, |piece| piece.end))
    }

    fn offset(&self, offset: u32, side: impl Fn(Span) -> u32) -> u32 {
        let before = self.pieces.partition_point(|p| p.replaced.start < offset);
        let Some(piece) = before.checked_sub(1).map(|n| self.pieces[n]) else { return offset };
        match offset < piece.replaced.end {
            true => side(piece.written),
            false => offset - piece.replaced.end + piece.written.end,
        }
    }

    /// A diagnostic about the substituted text as one about the written text. An edit that would touch a value is
    /// left out.
    pub fn restore(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        for label in std::iter::once(&mut diagnostic.primary).chain(&mut diagnostic.secondary) {
            label.span = self.written(label.span);
        }
        if let Some(help) = &mut diagnostic.help {
            help.replacement = help.replacement.take().filter(|r| !self.touches(r.span));
            if let Some(replacement) = &mut help.replacement {
                replacement.span = self.written(replacement.span);
            }
        }
        diagnostic
    }

    fn touches(&self, span: Span) -> bool {
        self.pieces.iter().any(|p| p.replaced.start < span.end && span.start < p.replaced.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<String> {
        match name {
            "empty" => Some(String::new()),
            "long" => Some("0123456789".to_string()),
            _ => None,
        }
    }

    #[test]
    fn text_and_places() {
        let written = "a ${long} b ${empty} c $ ${} ${ x} ${long";
        let result = substitute(written, lookup).expect("all have values");
        assert_eq!(result.text(), "a 0123456789 b  c $ ${} ${ x} ${long");
        for (part, expected) in [("a", "a"), ("0123456789", "${long}"), ("345", "${long}"), ("b", "b"), ("c", "c")] {
            let at = result.text().find(part).expect("is there") as u32;
            let span = Span::new(at, at + part.len() as u32);
            assert_eq!(result.written(span).of(written), expected, "{part}");
        }
        let across = Span::new(0, result.text().find('b').expect("is there") as u32 + 1);
        assert_eq!(result.written(across).of(written), "a ${long} b");
    }

    #[test]
    fn all_missing_ones() {
        let missing = substitute("${x} ${long} ${y}", lookup).expect_err("x and y have no values");
        let shown: Vec<_> = missing.iter().map(|d| (d.message.as_str(), d.primary.span)).collect();
        let x = ("variable `x` has no value", Span::new(0, 4));
        assert_eq!(shown, [x, ("variable `y` has no value", Span::new(13, 17))]);
    }
}
