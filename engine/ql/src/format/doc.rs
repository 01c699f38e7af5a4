//! Text with places where a line may break, and how it is broken (after Wadler's prettier printer).
//!
//! A group is printed on one line if it fits, otherwise all its own breaks become line ends; groups inside it decide
//! for themselves.

use std::borrow::Cow;

/// Columns of a line at most, where that is possible.
pub const WIDTH: usize = 100;

/// Blanks by which a nested part stands further right.
const INDENT: usize = 4;

/// A part of a text.
pub enum Doc<'a> {
    /// Printed as it is.
    Text(Cow<'a, str>),
    /// A comment after the text of its line, and whether it runs to the end of the line.
    Trailing(&'a str, bool),
    /// A blank.
    Space,
    /// A blank, or a line end if its group is broken.
    Line,
    /// Nothing, or a line end if its group is broken.
    Soft,
    /// A line end.
    Hard,
    /// Stands further right.
    Nest(Vec<Doc<'a>>),
    /// Fits into so many columns or is broken.
    Group(usize, Vec<Doc<'a>>),
}

/// What is printed next: how far right, on one line or broken, and what.
type Next<'d, 'a> = (usize, bool, &'d Doc<'a>);

/// Prints parts so that their lines start at column `indent`.
pub fn print(docs: &[Doc<'_>], indent: usize) -> String {
    let mut printer = Printer { out: String::new(), column: 0, newline: Some(indent), space: false };
    let mut stack: Vec<Next<'_, '_>> = docs.iter().rev().map(|d| (indent, false, d)).collect();
    while let Some((indent, flat, doc)) = stack.pop() {
        match doc {
            Doc::Text(text) => printer.text(text),
            Doc::Trailing(text, is_line) => {
                printer.space = true;
                printer.text(text);
                if *is_line {
                    printer.newline = Some(indent);
                }
            }
            Doc::Space => printer.space = true,
            Doc::Line if flat => printer.space = true,
            Doc::Soft if flat => {}
            Doc::Line | Doc::Soft | Doc::Hard => printer.newline = Some(indent),
            Doc::Nest(inner) => stack.extend(inner.iter().rev().map(|d| (indent + INDENT, flat, d))),
            Doc::Group(max, inner) => {
                let flat = flat || printer.fits(*max, inner, &stack);
                stack.extend(inner.iter().rev().map(|d| (indent, flat, d)));
            }
        }
    }
    printer.out
}

struct Printer {
    out: String,
    column: usize,
    /// A line end is due before the next text, which stands so far right.
    newline: Option<usize>,
    /// A blank is due before the next text.
    space: bool,
}

impl Printer {
    fn text(&mut self, text: &str) {
        if let Some(indent) = self.newline.take() {
            if !self.out.is_empty() {
                self.out.push('\n');
            }
            self.out.extend(std::iter::repeat_n(' ', indent));
            self.column = indent;
        } else if self.space {
            self.out.push(' ');
            self.column += 1;
        }
        self.space = false;
        self.out.push_str(text);
        self.column = match text.rsplit_once('\n') {
            Some((_, last)) => last.chars().count(),
            None => self.column + text.chars().count(),
        };
    }

    /// Whether `group` on one line, with what follows up to the next possible line end, ends before column `max`.
    fn fits(&self, max: usize, group: &[Doc<'_>], rest: &[Next<'_, '_>]) -> bool {
        let column = self.newline.unwrap_or(self.column + usize::from(self.space));
        let Some(mut left) = max.checked_sub(column) else { return false };
        let mut stack: Vec<(bool, &Doc<'_>)> = group.iter().rev().map(|d| (true, d)).collect();
        let mut rest = rest.iter().rev();
        let mut in_group = true;
        loop {
            let (flat, doc) = match stack.pop() {
                Some(next) => next,
                None => {
                    in_group = false;
                    let Some(&(_, flat, doc)) = rest.next() else { return true };
                    (flat, doc)
                }
            };
            let width = match doc {
                Doc::Text(text) if text.contains('\n') => {
                    let first = text.lines().next().unwrap_or("").chars().count();
                    return !in_group && first <= left;
                }
                Doc::Text(text) => text.chars().count(),
                Doc::Trailing(_, true) | Doc::Hard => return !in_group,
                Doc::Trailing(text, false) => text.chars().count() + 1,
                Doc::Space => 1,
                Doc::Line if flat => 1,
                Doc::Soft if flat => 0,
                Doc::Line | Doc::Soft => return true,
                Doc::Nest(inner) => {
                    stack.extend(inner.iter().rev().map(|d| (flat, d)));
                    0
                }
                Doc::Group(_, inner) => {
                    stack.extend(inner.iter().rev().map(|d| (true, d)));
                    0
                }
            };
            match left.checked_sub(width) {
                Some(rest) => left = rest,
                None => return false,
            }
        }
    }
}
