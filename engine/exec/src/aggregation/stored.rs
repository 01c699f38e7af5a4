//! An aggregation whose tables are in a store: what it asks there, and how it begins anew.
//!
//! Closed buckets go to the store like other changes of a table, and what readers ask of it is a range of time. Open buckets
//! are part of the state. Where there is no state, they are made again before the first entry: for each duration the rows of
//! the shorter one that it does not have yet. Until then the aggregation takes no event and gives no answer.

use riddhi_batch::{Arena, Column, Data, Kind, Sel};
use riddhi_plan::aggregation::{AggregationPlan, StoredPlan, Unit};

use super::level::columns;
use super::{Aggregation, By};
use crate::expr::Rows;
use crate::table::{Finder, Table};

/// All time.
const EVER: (i64, i64) = (i64::MIN, i64::MAX);

/// Of a duration: what its store is asked.
#[derive(Debug)]
struct Asked {
    within: Finder,
    rolled: Finder,
    old: Finder,
}

/// What it knows of its store.
#[derive(Debug)]
pub(super) struct Stored {
    asked: Vec<Asked>,
    /// Whether open buckets are what they were.
    pub ready: bool,
    /// Why they are not, in this run.
    why: Option<String>,
}

/// Rows of a duration's table.
struct Old {
    cols: Vec<Column>,
    arena: Arena,
    /// By bucket.
    order: Vec<u32>,
}

impl Stored {
    /// Of an aggregation, if its tables are in a store.
    pub fn of(plan: &AggregationPlan) -> Option<Box<Stored>> {
        let asked = |stored: &StoredPlan| Asked {
            within: Finder::compile(&stored.within),
            rolled: Finder::compile(&stored.rolled),
            old: Finder::compile(&stored.old),
        };
        let asked: Vec<Asked> = plan.stored.iter().map(asked).collect();
        (!asked.is_empty()).then(|| Box::new(Stored { asked, ready: false, why: None }))
    }
}

/// Events with attributes of type long, one behind the other, looked up; the slots found.
fn looked_up(finder: &Finder, table: &mut Table, attributes: &[Column]) -> Result<Vec<u32>, String> {
    let rows = Rows::of(attributes, Sel::From(0), attributes[0].len());
    let mut found = finder.found();
    finder.find(table, &rows, &mut Arena::new(), &mut found);
    found.into_slots()
}

fn longs(values: impl IntoIterator<Item = i64>) -> Column {
    let mut column = Column::new(Kind::I64);
    values.into_iter().for_each(|value| column.push_i64(value));
    column
}

fn ranges(all: &[(i64, i64)]) -> [Column; 2] {
    [longs(all.iter().map(|r| r.0)), longs(all.iter().map(|r| r.1))]
}

impl Aggregation {
    /// Whether its tables are in a store.
    pub fn is_stored(&self) -> bool {
        self.stored.is_some()
    }

    /// Whether it waits for what the store has of it.
    pub fn waits(&self) -> bool {
        self.stored.as_ref().is_some_and(|stored| !stored.ready)
    }

    /// Why it neither takes nor gives anything, if so.
    pub fn why_not(&self) -> Option<&str> {
        let stored = self.stored.as_ref().filter(|stored| !stored.ready)?;
        Some(stored.why.as_deref().unwrap_or("the aggregation has not been read from its store"))
    }

    /// Has the rows of durations and ranges at hand that will be read, all of a duration by one request. What cannot be had
    /// fails when it is read.
    pub fn fetch(&self, tables: &mut [Table], asks: &[(usize, (i64, i64))]) {
        let Some(stored) = self.stored.as_ref().filter(|stored| stored.ready) else { return };
        for (duration, asked) in stored.asked.iter().enumerate() {
            let mut wanted: Vec<(i64, i64)> = asks.iter().filter(|a| a.0 == duration).map(|a| a.1).collect();
            wanted.sort_unstable();
            wanted.dedup();
            if wanted.len() > 1 {
                let _ = looked_up(&asked.within, &mut tables[self.plan.tables[duration]], &ranges(&wanted));
            }
        }
    }

    /// The slots of the rows of a duration's table with a time in the range, in order.
    pub(super) fn rows_within(
        &self,
        tables: &mut [Table],
        duration: usize,
        (from, to): (i64, i64),
    ) -> Result<Vec<u32>, String> {
        let table = &mut tables[self.plan.tables[duration]];
        match &self.stored {
            Some(stored) => looked_up(&stored.asked[duration].within, table, &ranges(&[(from, to)])),
            None => {
                let mut slots = self.slots_within(table, from, to);
                table.sort(&mut slots);
                Ok(slots)
            }
        }
    }

