//! Waiting matches by the value that an event's attribute has to equal: an event then touches only those that it can bring on.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use riddhi_batch::{Arena, Column, Data};
use std::hash::{BuildHasher, Hasher};

use super::events::NONE;
use super::machine::{Event, Turn};
use super::matches::Memory;

/// Matches that wait for one value, in the order of the queue.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    key: [u64; 2],
    head: u32,
    tail: u32,
}

/// Waiting matches by key.
#[derive(Debug, Default)]
pub(super) struct Index {
    table: HashTable<Bucket>,
}

/// A value to look for. What begins with all bits set is the hash of a long text.
pub(super) type Key = u128;

const LONG: u128 = u32::MAX as u128;

fn hash(key: [u64; 2]) -> u64 {
    let mut h = FixedState::with_seed(0x7061_7474).build_hasher();
    h.write_u64(key[0]);
    h.write_u64(key[1]);
    h.finish()
}

fn halves(key: Key) -> [u64; 2] {
    [key as u64, (key >> 64) as u64]
}

/// The key of a value; none of null, which equals nothing.
#[inline]
pub(super) fn key_of(column: &Column, row: usize, arena: &Arena) -> Option<Key> {
    if column.is_null(row) {
        return None;
    }
    Some(match &column.data {
        Data::I32(v) => v[row] as i64 as u64 as Key,
        Data::I64(v) => v[row] as u64 as Key,
        Data::Bool(v) => v[row] as Key,
        Data::Str(v) if v[row].is_inline() => v[row].word(),
        Data::Str(v) => long_key(v[row].bytes(arena)),
        _ => return None,
    })
}

#[cold]
fn long_key(bytes: &[u8]) -> Key {
    let half = |seed: u64| {
        let mut h = FixedState::with_seed(seed).build_hasher();
        h.write(bytes);
        h.finish() as Key
    };
    (half(0x6c6f_6e67) << 64 | half(0x7465_7874)) | LONG
}

/// Whether equal keys may be of different values.
#[inline]
pub(super) fn is_hashed(key: Key) -> bool {
    key & LONG == LONG
}

impl Index {
    /// Appends a match to those of its key.
    #[inline]
    pub fn insert(&mut self, key: Key, m: u32, memory: &mut Memory) {
        memory.set_next(m, NONE);
        let key = halves(key);
        let entry = self.table.entry(hash(key), |b| b.key == key, |b| hash(b.key));
        match entry {
            hashbrown::hash_table::Entry::Occupied(mut bucket) => {
                let bucket = bucket.get_mut();
                memory.set_next(bucket.tail, m);
                bucket.tail = m;
            }
            hashbrown::hash_table::Entry::Vacant(place) => {
                place.insert(Bucket { key, head: m, tail: m });
            }
        }
    }

    /// Takes out all matches of a key; gives the first.
    #[inline]
    pub fn take(&mut self, key: Key) -> Option<u32> {
        let key = halves(key);
        let bucket = self.table.find_entry(hash(key), |b| b.key == key).ok()?;
        Some(bucket.remove().0.head)
    }

    /// Takes out a match that is the first of its key.
    pub fn take_first(&mut self, key: Key, m: u32, memory: &Memory) {
        let key = halves(key);
        let Ok(mut bucket) = self.table.find_entry(hash(key), |b| b.key == key) else { return };
        debug_assert_eq!(bucket.get().head, m);
        match memory.next(m) {
            NONE => drop(bucket.remove()),
            next => bucket.get_mut().head = next,
        }
    }
}

impl Turn<'_, '_> {
    /// The key that a match waits for in a slot.
    fn key_of_match(&self, slot: usize, m: u32) -> Option<Key> {
        let of = self.code.slots[slot].key.as_ref()?;
        let (event, ..) = self.memory.held(m, of.slot);
        if event == NONE {
            return None;
        }
        let events = &self.memory.events[of.slot];
        let row = events.loose(event);
        if row != NONE
            && let Some(inputs) = self.inputs
        {
            let input = self.code.slots[of.slot].input as u32;
            let column = &inputs.flow(input).rows.cols[of.attribute as usize];
            return key_of(column, row as usize, self.cx.arena);
        }
        key_of(&events.cols[of.column as usize], event as usize, &events.arena)
    }

