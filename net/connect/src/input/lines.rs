//! Records of a byte source, read through one buffer.
//!
//! Invariants: a record is handed out as a slice of the buffer, whole, without its line end; nothing is read from the
//! source but by [`Lines::fill`], so the caller decides when the process may block; the buffer grows only for a record
//! that does not fit, up to [`RECORD_BYTES_MAX`], and the rest of a longer one is skipped.
//! Not here: what is in a record.

use std::io::{self, Read};

use memchr::{memchr, memchr_iter};

/// Bytes of a record at most. A longer one is refused as a malformed event, and reading goes on after it.
pub const RECORD_BYTES_MAX: usize = 16 << 20;

/// Bytes of the buffer to begin with.
const BUFFER_BYTES: usize = 128 << 10;

/// What ends a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Every line end.
    Line,
    /// A line end outside double quotes, as in CSV.
    UnquotedLine,
}

/// What [`Lines::advance`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advance {
    /// A record is at hand: [`Lines::record`].
    Record,
    /// The record at hand is only the beginning of one that is too long.
    TooLong,
    /// More must be read: [`Lines::fill`].
    Wait,
    /// The source has ended.
    End,
}

/// The records of a source.
pub struct Lines {
    source: Box<dyn Read>,
    ends: Ends,
    buffer: Vec<u8>,
    /// The buffer holds bytes up to here.
    filled: usize,
    /// The record at hand.
    record: std::ops::Range<usize>,
    /// Where the next record begins.
    next: usize,
    /// Line of the record at hand and of the next one, from 1.
    line: u64,
    next_line: u64,
    ended: bool,
    /// The rest of a record that was too long is being passed over.
    skipping: bool,
}

impl Lines {
    /// Records of `source`, nothing read yet.
    pub fn new(source: Box<dyn Read>, ends: Ends) -> Lines {
        Lines {
            source,
            ends,
            buffer: vec![0; BUFFER_BYTES],
            filled: 0,
            record: 0..0,
            next: 0,
            line: 0,
            next_line: 1,
            ended: false,
            skipping: false,
        }
    }

    /// Goes to the next record, without reading from the source.
    #[inline]
    pub fn advance(&mut self) -> Advance {
        if self.skipping && !self.skip() {
            return if self.ended { Advance::End } else { Advance::Wait };
        }
        match self.end_of_next() {
            Some((end, lines)) => self.take(end, end + 1, lines),
            None if !self.ended => return self.wait(),
            None if self.next < self.filled => self.take(self.filled, self.filled, 1),
            None => return Advance::End,
        }
        Advance::Record
    }

    /// The record at hand.
    #[inline]
    pub fn record(&self) -> &[u8] {
        &self.buffer[self.record.clone()]
    }

    /// The line the record at hand begins on, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Reads once from the source; may block. The record at hand is gone afterwards.
    pub fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.next..self.filled, 0);
        self.filled -= self.next;
        self.next = 0;
        self.record = 0..0;
        if self.filled == self.buffer.len() {
            self.buffer.resize((self.buffer.len() * 2).min(RECORD_BYTES_MAX + BUFFER_BYTES), 0);
        }
        loop {
            match self.source.read(&mut self.buffer[self.filled..]) {
                Ok(0) => self.ended = true,
                Ok(n) => self.filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            }
            return Ok(());
        }
    }

    fn wait(&mut self) -> Advance {
        if self.filled - self.next <= RECORD_BYTES_MAX {
            return Advance::Wait;
        }
        self.take(self.filled, self.filled, 0);
        self.skipping = true;
        Advance::TooLong
    }

    fn take(&mut self, end: usize, next: usize, lines: u64) {
        let mut start = self.next;
        self.line = self.next_line;
        if self.line == 1 && self.buffer[start..end].starts_with(b"\xef\xbb\xbf") {
            start += 3;
        }
        let end = if end > start && self.buffer[end - 1] == b'\r' { end - 1 } else { end };
        self.record = start..end;
        self.next = next;
        self.next_line += lines;
    }

    /// Passes over the buffered rest of a long record; false while its end is not in sight.
    fn skip(&mut self) -> bool {
        self.next = match memchr(b'\n', &self.buffer[self.next..self.filled]) {
            Some(n) => self.next + n + 1,
            None => self.filled,
        };
        self.skipping = self.next == self.filled && !self.ended;
        self.next_line += u64::from(!self.skipping);
        !self.skipping
    }

    /// Where the line end of the next record stands, and how many lines it has.
    #[inline]
    fn end_of_next(&self) -> Option<(usize, u64)> {
        let rest = &self.buffer[self.next..self.filled];
        match self.ends {
            Ends::Line => memchr(b'\n', rest).map(|n| (self.next + n, 1)),
            Ends::UnquotedLine => unquoted_end(rest).map(|(n, lines)| (self.next + n, lines)),
        }
    }
}

/// Where the first line end outside of double quotes stands, and how many lines it ends.
pub(crate) fn unquoted_end(rest: &[u8]) -> Option<(usize, u64)> {
    let (mut from, mut quotes) = (0, 0);
    for (i, end) in memchr_iter(b'\n', rest).enumerate() {
        quotes += memchr_iter(b'"', &rest[from..end]).count();
        from = end;
        if quotes % 2 == 0 {
            return Some((end, i as u64 + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives out `step` bytes a read.
    struct Drip(Vec<u8>, usize, usize);

    impl Read for Drip {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let n = self.2.min(self.0.len() - self.1).min(to.len());
            to[..n].copy_from_slice(&self.0[self.1..self.1 + n]);
            self.1 += n;
            Ok(n)
        }
    }

    fn all(text: &str, ends: Ends, step: usize) -> Vec<(u64, String)> {
        let mut lines = Lines::new(Box::new(Drip(text.into(), 0, step)), ends);
        let mut found = Vec::new();
        loop {
            match lines.advance() {
                Advance::Record => found.push((lines.line(), String::from_utf8(lines.record().to_vec()).unwrap())),
                Advance::TooLong => found.push((lines.line(), "too long".to_owned())),
                Advance::Wait => lines.fill().unwrap(),
                Advance::End => return found,
            }
        }
    }

    fn numbered(parts: &[(u64, &str)]) -> Vec<(u64, String)> {
        parts.iter().map(|(n, s)| (*n, s.to_string())).collect()
    }

    #[test]
    fn records_do_not_depend_on_reads() {
        for step in [1, 2, 3, 100] {
            let text = "\u{feff}a\r\n\nbc\nd";
            assert_eq!(all(text, Ends::Line, step), numbered(&[(1, "a"), (2, ""), (3, "bc"), (4, "d")]));
            let csv = "a,\"x\ny\"\r\nb\n\"open\nend";
            let records = [(1, "a,\"x\ny\""), (3, "b"), (4, "\"open\nend")];
            assert_eq!(all(csv, Ends::UnquotedLine, step), numbered(&records));
        }
        assert_eq!(all("", Ends::Line, 1), []);
    }

    #[test]
    fn a_record_that_is_too_long_is_passed_over() {
        let text = format!("a\n{}\nb\n", "x".repeat(RECORD_BYTES_MAX + 3 * BUFFER_BYTES));
        assert_eq!(all(&text, Ends::Line, 1 << 20), numbered(&[(1, "a"), (2, "too long"), (3, "b")]));
        let text = format!("{}\nb\n", "x".repeat(RECORD_BYTES_MAX));
        assert_eq!(all(&text, Ends::Line, 1 << 20).len(), 2);
    }
}
