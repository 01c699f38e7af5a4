//! The order in which Siddhi's hash maps list what was put into them.
//!
//! `computeIfAbsent` fills these maps: what meets in a bin comes out latest first, and a map that has become too full grows with
//! the next call, whatever that asks for.

use riddhi_batch::java::bins_for;
use riddhi_batch::{Arena, Column};

use crate::table::text_hashes;

/// The rows of a map in its order, and what is needed to tell how they would come out of one with fewer.
#[derive(Debug, Default)]
pub struct Listing {
    entries: Vec<Entry>,
    /// How many of them open buckets have.
    open: usize,
    /// What an open bucket brought last: its number, and whether one had brought it before.
    last_open: Option<(u32, bool)>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The hash of its key.
    hash: u32,
    /// How late it came; less is later.
    late: u32,
    /// Whether an open bucket has some of it.
    open: bool,
    /// Where among the rows of the table its last one stands, and whether it has others.
    stored: Option<(u32, bool)>,
}

impl Listing {
    /// Of rows with these hashes in this order, by the numbers of those that came: of the table, then of open buckets.
    pub fn new(hashes: &[u32], order: &[u32], stored: &[u32], open: &[u32]) -> Listing {
        let mut opened = vec![false; hashes.len()];
        let mut last = (0, false);
        for &id in open {
            last = (id, std::mem::replace(&mut opened[id as usize], true));
        }
        let mut from: Vec<Option<(u32, bool)>> = vec![None; hashes.len()];
        for (at, &id) in stored.iter().enumerate() {
            let from = &mut from[id as usize];
            *from = Some((at as u32, from.is_some()));
        }
        let entry = |&row: &u32| {
            let at = row as usize;
            Entry { hash: hashes[at], late: u32::MAX - row, open: opened[at], stored: from[at] }
        };
        let place = |&(id, again): &(u32, bool)| Some((order.iter().position(|&row| row == id)? as u32, again));
        Listing {
            entries: order.iter().map(entry).collect(),
            open: opened.iter().filter(|open| **open).count(),
            last_open: Some(last).filter(|_| !open.is_empty()).as_ref().and_then(place),
        }
    }

    /// Whether there is no such order.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Puts rows with these numbers into the order of a map that has of the table what was `picked`, or just these rows, and all
    /// that open buckets have.
    pub fn sort(&self, rows: &mut [u32], picked: Option<&[u32]>) {
        let entry = |&row: &u32| self.entries.get(row as usize);
        let picked = picked.unwrap_or(rows);
        let stored = picked.iter().filter_map(entry).filter(|e| !e.open).count();
        let ends_new = match self.last_open {
            Some((row, again)) => {
                let known = entry(&row).is_some_and(|e| e.stored.is_some()) && picked.contains(&row);
                !again && !known
            }
            None => !picked.iter().filter_map(entry).filter_map(|e| e.stored).max().is_some_and(|(_, others)| others),
        };
        let mask = bins_of(stored + self.open, ends_new) - 1;
        rows.sort_by_key(|row| entry(row).map(|e| (e.hash & mask, e.late)));
    }
}

/// The order in which a map lists rows that are put into it one after the other, by the texts of some columns and one behind
/// them; and the hashes. `ends_new`: whether it was not asked again behind the last new row.
pub fn map_order(rows: &[Column], by: &[u32], behind: &str, ends_new: bool, arena: &Arena) -> (Vec<u32>, Vec<u32>) {
    let hashes = text_hashes(rows, by, behind, arena);
    let mask = bins_of(hashes.len(), ends_new) - 1;
    let mut order: Vec<u32> = (0..hashes.len() as u32).rev().collect();
    order.sort_by_key(|&row| hashes[row as usize] & mask);
    (hashes, order)
}

fn bins_of(entries: usize, ends_new: bool) -> u32 {
    bins_for(entries.saturating_sub(usize::from(ends_new)))
}
