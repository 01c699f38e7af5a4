//! The absence of events: `not S for t` as a state, and as a side of a logical one.

use super::code::Wait;
use super::machine::{Event, Turn};
use super::matches::{EMPTY, FILLED, NEVER};

impl Turn<'_, '_> {
    /// A match has come to an absent state.
    pub fn add_absent(&mut self, slot: usize, m: u32, ms: i64) {
        if self.stations[slot].done {
            return;
        }
        if self.code.sequence {
            while let Some(m) = self.stations[slot].new.pop_front() {
                self.memory.drop(m);
            }
        }
        self.wait_for(slot, m);
        if self.code.slots[slot].state != 0 {
            let due = self.wait_begins(m).saturating_add(ms);
            self.stations[slot].deadline = due;
            self.arm(slot, due);
        }
    }

    pub fn restart_absent(&mut self, slot: usize, copy: u32, ms: i64) {
        self.wait_for(slot, copy);
        let due = self.wait_begins(copy).saturating_add(ms);
        self.stations[slot].deadline = due;
        self.arm(slot, due);
    }

    /// A match that waits for an absence collected one more event before that: the wait begins anew.
    pub fn moved_on(&mut self, state: usize, m: u32) {
        for slot in self.code.slots_of(state) {
            if let Some(ms) = self.code.slots[slot].wait_ms() {
                let due = self.memory.ts(m).saturating_add(ms);
                self.stations[slot].unsorted = true;
                self.arm(slot, due);
            }
        }
    }

    /// An event that should not come.
    pub fn offer_absent(&mut self, slot: usize, event: &Event<'_>, ms: i64) {
        let state = self.code.slots[slot].state;
        if self.stations[slot].done {
            return;
        }
        if !self.tester.passed_alone(slot, event, self.cx, self.element) {
            return self.tried(state);
        }
        self.sift_waiting(slot, |turn, m| {
            if !turn.passes(slot, m, event, None) {
                turn.tried(state);
                return true;
            }
            turn.memory.set_ts(m, event.ts);
            if state != 0 {
                turn.kill(slot, m);
                return false;
            }
            turn.wait_again(slot, m, event.ts.saturating_add(ms))
        });
    }

    /// An event came to an absent start state: the wait begins anew, in a sequence for a new match if for any. Says whether the
    /// match goes on waiting.
    fn wait_again(&mut self, slot: usize, m: u32, due: i64) -> bool {
        self.stations[slot].deadline = due;
        self.stations[slot].unsorted = true;
        if !self.code.sequence {
            self.arm(slot, due);
            return true;
        }
        match self.code.every_start {
            true => self.restart(0, m),
            false => self.arm(slot, due),
        }
        self.memory.drop(m);
        false
    }

    /// In a sequence under an `every` over several states those that wait are never let in by events.
    pub fn offer_absent_new(&mut self, slot: usize, event: &Event<'_>) {
        let state = self.code.slots[slot].state;
        let inner = self.code.sequence && self.code.states[state].group.is_some_and(|group| group != state);
        if !inner || self.stations[slot].new.is_empty() || self.stations[slot].done {
            return;
        }
        if !self.tester.passed_alone(slot, event, self.cx, self.element) {
            return;
        }
        let mut new = std::mem::take(&mut self.stations[slot].new);
        new.retain(|m| {
            let killed = self.passes(slot, m, event, None);
            if killed {
                self.memory.drop(m);
            }
            !killed
        });
        self.stations[slot].new = new;
    }

    /// An event that should not come ends a match, which has left the queue.
    pub fn kill(&mut self, slot: usize, m: u32) {
        // A counted state before it collects no more.
        self.memory.set_slot(m, slot, FILLED);
        self.killed(self.code.slots[slot].state, m);
        self.memory.drop(m);
    }

    /// An event killed a match: an `every` around several states goes on with a fresh one.
    fn killed(&mut self, state: usize, m: u32) {
        if let Some(group) = self.code.states[state].group.filter(|&g| g != state && !self.code.sequence) {
            self.restart(group, m);
        }
    }

    /// The timer of a slot fires.
    pub fn timer(&mut self, slot: usize, due: i64) {
        match self.code.slots[slot].wait {
            Wait::Absent(ms) => self.timer_absent(slot, due, ms),
            Wait::AbsentSide { and, other, wait: Some(ms), .. } => self.timer_side(slot, due, (and, other), ms),
            _ => {}
        }
    }

