//! What is wrong with one record of the input, and how a user is told.

use std::fmt::Write;

/// Characters of a record that are shown around the fault.
const SHOWN_CHARS: usize = 100;

/// Kinds of fault by their stable codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Not JSON, or not CSV.
    Malformed,
    /// A stream that the app does not define.
    UnknownStream,
    /// An attribute that the stream does not have.
    UnknownAttribute,
    /// A value that the attribute's type does not have.
    WrongType,
    /// A number that the type cannot hold.
    OutOfRange,
    /// A key, or a control, that does not exist.
    UnknownKey,
    /// Something that must be there is not.
    Missing,
    /// A record above the bound.
    TooLong,
}

impl Kind {
    /// The code, which never changes its meaning.
    pub fn code(self) -> &'static str {
        match self {
            Kind::Malformed => "I0001",
            Kind::UnknownStream => "I0002",
            Kind::UnknownAttribute => "I0003",
            Kind::WrongType => "I0004",
            Kind::OutOfRange => "I0005",
            Kind::UnknownKey => "I0006",
            Kind::Missing => "I0007",
            Kind::TooLong => "I0008",
        }
    }
}

/// What is wrong and where in the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What kind of mistake.
    pub kind: Kind,
    /// Byte offset in the record.
    pub at: usize,
    /// Bytes it covers there; at least one is marked.
    pub len: usize,
    /// One sentence: what was expected.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Fault {
    /// A fault at a place.
    #[cold]
    pub fn new(kind: Kind, at: usize, len: usize, message: impl Into<String>) -> Box<Fault> {
        Box::new(Fault { kind, at, len, message: message.into(), help: None })
    }

    /// Adds an advice.
    pub fn help(mut self: Box<Fault>, text: impl Into<String>) -> Box<Fault> {
        self.help = Some(text.into());
        self
    }

    /// Suggests the name that was probably meant, else lists those that exist.
    pub fn suggest<'a>(
        self: Box<Fault>,
        word: &str,
        names: impl Iterator<Item = &'a str> + Clone,
        what: &str,
    ) -> Box<Fault> {
        match riddhi_ql::suggest(word, names.clone()) {
            Some(name) => self.help(format!("did you mean '{name}'?")),
            None => self.help(format!("{what}: {}", list(names))),
        }
    }

    /// The whole report of a fault in line `line` (the record's first) of `file`.
    pub fn report(&self, file: &str, line: u64, record: &[u8]) -> String {
        let place = Place::of(record, self.at, self.len);
        let line = line + place.lines_before;
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let mut out = format!("error[{}]: {}\n", self.kind.code(), self.message);
        let _ = writeln!(out, "{margin}--> {file}:{line}:{}", place.column);
        // What has no text, as an event that another app sent, has nothing to be shown.
        if !record.is_empty() {
            let _ = writeln!(out, "{margin} |\n{number} | {}", place.text);
            let _ = writeln!(out, "{margin} | {}{}", " ".repeat(place.indent), "^".repeat(place.width));
        }
        if let Some(help) = &self.help {
            let _ = writeln!(out, "{margin} = help: {help}");
        }
        out
    }
}

/// Names for a sentence, the first few of many.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const NAMES_MAX: usize = 12;
    let names: Vec<&str> = names.collect();
    let shown = names.iter().take(NAMES_MAX).copied().collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => "none".to_owned(),
        n if n > NAMES_MAX => format!("{shown} and {} more", n - NAMES_MAX),
        _ => shown,
    }
}

/// The part of a record to show, and where the mark goes.
struct Place {
    text: String,
    indent: usize,
    width: usize,
    column: usize,
    lines_before: u64,
}

impl Place {
    fn of(record: &[u8], at: usize, len: usize) -> Place {
        let at = at.min(record.len());
        let begin = record[..at].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
        let end = record[at..].iter().position(|b| *b == b'\n').map_or(record.len(), |n| at + n);
        // Far more bytes than are shown need not be decoded: four bytes a character at most.
        let before = String::from_utf8_lossy(&record[begin..at]);
        let behind = String::from_utf8_lossy(&record[at..end.min(at + 4 * SHOWN_CHARS)]);
        let column = before.chars().count() + 1;
        let marked = String::from_utf8_lossy(&record[at..(at + len).min(end)]).chars().count();
        let (text, indent) = window(&before, &behind);
        let room = text.chars().count().saturating_sub(indent).max(1);
        let lines_before = record[..at].iter().filter(|b| **b == b'\n').count() as u64;
        Place { text, indent, width: marked.clamp(1, room), column, lines_before }
    }
}

/// What is shown of a line around the place between `before` and `behind`, and how many characters stand before it.
fn window(before: &str, behind: &str) -> (String, usize) {
    let count = before.chars().count();
    let total = count + behind.chars().count();
    let skip = if total <= SHOWN_CHARS { 0 } else { count.saturating_sub(SHOWN_CHARS * 2 / 3) };
    let dots = if skip > 0 { "..." } else { "" };
    let shown = before.chars().skip(skip).chain(behind.chars()).take(SHOWN_CHARS);
    let mut text: String = dots.chars().chain(shown.map(|c| if c.is_control() { ' ' } else { c })).collect();
    if total - skip > SHOWN_CHARS {
        text.push_str("...");
    }
    (text, count - skip + dots.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_points_at_the_place() {
        let fault = Fault::new(Kind::WrongType, 9, 3, "expected an int").help("write 5");
        let report = fault.report("a.jsonl", 12, "{\"é\":\"é\",".as_bytes());
        let expected = concat!(
            "error[I0004]: expected an int\n",
            "  --> a.jsonl:12:8\n",
            "   |\n",
            "12 | {\"é\":\"é\",\n",
            "   |        ^^\n",
            "   = help: write 5\n",
        );
        assert_eq!(report, expected);
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let record = format!("{}X{}", "a".repeat(500), "b".repeat(500));
        let report = Fault::new(Kind::Malformed, 500, 1, "m").report("f", 1, record.as_bytes());
        let lines: Vec<&str> = report.lines().collect();
        assert!(lines[3].len() < 120 && lines[3].contains("...aaa") && lines[3].ends_with("..."), "{report}");
        assert_eq!(lines[3].find('X'), lines[4].find('^'), "{report}");
    }
}
