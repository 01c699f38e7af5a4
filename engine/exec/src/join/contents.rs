//! The rows of a side that the other side can find, by key.
//!
//! A row that is there has a slot; slots of one key form a list in the order in which rows came, and a table knows the ends of
//! each list. Without a key all rows are one list. The rows themselves stand in a store. All steps are O(1), and nothing is
//! allocated once there is room for the most rows that were ever there.

use std::collections::{HashMap, VecDeque};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::key::{NOTHING, hash_word};

const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Slot {
    word: u128,
    /// Number of the row in its store.
    row: u64,
    previous: u32,
    next: u32,
}

/// The rows of one key.
#[derive(Clone, Copy, Debug)]
struct List {
    word: u128,
    first: u32,
    last: u32,
}

/// Slots by the number that signals give a row.
#[derive(Clone, Debug)]
enum Places {
    /// Rows leave in the order in which they come, or nearly so: numbers from `base` on.
    Ring { base: u64, slots: VecDeque<u32> },
    /// They leave in any order.
    Map(HashMap<u64, u32, FixedState>),
}

impl Places {
    fn put(&mut self, number: u64, slot: u32) {
        match self {
            Places::Map(map) => {
                map.insert(number, slot);
            }
            Places::Ring { base, slots } => {
                if slots.is_empty() {
                    *base = number;
                }
                while number < *base {
                    slots.push_front(NONE);
                    *base -= 1;
                }
                while ((number - *base) as usize) > slots.len() {
                    slots.push_back(NONE);
                }
                match slots.get_mut((number - *base) as usize) {
                    Some(place) => *place = slot,
                    None => slots.push_back(slot),
                }
            }
        }
    }

    fn has(&self, number: u64) -> bool {
        match self {
            Places::Map(map) => map.contains_key(&number),
            Places::Ring { base, slots } => {
                number.checked_sub(*base).is_some_and(|at| slots.get(at as usize).is_some_and(|&slot| slot != NONE))
            }
        }
    }

    fn take(&mut self, number: u64) -> Option<u32> {
        match self {
            Places::Map(map) => map.remove(&number),
            Places::Ring { base, slots } => {
                let place = slots.get_mut(number.checked_sub(*base)? as usize)?;
                let slot = std::mem::replace(place, NONE);
                while slots.front() == Some(&NONE) {
                    slots.pop_front();
                    *base += 1;
                }
                (slot != NONE).then_some(slot)
            }
        }
    }

    fn clear(&mut self) {
        match self {
            Places::Map(map) => map.clear(),
            Places::Ring { slots, .. } => slots.clear(),
        }
    }
}

/// The rows that can be found.
#[derive(Clone, Debug)]
pub struct Contents {
    slots: Vec<Slot>,
    free: Vec<u32>,
    table: HashTable<List>,
    places: Places,
    /// Rows of the store before this one were there when the other side last looked.
    looked: u64,
    /// The row behind the last that entered.
    end: u64,
}

impl Contents {
    /// Nothing. `any_order`: whether rows leave in any order.
    pub fn new(any_order: bool) -> Contents {
        let places = match any_order {
            true => Places::Map(HashMap::default()),
            false => Places::Ring { base: 0, slots: VecDeque::new() },
        };
        Contents { slots: Vec::new(), free: Vec::new(), table: HashTable::new(), places, looked: 0, end: 0 }
    }

    /// Rows there are.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether the row that signals call `number` is there.
    pub fn has(&self, number: u64) -> bool {
        self.places.has(number)
    }

