//! Rows that pass: filter and projection.

use riddhi_batch::{Arena, Chunk, Column, Flow};

use super::code::ShortItem;
use super::emit::put_chunks;
use super::faults::report_rows;
use super::rows::Selected;
use super::{Code, Cx, Query, Work, compute_items};
use crate::expr::{Program, Source};

/// Whether a row passed a query's conditions.
enum Passed {
    Yes,
    No,
    /// A condition is not for a single row.
    Unknown,
}

/// Whether the row of a chunk passes the conditions of the short way.
#[inline]
fn passes(code: &Code, arena: &Arena, cols: &[Column], row: usize) -> Passed {
    for condition in &code.short_conditions {
        match condition.test(cols, row, arena) {
            Some(true) => {}
            Some(false) => return Passed::No,
            None => return Passed::Unknown,
        }
    }
    Passed::Yes
}

/// A chunk of one row from one flow to another.
#[inline]
fn short(code: &Code, arena: &Arena, input: &Flow, chunk: usize, to: &mut Flow) -> Passed {
    let Chunk { step, first: row, .. } = input.chunks[chunk];
    let (cols, row) = (&input.rows.cols[..], row as usize);
    let passed = passes(code, arena, cols, row);
    if !matches!(passed, Passed::Yes) {
        return passed;
    }
    let first = to.rows.ts.len() as u32;
    for (item, to) in code.short_items.iter().zip(&mut to.rows.cols) {
        match item {
            ShortItem::Attribute(a) => to.push_from(&cols[*a as usize], row),
            ShortItem::Tree(program) => {
                program.push(cols, row, arena, to);
            }
        }
    }
    to.rows.ts.push(input.rows.ts[row]);
    to.chunks.push(Chunk { step, cause: chunk as u32, first, rows: 1 });
    Passed::Yes
}

impl Query {
    /// Whether the row of a flow of one row passes the conditions of the short way; `None` if it takes another way.
    #[inline]
    pub fn passes_lone(&self, arena: &Arena, input: &Flow) -> Option<bool> {
        match passes(&self.code, arena, &input.rows.cols, 0) {
            Passed::Yes => Some(true),
            Passed::No => Some(false),
            Passed::Unknown => None,
        }
    }

    /// Makes the short way's result for a flow of one row the only row of the output, whatever stood there.
    #[inline]
    pub fn put_lone(&mut self, arena: &Arena, input: &Flow) {
        let cols = &input.rows.cols[..];
        let out = &mut self.work.out;
        for (item, to) in self.code.short_items.iter().zip(&mut out.rows.cols) {
            match item {
                ShortItem::Attribute(a) => to.become_row(&cols[*a as usize], 0),
                ShortItem::Tree(program) => {
                    to.clear();
                    program.push(cols, 0, arena, to);
                }
            }
        }
        let (ts, step) = (input.rows.ts[0], input.chunks[0].step);
        match (&mut out.rows.ts[..], &mut out.chunks[..]) {
            ([at], [chunk]) => {
                *at = ts;
                *chunk = Chunk { step, cause: 0, first: 0, rows: 1 };
            }
            _ => {
                out.rows.ts.clear();
                out.rows.ts.push(ts);
                out.chunks.clear();
                out.chunks.push(Chunk { step, cause: 0, first: 0, rows: 1 });
            }
        }
    }

    /// A chunk of one row from a stream's flow to another's, past the query's own output. Whether it put a row out; `None`,
    /// and nothing done, if it takes another way.
    #[inline]
    pub fn pass(&mut self, arena: &Arena, input: &Flow, chunk: usize, to: &mut Flow) -> Option<bool> {
        if !self.code.short || input.chunks[chunk].rows != 1 {
            return None;
        }
        match short(&self.code, arena, input, chunk, to) {
            Passed::Yes => Some(true),
            Passed::No => Some(false),
            Passed::Unknown => None,
        }
    }