    fn timer_absent(&mut self, slot: usize, due: i64, ms: i64) {
        let (code, state) = (self.code, self.code.slots[slot].state);
        if self.stations[slot].done {
            return;
        }
        let station = &self.stations[slot];
        if code.sequence {
            if state == 0 && station.new.is_empty() && station.pending.is_empty() {
                if code.every_start {
                    self.add_fresh();
                }
            } else if !station.new.is_empty() {
                self.clear(state);
            }
        }
        self.promote(slot);
        let mut ready = std::mem::take(&mut self.spare);
        let over = self.take_ready(slot, due, ms, &mut ready);
        if let Some(m) = over {
            if code.states[state].group != Some(state) {
                self.start_anew(state, m);
            }
            self.memory.drop(m);
        }
        self.have_lasted(state, slot, due, &ready);
        if code.sequence {
            let now = self.now;
            let station = &mut self.stations[slot];
            if now > due.saturating_add(ms) {
                station.deadline = now.saturating_add(ms);
            }
            if ready.is_empty() && station.deadline < due {
                let next = due.saturating_add(ms);
                station.deadline = next;
                self.arm(slot, next);
            }
        }
        ready.clear();
        self.spare = ready;
    }

    /// Takes those out of the queue whose wait is over at `due`, and those that are over by `within`, of which it gives the last.
    fn take_ready(&mut self, slot: usize, due: i64, ms: i64, ready: &mut Vec<u32>) -> Option<u32> {
        let within = self.code.within;
        let mut over = None;
        // In the order of their times the first that is not ready ends the search; what is over by `within` came earlier.
        let front_only = !self.code.sequence && !self.stations[slot].unsorted;
        if front_only || self.code.slots[slot].key.is_some() {
            while let Some(m) = self.stations[slot].pending.front() {
                let is_over = within.is_some_and(|within| self.is_over(m, due, within));
                if !is_over && !self.is_ready(slot, m, due, ms) {
                    break;
                }
                self.leave_front(slot, m);
                self.sort_out(m, is_over, ready, &mut over);
            }
            if front_only {
                return over;
            }
        }
        let waiting: Vec<u32> = self.stations[slot].pending.iter().collect();
        for m in waiting {
            let is_over = within.is_some_and(|within| self.is_over(m, due, within));
            if is_over || self.is_ready(slot, m, due, ms) {
                self.leave_any(slot, m);
                self.sort_out(m, is_over, ready, &mut over);
            }
        }
        over
    }

    fn sort_out(&mut self, m: u32, is_over: bool, ready: &mut Vec<u32>, over: &mut Option<u32>) {
        if !is_over {
            return ready.push(m);
        }
        if let Some(earlier) = over.replace(m) {
            self.memory.drop(earlier);
        }
    }

    fn is_ready(&self, slot: usize, m: u32, due: i64, ms: i64) -> bool {
        let at = match self.memory.ts(m) {
            NEVER if self.code.sequence => self.stations[slot].deadline,
            NEVER => self.memory.since(m).saturating_add(ms),
            ts => ts.saturating_add(ms),
        };
        due >= at
    }

    /// The absences have lasted for which these matches, which have left the queue, waited.
    fn have_lasted(&mut self, state: usize, slot: usize, due: i64, ready: &[u32]) {
        for &m in ready {
            self.memory.set_ts(m, due);
            self.forward(state, m, None);
            self.tried(state);
            self.first_is_done(state, slot);
            self.memory.drop(m);
        }
    }

    /// An absence at the start lasted: if nothing lets the state begin anew it waits no more.
    fn first_is_done(&mut self, state: usize, slot: usize) {
        let code = self.code;
        if state == 0 && code.states[0].group.is_none() {
            self.stations[slot].done = true;
            let both = |s: usize| matches!(code.slots[s].wait, Wait::AbsentSide { and: false, .. });
            if code.slots_of(0).all(both) {
                code.slots_of(0).for_each(|slot| self.stations[slot].done = true);
            }
        }
    }

    /// An event that should not come on a side.
    pub fn offer_absent_side(
        &mut self,
        slot: usize,
        event: &Event<'_>,
        (and, other, left): (bool, usize, bool),
        wait: Option<i64>,
    ) {
        let (code, state) = (self.code, self.code.slots[slot].state);
        if self.stations[slot].done {
            return;
        }
        let alone = self.tester.passed_alone(slot, event, self.cx, self.element);
        let again = code.states[state].again.is_some();
        self.keep_waiting(slot, |turn, m| {
            if !and && turn.memory.slot(m, other) != EMPTY {
                return false;
            }
            if !alone || !turn.passes(slot, m, event, None) {
                return !code.sequence;
            }
            let keeps = wait.is_none() && !(code.sequence && again);
            turn.stations[slot].last = event.ts;
            if keeps && turn.memory.slot(m, slot) == EMPTY {
                turn.memory.set_slot(m, slot, FILLED);
            }
            let first = left && state == 0;
            if !first && code.sequence {
                turn.remove_pending(other, m);
            }
            if !first && and {
                turn.killed(state, m);
            }
            first
        });
    }

