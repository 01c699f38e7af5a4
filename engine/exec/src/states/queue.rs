//! Matches that wait, in order. Those at the front go at once, and where they are looked up by a key any one may leave a hole.

use riddhi_batch::fetch;

use super::matches::Memory;

/// A place that was left.
const HOLE: u32 = u32::MAX;

/// Matches in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Queue {
    items: Vec<u32>,
    head: usize,
    holes: usize,
}

impl Queue {
    /// How many wait.
    #[inline]
    pub fn len(&self) -> usize {
        self.items.len() - self.head - self.holes
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    pub fn push(&mut self, m: u32) {
        self.items.push(m);
    }

    /// Appends, noting in each match where it stands.
    #[inline]
    pub fn push_placed(&mut self, m: u32, memory: &mut Memory) {
        memory.set_place(m, self.items.len() as u32);
        self.items.push(m);
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        self.items.capacity() * size_of::<u32>()
    }

    /// All that wait.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.items[self.head..].iter().copied().filter(|&m| m != HOLE)
    }

    /// The first.
    #[inline]
    pub fn front(&mut self) -> Option<u32> {
        while let Some(&m) = self.items.get(self.head) {
            if m != HOLE {
                return Some(m);
            }
            self.head += 1;
            self.holes -= 1;
        }
        None
    }

    /// Drops the first.
    #[inline]
    pub fn pop_front(&mut self) -> Option<u32> {
        let m = self.front()?;
        self.head += 1;
        if self.head == self.items.len() {
            self.items.clear();
            self.head = 0;
        }
        Some(m)
    }

    /// The only one that waits, if there is but one and no hole.
    #[inline]
    pub fn only(&self) -> Option<u32> {
        match self.items[self.head..] {
            [m] if m != HOLE => Some(m),
            _ => None,
        }
    }

    /// Asks for the place of a match.
    #[inline]
    pub fn ask_for(&self, place: u32) {
        fetch(&self.items, place as usize);
    }

    /// Leaves a hole at the place of a match.
    #[inline]
    pub fn remove_placed(&mut self, place: u32) {
        self.items[place as usize] = HOLE;
        self.holes += 1;
        if self.is_empty() {
            self.clear();
        }
    }

    /// Closes the holes, once there are three of them for each match: each match that moves is a place to be noted in it.
    #[inline]
    pub fn close_holes(&mut self, memory: &mut Memory) {
        if self.holes + self.head >= 1024 && self.holes + self.head >= self.len() * 3 {
            self.move_up(memory);
        }
    }

    #[cold]
    fn move_up(&mut self, memory: &mut Memory) {
        let mut to = 0;
        for from in self.head..self.items.len() {
            let m = self.items[from];
            if m != HOLE {
                self.items[to] = m;
                memory.set_place(m, to as u32);
                to += 1;
            }
        }
        self.items.truncate(to);
        (self.head, self.holes) = (0, 0);
    }

    /// Moves those at the front of the list to its front, if many places there are empty.
    pub fn tidy(&mut self) {
        if self.head > 1024 && self.head * 2 > self.items.len() {
            self.items.drain(..self.head);
            self.head = 0;
        }
    }

    /// The places, without holes: a queue of matches that are not looked up has none.
    #[inline]
    pub fn range(&self) -> std::ops::Range<usize> {
        self.head..self.items.len()
    }

    #[inline]
    pub fn at(&self, place: usize) -> u32 {
        self.items[place]
    }

    #[inline]
    pub fn set(&mut self, place: usize, m: u32) {
        self.items[place] = m;
    }

    /// Keeps the places before `end`.
    #[inline]
    pub fn truncate(&mut self, end: usize) {
        self.items.truncate(end);
        if self.head == end {
            self.items.clear();
            self.head = 0;
        }
    }

    /// Sorts those that wait, if they are not sorted; equal ones stay in order.
    pub fn sort_by_key(&mut self, key: impl Fn(u32) -> u64) {
        let items = &mut self.items[self.head..];
        if !items.is_sorted_by_key(|&m| key(m)) {
            items.sort_by_key(|&m| key(m));
        }
    }

    /// Keeps those for which it is true, of a queue without holes.
    pub fn retain(&mut self, mut keep: impl FnMut(u32) -> bool) {
        let mut end = self.head;
        for place in self.range() {
            let m = self.items[place];
            if keep(m) {
                self.items[end] = m;
                end += 1;
            }
        }
        self.truncate(end);
    }

    pub fn remove(&mut self, m: u32) -> bool {
        let at = self.items[self.head..].iter().position(|&i| i == m);
        if let Some(at) = at {
            self.items.remove(self.head + at);
        }
        at.is_some()
    }

    #[inline]
    pub fn clear(&mut self) {
        self.items.clear();
        (self.head, self.holes) = (0, 0);
    }
}
