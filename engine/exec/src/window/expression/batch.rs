//! `expressionBatch`: rows are held back while the condition is true; the row that makes it false releases them, and opens the
//! next batch or, if it is to be included, closes this one. The batch before expires ahead of them. No reset stands
//! between: what expires is what arrived. Streaming, rows pass at once and the batch only expires.

use std::ops::Range;

use riddhi_batch::{Data, LoadError, Reader, State, Writer};
use riddhi_plan::registry::{Entering, SignalKind, SignalSink, Times, Window};

use super::rule::{At, Rule};

/// Whether the row that ends a batch belongs to it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Include {
    Constant(bool),
    /// As this attribute of it says.
    Attribute(u32),
}

impl Include {
    pub(super) fn attribute(self) -> Option<u32> {
        if let Include::Attribute(attribute) = self { Some(attribute) } else { None }
    }

    fn row(self, row: u64, stored: &dyn Times) -> bool {
        match self {
            Include::Constant(include) => include,
            Include::Attribute(attribute) => stored.cell(row, attribute).is_some_and(|cell| match &cell.column.data {
                Data::Bool(v) => !cell.column.is_null(cell.at) && v[cell.at] != 0,
                _ => false,
            }),
        }
    }
}

pub(super) struct Batch {
    rule: Rule,
    include: Include,
    streaming: bool,
    /// Rows of the open batch: held back, or streaming those that will expire.
    open: Range<u64>,
    /// Rows of the batch before, which will expire with the next; streaming: none.
    expiring: Range<u64>,
    /// Streaming, after a change of the condition: rows that expire ahead of the next row, and with which timestamps.
    ahead: Vec<(u64, i64)>,
}

impl Batch {
    pub(super) fn new(rule: Rule, include: Include, streaming: bool) -> Batch {
        Batch { rule, include, streaming, open: 0..0, expiring: 0..0, ahead: Vec::new() }
    }

    /// Whether the row may join the open batch. If not, the condition begins anew, with that row counted.
    fn joins(&mut self, row: u64, now: i64, stored: &dyn Times) -> bool {
        let first = if self.open.is_empty() { row } else { self.open.start };
        let slots = [At::from(row), first.into(), row.into()];
        if self.rule.holds(SignalKind::Current, slots, now, stored) {
            return true;
        }
        self.rule.holds(SignalKind::Reset, slots, now, stored);
        self.rule.holds(SignalKind::Current, slots, now, stored);
        false
    }

    /// Adds a row behind the open batch.
    fn join(&mut self, row: u64) {
        let start = if self.open.is_empty() { row } else { self.open.start };
        self.open = start..row + 1;
    }

    /// Takes in a row that is held back, in the chunk of entering row `cause`.
    fn hold(&mut self, row: u64, now: i64, stored: &dyn Times, sink: &mut dyn SignalSink, cause: u32) {
        if self.joins(row, now, stored) {
            sink.held(row);
            sink.end_chunk(Some(cause));
            return self.join(row);
        }
        self.expiring.clone().for_each(|old| sink.expired(old, now));
        self.expiring = row + 1..row + 1;
        if self.open.is_empty() {
            sink.expired(row, now);
            sink.current_at(row, now);
        } else {
            self.open.clone().for_each(|held| sink.current_at(held, now));
            self.expiring = self.open.clone();
            self.open = row..row + 1;
            if self.include.row(row, stored) {
                sink.current(row);
                self.expiring.end = row + 1;
                self.open = row + 1..row + 1;
            } else {
                sink.held(row);
            }
        }
        sink.end_chunk(Some(cause));
    }

    /// Takes in a row that passes at once.
    fn pass(&mut self, row: u64, now: i64, stored: &dyn Times, sink: &mut dyn SignalSink) {
        self.ahead.drain(..).for_each(|(old, ts)| sink.expired(old, ts));
        if self.joins(row, now, stored) {
            self.join(row);
            return sink.current(row);
        }
        if self.open.is_empty() {
            sink.expired(row, now);
            return sink.current_at(row, now);
        }
        let include = self.include.row(row, stored);
        if include {
            sink.current(row);
        }
        self.open.clone().for_each(|old| sink.expired(old, now));
        if include {
            sink.expired(row, now);
            self.open = row + 1..row + 1;
        } else {
            sink.current(row);
            self.open = row..row + 1;
        }
    }

    /// Looks once more at a row that passed before.
    fn pass_again(&mut self, row: u64, now: i64, stored: &dyn Times) {
        if self.joins(row, now, stored) {
            return self.join(row);
        }
        if self.open.is_empty() {
            return self.ahead.push((row, stored.time(row)));
        }
        self.ahead.extend(self.open.clone().map(|old| (old, now)));
        if self.include.row(row, stored) {
            self.ahead.push((row, stored.time(row)));
            self.open = row + 1..row + 1;
        } else {
            self.open = row..row + 1;
        }
    }
}

impl State for Batch {
    fn save(&self, out: &mut Writer) {
        for range in [&self.open, &self.expiring] {
            out.put_u64(range.start);
            out.put_u64(range.end);
        }
        self.rule.save(out);
    }

    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.open = from.get_u64()?..from.get_u64()?;
        self.expiring = from.get_u64()?..from.get_u64()?;
        self.rule.load(from)
    }
}

impl Window for Batch {
    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        for (i, row) in rows.numbered() {
            let (now, cause) = (rows.now[i], i as u32);
            let renewed = self.rule.renewed(rows, i);
            let again = if renewed { std::mem::replace(&mut self.open, row..row) } else { 0..0 };
            if self.streaming {
                again.for_each(|held| self.pass_again(held, now, rows.times));
                self.pass(row, now, rows.times, sink);
                sink.end_chunk(Some(cause));
            } else {
                again.for_each(|held| self.hold(held, now, rows.times, sink, cause));
                self.hold(row, now, rows.times, sink, cause);
            }
        }
    }

    fn needed(&self, end: u64) -> u64 {
        let oldest = |range: &Range<u64>| if range.is_empty() { end } else { range.start };
        oldest(&self.open).min(oldest(&self.expiring))
    }

    fn found(&self, _end: u64) -> (u64, u64) {
        (self.open.start, self.open.end)
    }
}
