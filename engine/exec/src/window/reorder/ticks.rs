//! The clock of what is held back: looked at first after the timeout, then each second in the same rhythm while anything is held.

use riddhi_batch::{LoadError, Reader, Writer};

/// Milliseconds between two looks.
const TICK: i64 = 1000;

#[derive(Clone, Copy, Debug)]
pub(super) struct Ticks {
    timeout: Option<i64>,
    /// The last look, or the next.
    tick: Option<i64>,
    /// Whether there is a next one.
    waits: bool,
}

impl Ticks {
    pub(super) fn new(timeout: Option<i64>) -> Ticks {
        Ticks { timeout, tick: None, waits: false }
    }

    /// The first event comes.
    pub(super) fn begin(&mut self, now: Option<&i64>) {
        if let (Some(timeout), None, Some(&now)) = (self.timeout, self.tick, now) {
            self.tick = Some(now.saturating_add(timeout));
            self.waits = true;
        }
    }

    /// An event is held.
    pub(super) fn go_on(&mut self, now: i64) {
        if let (Some(tick), false) = (self.tick, self.waits) {
            let into = now.saturating_sub(tick);
            let ticks = into.div_euclid(TICK) + (into.rem_euclid(TICK) > 0) as i64;
            self.tick = Some(tick.saturating_add(ticks.saturating_mul(TICK)));
            self.waits = true;
        }
    }

    /// What is earlier than this goes at a look.
    pub(super) fn before(&self, now: i64) -> i64 {
        self.timeout.map_or(i64::MIN, |timeout| now.saturating_add(timeout))
    }

    /// A look is over: there is a next one if anything is held still.
    pub(super) fn looked(&mut self, held: bool) {
        self.waits = held;
        if held {
            self.tick = self.tick.map(|tick| tick.saturating_add(TICK));
        }
    }

    pub(super) fn due(&self) -> Option<i64> {
        self.tick.filter(|_| self.waits)
    }

    /// No look is asked for that is due earlier.
    pub(super) fn earliest(&self) -> i64 {
        if self.timeout.is_none() || self.waits { i64::MAX } else { i64::MIN }
    }

    pub(super) fn save(&self, out: &mut Writer) {
        out.put_optional_i64(self.tick);
        out.put_bool(self.waits);
    }

    pub(super) fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.tick = from.get_optional_i64()?;
        self.waits = from.get_bool()?;
        Ok(())
    }
}
