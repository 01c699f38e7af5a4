//! What the engine does in a frame, in order: the entries, and the timers that fire before them.
//!
//! A step is numbered by the entry's place in the frame, or, for the n-th timer that fired in it, by `entries + n`. Timers
//! are numbered as they are found, operator by operator, so their numbers say nothing of their order: that is by
//! (entry, due, wave, element) in an app on the live clock and by (entry, element, due) in playback (ARCHITECTURE.md, "Time").
//! A timer that belongs to entry e fires just before it. Not here: timers that have not fired ([`timers`](crate::timers)).

use std::cmp::Ordering;

use riddhi_batch::Entry;

/// A timer that fired in this frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fired {
    /// The entry before which it fires.
    pub entry: u32,
    /// When it was due, never before the step that armed it.
    pub due: i64,
    /// How many timers in a row armed each other already due.
    pub wave: u32,
    /// Whose timer it is, in text order.
    pub element: u32,
    /// Which of the element's parts armed it.
    pub part: Part,
    /// Inside a partition: the rank of the key by first appearance.
    pub key: u64,
    /// The clock while it fires.
    pub now: i64,
}

/// What of a query arms timers, in the order in which rows pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Its window.
    Window,
    /// Of a node with several timed parts before its selection: that one, in text order.
    Inner(u16),
    /// Its rate limiter.
    Limiter,
}

/// Whose timers they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    /// The number of the element, in text order.
    pub element: u32,
    /// Which of its parts.
    pub part: Part,
}

/// The steps of one frame.
#[derive(Clone, Debug, Default)]
pub struct Steps {
    entries: Vec<Entry>,
    fired: Vec<Fired>,
    /// Timers fired, and those of them before which an entry of the frame was taken.
    counts: (u64, u64),
    playback: bool,
}

impl Steps {
    /// No steps yet. `playback`: whether the clock follows the events.
    pub fn new(playback: bool) -> Steps {
        Steps { playback, ..Steps::default() }
    }

    /// Begins a frame.
    #[inline]
    pub fn begin(&mut self, entries: &[Entry]) {
        self.entries.clear();
        match entries {
            [one] => self.entries.push(*one),
            _ => self.entries.extend_from_slice(entries),
        }
        self.fired.clear();
        self.counts = (0, 0);
    }

    /// Whether the clock follows the events.
    pub fn playback(&self) -> bool {
        self.playback
    }

    /// Entries of the frame.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Timers that fired so far and are still known by number.
    pub fn fired(&self) -> &[Fired] {
        &self.fired
    }

    /// How many timers fired, and how many of them after an entry of the frame.
    pub fn counts(&self) -> (u64, u64) {
        self.counts
    }

    /// Gives a timer its number.
    pub fn fire(&mut self, timer: Fired) -> u32 {
        self.fired.push(timer);
        self.counts.0 += 1;
        self.counts.1 += (timer.entry > 0) as u64;
        (self.entries.len() + self.fired.len() - 1) as u32
    }

    /// Forgets the last timer: nothing came of it, so nothing names its step. A window whose timer fires a million times in
    /// a gap of the input then costs time only.
    pub fn forget_last(&mut self) {
        self.fired.pop();
    }

    /// The timer of that step, unless it is an entry.
    #[inline]
    pub fn timer(&self, step: u32) -> Option<&Fired> {
        self.fired.get((step as usize).checked_sub(self.entries.len())?)
    }

    /// The entry to which the step belongs.
    #[inline]
    pub fn entry(&self, step: u32) -> u32 {
        self.timer(step).map_or(step, |t| t.entry)
    }

    /// The clock at the step.
    #[inline]
    pub fn now(&self, step: u32) -> i64 {
        match self.entries.get(step as usize) {
            Some(entry) => entry.now,
            None => self.timer(step).map_or(0, |t| t.now),
        }
    }

    /// Which of two steps comes first.
    #[inline]
    pub fn compare(&self, a: u32, b: u32) -> Ordering {
        let n = self.entries.len() as u32;
        if a < n && b < n {
            return a.cmp(&b);
        }
        self.compare_timers(a, b)
    }

    fn compare_timers(&self, a: u32, b: u32) -> Ordering {
        let by_entry = self.entry(a).cmp(&self.entry(b));
        by_entry.then_with(|| match (self.timer(a), self.timer(b)) {
            (Some(x), Some(y)) => self.order(x, y).then(a.cmp(&b)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        })
    }

    /// Which of two timers of the same entry comes first.
    fn order(&self, a: &Fired, b: &Fired) -> Ordering {
        if self.playback {
            (a.element, a.part, a.due, a.key).cmp(&(b.element, b.part, b.due, b.key))
        } else {
            (a.due, a.wave, a.element, a.part, a.key).cmp(&(b.due, b.wave, b.element, b.part, b.key))
        }
    }

    /// Whether a timer that has not fired yet comes before `step`.
    pub fn precedes(&self, timer: &Fired, step: u32) -> bool {
        let by_entry = timer.entry.cmp(&self.entry(step));
        by_entry.then_with(|| self.timer(step).map_or(Ordering::Less, |s| self.order(timer, s))) == Ordering::Less
    }

    /// Which of two timers that have not fired yet comes first.
    pub fn first(&self, a: &Fired, b: &Fired) -> Ordering {
        a.entry.cmp(&b.entry).then_with(|| self.order(a, b))
    }

    /// The first of timers that have not fired yet.
    pub fn earliest(&self, timers: impl IntoIterator<Item = Option<Fired>>) -> Option<Fired> {
        timers.into_iter().flatten().min_by(|a, b| self.first(a, b))
    }

    /// The first entry from `from` on before which a timer due at `due` fires.
    pub fn entry_for(&self, due: i64, from: u32) -> Option<u32> {
        let rest = self.entries.get(from as usize..)?;
        // The clock never falls, so the entries at or after `due` are a suffix.
        let at = from as usize + rest.partition_point(|e| e.now < due);
        if !self.playback {
            return (at < self.entries.len()).then_some(at as u32);
        }
        let setting = self.entries[at..].iter().position(|e| e.sets)?;
        Some((at + setting) as u32)
    }
}