    /// Row `row` of the store, which signals call `number`, is there from now on, behind all others.
    pub fn enter(&mut self, number: u64, row: u64, word: u128) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { word: 0, row: 0, previous: NONE, next: NONE });
            (self.slots.len() - 1) as u32
        });
        let mut previous = NONE;
        if word != NOTHING {
            let hash = hash_word(word);
            match self.table.find_mut(hash, |list| list.word == word) {
                Some(list) => {
                    previous = list.last;
                    list.last = slot;
                    self.slots[previous as usize].next = slot;
                }
                None => {
                    let list = List { word, first: slot, last: slot };
                    self.table.insert_unique(hash, list, |list| hash_word(list.word));
                }
            }
        }
        self.slots[slot as usize] = Slot { word, row, previous, next: NONE };
        self.places.put(number, slot);
        self.end = row + 1;
    }

    /// The other side looks for rows.
    pub fn look(&mut self) {
        self.looked = self.end;
    }

    /// Whether the row was there when the other side last looked.
    pub fn was_looked_at(&self, row: u64) -> bool {
        row < self.looked
    }

    /// For a snapshot: how far the other side has looked, and the row behind the last.
    pub fn marks(&self) -> [u64; 2] {
        [self.looked, self.end]
    }

    /// Puts back what a snapshot had.
    pub fn set_marks(&mut self, [looked, end]: [u64; 2]) {
        (self.looked, self.end) = (looked, end);
    }

    /// The row that signals call `number` is there no longer. Gives the row and its word, if it was.
    pub fn leave(&mut self, number: u64) -> Option<(u64, u128)> {
        let at = self.places.take(number)?;
        let Slot { word, row, previous, next } = self.slots[at as usize];
        if previous != NONE {
            self.slots[previous as usize].next = next;
        }
        if next != NONE {
            self.slots[next as usize].previous = previous;
        }
        if word != NOTHING && (previous == NONE || next == NONE) {
            self.shorten(word, previous, next);
        }
        self.free.push(at);
        Some((row, word))
    }

    /// The first or last row of a key has left.
    fn shorten(&mut self, word: u128, previous: u32, next: u32) {
        let hash = hash_word(word);
        let Ok(mut entry) = self.table.find_entry(hash, |list| list.word == word) else { return };
        match (previous, next) {
            (NONE, NONE) => drop(entry.remove()),
            (NONE, _) => entry.get_mut().first = next,
            _ => entry.get_mut().last = previous,
        }
    }

    /// No row is there.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.free.clear();
        self.table.clear();
        self.places.clear();
    }

    /// Appends the rows of a key, oldest first, up to `most`. Whether there are more.
    #[inline]
    pub fn find(&self, word: u128, most: usize, found: &mut Vec<u64>) -> bool {
        if word == NOTHING {
            return false;
        }
        let Some(list) = self.table.find(hash_word(word), |list| list.word == word) else { return false };
        let mut at = list.first;
        let mut left = most;
        while at != NONE && left > 0 {
            let slot = &self.slots[at as usize];
            found.push(slot.row);
            at = slot.next;
            left -= 1;
        }
        at != NONE
    }

    /// All rows, rising: the number that signals give each, and its number in the store.
    pub fn all(&self) -> Vec<(u64, u64)> {
        let row = |slot: u32| self.slots[slot as usize].row;
        let mut all: Vec<(u64, u64)> = match &self.places {
            Places::Map(map) => map.iter().map(|(&number, &slot)| (number, row(slot))).collect(),
            Places::Ring { base, slots } => {
                let there = (*base..).zip(slots).filter(|(_, slot)| **slot != NONE);
                there.map(|(number, &slot)| (number, row(slot))).collect()
            }
        };
        all.sort_unstable_by_key(|&(_, row)| row);
        all
    }

    /// The oldest row there is, where rows leave in order.
    pub fn oldest(&self) -> Option<u64> {
        match &self.places {
            Places::Map(_) => None,
            Places::Ring { slots, .. } => slots.front().map(|&slot| self.slots[slot as usize].row),
        }
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        let places = match &self.places {
            Places::Map(map) => map.capacity() * 16,
            Places::Ring { slots, .. } => slots.capacity() * 4,
        };
        self.slots.capacity() * size_of::<Slot>() + self.table.capacity() * (size_of::<List>() + 1) + places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(contents: &Contents, word: u128) -> Vec<u64> {
        let mut rows = Vec::new();
        contents.find(word, usize::MAX, &mut rows);
        rows
    }

    #[test]
    fn rows_of_a_key_are_found_in_order() {
        for any_order in [false, true] {
            let mut contents = Contents::new(any_order);
            for row in 0..9 {
                contents.enter(row, row, [7, 8, NOTHING][row as usize % 3]);
            }
            assert_eq!(found(&contents, 7), [0, 3, 6]);
            assert_eq!(contents.leave(3), Some((3, 7)));
            assert_eq!(found(&contents, 7), [0, 6]);
            assert_eq!(contents.leave(0), Some((0, 7)));
            assert_eq!(contents.leave(0), None);
            contents.enter(20, 20, 7);
            assert_eq!(found(&contents, 7), [6, 20]);
            assert_eq!(contents.leave(20), Some((20, 7)));
            assert_eq!(contents.leave(6), Some((6, 7)));
            assert_eq!(found(&contents, 7), Vec::<u64>::new());
            assert_eq!(contents.leave(2), Some((2, NOTHING)));
            assert_eq!(found(&contents, NOTHING), Vec::<u64>::new());
            assert_eq!(contents.len(), 5);
            assert_eq!(contents.all().len(), 5);
            contents.clear();
            assert_eq!((contents.len(), found(&contents, 8)), (0, vec![]));
        }
    }
}
