//! A cursor over one line of JSON.
//!
//! Invariants: the cursor only moves forward and never past the line; nothing is copied and nothing allocated unless a
//! fault is found; what is read is checked to be JSON as far as it is read, including UTF-8 and surrogate pairs.
//! Eight bytes at a time are looked at wherever a run of ordinary characters or digits is likely.

use super::number::{POWERS, digits_of_8, is_8_digits};
use crate::input::fault::{Fault, Kind};
use crate::swar::{ONES, TOPS, first_set, zero_bytes};

/// A result whose failure is rare.
pub(crate) type Scanned<T> = Result<T, Box<Fault>>;

/// A place in a line.
#[derive(Clone, Copy)]
pub(crate) struct Scan<'a> {
    line: &'a [u8],
    at: usize,
}

/// A string as it stands in the line, without its quotes.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    /// The bytes between the quotes; valid UTF-8.
    pub raw: &'a [u8],
    /// Whether there are escapes in it.
    pub escaped: bool,
    /// Offset of the opening quote.
    pub at: usize,
}

/// A number's text and what its digits say.
#[derive(Clone, Copy)]
pub(crate) struct Number<'a> {
    /// As it stands in the line.
    pub raw: &'a [u8],
    /// Offset in the line.
    pub at: usize,
    /// Whether it has a minus.
    pub negative: bool,
    /// The digits, point left out; meaningless when there are more than 19.
    pub mantissa: u64,
    /// Digits without leading zeros that the mantissa holds.
    pub digits: usize,
    /// The value is mantissa times ten to this.
    pub exponent: i32,
    /// Neither point nor exponent.
    pub whole: bool,
}

/// How deep values that are only passed over may be nested.
const DEPTH_MAX: usize = 64;

impl<'a> Scan<'a> {
    pub fn new(line: &'a [u8]) -> Scan<'a> {
        Scan { line, at: 0 }
    }

    /// Offset of the next byte.
    #[inline]
    pub fn at(&self) -> usize {
        self.at
    }

    /// What has not been taken.
    pub fn rest(&self) -> &'a [u8] {
        &self.line[self.at..]
    }

