//! `every e1=A -> e2=B` where nothing is asked of both events together: who begins in a turn and is completed in it never
//! becomes a match.
//!
//! Those who begin are rows of their input, in a list. The next B that passes makes a row of each; what is left when the turn
//! ends begins to wait as it would have, and so does all of it where somebody waits from earlier turns, too many do, or one is
//! over.

use super::code::{Code, Slot, Wait};
use super::machine::{Event, Turn, by_time, events_at};
use crate::operator::Inputs;

/// The two states and their slots.
const FIRST: usize = 0;
const SECOND: usize = 1;

/// Rows of the first slot's input that began in this turn and wait for the second.
struct Begun {
    rows: Vec<u32>,
    /// So many of them have been let in: they are pending, the others new.
    let_in: usize,
    /// Between these times all of them began.
    oldest: i64,
    latest: i64,
}

impl Begun {
    fn new(mut rows: Vec<u32>) -> Begun {
        rows.clear();
        Begun { rows, let_in: 0, oldest: i64::MAX, latest: i64::MIN }
    }

    fn clear(&mut self) {
        *self = Begun::new(std::mem::take(&mut self.rows));
    }

    #[inline]
    fn push(&mut self, row: usize, ts: i64) {
        self.rows.push(row as u32);
        self.oldest = self.oldest.min(ts);
        self.latest = self.latest.max(ts);
    }

    /// Whether one of them is over at `ts`.
    #[inline]
    fn is_over(&self, ts: i64, within: Option<i64>) -> bool {
        let over = |within| ts.saturating_sub(self.oldest) > within || self.latest.saturating_sub(ts) > within;
        !self.rows.is_empty() && within.is_some_and(over)
    }
}

impl Turn<'_, '_> {
    /// Whether a turn can begin that way. The start has to be let in already: the first event of its stream does that.
    pub fn goes_straight(&self) -> bool {
        let start = &self.stations[FIRST];
        self.code.straight
            && start.new.is_empty()
            && start.pending.only().is_some()
            && self.cx.shared.faults.get(self.element as usize).is_none_or(Option::is_none)
    }

    /// Takes the events of these places, as [`Turn::event`] does one by one.
    pub fn take_straight(&mut self, inputs: Inputs<'_>, places: std::ops::Range<usize>) {
        let Some(blank) = self.stations[FIRST].pending.only() else { return };
        let (first, second) = (self.code.slots[FIRST].input as u32, self.code.slots[SECOND].input as u32);
        let mut begun = Begun::new(std::mem::take(&mut self.spare));
        for place in places {
            let input = inputs.order[place].input;
            for event in events_at(inputs, place, 0) {
                if self.somebody_waits(input == second)
                    || self.memory.len() + begun.rows.len() >= self.matches_max
                    || begun.is_over(event.ts, self.code.within)
                {
                    self.stand(inputs, &mut begun);
                    self.event = Some((input, event.row as u32));
                    self.event(input as usize, &event);
                    continue;
                }
                if input == second && !begun.rows.is_empty() {
                    self.let_begun_in(inputs, &mut begun);
                    if self.tester.passed_alone(SECOND, &event, self.cx, self.element) {
                        self.found.push_pairs(self.code, &begun.rows, &event);
                        begun.clear();
                    }
                }
                if input == first && self.tester.passed_alone(FIRST, &event, self.cx, self.element) {
                    self.memory.set_ts(blank, event.ts);
                    begun.push(event.row, event.ts);
                }
            }
        }
        self.stand(inputs, &mut begun);
        self.spare = begun.rows;
    }

    /// Whether somebody of an earlier turn waits whom the event may concern: any event may find that he is over.
    #[inline]
    fn somebody_waits(&self, second: bool) -> bool {
        let station = &self.stations[SECOND];
        (second || self.code.within.is_some()) && !(station.pending.is_empty() && station.new.is_empty())
    }

    /// Lets the new ones in, as an event of the second stream does: by time, equal ones in order.
    #[inline]
    fn let_begun_in(&mut self, inputs: Inputs<'_>, begun: &mut Begun) {
        let times = &inputs.flow(self.code.slots[FIRST].input as u32).rows.ts;
        let time = |row: &u32| by_time(times[*row as usize]);
        let new = &mut begun.rows[begun.let_in..];
        if !new.is_sorted_by_key(time) {
            new.sort_by_key(time);
        }
        for (place, &row) in begun.rows.iter().enumerate().skip(begun.let_in) {
            self.stations[SECOND].note_time(times[row as usize], place == 0);
        }
        if begun.let_in < begun.rows.len() {
            self.forget_beginnings(SECOND);
        }
        begun.let_in = begun.rows.len();
    }

    /// Those who have begun become matches that wait.
    fn stand(&mut self, inputs: Inputs<'_>, begun: &mut Begun) {
        if begun.rows.is_empty() {
            return;
        }
        let flow = inputs.flow(self.code.slots[FIRST].input as u32);
        for (place, &row) in begun.rows.iter().enumerate() {
            let (row, ts) = (row as usize, flow.rows.ts[row as usize]);
            let m = self.begin_with(FIRST, &Event { flow, row, ts, now: 0, step: 0, cause: 0 });
            if place >= begun.let_in {
                self.wait_for(SECOND, m);
                continue;
            }
            self.memory.hold(m);
            if self.code.within.is_some() {
                self.note_beginning_at(ts);
                self.note_pending(SECOND, m);
            }
            self.stations[SECOND].pending.push(m);
        }
        begun.clear();
    }
}

impl Code {
    /// Whether it is such a pattern: two states of one event each, `every` on the first alone, and all that is asked of an event
    /// is asked of it alone.
    pub(super) fn is_straight(&self) -> bool {
        let plain =
            |slot: &Slot| slot.wait == Wait::One && slot.rest.is_empty() && slot.functions.is_empty() && !slot.many;
        let [first, second] = &self.states[..] else { return false };
        !self.sequence
            && (first.again, second.again) == (Some(0), None)
            && self.slots.len() == 2
            && self.slots.iter().all(plain)
            && self.points.iter().all(|point| point.only)
            && self.at_once.is_empty()
            && !self.asks_now
    }
}