    fn remove_pending(&mut self, slot: usize, m: u32) {
        if self.stations[slot].pending.remove(m) {
            self.memory.drop(m);
        }
    }

    /// Any match leaves a queue.
    fn leave_any(&mut self, slot: usize, m: u32) {
        if self.code.slots[slot].key.is_none() {
            self.stations[slot].pending.remove(m);
            return;
        }
        self.stations[slot].pending.remove_placed(self.memory.place(m));
        self.unlink(slot, m);
    }

    /// Whether the event of the present side of an `and` may complete the match.
    pub fn may_go(&mut self, state: usize, absent: usize, m: u32, wait: Option<i64>) -> bool {
        let code = self.code;
        // The first state of an `every` begins anew as one does on which it stands directly.
        let again = code.states[state].again.is_some() || code.states[state].group == Some(state);
        let last = self.stations[absent].last;
        if code.sequence && !again && code.states[0].group.is_none() && last > 0 {
            return false;
        }
        if wait.is_some() {
            return self.memory.slot(m, absent) != EMPTY;
        }
        if !again || state != 0 {
            let free = self.memory.slot(m, absent) == EMPTY;
            if !free && again && !code.sequence && code.states[state].again.is_none() {
                self.restart(state, m);
            }
            return free;
        }
        if last == 0 {
            return true;
        }
        self.stations[absent].last = 0;
        self.remove_pending(absent, m);
        self.add_fresh();
        false
    }

    fn timer_side(&mut self, slot: usize, due: i64, (and, other): (bool, usize), ms: i64) {
        let (code, state) = (self.code, self.code.slots[slot].state);
        if self.stations[slot].done {
            return;
        }
        let mut nothing = true;
        let begins = if state == 0 { self.stations[slot].last } else { 0 };
        if due >= begins.saturating_add(ms) {
            let station = &self.stations[slot];
            let empty = station.new.is_empty() && station.pending.is_empty();
            if code.sequence && state == 0 && empty {
                self.add_fresh();
            } else if code.sequence && !station.new.is_empty() {
                self.clear(state);
            }
            code.slots_of(state).for_each(|s| self.promote(s));
            nothing = self.fire_side(slot, due, (and, other), ms);
            self.stations[slot].last = 0;
        }
        if code.states[state].again.is_some() || (state == 0 && nothing) {
            let next = match self.stations[slot].last {
                0 => self.now,
                last => last,
            };
            self.arm(slot, next.saturating_add(ms));
        }
    }

    /// Lets those go on whose wait is over; says whether there is none.
    fn fire_side(&mut self, slot: usize, due: i64, (and, other): (bool, usize), ms: i64) -> bool {
        let (code, state) = (self.code, self.code.slots[slot].state);
        let mut ready = std::mem::take(&mut self.spare);
        let mut over = None;
        self.sift_waiting(slot, |turn, m| {
            let is_over = code.within.is_some_and(|within| turn.is_over(m, due, within));
            let begins = if turn.memory.ts(m) == NEVER { turn.memory.since(m) } else { turn.memory.ts(m) };
            if is_over {
                turn.sort_out(m, true, &mut ready, &mut over);
                return false;
            }
            let waits = due < begins.saturating_add(ms);
            if !waits {
                turn.wait_is_over(slot, m, (and, other), &mut ready);
            }
            waits
        });
        if let Some(m) = over {
            self.start_anew(state, m);
            self.memory.drop(m);
        }
        self.have_lasted(state, slot, due, &ready);
        let nothing = ready.is_empty();
        ready.clear();
        self.spare = ready;
        nothing
    }

    /// A match whose wait is over goes on, waits for the other side, or is dropped.
    fn wait_is_over(&mut self, slot: usize, m: u32, (and, other): (bool, usize), ready: &mut Vec<u32>) {
        let came = self.memory.slot(m, other) != EMPTY;
        if and || !came {
            self.memory.set_slot(m, slot, FILLED);
        }
        match came == and {
            true => ready.push(m),
            false => self.memory.drop(m),
        }
    }
}
