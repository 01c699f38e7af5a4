//! What readers see of an aggregation, in the order in which Siddhi lists it.
//!
//! Siddhi collects open buckets in two hash maps, one a duration and one of all durations, and where an attribute gives the time
//! puts them with the rows of the table into a third.

use riddhi_batch::{Arena, Column, Columns, Data, Sel};

use super::level::{Level, columns};
use super::listing::{Listing, map_order};
use super::{Aggregation, to_buckets};
use crate::table::Table;

impl Aggregation {
    /// Appends to `out` what readers see of a duration, for buckets that start in a range: the rows of its table in the table's
    /// order, then those of open buckets; where an attribute gives the time they are merged by its buckets, and come as `listing`
    /// tells. Long strings go to `arena`. Gives the number of rows, or why a store does not.
    pub fn find(
        &self,
        tables: &mut [Table],
        duration: usize,
        (from, to): (i64, i64),
        arena: &mut Arena,
        out: &mut Columns,
        listing: &mut Listing,
    ) -> Result<usize, String> {
        *listing = Listing::default();
        let plan = &self.plan;
        let slots = self.rows_within(tables, duration, (from, to))?;
        let table = &tables[plan.tables[duration]];
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
            let mut ids = [Vec::new(), Vec::new()];
            let parts = [(&rows, Sel::From(0), slots.len()), (&open, Sel::Rows(&inside), inside.len())];
            for ((rows, sel, n), ids) in parts.into_iter().zip(&mut ids).filter(|((_, _, n), _)| *n > 0) {
                found.take((rows, &self.places.keys, sel), self.places.rows(rows, sel, n), arena);
                ids.extend_from_slice(found.ids());
            }
            rows = columns(plan);
            found.rows(&mut rows, arena);
            let (hashes, order) = map_order(&rows, &self.places.keys, "", found.ends_new, arena);
            rows = picked(&rows, &order);
            *listing = Listing::new(&hashes, &order, &ids[0], &ids[1]);
        } else if bucket.is_some_and(|bucket| (from..to).contains(&bucket)) {
            let open = self.open(duration, bucket, arena);
            let n = open[0].len();
            rows.iter_mut().zip(&open).for_each(|(to, from)| to.append(from, Sel::From(0), n));
        }
        Ok(self.show(&rows, arena, out))
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

fn picked(rows: &[Column], order: &[u32]) -> Vec<Column> {
    let sorted = |from: &Column| {
        let mut to = Column::new(from.kind());
        to.append(from, Sel::Rows(order), order.len());
        to
    };
    rows.iter().map(sorted).collect()
}