    /// The same line from another offset.
    pub fn from(&self, at: usize) -> Scan<'a> {
        Scan { line: self.line, at }
    }

    /// The next byte that is not white space, without taking it; 0 at the end.
    #[inline]
    pub fn peek(&mut self) -> u8 {
        loop {
            match self.line.get(self.at) {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                Some(b) => return *b,
                None => return 0,
            }
        }
    }

    /// Takes the next byte if it is `byte`.
    #[inline]
    pub fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte && byte != 0;
        self.at += usize::from(found);
        found
    }

    /// Takes exactly these bytes if they come next, without white space between.
    #[inline]
    pub fn eat_exactly(&mut self, bytes: &[u8]) -> bool {
        let found = self.line[self.at..].starts_with(bytes);
        self.at += if found { bytes.len() } else { 0 };
        found
    }

    /// Takes `byte`, or says that it was expected.
    #[inline]
    pub fn expect(&mut self, byte: u8, context: &str) -> Scanned<()> {
        if self.eat(byte) { Ok(()) } else { Err(self.unexpected(&format!("'{}' {context}", byte as char))) }
    }

    /// After a member or an element: whether another one follows; `close` is taken.
    #[inline]
    pub fn another(&mut self, close: u8) -> Scanned<bool> {
        match self.peek() {
            b',' => {
                self.at += 1;
                Ok(true)
            }
            b if b == close => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(self.unexpected(&format!("',' or '{}'", close as char))),
        }
    }

    /// Nothing but white space may follow.
    #[inline]
    pub fn end(&mut self) -> Scanned<()> {
        if self.peek() == 0 && self.at == self.line.len() {
            return Ok(());
        }
        Err(self.unexpected("the end of the line"))
    }

    /// Says what stands here instead of what was expected.
    #[cold]
    pub fn unexpected(&mut self, expected: &str) -> Box<Fault> {
        self.peek();
        let (found, len) = self.found();
        Fault::new(Kind::Malformed, self.at, len, format!("expected {expected}, found {found}"))
    }

    /// A few words for what stands here, and its length. Looks at no more than one scalar.
    #[cold]
    pub fn found(&self) -> (String, usize) {
        let rest = &self.line[self.at..];
        let Some(first) = rest.first() else { return ("the end of the line".to_owned(), 1) };
        let mut copy = *self;
        match first {
            b'"' if copy.string("").is_ok() => ("a string".to_owned(), copy.at - self.at),
            b'{' => ("an object".to_owned(), 1),
            b'[' => ("an array".to_owned(), 1),
            b'-' | b'0'..=b'9' if matches!(copy.number(), Ok(Some(_))) => {
                let text = String::from_utf8_lossy(&rest[..(copy.at - self.at).min(40)]);
                (format!("the number {text}"), copy.at - self.at)
            }
            b'a'..=b'z' | b'A'..=b'Z' => {
                let len = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
                (format!("'{}'", String::from_utf8_lossy(&rest[..len.min(40)])), len)
            }
            0..0x20 | 0x7f => (format!("the byte {first:#04x}"), 1),
            _ => {
                let text = String::from_utf8_lossy(&rest[..rest.len().min(4)]);
                (format!("'{}'", text.chars().next().unwrap_or(' ')), 1)
            }
        }
    }

    /// The bytes of a string without escapes and of ASCII only; nothing is taken if something else stands here.
    #[inline(always)]
    pub fn plain_string(&mut self) -> Option<&'a [u8]> {
        if self.line.get(self.at) != Some(&b'"') {
            return None;
        }
        let mut end = *self;
        end.at += 1;
        end.skip_plain();
        if self.line.get(end.at) != Some(&b'"') {
            return None;
        }
        let raw = &self.line[self.at + 1..end.at];
        self.at = end.at + 1;
        Some(raw)
    }

    /// A whole number of at most 18 digits; nothing is taken if something else stands here.
    #[inline(always)]
    pub fn short_whole(&mut self) -> Option<i64> {
        let mut end = *self;
        let (negative, mantissa, digits) = end.leading_digits()?;
        if digits > 18 || matches!(self.line.get(end.at), Some(b'.' | b'e' | b'E')) {
            return None;
        }
        self.at = end.at;
        Some(if negative { -(mantissa as i64) } else { mantissa as i64 })
    }

    /// A decimal without exponent of at most 15 digits, which one exact division makes a double; nothing is taken if
    /// something else stands here.
    #[inline(always)]
    pub fn short_decimal(&mut self) -> Option<f64> {
        let mut end = *self;
        let (negative, mut mantissa, mut digits) = end.leading_digits()?;
        let mut decimals = 0;
        if self.line.get(end.at) == Some(&b'.') {
            end.at += 1;
            let first = end.at;
            end.digits(&mut mantissa);
            decimals = end.at - first;
            digits += decimals;
            if decimals == 0 {
                return None;
            }
        }
        if digits > 15 || matches!(self.line.get(end.at), Some(b'e' | b'E')) {
            return None;
        }
        self.at = end.at;
        let size = mantissa as f64 / POWERS[decimals];
        Some(if negative { -size } else { size })
    }

    /// Sign and digits before a point, if they are those of a number.
    #[inline(always)]
    fn leading_digits(&mut self) -> Option<(bool, u64, usize)> {
        let negative = self.line.get(self.at) == Some(&b'-');
        self.at += usize::from(negative);
        let first = self.at;
        let mut mantissa = 0;
        self.digits(&mut mantissa);
        let digits = self.at - first;
        let odd = digits == 0 || (digits > 1 && self.line[first] == b'0');
        (!odd).then_some((negative, mantissa, digits))
    }

    /// A string; `what` names it if there is none.
    #[inline]
    pub fn string(&mut self, what: &str) -> Scanned<Text<'a>> {
        if self.peek() != b'"' {
            return Err(self.unexpected(what));
        }
        let at = self.at;
        self.at += 1;
        let (mut escaped, mut ascii) = (false, true);
        loop {
            self.skip_plain();
            match self.line.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(0x80..) => {
                    ascii = false;
                    self.at += 1;
                }
                Some(_) => return Err(self.control_character()),
                None => return Err(Fault::new(Kind::Malformed, at, 1, "this string has no closing quote")),
            }
        }
        let raw = &self.line[at + 1..self.at];
        self.at += 1;
        if !ascii {
            utf8(raw, at + 1)?;
        }
        Ok(Text { raw, escaped, at })
    }

    /// Passes over ordinary ASCII: no quote, backslash, control character.
    #[inline]
    fn skip_plain(&mut self) {
        while let Some(bytes) = self.line[self.at..].first_chunk::<8>() {
            let w = u64::from_le_bytes(*bytes);
            let control = w.wrapping_sub(0x20 * ONES) & !w;
            let special = zero_bytes(w ^ (b'"' as u64 * ONES)) | zero_bytes(w ^ (b'\\' as u64 * ONES)) | control | w;
            if special & TOPS != 0 {
                self.at += first_set(special & TOPS);
                return;
            }
            self.at += 8;
        }
        while let Some(0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7f) = self.line.get(self.at) {
            self.at += 1;
        }
    }

    #[cold]
    fn control_character(&self) -> Box<Fault> {
        let byte = self.line[self.at];
        let message = format!("a string cannot hold the control character {byte:#04x} as it is");
        Fault::new(Kind::Malformed, self.at, 1, message).help(format!("write \\u{byte:04x}"))
    }

    /// Checks the escape that begins here and passes over it.
    fn escape(&mut self) -> Scanned<()> {
        match self.line.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let at = self.at;
                let unit = self.unit()?;
                let pair = (0xd800..0xdc00).contains(&unit) && self.line[self.at..].starts_with(b"\\u");
                let low = if pair { self.unit()? } else { 0 };
                if (0xd800..0xe000).contains(&unit) && !(pair && (0xdc00..0xe000).contains(&low)) {
                    let message = format!("\\u{unit:04x} is half of a surrogate pair");
                    return Err(Fault::new(Kind::Malformed, at, 6, message));
                }
            }
            _ => return Err(Fault::new(Kind::Malformed, self.at, 2, "this is no escape of JSON")),
        }
        Ok(())
    }

    /// Takes `\uXXXX`.
    fn unit(&mut self) -> Scanned<u32> {
        match self.line[self.at..].get(2..6).and_then(hex) {
            Some(unit) => {
                self.at += 6;
                Ok(unit)
            }
            None => Err(Fault::new(Kind::Malformed, self.at, 2, "expected four hexadecimal digits after \\u")),
        }
    }

    /// A number; `None`, and nothing taken, when something else stands here.
    #[inline]
    pub fn number(&mut self) -> Scanned<Option<Number<'a>>> {
        let negative = match self.peek() {
            b'-' => true,
            b'0'..=b'9' => false,
            _ => return Ok(None),
        };
        let at = self.at;
        self.at += usize::from(negative);
        let first = self.at;
        let mut mantissa = 0;
        self.digits(&mut mantissa);
        let whole_digits = self.at - first;
        if whole_digits == 0 || (whole_digits > 1 && self.line[first] == b'0') {
            return Err(self.bad_number(at));
        }
        let mut number = Number { raw: &[], at, negative, mantissa, digits: whole_digits, exponent: 0, whole: true };
        if let Some(b'.' | b'e' | b'E') = self.line.get(self.at) {
            self.fraction(&mut number)?;
        }
        number.raw = &self.line[at..self.at];
        Ok(Some(number))
    }

    /// Takes digits and appends them to the mantissa.
    #[inline]
    fn digits(&mut self, mantissa: &mut u64) {
        while let Some(bytes) = self.line[self.at..].first_chunk::<8>() {
            let w = u64::from_le_bytes(*bytes);
            if !is_8_digits(w) {
                break;
            }
            *mantissa = mantissa.wrapping_mul(100_000_000).wrapping_add(digits_of_8(w));
            self.at += 8;
        }
        while let Some(b @ b'0'..=b'9') = self.line.get(self.at) {
            *mantissa = mantissa.wrapping_mul(10).wrapping_add((b - b'0') as u64);
            self.at += 1;
        }
    }

    fn fraction(&mut self, number: &mut Number<'a>) -> Scanned<()> {
        number.whole = false;
        if self.line[self.at] == b'.' {
            self.at += 1;
            let first = self.at;
            self.digits(&mut number.mantissa);
            let fraction = self.at - first;
            if fraction == 0 {
                return Err(self.bad_number(number.at));
            }
            number.digits += fraction;
            number.exponent = -(fraction.min(i32::MAX as usize / 2) as i32);
        }
        if let Some(b'e' | b'E') = self.line.get(self.at) {
            self.at += 1;
            let sign = self.line.get(self.at).copied();
            self.at += usize::from(matches!(sign, Some(b'+' | b'-')));
            let (first, mut exponent) = (self.at, 0);
            self.digits(&mut exponent);
            if self.at == first {
                return Err(self.bad_number(number.at));
            }
            // Beyond a few hundred only the sign matters; the text itself decides then.
            let exponent = if self.at - first > 5 { 99_999 } else { exponent as i32 };
            number.exponent = number.exponent.saturating_add(if sign == Some(b'-') { -exponent } else { exponent });
        }
        Ok(())
    }

    #[cold]
    fn bad_number(&self, at: usize) -> Box<Fault> {
        let rest = &self.line[at..];
        let len = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.')).count();
        let text = String::from_utf8_lossy(&rest[..len.min(40)]).into_owned();
        Fault::new(Kind::Malformed, at, len.max(1), format!("'{text}' is no number of JSON"))
    }

    /// `true` or `false`; `None`, and nothing taken, when something else stands here.
    #[inline]
    pub fn boolean(&mut self) -> Option<bool> {
        match self.peek() {
            b't' if self.word(b"true") => Some(true),
            b'f' if self.word(b"false") => Some(false),
            _ => None,
        }
    }

    /// Takes `null`.
    #[inline]
    pub fn null(&mut self) -> bool {
        self.peek() == b'n' && self.word(b"null")
    }

    fn word(&mut self, word: &[u8]) -> bool {
        let ends = !self.line.get(self.at + word.len()).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        ends && self.eat_exactly(word)
    }

    /// Passes over a value of any kind, checking it.
    pub fn skip_value(&mut self) -> Scanned<()> {
        // One byte an open bracket: what closes it.
        let mut open = [0u8; DEPTH_MAX];
        let mut depth = 0;
        loop {
            match self.peek() {
                b @ (b'{' | b'[') => {
                    if depth == DEPTH_MAX {
                        return Err(Fault::new(Kind::Malformed, self.at, 1, "nested too deep"));
                    }
                    self.at += 1;
                    open[depth] = b + 2;
                    depth += 1;
                    if self.eat(b + 2) {
                        depth -= 1;
                    } else {
                        self.member(b == b'{')?;
                        continue;
                    }
                }
                _ => self.skip_scalar()?,
            }
            while depth > 0 && !self.another(open[depth - 1])? {
                depth -= 1;
            }
            if depth == 0 {
                return Ok(());
            }
            self.member(open[depth - 1] == b'}')?;
        }
    }

    /// Takes the key and the colon of an object's member.
    fn member(&mut self, object: bool) -> Scanned<()> {
        if object {
            self.string("a key in double quotes")?;
            self.expect(b':', "after the key")?;
        }
        Ok(())
    }

    fn skip_scalar(&mut self) -> Scanned<()> {
        if self.peek() == b'"' {
            return self.string("a string").map(|_| ());
        }
        if self.number()?.is_some() || self.boolean().is_some() || self.null() {
            return Ok(());
        }
        Err(self.unexpected("a value"))
    }
}

