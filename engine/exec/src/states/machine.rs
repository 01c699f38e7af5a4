//! The state machine: who waits where, and what an event does to them.
//!
//! Each slot has *pending* matches, which are offered events, and *new* ones, which become pending before the next event. On
//! each event: matches that are over are dropped, new ones let in, then it is offered to the slots that read its stream, from
//! the last state to the first. A success goes to `new` of the next state, so one event never fills two states in a row.

use riddhi_batch::Flow;
use riddhi_plan::registry::SignalKind;

use super::code::{Code, Wait};
use super::conditions::Tester;
use super::found::Found;
use super::keyed::Index;
use super::matches::{EMPTY, FILLED, Memory, NEVER, RESTARTED, SHOWN};
use super::queue::Queue;
use super::timers::Timers;
use crate::operator::Inputs;
use crate::query::{Cx, Failure};

/// Who waits for a slot.
#[derive(Debug, Default)]
pub(super) struct Station {
    pub pending: Queue,
    pub new: Queue,
    /// The latest beginning of a match in `new`, and whether one began before one in front of it.
    pub newest: i64,
    pub mixed: bool,
    /// Those of `pending` by what they wait for, where they are looked up.
    pub index: Option<Box<Index>>,
    /// Of the first: whether no match began before `oldest` or after `latest`, as long as all went by the book.
    pub bounded: bool,
    pub oldest: i64,
    pub latest: i64,
    /// Whether some match in `pending` began before one in front of it, and when the last one began.
    pub starts_mixed: bool,
    pub last_start: i64,
    /// Whether some match in `pending` has an earlier time than one before it.
    pub unsorted: bool,
    /// The time of the last match that became pending.
    pub last_ts: i64,
    /// Of the absence of events: until when it has to last, where the match itself does not tell.
    pub deadline: i64,
    /// Of a start state: when the last unwanted event came; 0 if none counts.
    pub last: i64,
    /// Whether an absent start state has had its only success.
    pub done: bool,
    /// Of a counted start state of a sequence that needs nothing: whether the second state has been tried, which starts it again.
    pub tried: bool,
}

/// Sorts times, and those who have none last.
pub(super) fn by_time(ts: i64) -> u64 {
    (ts as u64).wrapping_sub(NEVER as u64 + 1)
}

impl Station {
    /// A match of that time becomes pending; `alone`: no other is.
    #[inline]
    pub fn note_time(&mut self, ts: i64, alone: bool) {
        self.unsorted = !alone && (self.unsorted || ts < self.last_ts);
        self.last_ts = ts;
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        let index = self.index.as_ref().map_or(0, |index| index.bytes());
        size_of::<Station>() + self.pending.bytes() + self.new.bytes() + index
    }
}

/// An event under test.
#[derive(Clone, Copy)]
pub(super) struct Event<'a> {
    pub flow: &'a Flow,
    pub row: usize,
    pub ts: i64,
    pub now: i64,
    /// The step of its chunk, and the chunk's place in the order of delivery.
    pub step: u32,
    pub cause: u32,
}

