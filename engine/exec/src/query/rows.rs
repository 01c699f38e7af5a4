//! The rows of a turn that passed the handlers before the window, and the chunks they came in.

use riddhi_batch::{Chunk, Flow, Sel};

use crate::expr::{Rows, Source};
use crate::steps::Steps;

/// What is left of one input chunk.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    /// The input chunk.
    pub chunk: u32,
    /// Its step.
    pub step: u32,
    /// The end of its rows, as a count of selected rows.
    pub end: u32,
}

/// Selected rows of an input flow.
#[derive(Clone, Debug, Default)]
pub struct Selected {
    /// The first row of the turn.
    pub first: usize,
    /// The selected rows, absolute; empty with `whole`.
    pub rows: Vec<u32>,
    /// Whether all rows from `first` on are selected.
    pub whole: bool,
    /// How many are selected.
    pub n: usize,
    /// Chunks of which something is left, in order.
    pub pieces: Vec<Piece>,
}

impl Selected {
    /// All `n` rows from `first` on.
    pub fn all(&mut self, first: usize, n: usize) {
        self.rows.clear();
        self.whole = true;
        self.first = first;
        self.n = n;
    }

    /// Those rows, which rise.
    pub fn these(&mut self, rows: &[u32]) {
        self.rows.clear();
        self.rows.extend_from_slice(rows);
        self.whole = false;
        self.n = rows.len();
    }

    /// The rows, for a column of the input flow.
    pub fn sel(&self) -> Sel<'_> {
        if self.whole { Sel::From(self.first) } else { Sel::Rows(&self.rows) }
    }

    /// The input row that is the i-th selected.
    #[inline]
    pub fn row(&self, i: usize) -> usize {
        if self.whole { self.first + i } else { self.rows[i] as usize }
    }

    /// Keeps the selected rows of these places.
    pub fn keep(&mut self, hits: &[u32]) {
        if hits.len() == self.n {
            return;
        }
        if self.whole {
            self.rows.clear();
            let first = self.first as u32;
            self.rows.extend(hits.iter().map(|h| first + h));
            self.whole = false;
        } else {
            keep(&mut self.rows, hits);
        }
        self.n = hits.len();
    }

    /// Finds the pieces: which chunks of `from..to` still have rows.
    pub fn cut(&mut self, chunks: &[Chunk], from: usize, to: usize) {
        self.pieces.clear();
        let of = |i: usize, end: usize| Piece { chunk: i as u32, step: chunks[i].step, end: end as u32 };
        if self.whole {
            let mut end = 0;
            self.pieces.extend((from..to).map(|i| {
                end += chunks[i].rows as usize;
                of(i, end)
            }));
            return;
        }
        let all_single = (chunks[to - 1].first + chunks[to - 1].rows - chunks[from].first) as usize == to - from;
        if all_single {
            let base = chunks[from].first as usize;
            self.pieces.extend(self.rows.iter().enumerate().map(|(i, &r)| of(from + r as usize - base, i + 1)));
            return;
        }
        if self.n < (to - from) / 16 {
            // Few rows of many chunks: each looks for its own.
            for (i, &row) in self.rows.iter().enumerate() {
                let chunk = from + chunks[from..to].partition_point(|c| c.first + c.rows <= row);
                match self.pieces.last_mut() {
                    Some(last) if last.chunk == chunk as u32 => last.end = i as u32 + 1,
                    _ => self.pieces.push(of(chunk, i + 1)),
                }
            }
            return;
        }
        let mut row = 0;
        for (i, chunk) in chunks.iter().enumerate().take(to).skip(from) {
            let end = chunk.first + chunk.rows;
            let before = row;
            while row < self.n && self.rows[row] < end {
                row += 1;
            }
            if row > before {
                self.pieces.push(of(i, row));
            }
        }
    }

    /// The selected rows of an input, for a program: with results of aggregates, times and clocks, the number of the first, and the
    /// seed.
    pub fn rows_of<'a>(
        &'a self,
        input: &'a Flow,
        computed: Source<'a>,
        (ts, now): (&'a [i64], &'a [i64]),
        (serial, seed): (u64, u64),
    ) -> Rows<'a> {
        Rows { computed, ts, now, serial, seed, ..Rows::of(&input.rows.cols, self.sel(), self.n) }
    }

    /// Whether every piece is one row.
    pub fn singles(&self) -> bool {
        self.pieces.len() == self.n
    }

    /// Appends the clock at each selected row.
    pub fn clock(&self, steps: &Steps, now: &mut Vec<i64>) {
        for piece in &self.pieces {
            now.resize(piece.end as usize, steps.now(piece.step));
        }
    }

    /// Appends per selected row the end of its chunk.
    pub fn ends(&self, ends: &mut Vec<u32>) {
        for piece in &self.pieces {
            ends.resize(piece.end as usize, piece.end);
        }
    }

    /// The piece to which selected row `i` belongs.
    pub fn piece_of(&self, i: usize) -> Piece {
        let at = if self.singles() { i } else { self.pieces.partition_point(|p| p.end as usize <= i) };
        self.pieces[at]
    }
}

/// Keeps the rows at these places, which rise, so that rows can be moved down in place.
pub(super) fn keep(rows: &mut Vec<u32>, places: &[u32]) {
    for (to, &place) in places.iter().enumerate() {
        rows[to] = rows[place as usize];
    }
    rows.truncate(places.len());
}
