//! Partial matches: which event each slot holds, when the last one came, and who waits with it. A match is a row of words, so
//! that all of it lies together.

use riddhi_batch::fetch;

use super::events::{Events, NONE};

/// A slot that holds nothing.
pub(super) const EMPTY: u32 = 0;
/// A slot that holds an event of which nobody asks more.
pub(super) const FILLED: u32 = u32::MAX;
/// A time that is none: nothing has come yet.
pub(super) const NEVER: i64 = i64::MIN;

/// The match has put a fresh one into the start of its `every`.
pub(super) const RESTARTED: u32 = 1;
/// The match is complete and has been put out.
pub(super) const SHOWN: u32 = 2;

/// Words of a match: its time, holds, flags, place in a queue, next one of equal key; then its slots; then, where something has
/// to be absent for a time, since when it waits.
const TS: usize = 0;
const REFS: usize = 2;
const FLAGS: usize = 3;
const PLACE: usize = 4;
const NEXT: usize = 5;
const SLOTS: usize = 6;

/// A chain of events of a counted slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain {
    pub head: u32,
    pub tail: u32,
    pub len: u32,
    refs: u32,
}

/// All that matches hold.
#[derive(Debug)]
pub(super) struct Memory {
    pub n: usize,
    stride: usize,
    /// Whether matches note since when they wait.
    waits: bool,
    pub events: Vec<Events>,
    many: Vec<bool>,
    words: Vec<u32>,
    all: u32,
    free: Vec<u32>,
    pub chains: Vec<Chain>,
    free_chains: Vec<u32>,
}

impl Memory {
    /// Nothing yet. `waits`: whether something has to be absent for a time.
    pub fn new(events: Vec<Events>, many: Vec<bool>, waits: bool) -> Memory {
        let n = events.len();
        Memory {
            n,
            stride: SLOTS + n + if waits { 2 } else { 0 },
            waits,
            events,
            many,
            words: Vec::new(),
            all: 0,
            free: Vec::new(),
            chains: Vec::new(),
            free_chains: Vec::new(),
        }
    }

