//! `within`: matches whose first event is too far from the event at hand are dropped, and an `every` that holds the first state
//! goes on with a fresh one.

use super::events::NONE;
use super::machine::Turn;
use super::matches::{Memory, NEVER, RESTARTED};

impl Turn<'_, '_> {
    /// Drops those that are over at `ts`.
    #[inline]
    pub fn expire(&mut self, ts: i64) {
        let Some(within) = self.code.within else { return };
        let all = &self.stations[0];
        let none_over = ts.saturating_sub(all.oldest) <= within && all.latest.saturating_sub(ts) <= within;
        if !(all.bounded && none_over) {
            self.expire_all(ts, within);
        }
    }

    fn expire_all(&mut self, ts: i64, within: i64) {
        for state in 0..self.code.states.len() {
            for slot in self.code.slots_of(state) {
                let station = &mut self.stations[slot];
                if station.new.is_empty() && station.pending.is_empty() {
                    continue;
                }
                self.expire_slot(state, slot, ts, within);
            }
        }
        self.bound_starts();
    }

    /// Finds when the oldest match began, where the first of each queue tells.
    fn bound_starts(&mut self) {
        let first = self.code.states[0].first;
        let (mut oldest, mut known) = (i64::MAX, self.code.starts_once);
        for slot in 0..self.stations.len() {
            let station = &mut self.stations[slot];
            known &= !station.mixed || station.new.is_empty();
            known &= !station.starts_mixed || station.pending.is_empty();
            for m in [station.pending.front(), station.new.front()].into_iter().flatten() {
                oldest = oldest.min(first_time(self.memory, m, first).unwrap_or(i64::MAX));
            }
        }
        if known && !self.stations[0].bounded {
            // From now on every beginning is noted.
            self.stations[0].latest = self.latest_start(first);
        }
        let all = &mut self.stations[0];
        (all.bounded, all.oldest) = (known, oldest);
    }

    fn latest_start(&self, first: usize) -> i64 {
        let all = self.stations.iter().flat_map(|s| s.pending.iter().chain(s.new.iter()));
        all.filter_map(|m| first_time(self.memory, m, first)).max().unwrap_or(i64::MIN)
    }

    /// Notes when a match began that becomes pending.
    #[inline]
    pub fn note_pending(&mut self, slot: usize, m: u32) {
        let began = first_time(self.memory, m, self.code.states[0].first).unwrap_or(NEVER);
        let station = &mut self.stations[slot];
        station.starts_mixed = !station.pending.is_empty() && (station.starts_mixed || began < station.last_start);
        station.last_start = began;
    }

    fn expire_slot(&mut self, state: usize, slot: usize, ts: i64, within: i64) {
        let mut last = None;
        while let Some(m) = self.stations[slot].pending.front() {
            if !self.is_over(m, ts, within) {
                break;
            }
            self.leave_front(slot, m);
            last = self.note_last(last, m);
        }
        last = self.expire_new(slot, ts, within, last);
        if let Some(last) = last {
            self.start_anew(state, last);
            self.memory.drop(last);
        }
    }

    /// All new ones are looked at; if they began one after the other, the first ones tell of all.
    fn expire_new(&mut self, slot: usize, ts: i64, within: i64, mut last: Option<u32>) -> Option<u32> {
        let station = &self.stations[slot];
        if station.new.is_empty() {
            return last;
        }
        if !station.mixed && station.newest.saturating_sub(ts) <= within {
            while let Some(m) = self.stations[slot].new.front()
                && self.is_over(m, ts, within)
            {
                self.stations[slot].new.pop_front();
                last = self.note_last(last, m);
            }
            self.stations[slot].new.tidy();
            return last;
        }
        let mut new = std::mem::take(&mut self.stations[slot].new);
        new.retain(|m| {
            let over = self.is_over(m, ts, within);
            if over {
                last = self.note_last(last, m);
            }
            !over
        });
        self.stations[slot].new = new;
        last
    }

    /// Notes when a match began that has come to `new` of a slot.
    #[inline]
    pub fn note_beginning(&mut self, slot: usize, m: u32) {
        let first = self.code.states[0].first;
        let began = first_time(self.memory, m, first).unwrap_or(NEVER);
        let station = &mut self.stations[slot];
        station.mixed |= began < station.newest || first != self.code.states[0].last;
        station.newest = station.newest.max(began);
        if began != NEVER {
            self.note_beginning_at(began);
        }
    }

    /// All in `new` of a slot become pending.
    #[inline]
    pub fn forget_beginnings(&mut self, slot: usize) {
        if self.code.within.is_some() {
            let station = &mut self.stations[slot];
            (station.newest, station.mixed) = (NEVER, false);
        }
    }

    /// Notes that a match began at a time.
    #[inline]
    pub fn note_beginning_at(&mut self, began: i64) {
        let all = &mut self.stations[0];
        all.oldest = all.oldest.min(began);
        all.latest = all.latest.max(began);
    }

    /// Keeps a hold on the last match that was dropped and has not started another.
    fn note_last(&mut self, last: Option<u32>, m: u32) -> Option<u32> {
        if self.memory.flags(m) & RESTARTED != 0 {
            self.memory.drop(m);
            return last;
        }
        if let Some(earlier) = last {
            self.memory.drop(earlier);
        }
        Some(m)
    }

    /// A match that was dropped in that state lets an `every` that holds the first state begin again, at once.
    pub fn start_anew(&mut self, state: usize, m: u32) {
        if self.code.states[state].group != Some(0) || self.memory.flags(m) & RESTARTED != 0 {
            return;
        }
        self.restart(0, m);
        self.code.slots_of(0).for_each(|slot| self.promote(slot));
    }

    /// Whether a match is over at `ts`.
    #[inline]
    pub fn is_over(&self, m: u32, ts: i64, within: i64) -> bool {
        let first = |slot| first_time(self.memory, m, slot);
        self.code.slots_of(0).filter_map(first).any(|first| first.abs_diff(ts) > within as u64)
    }
}

/// When the first event of a slot came.
#[inline]
fn first_time(memory: &Memory, m: u32, slot: usize) -> Option<i64> {
    let (head, ..) = memory.held(m, slot);
    (head != NONE).then(|| memory.events[slot].ts(head))
}
