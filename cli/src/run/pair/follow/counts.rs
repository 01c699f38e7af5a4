//! What is counted of an app that is followed.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Marks that are remembered until they are reached; between two that are dropped lies less than their whole.
const MARKS_MAX: usize = 64;

/// The counters, for other threads.
#[derive(Default)]
pub struct Counts {
    /// 1 while it stands somewhere.
    pub following: AtomicU64,
    /// Entries before this position were applied.
    pub position: AtomicU64,
    /// All outputs of entries before this position are out.
    pub mark: AtomicU64,
    /// Milliseconds since the first mark that is not reached yet was seen.
    pub lag_ms: AtomicU64,
    /// Times that a state was begun from a snapshot.
    pub begun: AtomicU64,
    /// Snapshots of the active that are byte for byte the state here.
    pub same: AtomicU64,
    /// Those that are not.
    pub different: AtomicU64,
}

impl Counts {
    /// Entries that are out and were not applied yet.
    pub fn behind(&self) -> u64 {
        self.mark.load(Ordering::Relaxed).saturating_sub(self.position.load(Ordering::Relaxed))
    }

    /// Adds one.
    pub fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// In a few words.
    pub fn text(&self) -> String {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        format!(
            "followed to entry {}, {} entries and {} ms behind; begun {} times; snapshots compared: {} equal, {} different",
            get(&self.position),
            self.behind(),
            get(&self.lag_ms),
            get(&self.begun),
            get(&self.same),
            get(&self.different)
        )
    }
}

/// How long a mark has waited to be reached.
#[derive(Default)]
pub struct Lag {
    /// Positions, and when they were seen.
    marks: VecDeque<(u64, Instant)>,
}

impl Lag {
    /// The mark stands at `mark` now, and what was applied at `position`; gives how long the oldest mark has waited.
    pub fn at(&mut self, mark: u64, position: u64, now: Instant) -> Duration {
        if mark > self.marks.back().map_or(position, |(last, _)| *last) {
            if self.marks.len() == MARKS_MAX {
                self.marks.remove(MARKS_MAX / 2);
            }
            self.marks.push_back((mark, now));
        }
        while self.marks.front().is_some_and(|(mark, _)| *mark <= position) {
            self.marks.pop_front();
        }
        self.marks.front().map_or(Duration::ZERO, |(_, seen)| now.saturating_duration_since(*seen))
    }

    /// The state is another one.
    pub fn begin(&mut self) {
        self.marks.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lag_counts_from_the_oldest_mark_that_is_not_reached() {
        let (mut lag, begun) = (Lag::default(), Instant::now());
        let at = |ms| begun + Duration::from_millis(ms);
        assert_eq!(lag.at(0, 0, at(0)), Duration::ZERO);
        assert_eq!(lag.at(10, 0, at(100)), Duration::ZERO);
        assert_eq!(lag.at(20, 5, at(300)), Duration::from_millis(200));
        assert_eq!(lag.at(20, 10, at(400)), Duration::from_millis(100));
        assert_eq!(lag.at(20, 20, at(500)), Duration::ZERO);
        for mark in 21..1000 {
            lag.at(mark, 20, at(mark));
        }
        assert!(lag.marks.len() <= MARKS_MAX);
        assert_eq!(lag.at(1000, 20, at(1021)), Duration::from_millis(1000));
    }
}
