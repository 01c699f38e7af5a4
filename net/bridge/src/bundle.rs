//! A bundle on its way: read whole, handed on by stream, and waited for.
//!
//! Invariant: nothing of a bundle is handed on before all of it was read.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use riddhi_edge::{Io, Outcome, Verdict};
use riddhi_wire::databridge::run::{RunWriter, Texts};
use riddhi_wire::databridge::{binary, thrift};
use riddhi_wire::{Values, WireError};

use crate::bridge::Bridge;
use crate::streams::Stream;

/// Events of a run at most, and bytes that it may have before one more is added: a source takes whole runs.
const RUN_EVENTS_MAX: usize = 512;
const RUN_BYTES_MAX: usize = 32 << 10;

/// Bytes of rows that are kept for the next bundle.
const ROWS_KEPT_BYTES: usize = 1 << 20;

/// Why nothing of a bundle is taken.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// It is not of the protocol's form, or its values not of the streams' types.
    Malformed(WireError),
    /// It cannot be read on without the definition of this stream.
    Unknown(String),
}

impl From<WireError> for Unreadable {
    fn from(error: WireError) -> Unreadable {
        Unreadable::Malformed(error)
    }
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unreadable::Malformed(error) => write!(f, "the bundle cannot be read: {error}"),
            Unreadable::Unknown(id) => write!(f, "no stream {id} is defined"),
        }
    }
}

/// Events of one stream that follow each other in a bundle.
struct Run {
    stream: Arc<Stream>,
    events: usize,
    /// In the message (Binary), or in the rows made of it (Thrift).
    bytes: Range<usize>,
}

/// What became of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// All that could be was accepted.
    Accepted,
    /// Something was refused, and will be if it is sent again.
    Refused,
    /// It has events of streams that nobody takes, and no others.
    Unknown,
    /// It was not accepted in time.
    Late,
}

impl Fate {
    /// What a publisher is told of a bundle that is not taken, now or ever.
    pub(crate) fn why(self) -> &'static str {
        match self {
            Fate::Unknown => "no source takes the streams of the bundle",
            _ => "events of the bundle were refused",
        }
    }
}

/// The bundle of a connection that is read, handed on or waited for: one at a time.
pub(crate) struct Bundle {
    bridge: Arc<Bridge>,
    /// What was looked up last, at which version of all streams.
    last: Option<(u64, Arc<Stream>)>,
    runs: Vec<Run>,
    /// Events of a Thrift bundle as rows.
    rows: Vec<u8>,
    texts: Texts,
    index: thrift::MapIndex,
    /// Whether it has events of streams that nobody takes.
    unknown: bool,
    waiting: Option<Waiting>,
    /// Number of the bundle on its connection.
    number: u64,
}

struct Waiting {
    since: Instant,
    /// Bytes of the request.
    request: usize,
    /// Runs that were handed on, and how many of them are not judged.
    pushed: usize,
    open: usize,
    refused: bool,
}

impl Bundle {
    pub(crate) fn new(bridge: Arc<Bridge>) -> Bundle {
        Bundle {
            bridge,
            last: None,
            runs: Vec::new(),
            rows: Vec::new(),
            texts: Texts::EmptyIsNull,
            index: thrift::MapIndex::default(),
            unknown: false,
            waiting: None,
            number: 0,
        }
    }

    fn begin(&mut self, texts: Texts) {
        self.runs.clear();
        self.rows.clear();
        self.rows.shrink_to(ROWS_KEPT_BYTES);
        self.texts = texts;
        self.unknown = false;
    }

    /// The stream of an id.
    #[inline]
    fn find(&mut self, id: &[u8]) -> Option<Arc<Stream>> {
        let version = self.bridge.streams.version();
        if let Some((at, stream)) = &self.last
            && *at == version
            && *stream.id == *id
        {
            return Some(stream.clone());
        }
        let stream = self.bridge.streams.find(id)?;
        self.last = Some((version, stream.clone()));
        Some(stream)
    }

    /// Adds an event to the runs.
    fn add(&mut self, stream: Arc<Stream>, bytes: Range<usize>) {
        if let Some(run) = self.runs.last_mut()
            && Arc::ptr_eq(&run.stream, &stream)
            && run.bytes.end == bytes.start
            && run.events < RUN_EVENTS_MAX
            && run.bytes.len() < RUN_BYTES_MAX
        {
            run.events += 1;
            run.bytes.end = bytes.end;
            return;
        }
        self.runs.push(Run { stream, events: 1, bytes });
    }

