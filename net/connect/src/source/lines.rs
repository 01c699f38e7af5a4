//! Lines of a byte source, or messages that patterns mark in it, taken as they come.
//!
//! Invariants: the buffer grows only for a line that does not fit, up to [`RECORD_BYTES_MAX`]; the rest of a longer one is passed over. What
//! was taken is counted in bytes, so that reading can go on from there.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memchr_iter};

use super::records::{Found, Records};
use crate::input::lines::RECORD_BYTES_MAX;

/// Bytes of the buffer to begin with, and of one read.
const BUFFER_BYTES: usize = 128 << 10;

/// Lines at hand.
#[derive(Debug, Default)]
pub struct LineBuffer {
    buffer: Vec<u8>,
    filled: usize,
    /// Where the next line begins.
    next: usize,
    /// Bytes taken, from the beginning of the source.
    taken: u64,
    /// Number of the next line, from 1.
    line: u64,
    /// The rest of a line that is too long is being passed over.
    skipping: bool,
    /// Lines that are empty are told too.
    trim: bool,
    /// What is taken instead of lines.
    records: Option<Arc<Records>>,
}

/// The lines that were taken; used again and again.
#[derive(Debug, Default)]
pub struct Taken {
    /// Where each lies in the buffer.
    pub ranges: Vec<Range<usize>>,
    /// Their numbers.
    pub numbers: Vec<u64>,
    /// The number of a line that was too long, and where its beginning lies; it comes after the others.
    pub too_long: Option<(u64, Range<usize>)>,
}

impl Taken {
    fn clear(&mut self) {
        self.ranges.clear();
        self.numbers.clear();
        self.too_long = None;
    }

    /// Whether nothing was taken.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty() && self.too_long.is_none()
    }
}

impl LineBuffer {
    /// Lines from this byte and line of the source on. `trim`: spaces around a line are left out.
    pub fn new(offset: u64, line: u64, trim: bool) -> LineBuffer {
        LineBuffer { taken: offset, line, trim, ..LineBuffer::default() }
    }

    /// The same of messages that patterns mark.
    pub fn of_records(offset: u64, line: u64, records: Arc<Records>) -> LineBuffer {
        LineBuffer { records: Some(records), ..LineBuffer::new(offset, line, false) }
    }

    /// Bytes of the source that were taken.
    pub fn offset(&self) -> u64 {
        self.taken
    }

    /// Number of the next line.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Bytes of the source that were read.
    pub fn read_to(&self) -> u64 {
        self.taken + (self.filled - self.next) as u64
    }

