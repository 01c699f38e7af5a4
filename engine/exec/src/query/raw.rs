//! Queries that put out the rows of their window with their kinds instead of a selection (named windows), and those of which
//! only the signals are asked for: a join makes its own of what the windows of its sides say.

use riddhi_batch::{Chunk, Column, Columns, Flow, Sel};
use riddhi_plan::logical::NOT_IN_WINDOW;
use riddhi_plan::registry::{SignalKind, Times, Window};

use super::code::{Raw, Takes};
use super::general;
use super::rows::{Piece, Selected};
use super::{Code, Cx, Query, Work};
use crate::store::{Store, longs};

/// What the window of a query said: rows that arrive, rows that leave and resets, in chunks.
#[derive(Clone, Copy, Debug)]
pub struct RawSignals<'a> {
    /// What each is.
    pub kinds: &'a [SignalKind],
    /// The row's number in [`Query::store`]; of a query without a window its place in [`Query::passed`]. Nothing of a reset.
    pub rows: &'a [u64],
    /// Timestamps: of an expired row, when it left.
    pub ts: &'a [i64],
    /// For each chunk where it ends, and what it comes from.
    pub chunks: &'a [(u32, Option<u32>)],
    /// The input chunk, or the timer, that each chunk comes from.
    pub pieces: &'a [Piece],
    /// Of a reader of a named window: the number that each row has there.
    pub numbers: &'a [u64],
}

/// Collects the selected rows of a query without a window, with the kinds they have.
pub(super) fn passing_signals(code: &Code, input: &Flow, selected: &Selected, g: &mut general::Buffers) {
    let (lets, number) = match code.takes {
        Takes::Rows | Takes::Signals => (None, None),
        // A join sees all that happens to what the window holds.
        Takes::Window { kinds, number } => {
            (Some(kinds).filter(|_| code.raw != Raw::Stage), Some(longs(&input.rows.cols[number as usize])))
        }
    };
    // What came out of another query as expired arrives here.
    let kinds = if code.takes == Takes::Rows { &[][..] } else { &input.kinds[..] };
    let (mut done, mut passing) = (0, g.begin_passing());
    for piece in &selected.pieces {
        for i in done..piece.end as usize {
            let row = selected.row(i);
            let kind = kinds.get(row).map_or(SignalKind::Current, |&k| SignalKind::of(k));
            let number = number.map(|n| n[row] as u64);
            // What a stream of the window's name brings passes whatever the window lets out.
            if lets.is_none_or(|lets| lets.have(kind)) || number == Some(NOT_IN_WINDOW as u64) {
                g.push_passing(kind, passing.len(), number, input.rows.ts[row], code.raw == Raw::Stage);
                passing.push(row as u32);
            }
        }
        done = piece.end as usize;
        g.end(Some(piece.end - 1));
    }
    g.end_passing(code, input, passing);
}

impl general::Buffers {
    /// Drops the signals that are not in play any longer, and chunks of which nothing is left.
    pub fn keep_alive_only(&mut self) {
        let (mut next, mut chunks) = (0, 0);
        for at in 0..self.chunks.len() {
            let (end, cause) = self.chunks[at];
            let before = next;
            while next < self.alive.len() && self.alive[next] < end {
                let from = self.alive[next] as usize;
                self.kinds[next] = self.kinds[from];
                self.rows[next] = self.rows[from];
                self.ts[next] = self.ts[from];
                if let Some(&number) = self.numbers.get(from) {
                    self.numbers[next] = number;
                }
                next += 1;
            }
            if next > before {
                self.chunks[chunks] = (next as u32, cause);
                self.pieces[chunks] = self.pieces[at];
                self.origins[chunks] = self.origins[at];
                chunks += 1;
            }
        }
        self.kinds.truncate(next);
        self.rows.truncate(next);
        self.ts.truncate(next);
        self.numbers.truncate(next);
        self.chunks.truncate(chunks);
        self.pieces.truncate(chunks);
        self.origins.truncate(chunks);
    }
}

impl Query {
    /// From here on signals are only collected.
    pub fn begin_raw(&mut self) {
        self.work.collect_signals();
    }

    /// Takes all chunks of a frame's input, and the timers among and after them.
    pub fn run_raw_frame(&mut self, cx: &mut Cx<'_>, input: &Flow) {
        if self.code.has_timers() {
            self.run_among_timers(cx, input);
            self.fire_rest(cx);
        } else {
            self.run(cx, input, 0, input.chunks.len());
        }
    }

    /// Takes all chunks, and the timers before and among them.
    pub fn run_among_timers(&mut self, cx: &mut Cx<'_>, input: &Flow) {
        if self.code.has_timers() {
            self.run_and_fire(cx, input, None);
        } else {
            self.run(cx, input, 0, input.chunks.len());
        }
    }