    /// Lets a match in where matches are looked up.
    pub fn let_in_keyed(&mut self, slot: usize, m: u32) {
        let key = self.key_of_match(slot, m);
        let station = &mut self.stations[slot];
        station.pending.push_placed(m, self.memory);
        if let Some(key) = key {
            station.index.get_or_insert_default().insert(key, m, self.memory);
        }
    }

    /// Makes the indexes of the matches that wait.
    pub fn index_pending(&mut self) {
        for slot in 0..self.stations.len() {
            for place in self.stations[slot].pending.range() {
                let m = self.stations[slot].pending.at(place);
                if let Some(key) = self.key_of_match(slot, m) {
                    self.stations[slot].index.get_or_insert_default().insert(key, m, self.memory);
                }
            }
        }
    }

    /// The first match in a queue leaves it.
    pub fn leave_front(&mut self, slot: usize, m: u32) {
        self.stations[slot].pending.pop_front();
        if let Some(key) = self.key_of_match(slot, m)
            && let Some(index) = &mut self.stations[slot].index
        {
            index.take_first(key, m, self.memory);
        }
        if self.code.slots[slot].key.is_none() {
            self.stations[slot].pending.tidy();
        }
    }

    /// A match that is not the first in the queue leaves the index.
    pub fn unlink(&mut self, slot: usize, m: u32) {
        let Some(key) = self.key_of_match(slot, m) else { return };
        let Some(mut next) = self.stations[slot].index.as_mut().and_then(|index| index.take(key)) else { return };
        while next != NONE {
            let behind = self.memory.next(next);
            if next != m
                && let Some(index) = &mut self.stations[slot].index
            {
                index.insert(key, next, self.memory);
            }
            next = behind;
        }
    }

    /// The matches that wait for the value of an event: the first of them, and what need not be tested again.
    fn look_up(&mut self, slot: usize, event: Event<'_>) -> Option<(Key, u32, Option<usize>)> {
        if !self.tester.passed_alone(slot, event, self.cx, self.element) {
            return None;
        }
        let of = self.code.slots[slot].key.as_ref()?;
        let key = key_of(&event.flow.rows.cols[of.own as usize], event.row, self.cx.arena)?;
        let first = self.stations[slot].index.as_mut()?.take(key)?;
        Some((key, first, (!is_hashed(key)).then_some(of.condition)))
    }

    /// Offers an event to the matches that wait for its value.
    pub fn offer_keyed(&mut self, slot: usize, event: Event<'_>) {
        let state = self.code.slots[slot].state;
        let Some((key, mut m, known)) = self.look_up(slot, event) else { return };
        while m != NONE {
            let next = self.memory.next(m);
            if self.passes(slot, m, event, known) {
                self.stations[slot].pending.remove_placed(self.memory.place(m));
                self.succeed_one(slot, state, m, event);
                self.memory.drop(m);
            } else if let Some(index) = &mut self.stations[slot].index {
                index.insert(key, m, self.memory);
            }
            m = next;
        }
        self.stations[slot].pending.close_holes(self.memory);
    }

    /// The same of an event that should not come.
    pub fn offer_absent_keyed(&mut self, slot: usize, event: Event<'_>) {
        let Some((key, mut m, known)) = self.look_up(slot, event) else { return };
        while m != NONE {
            let next = self.memory.next(m);
            if self.passes(slot, m, event, known) {
                self.stations[slot].pending.remove_placed(self.memory.place(m));
                self.memory.set_ts(m, event.ts);
                self.kill(slot, m);
            } else if let Some(index) = &mut self.stations[slot].index {
                index.insert(key, m, self.memory);
            }
            m = next;
        }
        self.stations[slot].pending.close_holes(self.memory);
    }
}