impl Text<'_> {
    /// Offset of the first byte after it.
    pub fn end(&self) -> usize {
        self.at + self.raw.len() + 2
    }

    /// The text itself, escapes resolved; for the rare places where a copy does no harm.
    #[cold]
    pub fn owned(&self) -> String {
        let mut bytes = Vec::new();
        self.unescape(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Appends the text with its escapes resolved; they have been checked when it was read.
    pub fn unescape(&self, out: &mut Vec<u8>) {
        let mut rest = self.raw;
        while let Some(n) = memchr::memchr(b'\\', rest) {
            out.extend_from_slice(&rest[..n]);
            rest = &rest[n..];
            let mut units = std::iter::from_fn(|| {
                let unit = rest.strip_prefix(b"\\u")?.get(..4).and_then(hex)?;
                rest = &rest[6..];
                Some(unit as u16)
            });
            let run: Vec<u16> = units.by_ref().collect();
            if run.is_empty() {
                out.push(plain_escape(rest[1]));
                rest = &rest[2..];
            }
            for c in char::decode_utf16(run) {
                let mut utf8 = [0; 4];
                out.extend_from_slice(c.unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut utf8).as_bytes());
            }
        }
        out.extend_from_slice(rest);
    }
}

fn plain_escape(letter: u8) -> u8 {
    match letter {
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        other => other,
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |n, b| Some(n * 16 + (*b as char).to_digit(16)?))
}

#[cold]
fn utf8(raw: &[u8], at: usize) -> Scanned<()> {
    let Err(e) = std::str::from_utf8(raw) else { return Ok(()) };
    let bad = e.valid_up_to();
    Err(Fault::new(Kind::Malformed, at + bad, 1, format!("the byte {:#04x} is not UTF-8", raw[bad])))
}