    /// Fires the timers that are left in the frame.
    pub fn fire_rest(&mut self, cx: &mut Cx<'_>) {
        if self.code.has_timers() {
            self.fire_before(cx, None);
        }
    }

    /// The chunks that came out in this frame, for who gives them other causes.
    pub fn out_chunks(&mut self) -> &mut [Chunk] {
        &mut self.work.out.chunks
    }

    /// The rows that came out in this frame, for who changes what they carry.
    pub fn out_rows(&mut self) -> &mut Columns {
        &mut self.work.out.rows
    }

    /// Takes the chunks `from..to`.
    pub fn run_raw(&mut self, cx: &mut Cx<'_>, input: &Flow, from: usize, to: usize) {
        self.run(cx, input, from, to);
    }

    /// Runs the handlers after the window on what was collected.
    pub fn handle_raw(&mut self, cx: &mut Cx<'_>) {
        if self.code.after.is_empty() {
            return;
        }
        let mut g = std::mem::take(&mut self.work.buffers.general);
        if g.chunks() > 0 {
            self.lend_tables(cx);
            self.work.handle_signals(&self.code, cx, &mut g);
            self.lend_tables(cx);
            g.keep_alive_only();
        }
        self.work.buffers.general = g;
    }

    /// What was collected since [`Query::begin_raw`].
    pub fn raw_signals(&self) -> RawSignals<'_> {
        self.work.buffers.general.signals()
    }

    /// Of a query without a window: the columns of the rows collected, as many as there are attributes; only kept ones are filled.
    pub fn passed(&self) -> &[Column] {
        self.work.buffers.general.columns()
    }

    /// The rows that the window keeps, and until [`Query::end_raw`] those that left it.
    pub fn store(&self) -> &Store {
        &self.work.state.store
    }

    /// The columns of the store: which attribute stands in each.
    pub fn stored(&self) -> &[u32] {
        &self.code.kept
    }

    /// The window.
    pub fn window(&self) -> Option<&dyn Window> {
        self.work.state.window.as_deref().map(|w| w as &dyn Window)
    }

    /// Lets go what nobody needs any longer.
    pub fn end_raw(&mut self) {
        self.work.collecting = false;
        self.work.release_unneeded(&self.code);
    }
}

impl Work {
    /// Puts out the signals with all attributes of their rows, each row's number behind them. Rows that leave have their own
    /// time if their number is below `looked`.
    pub(super) fn emit_raw(&mut self, code: &Code, g: &general::Buffers, looked: u64) {
        let out = &mut self.out;
        let mut next = 0;
        let alive = g.alive();
        for (piece, &(end, _)) in g.pieces.iter().zip(&g.chunks) {
            let mut until = next;
            while alive.get(until).is_some_and(|&i| i < end) {
                until += 1;
            }
            if until > next {
                let first = out.rows.len() as u32 + next as u32;
                out.chunks.push(Chunk { step: piece.step, cause: piece.chunk, first, rows: (until - next) as u32 });
            }
            next = until;
        }
        let alive = Sel::Rows(g.alive());
        let n = g.alive().len();
        let store = &self.state.store;
        let time = |&i: &u32| {
            let (kind, row) = (g.signals().kinds[i as usize], g.signals().rows[i as usize]);
            match kind {
                SignalKind::Expired if row < looked => store.time(row),
                _ => g.signals().ts[i as usize],
            }
        };
        out.rows.ts.extend(g.alive().iter().map(time));
        out.kinds.extend(g.alive().iter().map(|&i| g.signals().kinds[i as usize] as u8));
        for (to, item) in out.rows.cols.iter_mut().zip(&code.items) {
            if let Some(from) = item.attribute() {
                to.append(&g.columns()[from as usize], alive, n);
            }
        }
        if let Some(number) = out.rows.cols.get_mut(code.items.len()) {
            g.alive().iter().for_each(|&i| number.push_i64(g.signals().rows[i as usize] as i64));
        }
    }
}

/// Makes one chunk of those from `before` on that come from chunks of `input` with one cause, which becomes theirs.
pub(super) fn join_chunks(out: &mut Flow, before: usize, input: &[Chunk]) {
    let mut to = before;
    for at in before..out.chunks.len() {
        let mut chunk = out.chunks[at];
        chunk.cause = input[chunk.cause as usize].cause;
        match out.chunks[before..to].last_mut() {
            Some(last) if (last.step, last.cause) == (chunk.step, chunk.cause) => last.rows += chunk.rows,
            _ => {
                out.chunks[to] = chunk;
                to += 1;
            }
        }
    }
    out.chunks.truncate(to);
}
