//! The places in a text that a syntax tree and its diagnostics point at.
//!
//! A span is a half-open range of byte offsets and says nothing about the text itself; [`crate::Source`] turns it into
//! lines and columns. Offsets are `u32`: the parser refuses texts that are far shorter than 4 GiB already.

use std::fmt;

/// A half-open range of byte offsets in one text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` up to and without `end`.
    pub fn new(start: u32, end: u32) -> Span {
        debug_assert!(start <= end, "a span ends before it starts");
        Span { start, end }
    }

    /// The empty span at `offset`.
    pub fn at(offset: u32) -> Span {
        Span { start: offset, end: offset }
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The part of `text` that the span covers.
    pub fn of(self, text: &str) -> &str {
        &text[self.start as usize..self.end as usize]
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// A name as it is meant (back-quotes taken off), with its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ident {
    /// The name; case matters.
    pub name: String,
    /// Where it stands, back-quotes included.
    pub span: Span,
}

impl Ident {
    /// A name at a place.
    pub fn new(name: impl Into<String>, span: Span) -> Ident {
        Ident { name: name.into(), span }
    }
}

impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A string constant's content, with the place of the whole constant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StrLit {
    /// The text between the quotes, exactly.
    pub value: String,
    /// Where it stands, quotes included.
    pub span: Span,
}
