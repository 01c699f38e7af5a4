//! What a join finds of an aggregation: for each range and duration that is asked for, a table of what readers see.

use riddhi_batch::{Arena, Column, Columns, Sel, Value};
use riddhi_plan::aggregation::{BucketsPlan, range};
use riddhi_plan::registry::{Failed, RowFailure};
use riddhi_plan::table::TablePlan;
use std::sync::Arc;

use super::side::take_slots;
use crate::aggregation::Listing;
use crate::expr::{Program, Rows, Scratch, Source};
use crate::query::Cx;
use crate::store::NO_ROW;
use crate::table::{Finder, Found, ROWS_MAX, Table};

/// Bits of a row's number that are its slot; above stands which of the tables it is of.
const SLOT_BITS: u32 = 32;

/// What is asked for, compiled.
#[derive(Debug)]
pub struct BucketsCode {
    aggregation: usize,
    start: Program,
    end: Option<Program>,
    per: Program,
    /// What Siddhi puts of a duration's table into its map, if not what is found.
    picks: Option<Finder>,
    table: Arc<TablePlan>,
}

impl BucketsCode {
    /// Compiles it.
    pub fn compile(plan: &BucketsPlan) -> BucketsCode {
        BucketsCode {
            aggregation: plan.aggregation,
            start: Program::compile(&plan.start),
            end: plan.end.as_ref().map(Program::compile),
            per: Program::compile(&plan.per),
            picks: plan.picks.as_ref().map(Finder::compile),
            table: plan.table.clone(),
        }
    }
}

/// What one event asks for: duration and range.
type Ask = (usize, (i64, i64));

/// What no event asks for.
const NOTHING: Ask = (0, (0, 0));

/// What was asked for and found.
#[derive(Debug)]
struct Fill {
    ask: Ask,
    table: Table,
    /// How its rows come, if out of a map.
    listing: Listing,
}

/// What was found in a turn.
#[derive(Debug, Default)]
pub struct Buckets {
    fills: Vec<Fill>,
    /// By event of the last look-up: which of the tables its rows are of.
    of_event: Vec<u32>,
    /// What of a table Siddhi puts into its map, if not what is found.
    picked: Option<Found>,
}

