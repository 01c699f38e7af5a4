//! What Siddhi's tables without a primary key remember of whole rows, and lose.
//!
//! A table with indexes and no key is a set: of rows that are equal in all columns and in the time of the event that they were
//! made of, one is kept. Those that an update makes equal are all there, but one is seen; the next update changes that one, and
//! another shows. A table with neither is a linked list, in which a deletion of the last row goes wrong: as long as other
//! rows are left, what is inserted afterwards is lost, until the last of them is updated.

use std::collections::BTreeMap;

use riddhi_batch::{Arena, Column, Data};

use super::index::HashIndex;
use super::key::Keys;

/// Finds equal rows. The column behind the table's own holds the times.
#[derive(Debug)]
pub(super) struct Whole {
    index: HashIndex,
    /// Whether equal rows are kept all the same.
    allow: bool,
    /// By slot: how many more rows there are that are equal to the one in it.
    hidden: BTreeMap<u32, u32>,
    /// How many that are of all slots: asked with every row that is inserted.
    hidden_rows: usize,
    /// One time.
    stamp: Column,
    no_strings: Arena,
}

impl Whole {
    /// For a table of so many columns.
    pub(super) fn new(columns: usize) -> Whole {
        let index = HashIndex::new((0..=columns as u32).collect(), true);
        let stamp = Column::new(riddhi_batch::Kind::I64);
        Whole { index, allow: false, hidden: BTreeMap::new(), hidden_rows: 0, stamp, no_strings: Arena::new() }
    }

    /// Keeps equal rows from now on.
    pub(super) fn allow_equal_rows(&mut self) {
        self.allow = true;
    }

    /// Gives the row in the slot its time. False if an equal one is there already.
    pub(super) fn enter(&mut self, cols: &mut [Column], slot: u32, ts: i64, arena: &mut Arena) -> bool {
        if let Some(times) = cols.last_mut() {
            self.stamp.clear();
            self.stamp.push_i64(ts);
            times.put_from(slot as usize, &self.stamp, 0, &self.no_strings, arena);
        }
        self.enter_again(cols, slot, arena)
    }

    /// The same for a row that has its time.
    pub(super) fn enter_again(&mut self, cols: &[Column], slot: u32, arena: &Arena) -> bool {
        if self.allow {
            return true;
        }
        let columns = std::mem::take(&mut self.index.columns);
        let own = Keys { cols, by: &columns, arena };
        let new = self.find(&own, slot).is_none();
        if new {
            self.index.insert(&own, slot);
        }
        self.index.columns = columns;
        new
    }

    /// The slot with the row that is seen of those equal to the one in this slot; `own`: the table's columns.
    fn find(&self, own: &Keys<'_>, slot: u32) -> Option<u32> {
        self.index.find(own, own.word(slot as usize), own, slot as usize)
    }

    /// The slot with the row that is seen of those equal to the one in this slot, which is not among them.
    pub(super) fn seen(&mut self, cols: &[Column], slot: u32, arena: &Arena) -> Option<u32> {
        let columns = std::mem::take(&mut self.index.columns);
        let seen = self.find(&Keys { cols, by: &columns, arena }, slot);
        self.index.columns = columns;
        seen
    }

    /// How many more rows are equal to the one in the slot.
    pub(super) fn hidden(&self, slot: u32) -> u32 {
        self.hidden.get(&slot).copied().unwrap_or(0)
    }

    /// Rows behind those that are seen.
    pub(super) fn hidden_rows(&self) -> usize {
        self.hidden_rows
    }

    /// So many more rows are equal to the one in the slot.
    pub(super) fn hide(&mut self, slot: u32, rows: u32) {
        if rows > 0 {
            *self.hidden.entry(slot).or_default() += rows;
            self.hidden_rows += rows as usize;
        }
    }

    /// No more rows are equal to the one in the slot; gives how many were.
    pub(super) fn uncover(&mut self, slot: u32) -> u32 {
        let rows = self.hidden.remove(&slot).unwrap_or(0);
        self.hidden_rows -= rows as usize;
        rows
    }

    /// The row in the slot goes, or changes.
    pub(super) fn leave(&mut self, cols: &[Column], slot: u32, arena: &Arena) {
        let columns = std::mem::take(&mut self.index.columns);
        self.index.remove(&Keys { cols, by: &columns, arena }, slot);
        self.index.columns = columns;
    }

    pub(super) fn clear(&mut self) {
        self.hidden.clear();
        self.hidden_rows = 0;
        self.index.clear();
    }

    /// Bytes held, about.
    pub(super) fn bytes(&self) -> usize {
        self.index.bytes() + self.hidden.len() * size_of::<(u32, u32)>()
    }
}

/// The time of a row, which stands in the last column.
pub(super) fn time(cols: &[Column], row: usize) -> i64 {
    match cols.last().map(|c| &c.data) {
        Some(Data::I64(times)) => times.get(row).copied().unwrap_or(0),
        _ => 0,
    }
}

/// The end of a list of rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tail {
    list: bool,
    last: Option<u32>,
    lost: bool,
}

impl Tail {
    /// Of a table that is a list, or of another.
    pub(super) fn new(list: bool) -> Tail {
        Tail { list, last: None, lost: false }
    }

    /// The row in the slot is the last one.
    pub(super) fn is(&mut self, slot: u32) {
        self.last = Some(slot);
    }

    /// The row in the slot is deleted.
    pub(super) fn goes(&mut self, slot: u32) {
        if self.list && self.last == Some(slot) {
            self.lose();
        }
    }

    /// What is inserted from now on is lost.
    pub(super) fn lose(&mut self) {
        self.lost = true;
    }

    /// Whether what is inserted is lost.
    pub(super) fn lost(self) -> bool {
        self.lost
    }

    /// No row is left, or the last one was put right.
    pub(super) fn clear(&mut self) {
        self.lost = false;
        self.last = None;
    }
}
