//! Rows held back and released as batches, current rows out: per aggregate and batch one loop, values only for the rows
//! that come out.

use riddhi_batch::{Column, Flow, Sel};
use riddhi_plan::registry::{Flush, Groups as RunGroups, Run, Timers};

use super::emit::put_chunks;
use super::fetched::Fetched;
use super::rows::Selected;
use super::slide::entering;
use super::{Aggregates, Code, Cx, Work, compute_items};
use crate::expr::{Rows, Source};

/// Buffers of released batches.
#[derive(Debug, Default)]
pub struct Buffers {
    flushes: Vec<Flush>,
    /// Rows that come out, by number, and their groups.
    rows: Vec<u64>,
    groups: Vec<u32>,
    /// Per batch: the end of its rows, its step and its cause.
    chunks: Vec<(u32, u32, u32)>,
    fetched: Fetched,
    groups_of_batch: Vec<u32>,
    picks: Vec<u32>,
}

impl Buffers {
    /// Buffers for a query.
    pub fn new(code: &Code) -> Buffers {
        Buffers { fetched: Fetched::new(code), ..Buffers::default() }
    }
}

impl Work {
    pub(super) fn run_flush(&mut self, code: &Code, cx: &mut Cx<'_>, input: &Flow, selected: &mut Selected) {
        self.drop_unplaced(code, cx, input, selected);
        if selected.n == 0 {
            return;
        }
        self.assign_groups(code, cx, input, selected);
        self.compute_args(code, cx, input, selected);
        let first = self.state.store.tail();
        self.push_rows(code, cx, input, selected, code.args.len());
        self.state.groups.hold(&self.buffers.ids);
        let b = &mut self.buffers;
        b.now.clear();
        b.ends.clear();
        if code.window.as_ref().is_some_and(|w| w.by_chunk || w.timers != Timers::Never) {
            selected.clock(cx.steps, &mut b.now);
            selected.ends(&mut b.ends);
        }
        b.flushes.flushes.clear();
        let Some(window) = &mut self.state.window else { return };
        let oldest = self.state.store.head();
        let entering = entering(&self.state.store, (first, oldest), input, selected, &b.ends, &b.now, cx.arena);
        window.flush(&entering, &mut b.flushes.flushes);
        let flushes = std::mem::take(&mut self.buffers.flushes.flushes);
        for flush in &flushes {
            let piece = selected.piece_of(flush.after as usize - 1);
            self.release(code, flush, piece.step, piece.chunk);
        }
        self.buffers.flushes.flushes = flushes;
        self.emit_flushes(code, cx);
    }

    pub(super) fn fire_flush(&mut self, code: &Code, cx: &mut Cx<'_>, step: u32) {
        let Some(window) = &mut self.state.window else { return };
        if let Some(flush) = window.fire_flush(cx.steps.now(step), self.state.store.tail()) {
            self.release(code, &flush, step, step);
        }
        self.emit_flushes(code, cx);
    }

    /// Runs the aggregates over a batch and notes the rows that come out.
    fn release(&mut self, code: &Code, flush: &Flush, step: u32, cause: u32) {
        let grouped = !code.group_by.is_empty();
        if flush.reset {
            self.state.aggregates.list.iter_mut().for_each(|a| a.reset());
        }
        let b = &mut self.buffers.flushes;
        b.groups_of_batch.clear();
        let (mut row, end) = flush.current;
        while row < end {
            let slice = self.state.store.slice(row, (end - row) as usize);
            let groups = if grouped { RunGroups::Each(slice.groups) } else { RunGroups::One };
            for (aggregate, c) in self.state.aggregates.list.iter_mut().zip(&code.aggregates) {
                let arg = c.place.map(|p| &slice.cols[p]);
                let (first, arena, n) = (slice.first, slice.arena, slice.n);
                aggregate.add(&Run { groups, arg, first, failed: &[], arena, n, number: row });
            }
            b.groups_of_batch.extend_from_slice(slice.groups);
            row += slice.n as u64;
        }
        let from = b.rows.len();
        if grouped {
            b.picks.clear();
            let (ids, all) = (&b.groups_of_batch, 0..b.groups_of_batch.len() as u32);
            self.buffers.slots.pick(self.state.groups.bound(), all, |i| ids[i as usize], &mut b.picks);
            b.rows.extend(b.picks.iter().map(|&p| flush.current.0 + p as u64));
            b.groups.extend(b.picks.iter().map(|&p| ids[p as usize]));
            self.state.groups.let_go(&b.groups_of_batch);
        } else if code.aggregates.is_empty() {
            b.rows.extend(flush.current.0..flush.current.1);
            b.groups.resize(b.rows.len(), 0);
        } else if flush.current.1 > flush.current.0 {
            b.rows.push(flush.current.1 - 1);
            b.groups.push(0);
        }
        let Aggregates { list, results } = &mut self.state.aggregates;
        list.iter().zip(results).for_each(|(a, out)| a.values(&b.groups[from..], out));
        if b.rows.len() > from {
            b.chunks.push((b.rows.len() as u32, step, cause));
        }
    }

    /// Computes the selection for all rows noted and forgets them.
    fn emit_flushes(&mut self, code: &Code, cx: &mut Cx<'_>) {
        let b = &mut self.buffers;
        let f = &mut b.flushes;
        if !f.rows.is_empty() {
            f.fetched.kept.clear();
            self.state.store.gather(&f.rows, code.args.len(), &mut f.fetched.kept, cx.arena);
            f.fetched.place(code);
            b.now.clear();
            if code.asks_now {
                for &(end, step, _) in &f.chunks {
                    b.now.resize(end as usize, cx.steps.now(step));
                }
            }
            let rows = Rows {
                n: f.rows.len(),
                input: Source { cols: &f.fetched.placed.cols, sel: Sel::From(0) },
                computed: Source { cols: &self.state.aggregates.results, sel: Sel::From(0) },
                ts: &f.fetched.kept.ts,
                now: &b.now,
                serial: self.serial,
                seed: code.seed,
            };
            let first = self.out.rows.len();
            compute_items(code, &rows, cx.arena, &mut b.scratch, &mut self.out.rows.cols, &mut b.failed);
            self.serial += if code.asks_random { f.rows.len() as u64 } else { 0 };
            self.out.rows.ts.extend_from_slice(&f.fetched.kept.ts);
            f.fetched.place(code);
            if code.limits_groups() {
                self.tags.groups.extend_from_slice(&f.groups);
            }
            let chunks = f.chunks.iter().copied();
            put_chunks(code, &mut b.sorter, (&mut self.out, &mut self.tags), first, chunks, cx.arena);
            f.rows.clear();
            f.groups.clear();
            f.chunks.clear();
            self.state.aggregates.results.iter_mut().for_each(Column::clear);
        }
        let needed = self.state.window.as_ref().map_or(0, |w| w.needed(self.state.store.tail()));
        self.state.store.release(needed);
    }
}
