//! What a window says of rows that enter and of its timers, as signals.

use riddhi_batch::Flow;
use riddhi_plan::registry::{Alike, Flush, Form, SignalKind, Stamp, Times};

use super::Buffers;
use super::sink::Sink;
use crate::query::code::Raw;
use crate::query::rows::Selected;
use crate::query::slide::entering;
use crate::query::{Code, Cx, Work};
use crate::store::NO_ROW;

impl Work {
    /// Puts the rows into the store and collects what the window makes of them.
    pub(super) fn window_signals(
        &mut self,
        code: &Code,
        cx: &mut Cx<'_>,
        input: &Flow,
        selected: &Selected,
        g: &mut Buffers,
    ) {
        let (first, head) = (self.state.store.tail(), self.state.store.head());
        // While signals are collected the store keeps rows that have left.
        let oldest = self.state.window.as_ref().map_or(head, |w| w.needed(first).max(head));
        self.push_rows(code, cx, input, selected, 0);
        let b = &mut self.buffers;
        b.now.clear();
        b.ends.clear();
        b.leave.clear();
        selected.clock(cx.steps, &mut b.now);
        selected.ends(&mut b.ends);
        let Some(window) = &mut self.state.window else { return };
        let entering = entering(&self.state.store, (first, oldest), input, selected, &b.ends, &b.now, cx.arena);
        match code.window.as_ref().map(|w| w.form) {
            Some(Form::Slide) => {
                let alike = window.slide(&entering, &mut b.leave);
                let mut row = oldest;
                let stamp = window.stamp();
                for i in 0..selected.n {
                    let gone = match alike {
                        Alike::None => 0,
                        Alike::One => 1,
                        Alike::Each => b.leave[i] as u64,
                    };
                    let entering = first + i as u64;
                    let ts = |old: u64| match stamp {
                        Stamp::Now => b.now[i],
                        Stamp::Time => self.state.store.time(entering),
                        Stamp::Own => self.state.store.time(old),
                    };
                    (row..row + gone).for_each(|old| g.push(SignalKind::Expired, old, ts(old)));
                    row += gone;
                    g.push(SignalKind::Current, entering, input.rows.ts[selected.row(i)]);
                    if b.ends[i] as usize == i + 1 {
                        g.end(Some(i as u32));
                    }
                }
            }
            Some(Form::Flush) => {
                g.flushes.clear();
                window.flush(&entering, &mut g.flushes);
                let flushes = std::mem::take(&mut g.flushes);
                for flush in &flushes {
                    let cause = flush.after - 1;
                    push_flush(g, flush, b.now[cause as usize], &self.state.store);
                    g.end(Some(cause));
                }
                g.flushes = flushes;
            }
            _ => window.general(
                &entering,
                &mut Sink { buffers: g, times: &self.state.store, carries: None, asked: code.raw != Raw::No },
            ),
        }
    }

    /// Collects what the window makes of a timer.
    pub(super) fn timer_signals(&mut self, code: &Code, now: i64, g: &mut Buffers) {
        let (head, tail) = (self.state.store.head(), self.state.store.tail());
        let Some(window) = &mut self.state.window else { return };
        match code.window.as_ref().map(|w| w.form) {
            Some(Form::Slide) => {
                // Rows that left in this frame may still be in the store.
                let oldest = window.needed(tail).max(head);
                let gone = window.fire_slide(now, &self.state.store, oldest, tail) as u64;
                (oldest..oldest + gone).for_each(|row| g.push(SignalKind::Expired, row, now));
                g.end(None);
            }
            Some(Form::Flush) => {
                if let Some(flush) = window.fire_flush(now, tail) {
                    push_flush(g, &flush, now, &self.state.store);
                    g.end(None);
                }
            }
            _ => {
                let mut sink = Sink { buffers: g, times: &self.state.store, carries: None, asked: code.raw != Raw::No };
                window.fire_general(now, &self.state.store, tail, &mut sink);
            }
        }
    }
}

fn push_flush(g: &mut Buffers, flush: &Flush, now: i64, times: &dyn Times) {
    let stamp = flush.stamp.unwrap_or(now);
    (flush.expired.0..flush.expired.1).for_each(|row| g.push(SignalKind::Expired, row, stamp));
    if flush.reset {
        g.push(SignalKind::Reset, NO_ROW, now);
    }
    (flush.current.0..flush.current.1).for_each(|row| g.push(SignalKind::Current, row, times.time(row)));
}
