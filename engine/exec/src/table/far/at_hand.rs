//! Which rows of a store are at hand in a run of entries, by number.
//!
//! A store that does not number its rows gets numbers for them here, in the order in which they are first seen: by primary
//! key, or, of a table without one, by all values, the second of two equal rows of an answer being another than the first.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;
use riddhi_batch::Writer;
use riddhi_plan::table::TablePlan;

use super::answers::StoreRows;

#[derive(Debug, Default)]
pub(super) struct AtHand {
    known: HashSet<u64, FixedState>,
    names: HashMap<Box<[u8]>, u64, FixedState>,
    name: Writer,
}

impl AtHand {
    pub(super) fn clear(&mut self) {
        self.known.clear();
        self.names.clear();
    }

    /// Whether the row is one that was not at hand before.
    pub(super) fn enter(&mut self, number: u64) -> bool {
        self.known.insert(number)
    }

    /// The numbers at hand, rising.
    pub(super) fn numbers(&self) -> Vec<u64> {
        let mut all: Vec<u64> = self.known.iter().copied().collect();
        all.sort_unstable();
        all
    }

    /// Numbers the rows of answers that end at `ends`.
    pub(super) fn number(&mut self, plan: &TablePlan, rows: &mut StoreRows, ends: &[u32]) {
        let mut from = 0;
        let mut seen: HashMap<u64, u32, FixedState> = HashMap::default();
        for &end in ends {
            seen.clear();
            for row in from..end as usize {
                let mut number = self.name(plan, rows, row, 0);
                let copies = seen.entry(number).or_insert(0);
                *copies += 1;
                if *copies > 1 && plan.key.is_empty() {
                    let copy = *copies - 1;
                    number = self.name(plan, rows, row, copy);
                }
                rows.numbers.push(number);
            }
            from = end as usize;
        }
    }

    fn name(&mut self, plan: &TablePlan, rows: &StoreRows, row: usize, copy: u32) -> u64 {
        self.name.bytes.clear();
        self.name.put_u32(copy);
        match &plan.key[..] {
            [] => rows.cols.iter().for_each(|column| self.name.put_row(column, row, &rows.arena)),
            key => key.iter().for_each(|&c| self.name.put_row(&rows.cols[c as usize], row, &rows.arena)),
        }
        let next = self.names.len() as u64;
        match self.names.get(&self.name.bytes[..]) {
            Some(&number) => number,
            None => {
                self.names.insert(self.name.bytes.as_slice().into(), next);
                next
            }
        }
    }
}
