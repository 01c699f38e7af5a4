//! The index of ranges: rows by a number, in runs of bounded length.

use std::ops::Bound;

/// Entries of a run at most; a full one is halved.
const RUN: usize = 512;

/// Runs kept for reuse.
const FREE_MAX: usize = 16;

/// Rows in order of their keys; those of equal keys in order of their slots.
#[derive(Clone, Debug)]
pub(super) struct OrderedIndex {
    pub column: u32,
    runs: Vec<Vec<(u64, u32)>>,
    free: Vec<Vec<(u64, u32)>>,
    rows: usize,
}

impl OrderedIndex {
    pub(super) fn new(column: u32) -> OrderedIndex {
        OrderedIndex { column, runs: Vec::new(), free: Vec::new(), rows: 0 }
    }

    /// The last run that does not begin behind the entry; 0 if all do.
    fn run_of(&self, entry: (u64, u32)) -> usize {
        self.runs.partition_point(|run| run[0] <= entry).saturating_sub(1)
    }

    pub(super) fn insert(&mut self, key: u64, row: u32) {
        self.rows += 1;
        let entry = (key, row);
        if self.runs.is_empty() {
            let mut run = self.fresh();
            run.push(entry);
            self.runs.push(run);
            return;
        }
        let mut at = self.run_of(entry);
        if self.runs[at].len() == RUN {
            let mut behind = self.fresh();
            // What grows at its end leaves full runs behind.
            let keep = if at + 1 == self.runs.len() && self.runs[at][RUN - 1] < entry { RUN } else { RUN / 2 };
            behind.extend(self.runs[at].drain(keep..));
            if keep == RUN {
                behind.push(entry);
                self.runs.insert(at + 1, behind);
                return;
            }
            let later = behind[0] <= entry;
            self.runs.insert(at + 1, behind);
            at += usize::from(later);
        }
        let run = &mut self.runs[at];
        let place = run.partition_point(|&e| e < entry);
        run.insert(place, entry);
    }

    pub(super) fn remove(&mut self, key: u64, row: u32) {
        if self.runs.is_empty() {
            return;
        }
        let at = self.run_of((key, row));
        let Ok(place) = self.runs[at].binary_search(&(key, row)) else { return };
        self.runs[at].remove(place);
        self.rows -= 1;
        if self.runs[at].is_empty() {
            let run = self.runs.remove(at);
            self.recycle(run);
        } else if at + 1 < self.runs.len() && self.runs[at].len() + self.runs[at + 1].len() < RUN / 2 {
            let mut run = self.runs.remove(at + 1);
            self.runs[at].append(&mut run);
            self.recycle(run);
        }
    }

    fn fresh(&mut self) -> Vec<(u64, u32)> {
        self.free.pop().unwrap_or_else(|| Vec::with_capacity(RUN))
    }

    fn recycle(&mut self, mut run: Vec<(u64, u32)>) {
        if self.free.len() < FREE_MAX {
            run.clear();
            self.free.push(run);
        }
    }

    /// Appends the rows whose keys lie between these, rising; at most `most` of them.
    pub(super) fn range(&self, low: Bound<u64>, high: Bound<u64>, most: usize, out: &mut Vec<u32>) {
        let before = |e: &(u64, u32)| match low {
            Bound::Included(x) => e.0 < x,
            Bound::Excluded(x) => e.0 <= x,
            Bound::Unbounded => false,
        };
        let within = |e: &(u64, u32)| match high {
            Bound::Included(x) => e.0 <= x,
            Bound::Excluded(x) => e.0 < x,
            Bound::Unbounded => true,
        };
        let first = self.runs.partition_point(|run| run.last().is_some_and(before));
        let end = out.len().saturating_add(most);
        for run in &self.runs[first.min(self.runs.len())..] {
            let from = run.partition_point(before);
            for entry in &run[from..] {
                if !within(entry) || out.len() >= end {
                    return;
                }
                out.push(entry.1);
            }
        }
    }

    pub(super) fn clear(&mut self) {
        while let Some(run) = self.runs.pop() {
            self.recycle(run);
        }
        self.rows = 0;
    }

    /// Bytes held, about.
    pub(super) fn bytes(&self) -> usize {
        (self.runs.len() + self.free.len()) * RUN * size_of::<(u64, u32)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_a_sorted_list() {
        let mut index = OrderedIndex::new(0);
        let mut list: Vec<(u64, u32)> = Vec::new();
        let mut x = 1u64;
        for n in 0..20_000u32 {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let key = (x >> 33) % 700;
            if n % 3 == 2 && !list.is_empty() {
                let (key, row) = list.swap_remove((x >> 40) as usize % list.len());
                index.remove(key, row);
            } else {
                index.insert(key, n);
                list.push((key, n));
            }
            if n % 997 == 0 {
                let mut sorted = list.clone();
                sorted.sort_unstable();
                for (low, high) in [(0, 10), (350, 360), (699, 700), (5, 5)] {
                    let mut found = Vec::new();
                    index.range(Bound::Included(low), Bound::Excluded(high), usize::MAX, &mut found);
                    let wanted: Vec<u32> = sorted.iter().filter(|e| e.0 >= low && e.0 < high).map(|e| e.1).collect();
                    assert_eq!(found, wanted);
                }
                let mut found = Vec::new();
                index.range(Bound::Excluded(3), Bound::Unbounded, 5, &mut found);
                let wanted: Vec<u32> = sorted.iter().filter(|e| e.0 > 3).map(|e| e.1).take(5).collect();
                assert_eq!(found, wanted);
            }
        }
    }

    #[test]
    fn rising_keys_fill_their_runs() {
        let mut index = OrderedIndex::new(0);
        (0..4096).for_each(|n| index.insert(u64::from(n), n));
        assert_eq!(index.runs.len(), 8);
        (0..4096).for_each(|n| index.remove(u64::from(n), n));
        assert!(index.runs.is_empty() && index.free.len() <= FREE_MAX);
    }
}
