//! The clock that entries are stamped with.

/// Follows the events: the greatest timestamp so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    now: i64,
    playback: bool,
}

impl Clock {
    /// A clock that reads `now` before the first entry.
    pub fn new(playback: bool, now: i64) -> Clock {
        Clock { now, playback }
    }

    /// What it reads.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Sets what it reads, for entries that were stamped before.
    pub fn set(&mut self, now: i64) {
        self.now = now;
    }

    /// The clock after an entry that came live, and whether the entry set it: that of a playback app follows the last event's
    /// timestamp, any other is set by whoever reads the wall clock.
    #[inline]
    pub fn stamp_event(&mut self, ts: i64) -> (i64, bool) {
        self.stamp(Some(if self.playback { ts } else { self.now }))
    }

    /// The clock after an entry whose last event has this timestamp, and whether the entry set it. Events without one move
    /// nothing.
    #[inline]
    pub fn stamp(&mut self, ts: Option<i64>) -> (i64, bool) {
        match ts {
            Some(ts) if ts >= self.now => {
                self.now = ts;
                (ts, true)
            }
            Some(_) => (self.now, false),
            None => (self.now, !self.playback),
        }
    }
}
