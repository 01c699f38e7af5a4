//! What a look-up depends on: the values of the event that a condition reads, as bytes.

use riddhi_batch::{Arena, Column, Sel, Writer};
use riddhi_plan::expr::Node;
use riddhi_plan::registry::Volatility;
use riddhi_plan::table::TableCondition;

use crate::expr::{Rows, Source};

/// Which values of an event a condition reads.
#[derive(Debug, Default)]
pub(in crate::table) struct Asks {
    number: u32,
    attributes: Vec<u32>,
    computed: Vec<u32>,
    times: bool,
    clock: bool,
}

impl Asks {
    pub(in crate::table) fn of(condition: &TableCondition) -> Asks {
        let mut asks = Asks { number: condition.number, ..Asks::default() };
        for expr in condition.expressions() {
            expr.visit(&mut |e| match e.node {
                Node::Attr(a) if !asks.attributes.contains(&a) => asks.attributes.push(a),
                Node::Aggregate(a) if !asks.computed.contains(&a) => asks.computed.push(a),
                _ => {}
            });
            asks.times |= expr.volatility() >= Volatility::RowTime;
            asks.clock |= expr.volatility() >= Volatility::Clock;
        }
        asks.attributes.sort_unstable();
        asks.computed.sort_unstable();
        asks
    }

    /// Whether it reads nothing but attributes, and only such as `known` says.
    pub(super) fn are_attributes(&self, known: impl Fn(u32) -> bool) -> bool {
        self.computed.is_empty() && !self.times && !self.clock && self.attributes.iter().all(|&a| known(a))
    }

    /// The condition's number and what it reads of event `i`. Equal bytes are answered equally.
    pub(super) fn put(&self, rows: &Rows<'_>, i: usize, arena: &Arena, out: &mut Writer) {
        out.bytes.clear();
        out.put_u32(self.number);
        for &a in &self.attributes {
            out.put_row(&rows.input.cols[a as usize], rows.input.sel.at(i), arena);
        }
        for &a in &self.computed {
            out.put_row(&rows.computed.cols[a as usize], rows.computed.sel.at(i), arena);
        }
        let mut time = |times: &[i64]| out.put_i64(times.get(i).copied().unwrap_or(0));
        if self.times {
            time(rows.ts);
        }
        if self.clock {
            time(rows.now);
        }
    }

    /// What it reads of these events, each a chunk.
    pub(super) fn gather(&self, rows: &Rows<'_>, wanted: &[u32], arena: &Arena) -> Batch {
        let mut batch = Batch { computed: Batch::empty(rows.computed.cols), ..Batch::of(rows) };
        let reads = |a: u32| self.attributes.contains(&a);
        batch.take(rows, wanted, (reads, |a: u32| self.computed.contains(&a)), arena);
        batch.ends = (1..=wanted.len() as u32).collect();
        batch
    }
}

/// Events taken out of a turn.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub cols: Vec<Column>,
    pub computed: Vec<Column>,
    pub ts: Vec<i64>,
    pub now: Vec<i64>,
    pub arena: Arena,
    /// Of their chunks.
    pub ends: Vec<u32>,
}

impl Batch {
    /// Without events, for the attributes of such.
    pub(super) fn of(rows: &Rows<'_>) -> Batch {
        Batch { cols: Batch::empty(rows.input.cols), ..Batch::default() }
    }

    fn empty(cols: &[Column]) -> Vec<Column> {
        cols.iter().map(|c| Column::new(c.kind())).collect()
    }

    /// Copies events of a turn behind those that it has: the attributes and the results for which `reads` hold, of which it
    /// has columns. Chunks end where the caller says.
    pub(super) fn take(
        &mut self,
        rows: &Rows<'_>,
        wanted: &[u32],
        reads: (impl Fn(u32) -> bool, impl Fn(u32) -> bool),
        arena: &Arena,
    ) {
        let own = &mut self.arena;
        copy(&mut self.cols, &rows.input, wanted, reads.0, (arena, &mut *own));
        copy(&mut self.computed, &rows.computed, wanted, reads.1, (arena, own));
        let times = |to: &mut Vec<i64>, from: &[i64]| {
            to.extend(wanted.iter().filter_map(|&i| from.get(i as usize).copied()));
        };
        times(&mut self.ts, rows.ts);
        times(&mut self.now, rows.now);
    }

    /// The events `from..to`.
    pub(super) fn rows(&self, from: usize, to: usize) -> Rows<'_> {
        let times = |times: &'_ [i64]| -> std::ops::Range<usize> { from.min(times.len())..to.min(times.len()) };
        Rows {
            n: to - from,
            input: Source { cols: &self.cols, sel: Sel::From(from) },
            computed: Source { cols: &self.computed, sel: Sel::From(from) },
            ts: &self.ts[times(&self.ts)],
            now: &self.now[times(&self.now)],
            serial: 0,
            seed: 0,
        }
    }
}

/// Appends the values at these rows of a source to the columns for which `reads` holds.
fn copy(
    to: &mut [Column],
    from: &Source<'_>,
    wanted: &[u32],
    reads: impl Fn(u32) -> bool,
    (theirs, ours): (&Arena, &mut Arena),
) {
    let places: Vec<u32> = wanted.iter().map(|&i| from.sel.at(i as usize) as u32).collect();
    for (_, (to, from)) in (0..).zip(to.iter_mut().zip(from.cols)).filter(|(at, _)| reads(*at)) {
        to.append_from(from, Sel::Rows(&places), places.len(), theirs, ours);
    }
}