    /// The same for a query that reads and writes one stream.
    #[inline]
    pub fn pass_within(&mut self, arena: &Arena, flow: &mut Flow, chunk: usize) -> Option<bool> {
        let Chunk { step, first: row, rows, .. } = flow.chunks[chunk];
        if !self.code.short || rows != 1 {
            return None;
        }
        let (code, row) = (&self.code, row as usize);
        match passes(code, arena, &flow.rows.cols, row) {
            Passed::Yes => {}
            Passed::No => return Some(false),
            Passed::Unknown => return None,
        }
        // Everything that reads several columns is computed before anything is appended.
        let computed = &mut self.work.buffers.computed;
        for (item, to) in code.short_items.iter().zip(computed.iter_mut()) {
            match item {
                ShortItem::Tree(program) => {
                    to.clear();
                    program.push(&flow.rows.cols, row, arena, to);
                }
                ShortItem::Attribute(_) => {}
            }
        }
        for (i, item) in code.short_items.iter().enumerate() {
            match item {
                ShortItem::Tree(_) => flow.rows.cols[i].push_from(&computed[i], 0),
                ShortItem::Attribute(a) if *a as usize == i => flow.rows.cols[i].push_within(row),
                ShortItem::Attribute(a) => {
                    let pair = flow.rows.cols.get_disjoint_mut([i, *a as usize]);
                    let [to, from] = pair.expect("two different columns");
                    to.push_from(from, row);
                }
            }
        }
        let first = flow.rows.ts.len() as u32;
        flow.rows.ts.push(flow.rows.ts[row]);
        flow.chunks.push(Chunk { step, cause: chunk as u32, first, rows: 1 });
        Some(true)
    }
}

impl Work {
    /// A chunk of one row, by a walk over small trees. False, and nothing done, if it takes the long way after all.
    pub(super) fn run_short(&mut self, code: &Code, cx: &mut Cx<'_>, input: &Flow, chunk: usize) -> bool {
        match short(code, cx.arena, input, chunk, &mut self.out) {
            Passed::Yes | Passed::No => true,
            Passed::Unknown => false,
        }
    }

    pub(super) fn run_plain(&mut self, code: &Code, cx: &mut Cx<'_>, input: &Flow, selected: &mut Selected) {
        if let Some(having) = &code.having {
            self.apply_having(code, cx, input, selected, having);
        }
        if selected.n == 0 || self.project(code, cx, input, selected) {
            return;
        }
        // Some rows could not be computed: they are dropped, and the others computed again.
        let b = &mut self.buffers;
        report_rows(code, cx, &b.failed, input, selected);
        b.hits.clear();
        b.hits.extend((0..selected.n as u32).filter(|&i| !b.failed.is(i as usize)));
        let ends: Vec<_> = selected.pieces.drain(..).collect();
        let (mut hit, hits) = (0, &b.hits);
        for piece in ends {
            let before = hit;
            while hit < hits.len() && hits[hit] < piece.end {
                hit += 1;
            }
            if hit > before {
                selected.pieces.push(super::rows::Piece { end: hit as u32, ..piece });
            }
        }
        selected.keep(hits);
        if selected.n > 0 {
            self.project(code, cx, input, selected);
        }
    }

    /// Without aggregates `having` is one more filter.
    fn apply_having(&mut self, code: &Code, cx: &mut Cx<'_>, input: &Flow, selected: &mut Selected, having: &Program) {
        let (from, to) =
            (selected.pieces[0].chunk as usize, selected.pieces.last().map_or(0, |p| p.chunk as usize + 1));
        self.filter(code, cx, input, (from, to), selected, having, None);
        if selected.n > 0 {
            selected.cut(&input.chunks, from, to);
        }
    }

    /// Appends the selected rows' results as chunks. False, and nothing appended, if a row failed.
    fn project(&mut self, code: &Code, cx: &mut Cx<'_>, input: &Flow, selected: &mut Selected) -> bool {
        self.note_times(cx, input, selected, (code.asks_ts, code.asks_now));
        let b = &mut self.buffers;
        let first = self.out.rows.len();
        let rows = selected.rows_of(input, Source::NONE, (&b.ts, &b.now), (self.serial, code.seed));
        compute_items(code, &rows, cx.arena, &mut b.scratch, &mut self.out.rows.cols, &mut b.failed);
        if !b.failed.is_empty() {
            self.out.rows.cols.iter_mut().for_each(|c| c.truncate(first));
            return false;
        }
        if code.asks_random {
            self.serial += selected.n as u64;
        }
        rows.input.sel.copy(&input.rows.ts, selected.n, &mut self.out.rows.ts);
        self.push_chunks(code, cx.arena, selected, first);
        true
    }

    /// Makes a chunk of each piece, whose rows stand at the end of the output from `first` on.
    fn push_chunks(&mut self, code: &Code, arena: &Arena, selected: &Selected, first: usize) {
        if code.uncut() {
            let mut start = 0;
            self.out.chunks.extend(selected.pieces.iter().map(|p| {
                let chunk = Chunk { step: p.step, cause: p.chunk, first: first as u32 + start, rows: p.end - start };
                start = p.end;
                chunk
            }));
            return;
        }
        let chunks = selected.pieces.iter().map(|p| (p.end, p.step, p.chunk));
        put_chunks(code, &mut self.buffers.sorter, (&mut self.out, &mut self.tags), first, chunks, arena);
    }
}
