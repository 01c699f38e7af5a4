//! The times of stored rows, one after the other.

use riddhi_plan::registry::Times;

/// Goes from row to row over the times of stored rows: asks the store once a page, not once a row.
pub(super) struct Walk<'a> {
    times: &'a dyn Times,
    pub row: u64,
    run: &'a [i64],
}

impl<'a> Walk<'a> {
    pub fn new(times: &'a dyn Times, row: u64) -> Walk<'a> {
        Walk { times, row, run: &[] }
    }

    /// The time of the row.
    #[inline]
    pub fn time(&mut self) -> i64 {
        if self.run.is_empty() {
            self.run = self.times.run(self.row);
        }
        self.run[0]
    }

    /// On to the next row; the time of this one must have been looked at.
    #[inline]
    pub fn step(&mut self) {
        self.run = &self.run[1..];
        self.row += 1;
    }

    /// Steps over the rows before `end` whose time plus `span` is not after `now`, up to the first that is; how many.
    #[inline]
    pub fn pass_due(&mut self, span: i64, now: i64, end: u64) -> u32 {
        let from = self.row;
        while self.row < end && self.time().saturating_add(span) <= now {
            self.step();
        }
        (self.row - from) as u32
    }
}