impl Buckets {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.fills.clear();
        self.of_event.clear();
    }

    /// What the number of a row of that event has above the slot.
    pub fn fill_of(&self, event: usize) -> u64 {
        self.of_event.get(event).map_or(0, |&fill| u64::from(fill) << SLOT_BITS)
    }

    /// Looks the rows of all events up.
    pub fn find(&mut self, code: &BucketsCode, finder: &Finder, rows: &Rows<'_>, cx: &mut Cx<'_>, found: &mut Found) {
        let (mut scratch, mut failed) = (Scratch::new(), Failed::default());
        let mut compute = |program: &Program, arena: &mut Arena| {
            let mut column = Column::new(program.kind());
            program.eval(rows, arena, &mut scratch, &mut column, &mut failed);
            column
        };
        let start = compute(&code.start, cx.arena);
        let end = code.end.as_ref().map(|end| compute(end, cx.arena));
        let per = compute(&code.per, cx.arena);
        let arena = &*cx.arena;
        let aggregation = &cx.shared.aggregations[code.aggregation];
        let (plan, why_not) = (aggregation.plan(), aggregation.why_not());
        let asked = |i: usize| -> Result<Ask, String> {
            if let Some(why) = why_not {
                return Err(why.to_owned());
            }
            let per = match per.value(i, arena) {
                Value::Str(text) => plan.duration(&text)?,
                other => return Err(format!("`per` is {other:?}, which is no duration")),
            };
            let end = end.as_ref().map(|end| end.value(i, arena));
            Ok((per, range(&start.value(i, arena), end.as_ref())?))
        };
        let mut asks: Vec<Result<Ask, String>> = (0..rows.n).map(asked).collect();
        if aggregation.is_stored() {
            let all: Vec<Ask> = asks.iter().flatten().copied().collect();
            aggregation.fetch(&mut cx.shared.tables, &all);
        }
        let mut parts = Parts::default();
        self.of_event.clear();
        let mut from = 0;
        while from < rows.n {
            let mut to = from + 1;
            while to < rows.n && asks[to] == asks[from] {
                to += 1;
            }
            let filled = std::mem::replace(&mut asks[from], Ok(NOTHING)).and_then(|ask| self.fill(code, ask, cx));
            match &filled {
                &Ok(fill) => {
                    let picked: Vec<u32> = (from..to).map(|i| rows.input.sel.at(i) as u32).collect();
                    let part = Rows {
                        n: to - from,
                        input: Source { cols: rows.input.cols, sel: Sel::Rows(&picked) },
                        ts: &rows.ts[from..to],
                        now: &rows.now[from..to],
                        serial: rows.serial + from as u64,
                        ..*rows
                    };
                    finder.find(&mut self.fills[fill].table, &part, cx.arena, found);
                    self.put_in_order(code, fill, &part, cx, found);
                    self.of_event.resize(to, fill as u32);
                    parts.add(found, from, to);
                }
                Err(why) => {
                    self.of_event.resize(to, 0);
                    parts.fail(from, to, why);
                }
            }
            from = to;
        }
        parts.give(found);
    }

    /// Puts the rows that were found of a table into the order of Siddhi's map, if they come out of one.
    fn put_in_order(&mut self, code: &BucketsCode, fill: usize, rows: &Rows<'_>, cx: &mut Cx<'_>, found: &mut Found) {
        let Fill { listing, table, .. } = &mut self.fills[fill];
        if listing.is_empty() {
            return;
        }
        if let Some(picks) = &code.picks {
            let picked = self.picked.get_or_insert_with(|| picks.found());
            picks.find(table, rows, cx.arena, picked);
        }
        let mut starts = (0, 0);
        for (i, &end) in found.ends.iter().enumerate() {
            let picked = self.picked.as_ref().map(|all| {
                let end = all.ends[i] as usize;
                &all.slots[std::mem::replace(&mut starts.1, end)..end]
            });
            listing.sort(&mut found.slots[starts.0..end as usize], picked);
            starts.0 = end as usize;
        }
    }

    /// The table of what is asked for.
    fn fill(&mut self, code: &BucketsCode, ask: Ask, cx: &mut Cx<'_>) -> Result<usize, String> {
        if let Some(known) = self.fills.iter().rposition(|fill| fill.ask == ask) {
            return Ok(known);
        }
        let shared = &mut *cx.shared;
        let aggregation = &shared.aggregations[code.aggregation];
        let mut rows = Columns::of(&code.table.schema);
        let mut arena = Arena::new();
        let mut listing = Listing::default();
        let n = aggregation.find(&mut shared.tables, ask.0, ask.1, &mut arena, &mut rows, &mut listing)?;
        let mut table = Table::new(code.table.clone(), ROWS_MAX);
        for row in 0..n {
            // It has no key, and is no larger than the tables it comes from.
            let _ = table.insert(&rows.cols, row, &arena);
        }
        self.fills.push(Fill { ask, table, listing });
        Ok(self.fills.len() - 1)
    }

    /// Appends a column of the given rows.
    pub fn take(&self, column: usize, rows: &[u64], out: &mut Column, arena: &mut Arena) {
        if let [one] = &self.fills[..] {
            return take_slots(&one.table, column, rows, out, arena);
        }
        for &row in rows {
            match self.fills.get((row >> SLOT_BITS) as usize) {
                Some(fill) if row != NO_ROW => {
                    take_slots(&fill.table, column, &[row & ((1 << SLOT_BITS) - 1)], out, arena);
                }
                _ => out.push_null(),
            }
        }
    }
}

/// What look-ups of parts of the events found.
#[derive(Default)]
struct Parts {
    slots: Vec<u32>,
    ends: Vec<u32>,
    failed: Vec<(usize, String)>,
    n: usize,
}

impl Parts {
    fn add(&mut self, found: &Found, from: usize, to: usize) {
        self.n = to;
        for i in 0..to - from {
            self.slots.extend_from_slice(found.of(i));
            self.ends.push(self.slots.len() as u32);
            if found.failed.is(i) {
                self.failed.push((from + i, found.failed.why_of(i)));
            }
        }
    }

    fn fail(&mut self, from: usize, to: usize, why: &str) {
        self.n = to;
        for i in from..to {
            self.ends.push(self.slots.len() as u32);
            self.failed.push((i, why.to_owned()));
        }
    }

    fn give(self, found: &mut Found) {
        (found.slots, found.ends) = (self.slots, self.ends);
        found.failed.clear();
        for (i, why) in self.failed {
            found.failed.mark(i, self.n, RowFailure::new(why));
        }
    }
}
