//! Handlers after the window: filters and stream functions over signals. Resets pass all of them.

use riddhi_batch::Sel;
use riddhi_plan::registry::{Signal, SignalKind, StreamCx, StreamRows, Volatility};

use super::Buffers;
use crate::expr::{Program, Source};
use crate::query::before::stream_arguments;
use crate::query::faults::note_signals;
use crate::query::widen::spread;
use crate::query::{AggregateCode, Aggregates, Code, Cx, Step, StreamCode, Work, report};

impl Work {
    /// Handlers after the window; `alive` are the signals that pass.
    pub(in crate::query) fn handle_signals(&mut self, code: &Code, cx: &mut Cx<'_>, g: &mut Buffers) {
        g.now.clear();
        for (piece, &(end, _)) in g.pieces.iter().zip(&g.chunks) {
            g.now.resize(end as usize, cx.steps.now(piece.step));
        }
        g.alive.clear();
        g.alive.extend(0..g.kinds.len() as u32);
        let mut handler = code.before.iter().filter(|s| !s.aggregates().is_empty()).count();
        for after in &code.after {
            let own = (!after.aggregates().is_empty()).then_some(handler);
            if let Some(own) = own {
                self.take_signals_in(code, cx, g, after.aggregates(), own);
                handler += 1;
            }
            match after {
                Step::Filter { condition, .. } => self.keep_alive(code, cx, g, condition, own),
                Step::Stream(function) => self.show_signals(code, cx, g, function, own),
            }
        }
    }

    /// Lets the aggregates of a handler take the signals in play in and out.
    fn take_signals_in(&mut self, code: &Code, cx: &mut Cx<'_>, g: &mut Buffers, codes: &[AggregateCode], own: usize) {
        let mut aggregates = std::mem::replace(&mut self.state.handlers[own], Aggregates::new(&[]));
        g.list.clear();
        let signal = |&i: &u32| Signal { kind: g.kinds[i as usize], group: 0, row: g.rows[i as usize] };
        g.list.extend(g.alive.iter().map(signal));
        self.run_aggregates(code, cx, g, codes, &mut aggregates);
        // The handler looks at a row whose argument failed too, with the value that the aggregate had.
        g.lost.clear();
        self.state.handlers[own] = aggregates;
    }

    /// Keeps the signals for which the condition holds, and all resets.
    fn keep_alive(&mut self, code: &Code, cx: &mut Cx<'_>, g: &mut Buffers, condition: &Program, own: Option<usize>) {
        g.ask_real();
        let real = std::mem::take(&mut g.real);
        let computed = results(&self.state.handlers, own, &real);
        g.ask_times(condition.volatility());
        let rows = g.rows_asked(computed, (self.serial, code.seed));
        let b = &mut self.buffers;
        b.hits.clear();
        b.failed.clear();
        condition.select(&rows, cx.arena, &mut b.scratch, &mut b.hits, &mut b.failed);
        self.serial += if code.asks_random { real.len() as u64 } else { 0 };
        if !b.failed.is_empty() {
            report(code, cx, &b.failed, g.step_of(g.asked[b.failed.first()]));
            note_signals(code, cx, g, &b.failed, |i| g.asked[i]);
        }
        let mut stays = std::mem::take(&mut g.flags);
        stays.clear();
        stays.resize(g.alive.len(), 0);
        b.hits.iter().for_each(|&h| stays[real[h as usize] as usize] = 1);
        let mut place = 0;
        let kinds = &g.kinds;
        g.alive.retain(|&i| {
            place += 1;
            stays[place - 1] != 0 || kinds[i as usize] == SignalKind::Reset
        });
        (g.flags, g.real) = (stays, real);
    }

    fn show_signals(
        &mut self,
        code: &Code,
        cx: &mut Cx<'_>,
        g: &mut Buffers,
        function: &StreamCode,
        own: Option<usize>,
    ) {
        g.ask_real();
        let real = std::mem::take(&mut g.real);
        g.expired.clear();
        g.expired.extend(g.asked.iter().map(|&i| (g.kinds[i as usize] == SignalKind::Expired) as u8));
        let computed = results(&self.state.handlers, own, &real);
        g.ask_times(Volatility::Random);
        let rows = g.rows_asked(computed, (self.serial, code.seed));
        let b = &mut self.buffers;
        b.failed.clear();
        let args = stream_arguments(function, &rows, cx.arena, &mut b.scratch, &mut b.failed);
        let placed = &mut g.fetched.placed;
        placed.ts.clear();
        placed.ts.extend_from_slice(&g.ts);
        let attributes = &code.schema.attributes[..function.sees];
        let mut scx = StreamCx { arena: cx.arena, log: cx.log, attributes, app: &code.app };
        let (sel, n) = (Sel::Rows(&g.asked), g.asked.len());
        let mut added = function.added();
        let rows = StreamRows { columns: placed, sel, n, args: &args, expired: &g.expired };
        function.kernel.run(&mut scx, &rows, &mut added);
        let columns = placed.cols[function.sees..].iter_mut();
        columns.zip(added).for_each(|(to, from)| spread(to, from, sel, n, g.kinds.len()));
        g.real = real;
        self.serial += if code.asks_random { n as u64 } else { 0 };
        if !b.failed.is_empty() {
            let mut failed = g.asked.iter().zip(&b.failed.rows).filter(|(_, f)| **f != 0).map(|(&i, _)| i).peekable();
            g.alive.retain(|&i| failed.next_if_eq(&i).is_none());
            report(code, cx, &b.failed, g.step_of(g.asked[b.failed.first()]));
            note_signals(code, cx, g, &b.failed, |i| g.asked[i]);
        }
    }
}

/// What the aggregates of a handler gave for the signals at these places.
fn results<'a>(handlers: &'a [Aggregates], own: Option<usize>, places: &'a [u32]) -> Source<'a> {
    own.map_or(Source::NONE, |own| Source { cols: &handlers[own].results, sel: Sel::Rows(places) })
}
