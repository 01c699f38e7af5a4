//! Stream functions that add attributes before the window: the rows that come to the first of them are copied to a flow of the
//! query's own, with room for what is added, and go on from there.

use riddhi_batch::{Chunk, Column, Columns, Flow, Sel};
use riddhi_plan::registry::Spreads;

use super::rows::Selected;
use super::spread::Origins;
use super::{Code, Cx, Step, Work};

impl Work {
    /// Handlers from the first adding function on, the window and all behind it.
    pub(super) fn run_widened(
        &mut self,
        code: &Code,
        cx: &mut Cx<'_>,
        input: &Flow,
        (from, to): (usize, usize),
        selected: &mut Selected,
    ) {
        if selected.n == 0 {
            return;
        }
        let mut wide = std::mem::take(&mut self.buffers.wide);
        selected.cut(&input.chunks, from, to);
        copy(code, input, selected, &mut wide);
        let mut origins = Origins::new(code, cx, selected);
        selected.all(0, selected.n);
        self.run_adding(code, cx, &mut wide, selected, origins.as_mut());
        if selected.n == 0 {
            if let Some(origins) = &mut origins {
                origins.settle(code, cx);
            }
            self.buffers.wide = wide;
            return;
        }
        let before = self.out.chunks.len();
        let collected = self.buffers.general.chunks();
        let entered = if self.collecting { self.buffers.general.entered.len() } else { 0 };
        self.run_way(code, cx, &wide, (0, wide.chunks.len()), selected);
        if let Some(origins) = &mut origins {
            let cause = |chunk: u32| wide.chunks[chunk as usize].cause;
            self.buffers.general.entered.rename(entered, |row, chunk| (origins.row(row), cause(chunk)));
            origins.settle(code, cx);
        }
        // What came out names chunks of the copy as its cause; those name the chunks of the input.
        for chunk in &mut self.out.chunks[before..] {
            chunk.cause = wide.chunks[chunk.cause as usize].cause;
        }
        if self.collecting {
            self.buffers.general.rename_pieces(collected, |chunk| wide.chunks[chunk as usize].cause);
        }
        self.buffers.wide = wide;
    }

    fn run_adding(
        &mut self,
        code: &Code,
        cx: &mut Cx<'_>,
        wide: &mut Flow,
        selected: &mut Selected,
        mut origins: Option<&mut Origins>,
    ) {
        let mut handler = code.before[..code.narrow].iter().filter(|s| !s.aggregates().is_empty()).count();
        for step in &code.before[code.narrow..] {
            if selected.n == 0 {
                return;
            }
            let range = (0, wide.chunks.len());
            let own = self.take_in(code, cx, wide, range, selected, step, &mut handler);
            match step {
                Step::Filter { condition, .. } => self.filter(code, cx, wide, range, selected, condition, own),
                Step::Stream(function) if function.kernel.spreads() != Spreads::No => {
                    self.spread_rows(code, cx, wide, selected, function, own, origins.as_deref_mut());
                }
                Step::Stream(function) => {
                    let mut added = function.added();
                    let seen = selected.clone();
                    self.stream_function(code, cx, wide, range, selected, function, own, &mut added);
                    let rows = wide.rows.len();
                    let columns = wide.rows.cols[function.sees..].iter_mut();
                    columns.zip(added).for_each(|(to, from)| spread(to, from, seen.sel(), seen.n, rows));
                }
            }
        }
    }
}

/// Copies the selected rows and their chunks; the columns of attributes to come stay empty.
fn copy(code: &Code, input: &Flow, selected: &Selected, wide: &mut Flow) {
    wide.clear();
    if wide.rows.cols.is_empty() {
        wide.rows = Columns::of(&code.schema);
    }
    wide.rows.append(&input.rows, selected.sel(), selected.n);
    let mut first = 0;
    for piece in &selected.pieces {
        wide.chunks.push(Chunk { step: piece.step, cause: piece.chunk, first, rows: piece.end - first });
        first = piece.end;
    }
}

/// Fills `to`, a column of `rows` rows, with the values of `from` at the `n` rows of `sel`; all others are null.
pub(super) fn spread(to: &mut Column, from: Column, sel: Sel<'_>, n: usize, rows: usize) {
    if n == rows {
        *to = from;
        return;
    }
    to.clear();
    for i in 0..n {
        while to.len() < sel.at(i) {
            to.push_null();
        }
        to.push_from(&from, i);
    }
    while to.len() < rows {
        to.push_null();
    }
}