    /// Reads a bundle of Binary, whose events tell their length: those of unknown streams are passed over.
    pub(crate) fn read_binary(&mut self, message: &[u8], publish: &binary::Publish<'_>) -> Result<(), Unreadable> {
        self.begin(Texts::EmptyIsNull);
        let mut events = publish.events();
        loop {
            let start = message.len() - events.rest().len();
            let Some(event) = events.next() else { return Ok(()) };
            let event = event?;
            let Some(stream) = self.find(event.stream) else {
                self.unknown = true;
                continue;
            };
            let mut values = event.values();
            for ty in &stream.types {
                values.value(*ty)?;
            }
            for pair in binary::Arbitrary::behind(values) {
                pair?;
            }
            if is_taken(&stream) {
                self.add(stream, start..message.len() - events.rest().len());
            } else {
                self.unknown = true;
            }
        }
    }

    /// Reads a bundle of Thrift, which needs the definition of each stream in it.
    pub(crate) fn read_thrift(&mut self, bundle: &thrift::Bundle<'_>) -> Result<(), Unreadable> {
        self.begin(Texts::Exact);
        let mut events = bundle.events()?;
        self.index.learn(bundle)?;
        let mut rows = std::mem::take(&mut self.rows);
        let read = self.rows_of(bundle, &mut events, &mut rows);
        self.rows = rows;
        read
    }

    fn rows_of(
        &mut self,
        bundle: &thrift::Bundle<'_>,
        events: &mut thrift::Events<'_>,
        rows: &mut Vec<u8>,
    ) -> Result<(), Unreadable> {
        let mut writer = RunWriter::new(rows);
        let (mut start, mut number) = (0, 0);
        while let Some(head) = events.head()? {
            let Some(stream) = self.find(head.stream) else {
                return Err(Unreadable::Unknown(riddhi_wire::text(head.stream).into_owned()));
            };
            writer.event(head.timestamp);
            for ty in &stream.types {
                writer.value(events.value(*ty)?);
            }
            for pair in self.index.pairs(bundle, number).into_iter().flatten() {
                let (key, value) = pair?;
                writer.pair(key, value);
            }
            let end = writer.end();
            if is_taken(&stream) {
                self.add(stream, start..end);
            } else {
                self.unknown = true;
            }
            (start, number) = (end, number + 1);
        }
        Ok(())
    }

    /// Whether there is nothing to hand on, but was something that nobody takes.
    pub(crate) fn is_unknown(&self) -> bool {
        self.runs.is_empty() && self.unknown
    }

    /// Begins to hand on what was read of a request of so many bytes.
    pub(crate) fn start(&mut self, request: usize, now: Instant) {
        self.number += 1;
        self.waiting = Some(Waiting { since: now, request, pushed: 0, open: 0, refused: false });
    }

    /// Whether it is handed on, or waited for.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Bytes of the request, if it has not been taken whole yet.
    pub(crate) fn request(&self) -> Option<usize> {
        self.waiting.as_ref().filter(|w| w.pushed < self.runs.len()).map(|w| w.request)
    }

    /// Hands on, from where it stopped; `message` is the request. Gives whether all is handed on.
    pub(crate) fn push(&mut self, message: &[u8], io: &mut Io<'_>) -> bool {
        let bytes = if self.texts == Texts::Exact { &self.rows } else { message };
        let Some(waiting) = &mut self.waiting else { return true };
        while let Some(run) = self.runs.get(waiting.pushed) {
            // Both are there: only runs that are taken were added, and the request is whole.
            if let (Some(door), Some(body)) = (&run.stream.door, bytes.get(run.bytes.clone())) {
                if !io.push(door, &self.texts.head(), body, self.number) {
                    return false;
                }
                waiting.open += 1;
            }
            waiting.pushed += 1;
        }
        true
    }

    /// Takes note of a verdict.
    pub(crate) fn judge(&mut self, verdict: &Verdict) {
        if let Some(waiting) = self.waiting.as_mut().filter(|_| verdict.seq == self.number) {
            waiting.open = waiting.open.saturating_sub(1);
            waiting.refused |= verdict.outcome != Outcome::Accepted;
        }
    }

    /// What became of the bundle, once, when all of it is handed on and judged.
    pub(crate) fn done(&mut self) -> Option<Fate> {
        let waiting = self.waiting.take_if(|w| w.open == 0 && w.pushed == self.runs.len())?;
        self.bridge.was_accepted();
        Some(if waiting.refused { Fate::Refused } else { Fate::Accepted })
    }

    /// Gives up waiting, if it has waited as long as it may; what is accepted later is so all the same.
    pub(crate) fn give_up_if_late(&mut self, now: Instant) -> bool {
        let within = self.bridge.options().answer_within;
        let late = self.waiting.take_if(|w| now.saturating_duration_since(w.since) >= within).is_some();
        if late {
            self.bridge.came_late(now);
        }
        late
    }
}

fn is_taken(stream: &Stream) -> bool {
    stream.door.as_ref().is_some_and(|door| !door.is_closed())
}
