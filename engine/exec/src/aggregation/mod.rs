//! Incremental aggregations: what is kept of events by bucket of time, for several durations.
//!
//! ```text
//! events -> open bucket of the shortest duration -(closes)-> its table
//!                                               \-> open bucket of the next duration -(closes)-> ...
//! ```
//!
//! Buckets are those of the clock. A bucket closes when the clock reaches its end, by a timer or by an event; its rows go to
//! the table of its duration and are merged into the open bucket of the next. What readers see of a duration is its table and
//! what all open buckets up to it have.

mod find;
mod level;
mod listing;
mod node;
mod stored;

use std::sync::Arc;

use riddhi_batch::{Arena, Column, Columns, Data, LoadError, Reader, Sel, Writer};
use riddhi_plan::aggregation::AggregationPlan;
use riddhi_plan::registry::Failed;

use crate::expr::{Program, Rows, Scratch};
use crate::table::Table;
use level::{Level, Places, Taken, columns};
use stored::Stored;

pub use listing::Listing;
pub use node::Aggregate;

/// What an aggregation keeps beside its tables.
#[derive(Debug)]
pub struct Aggregation {
    plan: Arc<AggregationPlan>,
    levels: Vec<Level>,
    places: Places,
    /// Where the base values find what they are of, in an event.
    args: Vec<Option<u32>>,
    items: Vec<Program>,
    /// Keys of events whose time an attribute gives: its bucket, then the group.
    keys: Vec<Column>,
    by: Vec<u32>,
    /// Rows that are closed.
    closed: Vec<Vec<Column>>,
    arena: Arena,
    /// If its tables are in a store.
    stored: Option<Box<Stored>>,
}

/// Who changes tables: a store that has them is told.
#[derive(Clone, Copy, Debug)]
pub struct By {
    /// The node.
    pub node: u32,
    /// Position of the entry that is the cause.
    pub position: u64,
}

impl By {
    /// Tells the store of a table, if there is one, of a change by rows. Those in `rejected` changed nothing.
    fn tell(self, table: &mut Table, which: u32, rows: &Rows<'_>, rejected: &[u32], arena: &Arena) {
        table.note_changes((self.node, which), rows, (&[rows.n as u32], &[self.position]), rejected, arena);
    }
}

impl Aggregation {
    /// One without events.
    pub fn new(plan: Arc<AggregationPlan>) -> Aggregation {
        let (first, keys) = plan.keys();
        Aggregation {
            levels: plan.units.iter().map(|&unit| Level::new(&plan, unit)).collect(),
            places: Places::of(&plan),
            args: plan.bases.iter().map(|b| b.arg).collect(),
            items: plan.items.iter().map(Program::compile).collect(),
            keys: plan.row.attributes[first..first + keys].iter().map(|a| Column::new(a.kind)).collect(),
            by: (0..keys as u32).collect(),
            closed: plan.units.iter().map(|_| columns(&plan)).collect(),
            arena: Arena::new(),
            stored: Stored::of(&plan),
            plan,
        }
    }

    /// What it is.
    pub fn plan(&self) -> &AggregationPlan {
        &self.plan
    }

    /// For the log: why rows are refused.
    pub fn refusal(&self) -> String {
        format!("a table of aggregation `{}` is full or has a row with this primary key", self.plan.name)
    }

    /// When the next open bucket that has something closes.
    pub fn due(&self) -> Option<i64> {
        self.levels.iter().filter(|l| !l.is_empty()).map(|l| l.next).min()
    }

    /// The end of the bucket into which events go.
    pub fn end(&self) -> i64 {
        self.levels[0].next
    }

    /// The clock reads `now`: closes the buckets that are over. Rows that a table did not take are counted.
    pub fn advance(&mut self, now: i64, tables: &mut [Table], by: By) -> u64 {
        self.roll(0, now, tables, Some(by))
    }

    fn roll(&mut self, at: usize, time: i64, tables: &mut [Table], by: Option<By>) -> u64 {
        let level = &mut self.levels[at];
        if level.bucket.is_some() && time < level.next {
            return 0;
        }
        let mut refused = 0;
        if let Some(bucket) = level.bucket.filter(|_| !level.is_empty()) {
            let mut rows = std::mem::take(&mut self.closed[at]);
            let mut arena = std::mem::take(&mut self.arena);
            rows.iter_mut().for_each(Column::clear);
            arena.clear();
            level.rows(&mut rows, &mut arena);
            level.clear();
            // In the order of Siddhi's map, which the order in later maps depends on.
            let (_, order) = listing::map_order(&rows, &self.places.keys, "", false, &arena);
            let table = &mut tables[self.plan.tables[at]];
            refused += put(table, &rows, &order, &arena, by);
            if at + 1 < self.levels.len() {
                refused += self.roll(at + 1, bucket, tables, by);
                self.merge(at + 1, &mut rows, &order, &arena);
            }
            self.closed[at] = rows;
            self.arena = arena;
        }
        let level = &mut self.levels[at];
        let start = level.unit.start(time);
        (level.bucket, level.next) = (Some(start), level.unit.next(time));
        if at + 1 < self.levels.len() {
            refused += self.roll(at + 1, start, tables, by);
        }
        refused
    }

