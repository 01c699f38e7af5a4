//! A text with its name, and where its lines are.

use crate::span::Span;

/// A text that diagnostics point into.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    text: String,
    /// Where each line starts; the first one at 0.
    line_starts: Vec<u32>,
}

/// A place as people count it: both numbers from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

impl Source {
    /// A text and the name it is shown with, such as its file's.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Source {
        let text = text.into();
        let breaks = after_line_feeds(&text);
        let line_starts = std::iter::once(0).chain(breaks).collect();
        Source { name: name.into(), text, line_starts }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line and column of a byte offset; offsets past the end are the end.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_of(offset);
        let start = self.line_starts[line] as usize;
        let before = self.text.get(start..(offset as usize).min(self.text.len())).unwrap_or_default();
        Position { line: line as u32 + 1, column: before.chars().count() as u32 + 1 }
    }

    /// The whole lines that `span` touches, with the number of the first one.
    pub(crate) fn lines(&self, span: Span) -> (u32, Span) {
        let first = self.line_of(span.start);
        let last = self.line_of(span.end.max(span.start));
        let end = self.line_starts.get(last + 1).map_or(self.text.len() as u32, |next| *next);
        (first as u32 + 1, Span::new(self.line_starts[first], end))
    }

    fn line_of(&self, offset: u32) -> usize {
        self.line_starts.partition_point(|start| *start <= offset) - 1
    }
}

/// The offset after each line feed.
fn after_line_feeds(text: &str) -> impl Iterator<Item = u32> {
    text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters() {
        let source = Source::new("a.siddhi", "ab\nçd\n");
        for (offset, line, column) in [(0, 1, 1), (2, 1, 3), (3, 2, 1), (5, 2, 2), (6, 2, 3), (7, 3, 1), (99, 3, 1)] {
            assert_eq!(source.position(offset), Position { line, column }, "offset {offset}");
        }
    }
}
