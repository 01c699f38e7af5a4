//! What readers see of an aggregation, in the order in which Siddhi lists it.
//!
//! Siddhi collects open buckets in two hash maps, one a duration and one of all durations, and where an attribute gives the time
//! puts them with the rows of the table into a third. `computeIfAbsent` fills these maps: what meets in a bin comes out latest
//! first, and a map that has become too full grows with the next call.

use riddhi_batch::java::bins_for;
use riddhi_batch::{Arena, Column, Columns, Data, Sel};

use super::level::{Level, columns};
use super::{Aggregation, to_buckets};
use crate::table::{Table, text_hashes};

/// Where a row stands in Siddhi's map.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The hash of its key.
    hash: u32,
    /// How late it came; less is later.
    late: u32,
    /// Whether an open bucket has some of it.
    pub open: bool,
}

impl Aggregation {
    /// Appends to `out` what readers see of a duration, for buckets that start in a range: the rows of its table in the table's
    /// order, then those of open buckets; where an attribute gives the time they are merged by its buckets, and each has a
    /// place in Siddhi's map. Long strings go to `arena`. Gives the number of rows.
    pub fn find(
        &self,
        tables: &[Table],
        duration: usize,
        (from, to): (i64, i64),
        arena: &mut Arena,
        out: &mut Columns,
        places: &mut Vec<Place>,
    ) -> usize {
        places.clear();
        let plan = &self.plan;
        let table = &tables[plan.tables[duration]];
        let mut slots = self.stored(table, from, to);
        table.sort(&mut slots);
        let mut rows = columns(plan);
        let all: Vec<u32> = (0..rows.len() as u32).collect();
        table.gather(&slots, &all, &mut rows, arena);
        let unit = plan.units[duration];
        let bucket = self.levels[0].bucket.map(|bucket| unit.start(bucket));
        if plan.external {
            let mut open = self.open(duration, bucket, arena);
            let mut inside: Vec<u32> = (0..open[0].len() as u32).collect();
            if let Data::I64(times) = &open[1].data {
                // As Siddhi does: by the bucket in which they are kept, not by the one in which they are shown.
                inside.retain(|&row| (from..to).contains(&times[row as usize]));
            }
            to_buckets(&mut open[1], unit);
            let mut found = Level::new(plan, unit);
            found.bucket = bucket;
            for (rows, sel, n) in [(&rows, Sel::From(0), slots.len()), (&open, Sel::Rows(&inside), inside.len())] {
                found.take((rows, &self.places.keys, sel), self.places.rows(rows, sel, n), arena);
            }
            rows = columns(plan);
            found.rows(&mut rows, arena);
            let mut opened = vec![false; rows[0].len()];
            if !inside.is_empty() {
                found.ids().iter().for_each(|&id| opened[id as usize] = true);
            }
            let (hashes, order) = map_order(&rows, &self.places.keys, "", found.ends_new, arena);
            rows = picked(&rows, &order);
            let place = |&row: &u32| {
                let at = row as usize;
                Place { hash: hashes[at], late: u32::MAX - row, open: opened[at] }
            };
            places.extend(order.iter().map(place));
        } else if bucket.is_some_and(|bucket| (from..to).contains(&bucket)) {
            let open = self.open(duration, bucket, arena);
            let n = open[0].len();
            rows.iter_mut().zip(&open).for_each(|(to, from)| to.append(from, Sel::From(0), n));
        }
        self.show(&rows, arena, out)
    }

    /// What open buckets up to a duration have, which `bucket` of it holds.
    fn open(&self, duration: usize, bucket: Option<i64>, arena: &mut Arena) -> Vec<Column> {
        let mut open = Level::new(&self.plan, self.plan.units[duration]);
        open.bucket = bucket;
        for level in self.levels[..=duration].iter().rev().filter(|l| !l.is_empty()) {
            let mut rows = columns(&self.plan);
            level.rows(&mut rows, arena);
            let (_, order) = map_order(&rows, &self.places.keys, "", false, arena);
            let rows = picked(&rows, &order);
            let (sel, n) = (Sel::From(0), rows[0].len());
            open.take((&rows, &self.places.keys, sel), self.places.rows(&rows, sel, n), arena);
        }
        let mut rows = columns(&self.plan);
        if !open.is_empty() {
            open.rows(&mut rows, arena);
        }
        let behind = format!("-{}", bucket.unwrap_or_default());
        let (_, order) = map_order(&rows, &self.places.keys, &behind, open.ends_new, arena);
        picked(&rows, &order)
    }
}

/// The order in which a hash map lists rows that are put into it one after the other, by the texts of some columns and one
/// behind them; and the hashes. `ends_new`: whether the map was not asked again behind the last new row.
fn map_order(rows: &[Column], by: &[u32], behind: &str, ends_new: bool, arena: &Arena) -> (Vec<u32>, Vec<u32>) {
    let hashes = text_hashes(rows, by, behind, arena);
    let mask = bins_for(hashes.len().saturating_sub(usize::from(ends_new))) - 1;
    let mut order: Vec<u32> = (0..hashes.len() as u32).rev().collect();
    order.sort_by_key(|&row| hashes[row as usize] & mask);
    (hashes, order)
}

fn picked(rows: &[Column], order: &[u32]) -> Vec<Column> {
    let sorted = |from: &Column| {
        let mut to = Column::new(from.kind());
        to.append(from, Sel::Rows(order), order.len());
        to
    };
    rows.iter().map(sorted).collect()
}

/// Puts rows with these numbers, for which a condition holds, into the order of Siddhi's map: of the others it holds only those
/// that open buckets have, `open` of them.
pub fn sort_as_picked(rows: &mut [u32], places: &[Place], open: usize) {
    let stored = rows.iter().filter(|&&row| places.get(row as usize).is_some_and(|p| !p.open)).count();
    let mask = bins_for(stored + open) - 1;
    rows.sort_by_key(|&row| places.get(row as usize).map(|p| (p.hash & mask, p.late)));
}