    /// Takes closed rows into the open bucket of a duration, in that order.
    fn merge(&mut self, at: usize, rows: &mut [Column], order: &[u32], arena: &Arena) {
        let level = &mut self.levels[at];
        if self.plan.external {
            to_buckets(&mut rows[1], level.unit);
        }
        let sel = Sel::Rows(order);
        level.take((&*rows, &self.places.keys[..], sel), self.places.rows(rows, sel, order.len()), arena);
    }

    /// Takes events in, all of the bucket that is open: the columns that the query in front computes, from a row on.
    pub fn take(&mut self, cols: &[Column], first: usize, n: usize, arena: &Arena) {
        let plan = &self.plan;
        let sel = Sel::From(first);
        let time = plan.external.then(|| cols.len() - 1);
        let rows = Taken { cols, sel, n, latest: plan.groups, time, bases: &self.args, merging: false };
        let level = &mut self.levels[0];
        let Some(time) = time else { return level.take((cols, &self.by, sel), rows, arena) };
        self.keys.iter_mut().for_each(Column::clear);
        for (key, from) in self.keys.iter_mut().zip(std::iter::once(&cols[time]).chain(cols)) {
            key.append(from, sel, n);
        }
        to_buckets(&mut self.keys[0], level.unit);
        level.take((&self.keys, &self.by, Sel::From(0)), rows, arena);
    }

    /// Drops the rows of tables that are older than they may be.
    pub fn purge(&self, now: i64, tables: &mut [Table], by: By) {
        let Some(retention) = &self.plan.purge else { return };
        for (duration, (&table, keep)) in self.plan.tables.iter().zip(&retention.keep_ms).enumerate() {
            let Some(keep) = keep else { continue };
            let (table, before) = (&mut tables[table], now.saturating_sub(*keep));
            if table.is_far() {
                self.purge_stored(table, duration, before, by);
                continue;
            }
            let old = self.slots_within(table, i64::MIN, before);
            old.iter().for_each(|&slot| table.remove(slot));
        }
    }

    /// The slots of rows with a time in the range.
    fn slots_within(&self, table: &Table, from: i64, to: i64) -> Vec<u32> {
        let Data::I64(times) = &table.cols()[self.plan.time_column()].data else { return Vec::new() };
        let is = |slot: &u32| table.is_alive(*slot) && (from..to).contains(&times[*slot as usize]);
        (0..times.len() as u32).filter(is).collect()
    }

    /// Computes what readers see.
    fn show(&self, rows: &[Column], arena: &mut Arena, out: &mut Columns) -> usize {
        let n = rows[0].len();
        let call = Rows::of(rows, Sel::From(0), n);
        let (mut scratch, mut failed) = (Scratch::new(), Failed::default());
        for (item, to) in self.items.iter().zip(&mut out.cols) {
            item.eval(&call, arena, &mut scratch, to, &mut failed);
        }
        out.ts.resize(out.ts.len() + n, -1);
        n
    }

    /// Writes what it keeps.
    pub fn save(&self, out: &mut Writer) {
        self.stored.iter().for_each(|stored| out.put_bool(stored.ready));
        self.levels.iter().for_each(|level| level.save(&self.plan, out));
    }

    /// Reads what [`Aggregation::save`] wrote.
    pub fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        let plan = self.plan.clone();
        if let Some(stored) = &mut self.stored {
            stored.ready = from.get_bool()?;
        }
        self.levels.iter_mut().try_for_each(|level| level.load(&plan, from))
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        self.levels.iter().map(Level::bytes).sum()
    }
}

/// Makes rows in that order rows of a table; gives how many it did not take.
fn put(table: &mut Table, rows: &[Column], order: &[u32], arena: &Arena, by: Option<By>) -> u64 {
    if !table.is_far() {
        return order.iter().map(|&row| u64::from(table.insert(rows, row as usize, arena).is_err())).sum();
    }
    let mut rejected = Vec::new();
    if !table.is_blind() {
        let taken = |row: u32, table: &mut Table| table.insert(rows, row as usize, arena).is_ok();
        rejected.extend((0..).zip(order).filter(|(_, row)| !taken(**row, table)).map(|(i, _)| i));
    }
    by.iter().for_each(|by| by.tell(table, 0, &Rows::of(rows, Sel::Rows(order), order.len()), &rejected, arena));
    rejected.len() as u64
}

/// Makes times the starts of their buckets.
fn to_buckets(times: &mut Column, unit: riddhi_plan::aggregation::Unit) {
    if let Data::I64(times) = &mut times.data {
        times.iter_mut().for_each(|t| *t = unit.start(*t));
    }
}
