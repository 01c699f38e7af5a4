//! The run of entries that a worker takes in one turn.

use std::sync::Arc;

use crate::{Arena, Chunk, Columns, Flow, Schema};

/// The stream number of an entry that only moves the clock.
pub const TICK: u32 = u32::MAX;

/// One indivisible input: a chunk of one stream, or a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Stream number, or [`TICK`].
    pub stream: u32,
    /// First row in the stream's flow of this frame.
    pub first: u32,
    /// Rows; 0 of a tick.
    pub rows: u32,
    /// Whether it set the clock, that is, was not older than it. Playback looks at timers only then.
    pub sets: bool,
    /// The clock after it, milliseconds; never falls from entry to entry.
    pub now: i64,
}

/// What stores answered to the look-ups of a run of entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Position after the last entry of the run.
    pub until: u64,
    /// The answers, as whoever asked wrote them.
    pub bytes: Arc<[u8]>,
}

/// Entries in order and, per stream, the rows of its entries. Frame boundaries have no meaning.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// Position of the first entry.
    pub base: u64,
    /// The entries.
    pub entries: Vec<Entry>,
    /// A flow per stream of the app, by stream number; chunk `step` is the entry's index.
    pub flows: Vec<Flow>,
    /// The streams that have rows here, in order of first appearance.
    pub touched: Vec<u32>,
    /// Long strings of all flows, and of all that the engine computes from them.
    pub arena: Arena,
    /// Rows of all entries.
    pub rows: usize,
    /// An on-demand query that changes a table, asked at its only entry, which has no rows; else empty.
    pub asked: String,
    /// What stores answered when the entries were first processed, if this is not the first time. A frame with answers has no
    /// entry behind the run that they are for.
    pub answered: Option<Answered>,
}

impl Frame {
    /// An empty frame for an app's streams.
    pub fn new<'a>(schemas: impl IntoIterator<Item = &'a Schema>) -> Frame {
        Frame { flows: schemas.into_iter().map(Flow::of).collect(), ..Frame::default() }
    }

    /// Empties the frame for reuse; the next entry will have position `base`.
    pub fn reset(&mut self, base: u64) {
        for &s in &self.touched {
            self.flows[s as usize].clear();
        }
        self.touched.clear();
        self.entries.clear();
        self.arena.clear();
        self.rows = 0;
        self.asked.clear();
        self.answered = None;
        self.base = base;
    }

    /// Whether it has no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Where to append rows of the next chunk of `stream`; then [`Frame::commit`] or [`Frame::cancel`].
    #[inline]
    pub fn rows_of(&mut self, stream: u32) -> (&mut Columns, &mut Arena) {
        (&mut self.flows[stream as usize].rows, &mut self.arena)
    }

    /// Makes the rows appended since the last commit an entry. Returns its rows; no row, no entry.
    // A call for each event is an eighth of what filling a frame of alternating streams costs.
    #[inline(always)]
    pub fn commit(&mut self, stream: u32, now: i64, sets: bool) -> usize {
        let flow = &mut self.flows[stream as usize];
        let first = flow.committed;
        let rows = flow.rows.ts.len() as u32 - first;
        if rows == 0 {
            return 0;
        }
        flow.committed = first + rows;
        if first == 0 && !self.touched.contains(&stream) {
            self.touched.push(stream);
        }
        let step = self.entries.len() as u32;
        flow.chunks.push(Chunk { step, cause: step, first, rows });
        self.entries.push(Entry { stream, first, rows, sets, now });
        self.rows += rows as usize;
        rows as usize
    }

    /// Drops the rows appended since the last commit.
    pub fn cancel(&mut self, stream: u32) {
        let flow = &mut self.flows[stream as usize];
        flow.rows.truncate(flow.committed as usize);
    }

    /// Makes a frame without entries that of an on-demand query which changes a table. The clock reads `now` and is not set by it.
    pub fn ask(&mut self, query: &str, now: i64) {
        self.tick(now, false);
        self.asked.push_str(query);
    }

    /// An entry that only moves the clock.
    pub fn tick(&mut self, now: i64, sets: bool) {
        self.entries.push(Entry { stream: TICK, first: 0, rows: 0, sets, now });
    }
}
