//! Text to a tree of nodes, as leniently as Siddhi's parser takes it: names and texts without quotes or in single ones, commas too
//! many, anything behind the end.

use super::{DEPTH_MAX, Doc, Kind, Node, Span};
use crate::functions::real;

/// How lenient the parser is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Quotes may be single or left out.
    Lenient,
    /// Quotes are double; no zero leads a number.
    Quoted,
}

/// What ends a text without quotes.
#[derive(Clone, Copy)]
enum Stop {
    Key,
    Member,
    Element,
    End,
}

impl Stop {
    fn at(self, byte: u8) -> bool {
        match self {
            Stop::Key => byte == b':',
            Stop::Member => matches!(byte, b',' | b'}'),
            Stop::Element => matches!(byte, b',' | b']'),
            Stop::End => false,
        }
    }
}

/// Why a text is none; the place of the byte at which that shows.
pub(crate) type Wrong = usize;

impl Doc {
    /// Reads a text; the nodes of the one before are gone.
    pub(crate) fn parse(&mut self, text: &str, mode: Mode) -> Result<(), Wrong> {
        self.nodes.clear();
        self.own.clear();
        if u32::try_from(text.len()).is_err() {
            return Err(0);
        }
        let mut parser = Parser { text, bytes: text.as_bytes(), at: 0, mode, depth: 0, doc: self };
        parser.value(Stop::End)
    }
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    mode: Mode,
    depth: usize,
    doc: &'a mut Doc,
}

