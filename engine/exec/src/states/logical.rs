//! Logical states of two present sides: both sides hold the same matches.

use super::code::Wait;
use super::machine::{Event, Turn};
use super::matches::{EMPTY, FILLED, NEVER};

impl Turn<'_, '_> {
    /// A match has come to a logical state.
    pub fn add_logical(&mut self, state: usize, m: u32) {
        let code = self.code;
        let once = state == 0 || code.sequence;
        for slot in code.slots_of(state).rev() {
            if !once || self.stations[slot].new.is_empty() {
                self.wait_for(slot, m);
            }
        }
        if state == 0 {
            return;
        }
        for slot in code.slots_of(state).rev() {
            if let Some(ms) = code.slots[slot].wait_ms() {
                let since = self.wait_begins(m);
                self.arm(slot, since.saturating_add(ms));
            }
        }
    }

    /// Since when a match waits for the absence of something: its last event, else when it came here.
    pub fn wait_begins(&mut self, m: u32) -> i64 {
        let now = self.now;
        if self.memory.ts(m) == NEVER {
            self.memory.set_since(m, now);
            return now;
        }
        self.memory.ts(m)
    }

    /// Puts the copy of a match into both sides.
    pub fn restart_logical(&mut self, state: usize, m: u32, copy: u32) {
        let code = self.code;
        if code.is_absent(state) {
            let left = code.states[state].last;
            let value = self.memory.slot(m, left);
            if value == FILLED {
                self.memory.set_ts(copy, NEVER);
                self.memory.set_since(copy, NEVER);
            } else if value != EMPTY {
                let ts = self.memory.events[left].ts(value - 1);
                self.memory.set_ts(copy, ts);
            }
        }
        for slot in code.slots_of(state).rev() {
            self.wait_for(slot, copy);
        }
    }

    /// Offers an event to a present side.
    pub fn offer_side(&mut self, slot: usize, event: &Event<'_>, and: bool, other: usize) {
        let (code, state) = (self.code, self.code.slots[slot].state);
        let alone = self.tester.passed_alone(slot, event, self.cx, self.element);
        let absent = match code.slots[other].wait {
            Wait::AbsentSide { wait, .. } => Some(wait),
            _ => None,
        };
        let mut before = None;
        self.keep_waiting(slot, |turn, m| {
            if !and && turn.memory.slot(m, other) != EMPTY {
                return false;
            }
            // A match that waits here more than once, for its count went on, takes the event once.
            if code.sequence && before.replace(m) == Some(m) {
                return false;
            }
            if !alone || !turn.passes(slot, m, event, None) {
                return !code.sequence;
            }
            turn.fill(m, slot, event);
            let goes = match absent {
                _ if !and => true,
                None => turn.memory.slot(m, other) != EMPTY,
                Some(wait) => turn.may_go(state, other, m, wait),
            };
            if goes {
                turn.memory.set_ts(m, event.ts);
                turn.forward(state, m, None);
                // It is the left side that the start state looks at.
                if slot == code.states[state].last {
                    turn.tried(state);
                }
            }
            false
        });
    }
}
