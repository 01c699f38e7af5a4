//! The list of signals that the general way works on, and the buffers of what is made of it.

use riddhi_batch::{Column, Flow, Sel};
use riddhi_plan::registry::{Flush, Signal, SignalKind, Volatility};

use crate::expr::{Rows, Source};
use crate::query::Code;
use crate::query::faults::Entered;
use crate::query::fetched::Fetched;
use crate::query::raw::RawSignals;
use crate::query::rows::Piece;

/// Signals being collected: a list, cut into chunks.
#[derive(Debug, Default)]
pub struct Buffers {
    pub(in crate::query) kinds: Vec<SignalKind>,
    /// Number of the row in the store; [`NO_ROW`] of a reset.
    pub(in crate::query) rows: Vec<u64>,
    /// Timestamps: of an expired row, when it left.
    pub(in crate::query) ts: Vec<i64>,
    /// Chunk ends, and the entering row that caused each; `None`: the timer.
    pub(in crate::query) chunks: Vec<(u32, Option<u32>)>,
    /// Of each chunk: the chunk of the input that caused it, if no timer did.
    pub(in crate::query) origins: Vec<Option<u32>>,
    /// Of queries whose failed events are asked for.
    pub(in crate::query) entered: Entered,
    /// What the attribute that the window rewrites reads, a value a signal; empty if it rewrites none.
    pub(in crate::query) carried: Vec<i64>,
    /// Attributes of the signals' rows.
    pub(super) fetched: Fetched,
    /// Signals still in play.
    pub(in crate::query) alive: Vec<u32>,
    /// The signals that an expression is computed for.
    pub(super) asked: Vec<u32>,
    /// Places in `alive` of signals that are no resets.
    pub(super) real: Vec<u32>,
    /// The signals in play, for aggregates.
    pub(super) list: Vec<Signal>,
    /// The same without resets, for aggregates that run on.
    pub(super) running_on: Vec<Signal>,
    /// The groups of those in play.
    pub(super) ids: Vec<u32>,
    /// Arguments' columns, kept for their capacity.
    pub(super) arg_columns: Vec<Option<Column>>,
    /// The input chunk, or the timer, that each chunk comes from.
    pub(in crate::query) pieces: Vec<Piece>,
    pub(super) flags: Vec<u8>,
    /// Places in `alive` of those that may come out.
    pub(super) eligible: Vec<u32>,
    /// The clock at each signal.
    pub(super) now: Vec<i64>,
    /// Times and clocks of `asked`.
    asked_ts: Vec<i64>,
    asked_now: Vec<i64>,
    /// Of signals that a stream function is shown: whether they leave.
    pub(super) expired: Vec<u8>,
    /// By place in `alive`: whether an aggregate's argument failed; empty if none did.
    pub(super) lost: Vec<u8>,
    pub(super) flushes: Vec<Flush>,
    /// Of a query without a window that only collects: rows placed in `work`, and what numbers they have elsewhere.
    placed: u64,
    pub(in crate::query) numbers: Vec<u64>,
    passing: Vec<u32>,
}

impl Buffers {
    /// Buffers for a query.
    pub fn new(code: &Code) -> Buffers {
        Buffers { fetched: Fetched::new(code), ..Buffers::default() }
    }

    pub(super) fn clear(&mut self) {
        self.kinds.clear();
        self.rows.clear();
        self.ts.clear();
        self.chunks.clear();
        self.origins.clear();
        self.entered.clear();
        self.pieces.clear();
        self.carried.clear();
        self.fetched.clear();
        self.placed = 0;
        self.numbers.clear();
    }