impl Parser<'_> {
    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|b| b <= b' ') {
            self.at += 1;
        }
    }

    fn push(&mut self, kind: Kind) {
        let end = self.doc.nodes.len() as u32 + 1;
        self.doc.nodes.push(Node { kind, end });
    }

    fn value(&mut self, stop: Stop) -> Result<(), Wrong> {
        while matches!(self.peek(), Some(b' ' | b'\r' | b'\n' | b'\t')) {
            self.at += 1;
        }
        match self.peek() {
            None if self.mode == Mode::Quoted || !matches!(stop, Stop::End) => Err(self.at),
            Some(b':' | b'}' | b']') => Err(self.at),
            Some(b'{') => self.nested(Kind::Object, Self::object),
            Some(b'[') => self.nested(Kind::Array, Self::array),
            Some(b'"' | b'\'') => {
                let text = self.quoted()?;
                self.push(Kind::Text(text));
                Ok(())
            }
            Some(b'-' | b'0'..=b'9') => self.number(stop),
            _ => {
                let span = self.bare(self.at, stop);
                let kind = match &self.text[span.range()] {
                    "null" => Kind::Null,
                    "true" => Kind::Bool(true),
                    "false" => Kind::Bool(false),
                    "NaN" if self.mode == Mode::Lenient => Kind::Double(f64::NAN),
                    _ if self.mode == Mode::Lenient => Kind::Text(span),
                    _ => return Err(span.from as usize),
                };
                self.push(kind);
                Ok(())
            }
        }
    }

    fn nested(&mut self, kind: Kind, inside: fn(&mut Self) -> Result<(), Wrong>) -> Result<(), Wrong> {
        if self.depth == DEPTH_MAX {
            return Err(self.at);
        }
        let own = self.doc.nodes.len();
        self.push(kind);
        self.depth += 1;
        self.at += 1;
        inside(self)?;
        self.depth -= 1;
        self.doc.nodes[own].end = self.doc.nodes.len() as u32;
        Ok(())
    }

    fn array(&mut self) -> Result<(), Wrong> {
        loop {
            match self.peek() {
                Some(b' ' | b'\r' | b'\n' | b'\t' | b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                None => return Err(self.at),
                _ => self.value(Stop::Element)?,
            }
        }
    }

    fn object(&mut self) -> Result<(), Wrong> {
        loop {
            match self.peek() {
                Some(b' ' | b'\r' | b'\n' | b'\t' | b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                None | Some(b':' | b']' | b'[' | b'{') => return Err(self.at),
                _ => {
                    self.member()?;
                    self.blanks();
                    // Behind a member stands a comma or the end.
                    if !matches!(self.peek(), Some(b',' | b'}')) {
                        return Err(self.at);
                    }
                }
            }
        }
    }

    fn member(&mut self) -> Result<(), Wrong> {
        let name = match self.peek() {
            Some(b'"' | b'\'') => self.quoted()?,
            _ if self.mode == Mode::Quoted => return Err(self.at),
            _ => self.bare(self.at, Stop::Key),
        };
        self.push(Kind::Text(name));
        self.blanks();
        if self.peek() != Some(b':') {
            return Err(self.at);
        }
        self.at += 1;
        self.value(Stop::Member)
    }

    /// A text without quotes that began at `from`, without blanks around it.
    fn bare(&mut self, from: usize, stop: Stop) -> Span {
        while self.peek().is_some_and(|b| !stop.at(b)) {
            self.at += 1;
        }
        let blank = |b: &u8| *b <= b' ';
        let (mut from, mut to) = (from, self.at);
        while from < to && blank(&self.bytes[from]) {
            from += 1;
        }
        while from < to && blank(&self.bytes[to - 1]) {
            to -= 1;
        }
        Span { from: from as u32, to: to as u32, own: false }
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn number(&mut self, stop: Stop) -> Result<(), Wrong> {
        let from = self.at;
        self.at += 1;
        self.digits();
        let mut whole = true;
        let mut number = true;
        if self.peek() == Some(b'.') {
            whole = false;
            self.at += 1;
            self.digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            whole = false;
            self.at += 1;
            number = matches!(self.peek(), Some(b'+' | b'-' | b'0'..=b'9'));
            self.at += number as usize;
            self.digits();
        }
        let to = self.at;
        self.blanks();
        if !number || self.peek().is_some_and(|b| !stop.at(b)) {
            // It goes on as a text.
            if self.mode == Mode::Quoted {
                return Err(self.at);
            }
            let span = self.bare(from, stop);
            self.push(Kind::Text(span));
            return Ok(());
        }
        let text = &self.text[from..to];
        let unsigned = text.strip_prefix('-').unwrap_or(text).as_bytes();
        let zero_leads = matches!(unsigned, [b'0', b'0'..=b'9', ..]);
        if self.mode == Mode::Quoted && zero_leads {
            return Err(from);
        }
        let big = Kind::Big(Span { from: from as u32, to: to as u32, own: false });
        let kind = if whole { integer(text).unwrap_or(big) } else { decimal(text).ok_or(from)?.unwrap_or(big) };
        self.push(kind);
        Ok(())
    }

    /// A text in quotes; the place is that of the first of them.
    fn quoted(&mut self) -> Result<Span, Wrong> {
        let quote = self.bytes[self.at];
        if quote == b'\'' && self.mode == Mode::Quoted {
            return Err(self.at);
        }
        let from = self.at + 1;
        let rest = &self.bytes[from..];
        let Some(len) = rest.iter().position(|&b| b == quote) else { return Err(self.bytes.len()) };
        if !rest[..len].contains(&b'\\') {
            self.at = from + len + 1;
            return Ok(Span { from: from as u32, to: (from + len) as u32, own: false });
        }
        self.at = from;
        self.escaped(quote)
    }

    fn escaped(&mut self, quote: u8) -> Result<Span, Wrong> {
        let from = self.doc.own.len() as u32;
        // The first half of a character beyond U+FFFF.
        let mut half = None;
        loop {
            let rest = &self.text[self.at..];
            let Some(c) = rest.chars().next() else { return Err(self.at) };
            self.at += c.len_utf8();
            if c as u32 == quote as u32 {
                break;
            }
            let unit = match c {
                '\\' => match self.escape()? {
                    Some(unit) => unit,
                    None => continue,
                },
                // Control characters are dropped where something is escaped.
                '\0'..='\u{1f}' | '\u{7f}' => continue,
                c => {
                    self.flush(&mut half);
                    self.doc.own.push(c);
                    continue;
                }
            };
            match (half.take(), unit) {
                (Some(high), 0xdc00..=0xdfff) => {
                    let all = 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00);
                    self.doc.own.push(char::from_u32(all).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                (high, unit) => {
                    let mut high = high;
                    self.flush(&mut high);
                    if (0xd800..0xdc00).contains(&unit) {
                        half = Some(unit);
                    } else {
                        self.doc.own.push(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                }
            }
        }
        self.flush(&mut half);
        let to = u32::try_from(self.doc.own.len()).map_err(|_| self.at)?;
        Ok(Span { from, to, own: true })
    }

    /// Half a character that nothing completes.
    fn flush(&mut self, half: &mut Option<u32>) {
        if half.take().is_some() {
            self.doc.own.push(char::REPLACEMENT_CHARACTER);
        }
    }

    /// What stands behind a backslash: nothing, if it is none of the known.
    fn escape(&mut self) -> Result<Option<u32>, Wrong> {
        let Some(c) = self.text[self.at..].chars().next() else { return Err(self.at) };
        self.at += c.len_utf8();
        Ok(Some(match c {
            't' => 9,
            'n' => 10,
            'r' => 13,
            'f' => 12,
            'b' => 8,
            '\\' | '/' | '\'' | '"' => c as u32,
            'u' => self.hexadecimal(4)?,
            'x' => self.hexadecimal(2)?,
            _ => return Ok(None),
        }))
    }

    fn hexadecimal(&mut self, n: usize) -> Result<u32, Wrong> {
        let digits = self.text.get(self.at..self.at + n).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = digits.and_then(|d| u32::from_str_radix(d, 16).ok()).ok_or(self.at)?;
        self.at += n;
        Ok(unit)
    }
}

/// A whole number; none if it is beyond a long. A sign alone is 0.
fn integer(text: &str) -> Option<Kind> {
    if text == "-" {
        return Some(Kind::Int(0));
    }
    let x: i64 = text.parse().ok()?;
    Some(i32::try_from(x).map_or(Kind::Long(x), Kind::Int))
}

/// Characters of a number that is taken as a double; one of more keeps all its digits.
const DOUBLE_DIGITS: usize = 18;

fn decimal(text: &str) -> Option<Option<Kind>> {
    let x = real::<f64>(text)?;
    Some((text.len() <= DOUBLE_DIGITS).then_some(Kind::Double(x)))
}