    /// Drops the rows of a duration's table in the store that are older than that.
    pub(super) fn purge_stored(&self, table: &mut Table, duration: usize, before: i64, by: By) {
        let Some(stored) = &self.stored else { return };
        let event = [longs([before])];
        if !table.is_blind() {
            // What is gone may be looked up later in this run. If the store does not say, it may yet be told.
            let old = looked_up(&stored.asked[duration].old, table, &event).unwrap_or_default();
            old.iter().for_each(|&slot| table.remove(slot));
        }
        by.tell(table, 1, &Rows::of(&event, Sel::From(0), 1), &[], &Arena::new());
    }

    /// Makes the open buckets of what the store has: `now` is what the clock reads at the first entry of the run. Rows that a
    /// table did not take are counted. If it cannot be done, it will be tried again in the next run.
    #[cold]
    pub fn begin(&mut self, now: i64, tables: &mut [Table], by: Option<By>) -> u64 {
        let Some(mut stored) = self.stored.take() else { return 0 };
        self.plan.tables.iter().filter(|_| by.is_some()).for_each(|&table| tables[table].begin_names());
        let begun = self.read_back(&stored, now, tables);
        stored.ready = begun.is_ok();
        self.stored = Some(stored);
        match begun {
            Ok((rows, last)) => self.roll_back_in(rows, last, tables, by),
            Err(why) => {
                self.stored.iter_mut().for_each(|stored| stored.why = Some(why.clone()));
                0
            }
        }
    }

    /// By duration but the shortest, the rows of the shorter one that it does not have; and the time of the last row of all.
    fn read_back(&self, stored: &Stored, now: i64, tables: &mut [Table]) -> Result<(Vec<Old>, Option<i64>), String> {
        let plan = &*self.plan;
        let latest_of = |at: usize, tables: &mut [Table]| {
            tables[plan.tables[at]].seen(|table| latest(&stored.asked[at].rolled, table, plan.units[at], now))
        };
        let (mut all, mut last) = (Vec::new(), None);
        if plan.units.len() == 1 {
            last = latest_of(0, tables)?;
        }
        for at in 1..plan.units.len() {
            let unit = plan.units[at];
            let latest = latest_of(at, tables)?;
            let range = latest.map_or(EVER, |latest| (unit.next(latest), i64::MAX));
            let rows = tables[plan.tables[at - 1]].seen(|table| -> Result<Old, String> {
                let slots = looked_up(&stored.asked[at - 1].rolled, table, &ranges(&[range]))?;
                let (mut cols, mut arena) = (columns(plan), Arena::new());
                let all: Vec<u32> = (0..cols.len() as u32).collect();
                table.gather(&slots, &all, &mut cols, &mut arena);
                let mut order: Vec<u32> = (0..slots.len() as u32).collect();
                order.sort_by_key(|&row| time(&cols[0], row));
                Ok(Old { cols, arena, order })
            })?;
            let newest = rows.order.last().map(|&row| time(&rows.cols[0], row));
            last = last.max(latest).max(newest);
            all.push(rows);
        }
        Ok((all, last))
    }

    /// Takes such rows into the open buckets, the longest duration first.
    fn roll_back_in(&mut self, rows: Vec<Old>, last: Option<i64>, tables: &mut [Table], by: Option<By>) -> u64 {
        let mut refused = 0;
        for (at, mut old) in rows.into_iter().enumerate().rev() {
            let mut from = 0;
            while from < old.order.len() {
                let bucket = time(&old.cols[0], old.order[from]);
                let same = |&&row: &&u32| time(&old.cols[0], row) == bucket;
                let to = from + old.order[from..].iter().take_while(same).count();
                refused += self.roll(at + 1, bucket, tables, by);
                self.merge(at + 1, &mut old.cols, &old.order[from..to], &old.arena);
                from = to;
            }
        }
        if let Some(last) = last {
            let level = &mut self.levels[0];
            (level.bucket, level.next) = (Some(level.unit.start(last)), level.unit.next(last));
        }
        refused
    }
}

/// The bucket of the latest row of a table. It is looked for backwards from now, in ranges that become longer.
fn latest(finder: &Finder, table: &mut Table, unit: Unit, now: i64) -> Result<Option<i64>, String> {
    let start = unit.start(now);
    let (mut to, mut length) = (i64::MAX, unit.next(start).saturating_sub(start).max(1));
    let mut from = start.saturating_sub(length);
    loop {
        let slots = looked_up(finder, table, &ranges(&[(from, to)]))?;
        if let Some(latest) = slots.iter().map(|&slot| time(&table.cols()[0], slot)).max() {
            return Ok(Some(latest));
        }
        if from == i64::MIN {
            return Ok(None);
        }
        length = length.saturating_mul(2);
        // Hardly anything is older than time itself.
        (to, from) = (from, if from < 0 { i64::MIN } else { from.saturating_sub(length) });
    }
}

fn time(column: &Column, row: u32) -> i64 {
    match &column.data {
        Data::I64(times) => times[row as usize],
        _ => 0,
    }
}
