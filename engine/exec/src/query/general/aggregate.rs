//! Groups and aggregates of signals.

use riddhi_batch::{Column, Sel};
use riddhi_plan::registry::{Signal, SignalKind, Signals};

use super::Buffers;
use crate::expr::Source;
use crate::query::{AggregateCode, Aggregates, Code, Cx, Failure, Work, compute, exact_column, skip_unless};

impl Work {
    /// Groups and aggregates of the signals in play; a result a signal.
    pub(super) fn aggregate_signals(&mut self, code: &Code, cx: &mut Cx<'_>, g: &mut Buffers) {
        self.group_signals(code, cx, g);
        g.list.clear();
        g.list.extend(g.alive.iter().zip(&g.ids).map(|(&i, &group)| Signal {
            kind: g.kinds[i as usize],
            group,
            row: g.rows[i as usize],
        }));
        let mut own = std::mem::replace(&mut self.state.aggregates, Aggregates::new(&[]));
        let bound = self.state.groups.bound().max(1);
        own.list.iter_mut().for_each(|a| a.grow(bound));
        self.run_aggregates(code, cx, g, &code.aggregates, &mut own);
        self.state.aggregates = own;
    }

    fn group_signals(&mut self, code: &Code, cx: &Cx<'_>, g: &mut Buffers) {
        g.ids.clear();
        g.ids.resize(g.alive.len(), 0);
        if code.group_by.is_empty() {
            return;
        }
        g.ask_real();
        let (ids, rows) = (&mut self.buffers.ids, &g.asked);
        ids.clear();
        self.state.groups.assign(&g.fetched.placed.cols, &code.group_by, Sel::Rows(rows), rows.len(), cx.arena, ids);
        g.real.iter().zip(ids.iter()).for_each(|(&p, &id)| g.ids[p as usize] = id);
        for (&i, &id) in g.alive.iter().zip(&g.ids) {
            match g.kinds[i as usize] {
                SignalKind::Current => self.state.groups.hold(&[id]),
                SignalKind::Expired => self.state.groups.let_go(&[id]),
                SignalKind::Reset => self.state.groups.let_all_go(),
                SignalKind::Held | SignalKind::Gone => {}
            }
        }
    }

    /// Runs aggregates, inner ones first, over the signals in `g.list`, one for each of `g.alive`.
    pub(super) fn run_aggregates(
        &mut self,
        code: &Code,
        cx: &mut Cx<'_>,
        g: &mut Buffers,
        codes: &[AggregateCode],
        own: &mut Aggregates,
    ) {
        own.results.iter_mut().for_each(Column::clear);
        g.asked.clone_from(&g.alive);
        for (i, aggregate) in codes.iter().enumerate() {
            let b = &mut self.buffers;
            b.failed.clear();
            let mut arg = None;
            if let Some(program) = &aggregate.arg {
                let mut column = g.arg_columns.get_mut(i).and_then(Option::take).filter(|c| c.kind() == program.kind());
                let mut column = column.take().unwrap_or_else(|| Column::new(program.kind()));
                column.clear();
                let computed = Source { cols: &own.results, sel: Sel::From(0) };
                g.ask_times(program.volatility());
                let rows = g.rows_asked(computed, (self.serial, code.seed));
                compute(program, &rows, cx.arena, &mut b.scratch, &mut column, &mut b.failed);
                let exact = own.list[i].exact();
                arg = Some(if exact { exact_column(column, aggregate.kind, cx.arena, &mut b.failed) } else { column });
            }
            let mut skipped = std::mem::take(&mut g.flags);
            skipped.clear();
            if let Some(when) = &aggregate.when {
                let computed = Source { cols: &own.results, sel: Sel::From(0) };
                g.ask_times(when.volatility());
                let rows = g.rows_asked(computed, (self.serial, code.seed));
                skip_unless(when, &rows, cx.arena, &mut b.scratch, &mut b.hits, &mut skipped);
            }
            // A row that the aggregate does not look at cannot fail in its argument.
            if !b.failed.is_empty() {
                b.failed.unmark(|i| skipped.get(i).is_some_and(|&s| s != 0));
            }
            let is_row = |i: &usize| b.failed.is(*i) && g.list[*i].kind != SignalKind::Reset;
            let lost = || (0..b.failed.rows.len()).filter(is_row);
            if let Some(first) = lost().next() {
                let (step, rows) = (g.step_of(g.alive[first]), lost().count() as u64);
                cx.failures.push(Failure { query: code.element, step, rows, reason: b.failed.why_of(first) });
            }
            if skipped.is_empty() {
                skipped.clone_from(&b.failed.rows);
            } else {
                skipped.iter_mut().zip(&b.failed.rows).for_each(|(s, f)| *s |= f);
            }
            if !aggregate.resets {
                hide_resets(&g.list, &mut g.running_on, &mut skipped);
            }
            let list = if aggregate.resets { &g.list } else { &g.running_on };
            let signals = Signals { list, arg: arg.as_ref(), failed: &skipped, arena: cx.arena };
            own.list[i].signals(&signals, &mut own.results[i]);
            own.list[i].settle(&mut own.results[i], cx.arena);
            g.flags = skipped;
            if g.arg_columns.len() < codes.len() {
                g.arg_columns.resize(codes.len(), None);
            }
            g.arg_columns[i] = arg;
            if !b.failed.is_empty() {
                // A row whose argument failed gives no output: remember it among the failed of the turn.
                g.lose(&b.failed.rows);
            }
        }
    }
}

impl Buffers {
    /// Notes signals that give no output since an aggregate's argument failed.
    fn lose(&mut self, failed: &[u8]) {
        self.lost.resize(failed.len(), 0);
        self.lost.iter_mut().zip(failed).for_each(|(l, f)| *l |= f);
    }
}

/// Copies signals with resets turned into rows that do not count.
fn hide_resets(list: &[Signal], running_on: &mut Vec<Signal>, skipped: &mut Vec<u8>) {
    running_on.clear();
    running_on.extend_from_slice(list);
    skipped.resize(list.len(), 0);
    for (signal, skip) in running_on.iter_mut().zip(skipped).filter(|(s, _)| s.kind == SignalKind::Reset) {
        signal.kind = SignalKind::Current;
        *skip = 1;
    }
}
