//! The general way: a list of signals (rows that arrive, rows that leave, resets), each with all its attributes. What the
//! other ways do in loops of their own is defined here.
//!
//! ```text
//! rows, timers -> collect -> signals -> fetch -> handle -> aggregate -> emit
//! ```

mod aggregate;
mod collect;
mod emit;
mod handle;
mod signals;
mod sink;

use riddhi_batch::{Column, Flow};

pub(super) use signals::Buffers;

use super::code::Raw;
use super::raw::passing_signals;
use super::rows::{Piece, Selected};
use super::{Code, Cx, Work, faults};
use crate::store::NO_ROW;

impl Work {
    pub(super) fn run_general(&mut self, code: &Code, cx: &mut Cx<'_>, input: &Flow, selected: &mut Selected) {
        self.drop_unplaced(code, cx, input, selected);
        if selected.n == 0 {
            return;
        }
        let mut g = std::mem::take(&mut self.buffers.general);
        if !self.collecting {
            g.clear();
        }
        if faults::wanted(code, cx) {
            g.entered.note(if self.state.window.is_some() { self.state.store.tail() } else { 0 }, selected);
        }
        match self.state.window {
            Some(_) => self.window_signals(code, cx, input, selected, &mut g),
            None => passing_signals(code, input, selected, &mut g),
        }
        g.place(|row| selected.piece_of(row as usize));
        self.buffers.general = g;
        if !self.collecting {
            self.take_signals(code, cx);
        }
    }

    pub(super) fn fire_general(&mut self, code: &Code, cx: &mut Cx<'_>, step: u32) {
        let mut g = std::mem::take(&mut self.buffers.general);
        if !self.collecting {
            g.clear();
        }
        self.timer_signals(code, cx.steps.now(step), &mut g);
        g.place(|_| Piece { chunk: step, step, end: 0 });
        self.buffers.general = g;
        if !self.collecting {
            self.take_signals(code, cx);
        }
    }

    /// From here on signals are only collected, of chunks and timers alike: what a window says does not depend on what is
    /// made of it. A frame in which a timer fires between any two chunks then costs one sweep and not one for each.
    pub(super) fn collect_signals(&mut self) {
        self.collecting = true;
        self.buffers.general.clear();
    }

    /// Makes rows of the signals collected.
    pub(super) fn take_collected(&mut self, code: &Code, cx: &mut Cx<'_>) {
        self.collecting = false;
        if self.buffers.general.chunks() > 0 {
            self.take_signals(code, cx);
        } else {
            self.release_unneeded(code);
        }
        self.sweep();
    }

    fn take_signals(&mut self, code: &Code, cx: &mut Cx<'_>) {
        let mut g = std::mem::take(&mut self.buffers.general);
        if self.state.window.is_some() {
            self.fetch(code, cx, &mut g);
        }
        self.process(code, cx, &mut g);
        self.buffers.general = g;
        self.release_unneeded(code);
    }

    /// Reads the attributes of the signals' rows from the store.
    fn fetch(&mut self, code: &Code, cx: &mut Cx<'_>, g: &mut Buffers) {
        let mut i = 0;
        while i < g.rows.len() {
            if g.rows[i] == NO_ROW {
                g.fetched.kept.cols.iter_mut().for_each(Column::push_null);
                i += 1;
                continue;
            }
            let run = g.rows[i..].iter().take_while(|&&r| r != NO_ROW).count();
            self.state.store.gather(&g.rows[i..i + run], 0, &mut g.fetched.kept, cx.arena);
            i += run;
        }
        g.fetched.place(code);
        if let Some(attribute) = code.window.as_ref().and_then(|w| w.rewrites) {
            let column = &mut g.fetched.placed.cols[attribute as usize];
            column.clear();
            g.carried.iter().for_each(|&value| column.push_i64(value));
        }
    }

    /// Handlers after the window, aggregates, having, selection, output.
    fn process(&mut self, code: &Code, cx: &mut Cx<'_>, g: &mut Buffers) {
        if g.chunks.is_empty() {
            return;
        }
        self.handle_signals(code, cx, g);
        if code.raw == Raw::Out {
            let looked = code.looked.map_or(0, |stream| cx.shared.looked(stream));
            return self.emit_raw(code, g, looked);
        }
        self.aggregate_signals(code, cx, g);
        self.choose_eligible(code, cx, g);
        self.emit_signals(code, cx, g);
    }

    pub(super) fn release_unneeded(&mut self, code: &Code) {
        let Some(window) = &self.state.window else { return };
        if !code.window.as_ref().is_some_and(|w| w.leaving.in_any_order()) {
            return self.state.store.release(window.needed(self.state.store.tail()));
        }
        if self.state.store.is_sparse(window.holds()) {
            let held = &mut self.buffers.held;
            held.clear();
            window.held(held);
            held.sort_unstable();
            self.state.store.thin_out(held);
        }
    }
}