    /// All bytes at hand, of which [`Taken`] gives ranges.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer
    }

    /// Reads once; gives the number of bytes. What was taken before is gone.
    pub fn fill(&mut self, from: &mut impl Read) -> io::Result<usize> {
        self.buffer.copy_within(self.next..self.filled, 0);
        self.filled -= self.next;
        self.next = 0;
        if self.filled == self.buffer.len() {
            let size = (self.buffer.len() * 2).clamp(BUFFER_BYTES, RECORD_BYTES_MAX + BUFFER_BYTES);
            self.buffer.resize(size, 0);
        }
        loop {
            match from.read(&mut self.buffer[self.filled..]) {
                Ok(n) => {
                    self.filled += n;
                    return Ok(n);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Takes up to `max` lines that are there whole. Empty ones are passed over.
    pub fn take(&mut self, max: usize, to: &mut Taken) {
        to.clear();
        if let Some(records) = self.records.clone() {
            return self.take_records(&records, max, to);
        }
        while to.ranges.len() < max {
            let Some(n) = memchr(b'\n', &self.buffer[self.next..self.filled]) else {
                return self.check_length(to);
            };
            let (start, end) = (self.next, self.next + n);
            self.pass(n + 1);
            self.line += 1;
            if std::mem::replace(&mut self.skipping, false) {
                continue;
            }
            self.give(start..end, to);
        }
    }

    fn take_records(&mut self, records: &Records, max: usize, to: &mut Taken) {
        while to.ranges.len() < max {
            let Some(found) = records.find(&self.buffer[self.next..self.filled]) else {
                return self.check_length(to);
            };
            // Of a message that was too long the end may be left.
            let rest_of_one = std::mem::replace(&mut self.skipping, false) && !records.knows_beginnings();
            self.give_record(found, !rest_of_one, to);
        }
    }

    /// Passes a message, and what stands before it; it is `wanted` unless it is the rest of one.
    fn give_record(&mut self, found: Found, wanted: bool, to: &mut Taken) {
        let start = self.next + found.start;
        self.pass_lines(found.start);
        if wanted {
            to.ranges.push(start..self.next + found.end - found.start);
            to.numbers.push(self.line);
        }
        self.pass_lines(found.end - found.start);
    }

    fn pass_lines(&mut self, n: usize) {
        self.line += memchr_iter(b'\n', &self.buffer[self.next..self.next + n]).count() as u64;
        self.pass(n);
    }

    /// Takes what has no line end, as the source has ended.
    pub fn take_rest(&mut self, to: &mut Taken) {
        to.clear();
        if let Some(records) = self.records.clone() {
            let skipping = std::mem::replace(&mut self.skipping, false);
            if let Some(found) = records.last(&self.buffer[self.next..self.filled]) {
                self.give_record(found, !skipping || records.knows_beginnings(), to);
            }
            return self.pass_lines(self.filled - self.next);
        }
        let (start, end) = (self.next, self.filled);
        if end > start {
            self.pass(end - start);
            self.line += 1;
            if !std::mem::replace(&mut self.skipping, false) {
                self.give(start..end, to);
            }
        }
    }

    fn give(&mut self, range: Range<usize>, to: &mut Taken) {
        let line = &self.buffer[range.clone()];
        let begin = if self.line == 2 && line.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let line = &line[begin..];
        let kept = if self.trim { line.trim_ascii_end() } else { line.strip_suffix(b"\r").unwrap_or(line) };
        let lead = if self.trim { kept.len() - kept.trim_ascii_start().len() } else { 0 };
        if kept.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        let start = range.start + begin;
        to.ranges.push(start + lead..start + kept.len());
        to.numbers.push(self.line - 1);
    }

    fn pass(&mut self, n: usize) {
        self.next += n;
        self.taken += n as u64;
    }

    /// Gives up on a line that is longer than a line may be.
    fn check_length(&mut self, to: &mut Taken) {
        let at_hand = self.filled - self.next;
        if self.skipping {
            self.pass(at_hand);
        } else if at_hand > RECORD_BYTES_MAX {
            to.too_long = Some((self.line, self.next..self.filled));
            self.skipping = true;
            self.pass(at_hand);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives out `1` to `.1` bytes a read.
    struct Drip<'a>(&'a [u8], usize);

    impl Read for Drip<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let n = self.1.min(to.len());
            self.0.read(&mut to[..n])
        }
    }

    fn all(text: &[u8], step: usize, max: usize, trim: bool) -> Vec<(u64, String)> {
        let (mut lines, mut from, mut taken) = (LineBuffer::new(0, 1, trim), Drip(text, step), Taken::default());
        let mut found = Vec::new();
        let mut keep = |lines: &LineBuffer, taken: &Taken| {
            for (range, n) in taken.ranges.iter().zip(&taken.numbers) {
                found.push((*n, String::from_utf8_lossy(&lines.bytes()[range.clone()]).into_owned()));
            }
            found.extend(taken.too_long.iter().map(|(n, _)| (*n, "too long".to_owned())));
        };
        loop {
            lines.take(max, &mut taken);
            if !taken.is_empty() {
                keep(&lines, &taken);
                continue;
            }
            if lines.fill(&mut from).unwrap() == 0 {
                lines.take_rest(&mut taken);
                keep(&lines, &taken);
                assert_eq!(lines.offset(), text.len() as u64);
                return found;
            }
        }
    }

    #[test]
    fn lines_do_not_depend_on_reads() {
        let text = b"\xef\xbb\xbfa\r\n\n b \nlast";
        for step in [1, 3, 100] {
            for max in [1, 10] {
                let raw = [(1, "a"), (3, " b "), (4, "last")].map(|(n, s)| (n, s.to_owned()));
                assert_eq!(all(text, step, max, false), raw);
                let trimmed = [(1, "a"), (3, "b"), (4, "last")].map(|(n, s)| (n, s.to_owned()));
                assert_eq!(all(text, step, max, true), trimmed);
            }
        }
    }

    #[test]
    fn records_do_not_depend_on_reads() {
        let text = b"head\n<<a\nb\n<<c<<d\n";
        for step in [1, 3, 100] {
            let records = Arc::new(Records::new(Some("<<"), None).unwrap());
            let mut lines = LineBuffer::of_records(0, 1, records);
            let (mut from, mut taken, mut found) = (Drip(text, step), Taken::default(), Vec::new());
            loop {
                lines.take(1, &mut taken);
                let ended = taken.is_empty() && lines.fill(&mut from).unwrap() == 0;
                if ended {
                    lines.take_rest(&mut taken);
                }
                for (range, n) in taken.ranges.iter().zip(&taken.numbers) {
                    found.push((*n, String::from_utf8_lossy(&lines.bytes()[range.clone()]).into_owned()));
                }
                if ended {
                    break;
                }
            }
            assert_eq!(found, [(2, "<<a\nb\n"), (4, "<<c"), (4, "<<d\n")].map(|(n, s)| (n, s.to_owned())));
            assert_eq!((lines.offset(), lines.line()), (text.len() as u64, 5));
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_in_bounded_memory() {
        let mut text = b"a\n".to_vec();
        text.resize(text.len() + 3 * RECORD_BYTES_MAX, b'x');
        text.extend_from_slice(b"\nb\n");
        let found = all(&text, 1 << 20, 10, false);
        assert_eq!(found, [(1, "a".to_owned()), (2, "too long".to_owned()), (3, "b".to_owned())]);
    }
}
