//! Mappers: messages to rows, and rows to messages.
//!
//! Invariants: a message becomes one chunk whole or is refused whole; mappers are called once a batch.

pub(crate) mod binary;
pub(crate) mod csv;
pub(crate) mod json;
pub(crate) mod template;
pub(crate) mod text;
pub(crate) mod values;
pub(crate) mod wso2event;

use std::ops::Range;

use riddhi_batch::{Arena, Chunk, Columns, Frame};
use riddhi_plan::registry::{MapperSpec, Mapping, Payload};
use riddhi_run::Clock;

use crate::input::fault::Fault;
use crate::input::jsonl::scan::Scanned;

/// Messages of one place, in order.
#[derive(Clone, Copy)]
pub struct Messages<'a> {
    /// All bytes.
    pub bytes: &'a [u8],
    /// Each message's.
    pub ranges: &'a [Range<usize>],
    /// Where they come from, for reports.
    pub name: &'a str,
    /// The line each begins on.
    pub lines: &'a [u64],
    /// Properties of the transport.
    pub properties: &'a [(&'a str, &'a str)],
    /// Whether nothing comes after the last one, if the transport tells (`trp:eof`).
    pub eof: bool,
}

impl<'a> Messages<'a> {
    /// The i-th message.
    pub fn message(&self, i: usize) -> &'a [u8] {
        &self.bytes[self.ranges[i].clone()]
    }

    /// The line it begins on.
    pub fn line(&self, i: usize) -> u64 {
        self.lines.get(i).copied().unwrap_or(0)
    }

    /// A property of the transport, for the i-th message.
    pub fn property(&self, i: usize, name: &str) -> Option<&'a str> {
        if name == "eof" {
            return Some(if self.eof && i + 1 == self.ranges.len() { "true" } else { "false" });
        }
        self.properties.iter().find(|(n, _)| *n == name).map(|(_, value)| *value)
    }
}

/// Where a mapper puts rows.
pub struct MapTarget<'a> {
    /// The frame.
    pub frame: &'a mut Frame,
    /// Stamps the entries.
    pub clock: &'a mut Clock,
    /// The stream, by number.
    pub stream: u32,
    /// Events taken.
    pub events: u64,
    /// Messages refused, by number.
    pub faults: &'a mut Vec<(usize, Box<Fault>)>,
}

impl MapTarget<'_> {
    /// The time that events get.
    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    /// Makes the rows appended an entry.
    #[inline]
    pub fn commit(&mut self) {
        let (now, sets) = self.clock.stamp(Some(self.clock.now()));
        self.events += self.frame.commit(self.stream, now, sets) as u64;
    }

    /// Makes the rows appended an entry whose last event happened at this time: the clock of a playback app follows it.
    #[inline]
    pub fn commit_at(&mut self, last: i64) {
        let (now, sets) = self.clock.stamp_event(last);
        self.events += self.frame.commit(self.stream, now, sets) as u64;
    }

    /// Makes the rows appended an entry, or, if there is a fault in the message, takes them back and refuses it.
    #[inline]
    pub(crate) fn settle(&mut self, message: usize, taken: Scanned<()>) {
        match taken {
            Ok(()) => self.commit(),
            Err(fault) => self.refuse(message, fault),
        }
    }

    /// Takes back the rows appended, and refuses the message.
    #[cold]
    pub fn refuse(&mut self, message: usize, fault: Box<Fault>) {
        self.frame.cancel(self.stream);
        self.faults.push((message, fault));
    }
}

/// Puts messages into frames.
pub trait SourceMapper: Send {
    /// Takes all messages.
    fn map(&mut self, messages: &Messages<'_>, to: &mut MapTarget<'_>);

    /// What it remembers from message to message.
    fn save(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Goes on from what another one remembered.
    fn restore(&mut self, _bytes: &[u8]) {}
}

/// Rows on their way out.
#[derive(Clone, Copy)]
pub struct OutRows<'a> {
    /// The rows.
    pub columns: &'a Columns,
    /// Their long strings.
    pub arena: &'a Arena,
    /// What was handed over together; of each the first row and the number of rows, and as `step` the entry of the frame.
    pub chunks: &'a [Chunk],
    /// Position of the frame's first entry.
    pub base: u64,
}

impl OutRows<'_> {
    /// Rows of all chunks.
    pub fn len(&self) -> usize {
        self.chunks.iter().map(|c| c.rows as usize).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }
}

/// What a message is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Of {
    /// The chunk, by number.
    pub chunk: u32,
    /// Messages of the chunk before it.
    pub part: u32,
    /// Rows of the chunk in it.
    pub rows: u32,
}

/// Messages on their way out.
#[derive(Debug, Default)]
pub struct Outgoing {
    /// All bytes.
    pub bytes: Vec<u8>,
    /// Where each message ends.
    pub ends: Vec<usize>,
    /// What each message is of.
    pub of: Vec<Of>,
    /// The chunk at work.
    pub chunk: u32,
    /// Rows that gave no message.
    pub dropped: u64,
    /// Why the last of them.
    pub reason: &'static str,
}

impl Outgoing {
    /// Ends a message of so many rows of the chunk at work.
    #[inline]
    pub fn end(&mut self, rows: u32) {
        self.ends.push(self.bytes.len());
        let part = self.of.last().filter(|last| last.chunk == self.chunk).map_or(0, |last| last.part + 1);
        self.of.push(Of { chunk: self.chunk, part, rows });
    }

    /// What was appended since the last message becomes none.
    #[cold]
    pub fn drop_rows(&mut self, rows: u64, reason: &'static str) {
        self.bytes.truncate(self.ends.last().copied().unwrap_or(0));
        self.dropped += rows;
        self.reason = reason;
    }

    /// Empties it for reuse.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.of.clear();
        (self.chunk, self.dropped) = (0, 0);
    }

    /// The messages.
    pub fn messages(&self) -> impl Iterator<Item = &[u8]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(from, to)| &self.bytes[from..*to])
    }
}

/// Makes messages of rows.
pub trait SinkMapper: Send {
    /// Appends the messages of all chunks.
    fn map(&mut self, rows: &OutRows<'_>, out: &mut Outgoing);

    /// Whether a sink that writes lines is to end each message.
    fn ends_lines(&self) -> bool {
        false
    }

    /// What it remembers from message to message.
    fn save(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Goes on from what another one remembered.
    fn restore(&mut self, _bytes: &[u8]) {}
}

/// Events as they are.
pub(crate) fn pass_through_spec() -> MapperSpec {
    MapperSpec {
        name: "passThrough",
        options: Vec::new(),
        payload: Payload::Events,
        mapping: Mapping::Ignored,
        check: |_| Vec::new(),
    }
}
