//! Waiting matches by the value that an event's attribute has to equal: an event then touches only those that it can bring on.

use super::events::NONE;
use super::machine::{Event, Turn};
use super::matches::Memory;
use crate::hash;
use crate::operator::Inputs;
use riddhi_batch::{Arena, Column, Data, fetch};

/// Matches that wait for one value, in the order of the queue. Never on two lines of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
struct Bucket {
    key: [u64; 2],
    head: u32,
    tail: u32,
}

/// A place without matches.
const FREE: Bucket = Bucket { key: [0; 2], head: NONE, tail: NONE };

/// Waiting matches by key: a bucket is at the place of its hash or behind it, with none free between.
#[derive(Debug, Default)]
pub(super) struct Index {
    buckets: Vec<Bucket>,
    used: usize,
}

/// A value to look for. What begins with all bits set is the hash of a long text.
pub(super) type Key = u128;

const LONG: u128 = u32::MAX as u128;

/// Both halves of a product: every bit of the key reaches the lowest bits.
#[inline]
fn hash(key: [u64; 2]) -> u64 {
    let product = (key[0] ^ 0x9e37_79b9_7f4a_7c15) as u128 * (key[1] ^ 0xc2b2_ae3d_27d4_eb4f) as u128;
    product as u64 ^ (product >> 64) as u64
}

fn halves(key: Key) -> [u64; 2] {
    [key as u64, (key >> 64) as u64]
}

/// The key of a value; none of null, which equals nothing.
#[inline(always)]
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
    let half = |seed: u64| hash::of_bytes(seed, bytes) as Key;
    (half(0x6c6f_6e67) << 64 | half(0x7465_7874)) | LONG
}

/// Whether equal keys may be of different values.
#[inline]
pub(super) fn is_hashed(key: Key) -> bool {
    key & LONG == LONG
}

impl Index {
    #[inline(always)]
    fn place_of(&self, key: [u64; 2]) -> usize {
        hash(key) as usize & (self.buckets.len() - 1)
    }

    /// The place of a key, or the free one where it would stand.
    #[inline(always)]
    fn find(&self, key: [u64; 2]) -> usize {
        let mut place = self.place_of(key);
        while self.buckets[place].head != NONE && self.buckets[place].key != key {
            place = (place + 1) & (self.buckets.len() - 1);
        }
        place
    }

    /// Appends a match to those of its key.
    #[inline(always)]
    pub fn insert(&mut self, key: Key, m: u32, memory: &mut Memory) {
        memory.set_next(m, NONE);
        if (self.used + 1) * 2 > self.buckets.len() {
            self.grow();
        }
        let key = halves(key);
        let place = self.find(key);
        let bucket = &mut self.buckets[place];
        if bucket.head == NONE {
            *bucket = Bucket { key, head: m, tail: m };
            self.used += 1;
        } else {
            memory.set_next(bucket.tail, m);
            bucket.tail = m;
        }
    }

    #[cold]
    fn grow(&mut self) {
        let size = (self.buckets.len() * 2).max(64);
        for bucket in std::mem::replace(&mut self.buckets, vec![FREE; size]) {
            if bucket.head != NONE {
                let place = self.find(bucket.key);
                self.buckets[place] = bucket;
            }
        }
    }

    /// Takes out all matches of a key; gives the first.
    #[inline(always)]
    pub fn take(&mut self, key: Key) -> Option<u32> {
        if self.used == 0 {
            return None;
        }
        let place = self.find(halves(key));
        let head = self.buckets[place].head;
        if head == NONE {
            return None;
        }
        self.free(place);
        Some(head)
    }

    /// Frees a place and moves those behind it that would not be found any more.
    #[inline]
    fn free(&mut self, mut hole: usize) {
        self.used -= 1;
        let mask = self.buckets.len() - 1;
        let mut next = (hole + 1) & mask;
        while self.buckets[next].head != NONE {
            let home = self.place_of(self.buckets[next].key);
            // It may move up to the hole unless it stands between its home and there.
            if (next.wrapping_sub(home) & mask) >= (next.wrapping_sub(hole) & mask) {
                self.buckets[hole] = self.buckets[next];
                hole = next;
            }
            next = (next + 1) & mask;
        }
        self.buckets[hole] = FREE;
    }

    /// Takes out a match that is the first of its key.
    pub fn take_first(&mut self, key: Key, m: u32, memory: &Memory) {
        if self.used == 0 {
            return;
        }
        let place = self.find(halves(key));
        if self.buckets[place].head != m {
            return;
        }
        match memory.next(m) {
            NONE => self.free(place),
            next => self.buckets[place].head = next,
        }
    }