/// The events of a chunk, in order; the clock reads `now`.
#[inline]
pub(super) fn events_at(inputs: Inputs<'_>, place: usize, now: i64) -> impl Iterator<Item = Event<'_>> {
    let (_, flow, chunk) = inputs.at(place);
    let is_event = |row: &usize| flow.kinds.get(*row) != Some(&(SignalKind::Reset as u8));
    let event = move |row| Event { flow, row, ts: flow.rows.ts[row], now, step: chunk.step, cause: place as u32 };
    (chunk.first as usize..(chunk.first + chunk.rows) as usize).filter(is_event).map(event)
}

/// What a turn works on.
pub(super) struct Turn<'a, 'b> {
    pub code: &'a Code,
    pub memory: &'a mut Memory,
    pub stations: &'a mut [Station],
    pub timers: &'a mut Timers,
    pub found: &'a mut Found,
    /// The event at hand, if any: its input and its row there.
    pub event: Option<(u32, u32)>,
    pub tester: &'a mut Tester,
    pub cx: &'a mut Cx<'b>,
    pub inputs: Option<Inputs<'a>>,
    /// Of the key of a partition: its number and its rank by first appearance.
    pub key: u32,
    pub rank: u64,
    pub element: u32,
    /// Matches at most.
    pub matches_max: usize,
    /// The clock, and where results come from.
    pub now: i64,
    pub step: u32,
    pub cause: u32,
    /// A list that is not in use.
    pub spare: Vec<u32>,
    /// The event at hand as the slots hold it already.
    pub taken: &'a mut Vec<u32>,
}

impl Turn<'_, '_> {
    /// Takes an event of that input.
    #[inline]
    pub fn event(&mut self, input: usize, event: &Event<'_>) {
        (self.now, self.step, self.cause) = (event.now, event.step, event.cause);
        let code = self.code;
        if code.within.is_some() {
            self.expire(event.ts);
        }
        if code.sequence {
            self.settle();
        } else {
            for &slot in &code.inputs[input].promotes {
                self.promote(slot);
            }
        }
        for &slot in &code.inputs[input].offers {
            self.offer(slot, event);
            if self.taken[slot] != EMPTY {
                let taken = std::mem::replace(&mut self.taken[slot], EMPTY);
                self.memory.events[slot].drop(taken - 1);
            }
        }
    }

    #[inline]
    fn offer(&mut self, slot: usize, event: &Event<'_>) {
        let of = &self.code.slots[slot];
        if self.stations[slot].pending.is_empty() {
            if let Wait::Absent(_) = of.wait {
                self.offer_absent_new(slot, event);
            }
            return;
        }
        match of.wait {
            Wait::One if of.key.is_some() => self.offer_keyed(slot, event),
            Wait::One => self.offer_one(slot, event),
            Wait::Count { min, max } => self.offer_count(slot, event, min, max),
            Wait::Absent(_) if of.key.is_some() => self.offer_absent_keyed(slot, event),
            Wait::Absent(ms) => self.offer_absent(slot, event, ms),
            Wait::Side { and, other, .. } => self.offer_side(slot, event, and, other),
            Wait::AbsentSide { and, other, left, wait } => {
                self.offer_absent_side(slot, event, (and, other, left), wait);
            }
        }
    }

    /// Lets new matches in.
    #[inline]
    pub fn promote(&mut self, slot: usize) {
        if !self.stations[slot].new.is_empty() {
            self.let_in(slot);
        }
    }

    #[inline(never)]
    fn let_in(&mut self, slot: usize) {
        let station = &mut self.stations[slot];
        let Some(m) = station.new.only() else { return self.let_all_in(slot) };
        station.new.clear();
        self.forget_beginnings(slot);
        self.let_one_in(slot, m);
    }

    #[inline(always)]
    fn let_one_in(&mut self, slot: usize, m: u32) {
        let ts = self.memory.ts(m);
        let station = &mut self.stations[slot];
        station.note_time(ts, station.pending.is_empty());
        if self.code.within.is_some() {
            self.note_pending(slot, m);
        }
        let station = &mut self.stations[slot];
        match self.code.slots[slot].key {
            Some(_) => self.let_in_keyed(slot, m),
            None => station.pending.push(m),
        }
    }

    #[inline(never)]
    fn let_all_in(&mut self, slot: usize) {
        let Turn { stations, memory, code, .. } = self;
        let station = &mut stations[slot];
        if station.new.len() > 1 && !code.sequence {
            station.new.sort_by_key(|m| by_time(memory.ts(m)));
        }
        self.forget_beginnings(slot);
        let mut new = std::mem::take(&mut self.stations[slot].new);
        for place in new.range() {
            self.let_one_in(slot, new.at(place));
        }
        new.clear();
        self.stations[slot].new = new;
    }

    /// In a sequence only matches that the event before brought on go on waiting.
    fn settle(&mut self) {
        let code = self.code;
        for state in (0..code.states.len()).rev() {
            if self.is_reached(state) {
                self.clear(state);
            }
        }
        for state in 0..code.states.len() {
            if self.is_reached(state) {
                if state == 0 && std::mem::take(&mut self.stations[code.states[0].first].tried) {
                    self.begin_again();
                }
                code.slots_of(state).for_each(|slot| self.promote(slot));
            }
        }
    }

    /// The start state of a sequence gets an empty match, if it is one that begins again.
    fn begin_again(&mut self) {
        let code = self.code;
        if code.every_start || (code.states.len() > 1 && code.is_absent(1)) {
            self.add_fresh();
        }
    }

    /// An empty match comes to the start state.
    pub fn add_fresh(&mut self) {
        let fresh = self.memory.fresh(NEVER, self.now);
        self.add(0, fresh);
        self.memory.give_back_unheld(fresh);
    }

    /// A state has tried an event in a way that the start state before it has to know.
    pub fn tried(&mut self, state: usize) {
        if state == 1 && self.code.retries {
            self.stations[self.code.states[0].first].tried = true;
        }
    }

    /// Of an `every` over several states of a sequence events clear only the first.
    fn is_reached(&self, state: usize) -> bool {
        self.code.states[state].group.is_none_or(|group| group == state)
    }

    /// Drops those who wait for a state of a sequence; the start state may begin again.
    pub fn clear(&mut self, state: usize) {
        let code = self.code;
        let slots = code.slots_of(state);
        let (first, last) = (*slots.start(), *slots.end());
        let absent = matches!(code.slots[last].wait, Wait::Absent(_));
        if let Wait::Side { and: true, .. } | Wait::AbsentSide { and: true, .. } = code.slots[last].wait
            && self.stations[first].pending.len() != self.stations[last].pending.len()
        {
            return;
        }
        slots.for_each(|slot| self.drop_pending(slot));
        // The left side is the one that was cleared.
        if state != 0 || (!absent && !self.stations[last].new.is_empty()) {
            return;
        }
        let second = code.states.get(1);
        if !code.every_start && second.is_some_and(|s| !self.stations[s.last].pending.is_empty()) {
            return;
        }
        self.begin_again();
    }

    fn drop_pending(&mut self, slot: usize) {
        while let Some(m) = self.stations[slot].pending.pop_front() {
            self.memory.drop(m);
        }
    }

    /// Puts a match into `new` of a slot.
    #[inline(always)]
    pub fn wait_for(&mut self, slot: usize, m: u32) {
        self.memory.hold(m);
        self.stations[slot].new.push(m);
        if self.code.within.is_some() {
            self.note_beginning(slot, m);
        }
    }

    /// A match has come to a state.
    #[inline(always)]
    pub fn add(&mut self, state: usize, m: u32) {
        let code = self.code;
        let last = code.states[state].last;
        match code.slots[last].wait {
            Wait::One => self.add_present(last, m),
            Wait::Count { min, .. } => self.add_count(state, last, m, min),
            Wait::Absent(ms) => self.add_absent(last, m, ms),
            Wait::Side { .. } | Wait::AbsentSide { .. } => self.add_logical(state, m),
        }
    }

    #[inline(always)]
    fn add_present(&mut self, slot: usize, m: u32) {
        if !self.code.sequence || self.stations[slot].new.is_empty() {
            self.wait_for(slot, m);
        }
    }

    fn add_count(&mut self, state: usize, slot: usize, m: u32, min: u32) {
        let code = self.code;
        // A match without any event is never complete.
        let blank = code.is_last(state) && self.memory.ts(m) == NEVER;
        let nothing_needed = min == 0 && self.memory.slot(m, slot) == EMPTY && !blank;
        // A pattern that is complete waits for nothing more.
        if code.sequence || !nothing_needed || !code.is_last(state) {
            self.add_present(slot, m);
        }
        if nothing_needed && (!code.is_last(state) || self.memory.flags(m) & SHOWN == 0) {
            self.forward(state, m, None);
        }
    }

    /// A match is done with a state. `last`: the event that its slot has taken, if it is not kept.
    #[inline]
    pub fn forward(&mut self, state: usize, m: u32, last: Option<(usize, &Event<'_>)>) {
        if self.code.is_last(state) {
            self.find(m, last);
        } else {
            self.add(state + 1, m);
        }
        if let Some(again) = self.code.states[state].again {
            self.restart(again, m);
        }
    }

    /// A complete match is a row.
    #[inline(always)]
    pub fn find(&mut self, m: u32, last: Option<(usize, &Event<'_>)>) {
        self.memory.add_flags(m, SHOWN);
        let Turn { code, memory, found, cx, step, cause, key, .. } = self;
        let ts = last.map_or_else(|| memory.ts(m), |(_, event)| event.ts);
        found.push(code, memory, m, (ts, *step, *cause, *key), last, cx.arena);
        if cx.shared.faults.get(self.element as usize).is_some_and(Option::is_some) {
            found.by.push(self.event);
        }
    }

    /// Puts a copy of a match, without what it collected from that state on, into the state.
    pub fn restart(&mut self, state: usize, m: u32) {
        let code = self.code;
        let copy = self.memory.copy(m, code.states[state].first);
        self.memory.add_flags(m, RESTARTED);
        let last = code.states[state].last;
        match code.slots[last].wait {
            Wait::One | Wait::Count { .. } => self.wait_for(last, copy),
            Wait::Absent(ms) => self.restart_absent(last, copy, ms),
            Wait::Side { .. } | Wait::AbsentSide { .. } => self.restart_logical(state, m, copy),
        }
        self.bound();
    }

    /// What the slot holds of the event at hand.
    #[inline]
    pub fn take(&mut self, slot: usize, event: &Event<'_>) -> u32 {
        let of = &self.code.slots[slot];
        if !of.stored {
            return FILLED;
        }
        if self.taken[slot] == EMPTY {
            let id = if of.loose {
                self.memory.events[slot].put_loose(event.row, event.ts)
            } else {
                let (cols, row) = self.tester.source(self.code, slot, event);
                self.memory.events[slot].put(cols, row, event.ts, self.cx.arena)
            };
            // Held until it has been offered to all: the first match may be done with it before the next one takes it.
            self.memory.events[slot].hold(id);
            self.taken[slot] = id + 1;
        }
        self.taken[slot]
    }

    /// Fills an empty slot that takes one event.
    #[inline]
    pub fn fill(&mut self, m: u32, slot: usize, event: &Event<'_>) {
        match self.take(slot, event) {
            FILLED => self.memory.set_slot(m, slot, FILLED),
            value => self.memory.fill(m, slot, value - 1),
        }
    }

    /// Whether the conditions of a slot hold for the event with that match.
    #[inline(always)]
    pub fn passes(&mut self, slot: usize, m: u32, event: &Event<'_>, except: Option<usize>) -> bool {
        let tests = self.code.slots[slot].rest.len() - except.is_some() as usize;
        tests == 0 || self.passes_tests(slot, m, event, except)
    }

    fn passes_tests(&mut self, slot: usize, m: u32, event: &Event<'_>, except: Option<usize>) -> bool {
        let Turn { code, memory, tester, cx, inputs, element, .. } = self;
        tester.test((code, slot), (memory, m), event, except, *inputs, cx, *element)
    }

    /// A match takes the only event of a state.
    #[inline(always)]
    pub fn succeed_one(&mut self, slot: usize, state: usize, m: u32, event: &Event<'_>) {
        self.memory.set_ts(m, event.ts);
        if self.code.completing == Some(slot) {
            self.memory.set_slot(m, slot, FILLED);
            self.find(m, Some((slot, event)));
            if let Some(again) = self.code.states[state].again {
                self.restart(again, m);
            }
        } else {
            self.fill(m, slot, event);
            self.forward(state, m, None);
        }
        self.tried(state);
    }

    fn offer_one(&mut self, slot: usize, event: &Event<'_>) {
        let (code, state) = (self.code, self.code.slots[slot].state);
        let alone = self.tester.passed_alone(slot, event, self.cx, self.element);
        if !alone && !code.sequence {
            return;
        }
        if state == 0
            && code.every_start
            && !code.sequence
            && let Some(blank) = self.stations[slot].pending.only()
        {
            return self.start_one(slot, blank, event);
        }
        if let (Some(m), false) = (self.stations[slot].pending.only(), code.sequence) {
            if self.passes(slot, m, event, None) {
                self.stations[slot].pending.clear();
                self.succeed_one(slot, state, m, event);
                self.memory.drop(m);
            }
            return;
        }
        self.keep_waiting(slot, |turn, m| {
            if alone && turn.passes(slot, m, event, None) {
                turn.succeed_one(slot, state, m, event);
                return false;
            }
            if code.sequence {
                turn.tried(state);
            }
            !code.sequence
        });
    }

    /// A start state on which `every` stands directly: the empty match goes on waiting, another one takes the event.
    #[inline(never)]
    fn start_one(&mut self, slot: usize, blank: u32, event: &Event<'_>) {
        if !self.passes(slot, blank, event, None) {
            return;
        }
        self.memory.set_ts(blank, event.ts);
        let m = self.begin_with(slot, event);
        match self.code.is_last(0) {
            true => self.find(m, self.code.completing.map(|s| (s, event))),
            false => self.add(1, m),
        }
        self.memory.give_back_unheld(m);
        self.bound();
    }

    /// A match that an event begins at such a state, held by nobody.
    #[inline(always)]
    pub fn begin_with(&mut self, slot: usize, event: &Event<'_>) -> u32 {
        let m = self.memory.fresh(event.ts, event.now);
        self.memory.add_flags(m, RESTARTED);
        if self.code.slots[slot].loose {
            let id = self.memory.events[slot].put_loose(event.row, event.ts);
            self.memory.fill(m, slot, id);
        } else {
            self.fill(m, slot, event);
        }
        m
    }

    fn offer_count(&mut self, slot: usize, event: &Event<'_>, min: u32, max: u32) {
        let (code, state) = (self.code, self.code.slots[slot].state);
        let alone = self.tester.passed_alone(slot, event, self.cx, self.element);
        self.keep_waiting(slot, |turn, m| {
            // A pattern that is complete waits for nothing more, also where it stood before it was.
            let complete = !code.sequence && turn.memory.flags(m) & SHOWN != 0;
            if complete || turn.is_beyond(m, slot) {
                false
            } else if alone && turn.passes(slot, m, event, None) {
                turn.collect(slot, state, m, event, (min, max))
            } else {
                !code.sequence
            }
        });
    }

    /// Goes through those that wait: one for which `stays` is false is dropped.
    #[inline]
    pub(super) fn keep_waiting(&mut self, slot: usize, mut stays: impl FnMut(&mut Self, u32) -> bool) {
        self.sift_waiting(slot, |turn, m| {
            let stays = stays(turn, m);
            if !stays {
                turn.memory.drop(m);
            }
            stays
        });
    }

    /// Goes through those that wait, in a queue without holes: one for which `stays` is false leaves, to where `stays` put it.
    #[inline]
    pub(super) fn sift_waiting(&mut self, slot: usize, mut stays: impl FnMut(&mut Self, u32) -> bool) {
        let places = self.stations[slot].pending.range();
        let mut end = places.start;
        for place in places {
            let m = self.stations[slot].pending.at(place);
            if stays(self, m) {
                self.stations[slot].pending.set(end, m);
                end += 1;
            }
        }
        self.stations[slot].pending.truncate(end);
    }

    /// Whether one of the two slots behind a counted one is filled: then it collects no more.
    fn is_beyond(&self, m: u32, slot: usize) -> bool {
        (slot + 1..=slot + 2).any(|s| s < self.memory.n && self.memory.slot(m, s) != EMPTY)
    }

    /// Takes the event into a counted slot; says whether the match goes on collecting.
    fn collect(&mut self, slot: usize, state: usize, m: u32, event: &Event<'_>, (min, max): (u32, u32)) -> bool {
        let code = self.code;
        // Each chain has events of its own.
        let value = self.take(slot, event);
        self.taken[slot] = EMPTY;
        let len = self.memory.collect(m, slot, value - 1);
        self.memory.events[slot].drop(value - 1);
        self.memory.set_ts(m, event.ts);
        if len < min {
            if code.sequence {
                self.add_present(slot, m);
            }
            return true;
        }
        if code.is_last(state) {
            if len == min || (min == 0 && self.memory.flags(m) & SHOWN == 0) {
                self.forward(state, m, None);
            }
            // In a sequence one that needs nothing takes events that are of no use.
            let goes_on = code.sequence && min == 0 && len != max;
            if goes_on {
                self.add_present(slot, m);
            }
            return goes_on;
        }
        if code.sequence {
            // With this event it is another match, which a last state that needs nothing completes as well.
            self.memory.clear_flags(m, SHOWN);
            self.add(state + 1, m);
            if len != max {
                self.add_present(slot, m);
            }
        } else if len == min {
            self.forward(state, m, None);
            if self.memory.flags(m) & SHOWN != 0 {
                return false;
            }
        } else {
            self.moved_on(state + 1, m);
            // A match that began without any event is complete with its first one.
            let first = min == 0 && len == 1 && code.states[state].again.is_none();
            if first && code.needs_nothing_from(state + 1) {
                self.find(m, None);
                return false;
            }
        }
        len != max
    }

    /// The app starts, or a key of a partition appears.
    pub fn begin(&mut self) {
        self.add_fresh();
        let now = self.now;
        for slot in self.code.slots_of(0) {
            if let Some(ms) = self.code.slots[slot].wait_ms() {
                self.stations[slot].deadline = now.saturating_add(ms);
                self.arm(slot, now.saturating_add(ms));
            }
        }
    }

    /// Asks for a timer of a slot.
    pub fn arm(&mut self, slot: usize, due: i64) {
        if let Some(part) = self.code.slots[slot].part {
            self.timers.arm(part, due, (self.key, self.rank), self.step, self.cx.steps);
        }
    }

    /// Drops the oldest match if there are too many.
    #[inline]
    fn bound(&mut self) {
        if self.memory.len() > self.matches_max {
            self.drop_oldest();
        }
    }

    /// The first one in the longest queue goes: those before it have got farther, or have gone.
    #[cold]
    fn drop_oldest(&mut self) {
        let waiting = |s: &Station| s.pending.len() + s.new.len();
        let Some(slot) = (0..self.stations.len()).max_by_key(|&s| waiting(&self.stations[s])) else { return };
        let m = match self.stations[slot].pending.front() {
            Some(m) => {
                self.leave_front(slot, m);
                m
            }
            None => match self.stations[slot].new.pop_front() {
                Some(m) => m,
                None => return,
            },
        };
        self.memory.drop(m);
        let reason = format!("more than {} partial matches wait; the oldest is dropped", self.matches_max);
        self.cx.failures.push(Failure { query: self.element, step: self.step, rows: 1, reason });
    }
}
