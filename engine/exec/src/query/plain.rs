//! Rows that pass: filter and projection.

use riddhi_batch::{Chunk, Flow, Sel};

use super::code::ShortItem;
use super::rows::Selected;
use super::{Code, Cx, Work, compute, report};
use crate::expr::{Program, Rows, Source};

impl Work {
    /// A chunk of one row, by a walk over small trees. False, and nothing done, if it takes the long way after all.
    pub(super) fn run_short(&mut self, code: &Code, cx: &mut Cx<'_>, input: &Flow, chunk: usize) -> bool {
        let Chunk { step, first: row, .. } = input.chunks[chunk];
        let (cols, row) = (&input.rows.cols[..], row as usize);
        for condition in &code.short_conditions {
            match condition.test(cols, row, cx.arena) {
                Some(true) => {}
                Some(false) => return true,
                None => return false,
            }
        }
        let out = &mut self.out.rows;
        let first = out.ts.len() as u32;
        for (item, to) in code.short_items.iter().zip(&mut out.cols) {
            match item {
                ShortItem::Attribute(a) => to.push_from(&cols[*a as usize], row),
                ShortItem::Tree(program) => {
                    program.push(cols, row, cx.arena, to);
                }
            }
        }
        out.ts.push(input.rows.ts[row]);
        self.out.chunks.push(Chunk { step, cause: chunk as u32, first, rows: 1 });
        true
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
        report(code, cx, &b.failed, selected.pieces[0].step);
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
        self.filter(code, cx, input, (from, to), selected, having);
        if selected.n > 0 {
            selected.cut(&input.chunks, from, to);
        }
    }

    /// Appends the selected rows' results as chunks. False, and nothing appended, if a row failed.
    fn project(&mut self, code: &Code, cx: &mut Cx<'_>, input: &Flow, selected: &mut Selected) -> bool {
        let b = &mut self.buffers;
        let first = self.out.rows.len();
        b.failed.clear();
        b.ts.clear();
        b.now.clear();
        if code.asks_ts {
            b.ts.extend((0..selected.n).map(|i| input.rows.ts[selected.row(i)]));
        }
        if code.asks_now {
            selected.clock(cx.steps, &mut b.now);
        }
        let rows = Rows {
            n: selected.n,
            input: Source { cols: &input.rows.cols, sel: selected.sel() },
            computed: Source::NONE,
            ts: &b.ts,
            now: &b.now,
            serial: self.serial,
            seed: code.seed,
        };
        for (item, out) in code.items.iter().zip(&mut self.out.rows.cols) {
            compute(item, &rows, cx.arena, &mut b.scratch, out, &mut b.failed);
        }
        if !b.failed.is_empty() {
            self.out.rows.cols.iter_mut().for_each(|c| c.truncate(first));
            return false;
        }
        if code.asks_random {
            self.serial += selected.n as u64;
        }
        match rows.input.sel {
            Sel::From(f) => self.out.rows.ts.extend_from_slice(&input.rows.ts[f..f + selected.n]),
            Sel::Rows(r) => self.out.rows.ts.extend(r.iter().map(|&i| input.rows.ts[i as usize])),
        }
        self.push_chunks(code, cx, selected, first);
        true
    }

    /// Makes a chunk of each piece, whose rows stand at the end of the output from `first` on.
    fn push_chunks(&mut self, code: &Code, cx: &mut Cx<'_>, selected: &Selected, first: usize) {
        if code.order_by.is_empty() && code.limit.is_none() && code.offset == 0 {
            let mut start = 0;
            self.out.chunks.extend(selected.pieces.iter().map(|p| {
                let chunk = Chunk { step: p.step, cause: p.chunk, first: first as u32 + start, rows: p.end - start };
                start = p.end;
                chunk
            }));
            return;
        }
        let _ = cx;
        self.buffers.sorter.take(&mut self.out, first);
        let mut start = 0;
        for p in &selected.pieces {
            let (step, cause) = (p.step, p.chunk);
            self.buffers.sorter.put(code, &mut self.out, start as usize..p.end as usize, step, cause, cx.arena);
            start = p.end;
        }
    }
}