    /// Asks for the bucket at the place of a key, and for the one behind it, which may have to move up.
    #[inline]
    pub fn ask_for(&self, key: Key) -> u32 {
        if self.buckets.is_empty() {
            return NONE;
        }
        let place = self.place_of(halves(key));
        fetch(&self.buckets, place);
        fetch(&self.buckets, place + 1);
        place as u32
    }

    /// First and last of the matches in a bucket, of the key that was meant or of one in its way.
    #[inline]
    pub fn glance(&self, place: u32) -> (u32, u32) {
        self.buckets.get(place as usize).map_or((NONE, NONE), |b| (b.head, b.tail))
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        self.buckets.len() * size_of::<Bucket>()
    }
}

/// Matches beyond which what comes next is worth being fetched ahead.
const MANY: usize = 4096;

/// Events for which what they need is fetched at once.
pub(super) const AHEAD: usize = 64;

/// Matches of one key that are fetched ahead, one behind the other.
const IN_A_ROW: usize = 6;

impl Turn<'_, '_> {
    /// Asks for what the events of these places, at most [`AHEAD`], will need of the indexes and of the matches there, so that it
    /// comes from memory all at once and not one after the other. Changes nothing.
    pub fn fetch_ahead(&self, inputs: Inputs<'_>, places: std::ops::Range<usize>) {
        for slot in 0..self.stations.len() {
            if self.stations[slot].pending.len() >= MANY && self.code.slots[slot].key.is_some() {
                self.fetch_for(slot, inputs, places.clone());
            }
        }
    }

    fn fetch_for(&self, slot: usize, inputs: Inputs<'_>, places: std::ops::Range<usize>) {
        let of = &self.code.slots[slot];
        let (Some(key), Some(index)) = (&of.key, &self.stations[slot].index) else { return };
        let first = self.code.slots[key.slot].input as u32;
        let order = &inputs.order[places];
        let mut at = [NONE; AHEAD];
        for (delivered, at) in order.iter().zip(&mut at) {
            let attribute = match delivered.input {
                input if input as usize == of.input => key.own,
                input if input == first => key.attribute,
                _ => continue,
            };
            let flow = inputs.flow(delivered.input);
            let row = flow.chunks[delivered.chunk as usize].first as usize;
            if let Some(key) = key_of(&flow.rows.cols[attribute as usize], row, self.cx.arena) {
                *at = index.ask_for(key);
            }
        }
        // An event that brings matches on needs all of its key, one that begins a match the last.
        for (delivered, at) in order.iter().zip(&mut at) {
            let (head, tail) = index.glance(*at);
            *at = if delivered.input as usize == of.input { head } else { NONE };
            self.memory.ask_for(if *at == NONE { tail } else { head });
        }
        for _ in 0..IN_A_ROW {
            if !self.fetch_matches(slot, key.slot, &mut at) {
                break;
            }
        }
    }

    /// Asks for the places in the queue of these matches, for the events in that slot of theirs and for the next matches, which take
    /// their places in the list; false if there are none.
    fn fetch_matches(&self, slot: usize, held: usize, matches: &mut [u32; AHEAD]) -> bool {
        let mut more = false;
        for m in matches.iter_mut().filter(|m| **m != NONE) {
            self.stations[slot].pending.ask_for(self.memory.place(*m));
            let event = self.memory.held(*m, held).0;
            if event != NONE {
                self.memory.events[held].ask_for(event);
            }
            *m = self.memory.next(*m);
            if *m != NONE {
                self.memory.ask_for(*m);
                more = true;
            }
        }
        more
    }

    /// The key that a match waits for in a slot.
    #[inline(always)]
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
    #[inline(always)]
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
    #[inline(always)]
    fn look_up(&mut self, slot: usize, event: &Event<'_>) -> Option<(Key, u32, Option<usize>)> {
        if !self.tester.passed_alone(slot, event, self.cx, self.element) {
            return None;
        }
        let of = self.code.slots[slot].key.as_ref()?;
        let key = key_of(&event.flow.rows.cols[of.own as usize], event.row, self.cx.arena)?;
        let first = self.stations[slot].index.as_mut()?.take(key)?;
        Some((key, first, (!is_hashed(key)).then_some(of.condition)))
    }

    /// Offers an event to the matches that wait for its value.
    #[inline(never)]
    pub fn offer_keyed(&mut self, slot: usize, event: &Event<'_>) {
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
    pub fn offer_absent_keyed(&mut self, slot: usize, event: &Event<'_>) {
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
