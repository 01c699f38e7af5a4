//! The grid of a limiter's intervals: one ends every so many milliseconds from the start of the app on.

use riddhi_batch::{LoadError, Reader, State, Writer};

/// When intervals end. A limiter that counts rows, or that lets the first row through, has none.
#[derive(Debug)]
pub(super) struct Ticks {
    every: Option<i64>,
    next: Option<i64>,
    moved: bool,
}

impl Ticks {
    /// Intervals of so many milliseconds; not begun.
    pub fn new(every: Option<i64>) -> Ticks {
        Ticks { every, next: None, moved: false }
    }

    /// The end of the interval at hand.
    pub fn next(&self) -> Option<i64> {
        self.next
    }

    /// Begins the first interval, unless one has begun; gives its end.
    pub fn start(&mut self, now: i64) -> Option<i64> {
        if self.next.is_some() {
            return None;
        }
        self.next = Some(now.saturating_add(self.every?));
        self.next
    }

    /// Whether a row of that time comes after the end of the interval, of which no timer has told yet; if so the next
    /// interval begins.
    #[inline]
    pub fn passed(&mut self, time: i64) -> bool {
        let (Some(next), Some(every)) = (self.next, self.every) else { return false };
        let passed = time >= next;
        if passed {
            self.next = Some(next.saturating_add(every));
            self.moved = true;
        }
        passed
    }

    /// Whether [`Ticks::passed`] was true since the last call.
    pub fn moved(&mut self) -> bool {
        std::mem::take(&mut self.moved)
    }

    /// The interval has ended. If nothing is there to come out, those over by `now` end with it: in playback the clock may
    /// have jumped over many.
    pub fn tick(&mut self, now: i64, idle: bool) {
        let (Some(ended), Some(every)) = (self.next, self.every) else { return };
        let over = if idle && now > ended { (now - ended) / every } else { 0 };
        self.next = Some(ended.saturating_add(every.saturating_mul(over + 1)));
    }
}

impl State for Ticks {
    fn save(&self, out: &mut Writer) {
        if self.every.is_some() {
            out.put_optional_i64(self.next);
        }
    }

    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        if self.every.is_some() {
            self.next = from.get_optional_i64()?;
        }
        Ok(())
    }
}