    /// Matches there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.all as usize - self.free.len()
    }

    #[inline]
    fn at(&self, m: u32) -> usize {
        m as usize * self.stride
    }

    #[inline]
    fn word(&self, m: u32, word: usize) -> u32 {
        self.words[self.at(m) + word]
    }

    #[inline]
    fn set_word(&mut self, m: u32, word: usize, value: u32) {
        let at = self.at(m) + word;
        self.words[at] = value;
    }

    #[inline]
    fn long(&self, m: u32, word: usize) -> i64 {
        let at = self.at(m) + word;
        let halves = &self.words[at..at + 2];
        (halves[0] as u64 | (halves[1] as u64) << 32) as i64
    }

    #[inline]
    fn set_long(&mut self, m: u32, word: usize, value: i64) {
        let at = self.at(m) + word;
        // One store: two of half the width would make a load right behind them wait.
        let halves = &mut self.words[at..at + 2];
        halves[0] = value as u32;
        halves[1] = (value as u64 >> 32) as u32;
    }

    /// Asks for a match, if it is one.
    #[inline]
    pub fn ask_for(&self, m: u32) {
        fetch(&self.words, (m as usize).saturating_mul(self.stride));
    }

    /// What a slot of a match holds: [`EMPTY`], [`FILLED`], or one more than the number of an event or a chain.
    #[inline]
    pub fn slot(&self, m: u32, slot: usize) -> u32 {
        self.word(m, SLOTS + slot)
    }

    #[inline]
    pub fn set_slot(&mut self, m: u32, slot: usize, value: u32) {
        self.set_word(m, SLOTS + slot, value);
    }

    /// When its last event came.
    #[inline]
    pub fn ts(&self, m: u32) -> i64 {
        self.long(m, TS)
    }

    #[inline]
    pub fn set_ts(&mut self, m: u32, ts: i64) {
        self.set_long(m, TS, ts);
    }

    /// Since when it waits for the absence of something, if it has no time; never, if nothing has to be absent for a time.
    pub fn since(&self, m: u32) -> i64 {
        if self.waits { self.long(m, SLOTS + self.n) } else { NEVER }
    }

    pub fn set_since(&mut self, m: u32, since: i64) {
        if self.waits {
            self.set_long(m, SLOTS + self.n, since);
        }
    }

    #[inline]
    pub fn flags(&self, m: u32) -> u32 {
        self.word(m, FLAGS)
    }

    #[inline]
    pub fn add_flags(&mut self, m: u32, flags: u32) {
        let at = self.at(m) + FLAGS;
        self.words[at] |= flags;
    }

    #[inline]
    pub fn clear_flags(&mut self, m: u32, flags: u32) {
        let at = self.at(m) + FLAGS;
        self.words[at] &= !flags;
    }

    /// Where it stands in the queue of a slot whose matches are looked up.
    #[inline]
    pub fn place(&self, m: u32) -> u32 {
        self.word(m, PLACE)
    }

    #[inline]
    pub fn set_place(&mut self, m: u32, place: u32) {
        self.set_word(m, PLACE, place);
    }

    /// The next match that waits for the same key.
    #[inline]
    pub fn next(&self, m: u32) -> u32 {
        self.word(m, NEXT)
    }

    #[inline]
    pub fn set_next(&mut self, m: u32, next: u32) {
        self.set_word(m, NEXT, next);
    }

    /// A match without events, held by nobody.
    #[inline(always)]
    pub fn fresh(&mut self, ts: i64, since: i64) -> u32 {
        let m = match self.free.pop() {
            Some(m) => m,
            None => {
                self.words.resize(self.words.len() + self.stride, EMPTY);
                self.all += 1;
                self.all - 1
            }
        };
        // The slots of a free one are empty.
        let at = self.at(m);
        let head = &mut self.words[at..at + SLOTS];
        head[REFS] = 0;
        head[FLAGS] = 0;
        head[TS] = ts as u32;
        head[TS + 1] = (ts as u64 >> 32) as u32;
        self.set_since(m, since);
        m
    }

    /// A copy of `m` with the slots from `from` on cleared, held by nobody.
    #[inline]
    pub fn copy(&mut self, m: u32, from: usize) -> u32 {
        let copy = self.fresh(self.ts(m), self.since(m));
        for slot in 0..from {
            let value = self.slot(m, slot);
            self.hold_value(slot, value);
            self.set_slot(copy, slot, value);
        }
        copy
    }

    #[inline]
    pub fn hold(&mut self, m: u32) {
        let at = self.at(m) + REFS;
        self.words[at] += 1;
    }

    /// Gives one hold back.
    #[inline(always)]
    pub fn drop(&mut self, m: u32) {
        let at = self.at(m) + REFS;
        self.words[at] -= 1;
        if self.words[at] == 0 {
            self.give_back(m);
        }
    }

    /// Frees a match that nobody holds.
    #[inline]
    pub fn give_back_unheld(&mut self, m: u32) {
        if self.word(m, REFS) == 0 {
            self.give_back(m);
        }
    }

    #[inline(always)]
    fn give_back(&mut self, m: u32) {
        for slot in 0..self.n {
            self.clear_slot(m, slot);
        }
        self.free.push(m);
    }

    #[inline(always)]
    pub fn clear_slot(&mut self, m: u32, slot: usize) {
        let at = self.at(m) + SLOTS + slot;
        let value = std::mem::replace(&mut self.words[at], EMPTY);
        if value == EMPTY || value == FILLED {
            return;
        }
        if !self.many[slot] {
            return self.events[slot].drop(value - 1);
        }
        self.drop_chain(slot, value - 1);
    }

    fn drop_chain(&mut self, slot: usize, chain: u32) {
        let of = &mut self.chains[chain as usize];
        of.refs -= 1;
        if of.refs == 0 {
            let mut event = of.head;
            while event != NONE {
                let next = self.events[slot].links[event as usize][1];
                self.events[slot].drop(event);
                event = next;
            }
            self.free_chains.push(chain);
        }
    }

    #[inline]
    pub fn hold_value(&mut self, slot: usize, value: u32) {
        if value == EMPTY || value == FILLED {
            return;
        }
        match self.many[slot] {
            false => self.events[slot].hold(value - 1),
            true => self.chains[value as usize - 1].refs += 1,
        }
    }

    /// Puts an event into an empty slot that takes one.
    #[inline(always)]
    pub fn fill(&mut self, m: u32, slot: usize, event: u32) {
        self.events[slot].hold(event);
        self.set_slot(m, slot, event + 1);
    }

    /// Appends an event, which no chain holds yet, to a slot that takes several; gives how many there are now.
    pub fn collect(&mut self, m: u32, slot: usize, event: u32) -> u32 {
        self.events[slot].hold(event);
        let value = self.slot(m, slot);
        if value == EMPTY {
            let chain = self.fresh_chain(Chain { head: event, tail: event, len: 1, refs: 1 });
            self.set_slot(m, slot, chain + 1);
            return 1;
        }
        let chain = &mut self.chains[value as usize - 1];
        let tail = std::mem::replace(&mut chain.tail, event);
        chain.len += 1;
        let len = chain.len;
        self.events[slot].links[tail as usize][1] = event;
        self.events[slot].links[event as usize][0] = tail;
        len
    }

    fn fresh_chain(&mut self, chain: Chain) -> u32 {
        match self.free_chains.pop() {
            Some(id) => {
                self.chains[id as usize] = chain;
                id
            }
            None => {
                self.chains.push(chain);
                self.chains.len() as u32 - 1
            }
        }
    }

    /// Events that a slot holds: first, last and how many. None if nobody asks of them.
    #[inline]
    pub fn held(&self, m: u32, slot: usize) -> (u32, u32, u32) {
        match self.slot(m, slot) {
            EMPTY | FILLED => (NONE, NONE, 0),
            value if self.many[slot] => {
                let chain = &self.chains[value as usize - 1];
                (chain.head, chain.tail, chain.len)
            }
            value => (value - 1, value - 1, 1),
        }
    }

    pub fn is_many(&self, slot: usize) -> bool {
        self.many[slot]
    }

    pub fn clear(&mut self) {
        self.events.iter_mut().for_each(Events::clear);
        self.words.clear();
        self.all = 0;
        self.free.clear();
        self.chains.clear();
        self.free_chains.clear();
    }

    /// Gives back room that is not needed.
    pub fn shrink(&mut self) {
        self.words.shrink_to_fit();
        self.free.shrink_to_fit();
        self.chains.shrink_to_fit();
        self.free_chains.shrink_to_fit();
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        let events: usize = self.events.iter().map(Events::bytes).sum();
        events + self.words.len() * 4 + self.chains.len() * 16
    }
}