    /// What was collected.
    pub fn signals(&self) -> RawSignals<'_> {
        let Buffers { kinds, rows, ts, chunks, pieces, numbers, .. } = self;
        RawSignals { kinds, rows, ts, chunks, pieces, numbers }
    }

    /// Gives the input chunks that chunks from `from` on come from other numbers.
    pub fn rename_pieces(&mut self, from: usize, name: impl Fn(u32) -> u32) {
        self.pieces[from..].iter_mut().for_each(|piece| piece.chunk = name(piece.chunk));
        self.origins[from..].iter_mut().flatten().for_each(|chunk| *chunk = name(*chunk));
    }

    /// Signals still in play.
    pub fn alive(&self) -> &[u32] {
        &self.alive
    }

    /// Attributes of the signals' rows.
    pub fn columns(&self) -> &[Column] {
        &self.fetched.placed.cols
    }

    /// A list for the rows of a query without a window.
    pub fn begin_passing(&mut self) -> Vec<u32> {
        let mut passing = std::mem::take(&mut self.passing);
        passing.clear();
        passing
    }

    /// Adds a signal of the row that is the `nth` to pass. Where signals are only collected, what tells rows apart is their
    /// place.
    pub fn push_passing(&mut self, kind: SignalKind, nth: usize, number: Option<u64>, ts: i64, collected: bool) {
        let place = self.placed + nth as u64;
        let row = if collected { place } else { number.unwrap_or(place) };
        self.push(kind, row, ts);
        if collected {
            self.numbers.extend(number);
        }
    }

    /// Copies the rows that passed behind those placed before.
    pub fn end_passing(&mut self, code: &Code, input: &Flow, passing: Vec<u32>) {
        for &a in &code.kept {
            self.fetched.placed.cols[a as usize].append(
                &input.rows.cols[a as usize],
                Sel::Rows(&passing),
                passing.len(),
            );
        }
        self.placed += passing.len() as u64;
        self.passing = passing;
    }

    pub(in crate::query) fn push(&mut self, kind: SignalKind, row: u64, ts: i64) {
        self.kinds.push(kind);
        self.rows.push(row);
        self.ts.push(ts);
    }

    /// How many chunks there are.
    pub fn chunks(&self) -> usize {
        self.chunks.len()
    }

    /// Notes where the chunks that came since the last call come from, given the entering row that caused each.
    pub(super) fn place(&mut self, piece_of: impl Fn(u32) -> Piece) {
        let new = &self.chunks[self.pieces.len()..];
        for &(_, cause) in new {
            let piece = piece_of(cause.unwrap_or(0));
            self.origins.push(cause.map(|_| piece.chunk));
            self.pieces.push(piece);
        }
    }

    /// Ends a chunk, if anything came since the last end.
    pub fn end(&mut self, cause: Option<u32>) {
        let (end, before) = (self.kinds.len() as u32, self.chunks.last().map_or(0, |c| c.0));
        if end > before {
            self.chunks.push((end, cause));
        }
    }

    /// The step at which a signal came.
    pub(super) fn step_of(&self, signal: u32) -> u32 {
        self.pieces[self.chunks.partition_point(|c| c.0 <= signal)].step
    }

    /// Asks of the signals in play, without resets.
    pub(super) fn ask_real(&mut self) {
        let Buffers { kinds, alive, asked, real, .. } = self;
        real.clear();
        real.extend((0..alive.len() as u32).filter(|&p| kinds[alive[p as usize] as usize] != SignalKind::Reset));
        asked.clear();
        asked.extend(real.iter().map(|&p| alive[p as usize]));
    }

    /// Asks of the signals in play at these places.
    pub(super) fn ask_places(&mut self, places: &[u32]) {
        self.asked.clear();
        self.asked.extend(places.iter().map(|&p| self.alive[p as usize]));
    }

    /// Notes times and clocks of the signals that are asked of, if a program of that volatility needs them.
    pub(super) fn ask_times(&mut self, volatility: Volatility) {
        self.asked_ts.clear();
        self.asked_now.clear();
        if volatility >= Volatility::RowTime {
            self.asked_ts.extend(self.asked.iter().map(|&i| self.ts[i as usize]));
        }
        if volatility >= Volatility::Clock {
            self.asked_now.extend(self.asked.iter().map(|&i| self.now[i as usize]));
        }
    }

    /// The rows of the signals that are asked of; `computed`: results of aggregates for them.
    pub(super) fn rows_asked<'a>(&'a self, computed: Source<'a>, (serial, seed): (u64, u64)) -> Rows<'a> {
        let input = Source { cols: &self.fetched.placed.cols, sel: Sel::Rows(&self.asked) };
        Rows { n: self.asked.len(), input, computed, ts: &self.asked_ts, now: &self.asked_now, serial, seed }
    }
}
