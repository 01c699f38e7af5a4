//! Patterns and sequences: matches that wait for events, or for their absence, and rows for those that are complete.
//!
//! The operator is a state machine ([`machine`]) before a selection, which is a query without a window over the rows that
//! are found. Matches stand in slabs and hold the events they took by number; of an event only what somebody asks for is kept.
//! Conditions on an event alone are tested over all events of a turn ahead. Inside a partition each key has its own waiting
//! matches; slabs and timers are shared.

mod absent;
mod code;
mod conditions;
mod events;
mod found;
mod keyed;
mod logical;
mod machine;
mod matches;
mod queue;
mod selection;
mod state;
mod straight;
mod timers;
mod within;

use std::sync::Arc;

use riddhi_batch::{Flow, LoadError};
use riddhi_plan::logical::QueryPlan;
use riddhi_plan::states::StatesPlan;

use self::code::Code;
use self::conditions::Tester;
use self::events::Events;
use self::found::Found;
use self::keyed::AHEAD;
use self::machine::{Station, Turn, events_at};
use self::matches::Memory;
use self::selection::Selection;
use self::timers::Timers;
use crate::fault::MADE;
use crate::keyed::key_at;
use crate::operator::{Inputs, Operator};
use crate::query::{self, Cx, Section};
use crate::steps::{Fired, Part, Steps};

/// Matches of one pattern that wait at most, those that wait for their first event included.
pub const PARTIAL_MATCHES_MAX: usize = 10_000_000;

/// Who waits for a key of a partition, or for the whole app.
struct Waiting {
    stations: Vec<Station>,
    /// Of the key, by first appearance.
    rank: u64,
}

/// A pattern or sequence with its selection, and all that it remembers.
pub struct States {
    code: Arc<Code>,
    element: u32,
    key: String,
    matches_max: usize,
    /// The partition it stands in.
    partition: Option<usize>,
    selection: Selection,
    memory: Memory,
    /// By key; without a partition there is one.
    keys: Vec<Option<Box<Waiting>>>,
    timers: Timers,
    tester: Tester,
    found: Found,
    /// Lists that are not in use.
    spare: Vec<u32>,
    taken: Vec<u32>,
}

impl States {
    /// The operator of a plan of an app of that name, whose clock follows the events if `playback`. `force_general`: its selection runs the general way, and no match is looked up.
    pub fn new(
        element: u32,
        plan: &QueryPlan,
        states: &StatesPlan,
        (app, playback): (&str, bool),
        force_general: bool,
    ) -> States {
        let code = Code::new(states, plan.inputs.len(), !force_general);
        let selection = query::Code::compile(element, plan, app, force_general);
        let selection = query::Code { fault_input: MADE, ..selection };
        let events = code.slots.iter().map(|slot| {
            let kinds: Vec<_> = slot.kept.iter().map(|&a| slot.schema.attributes[a as usize].kind).collect();
            Events::new(slot.kept.clone(), &kinds, slot.many)
        });
        States {
            element,
            key: plan.key.clone(),
            matches_max: PARTIAL_MATCHES_MAX,
            partition: plan.partition.map(|of| of.number),
            memory: Memory::new(
                events.collect(),
                code.slots.iter().map(|s| s.many).collect(),
                code.slots.iter().any(|s| s.wait_ms().is_some()),
            ),
            keys: Vec::new(),
            timers: Timers::new(element, code.timed.len(), playback),
            tester: Tester::new(&code, selection.seed, app),
            found: Found::new(&code),
            spare: Vec::new(),
            taken: vec![matches::EMPTY; code.slots.len()],
            selection: Selection::new(Arc::new(selection), plan),
            code: Arc::new(code),
        }
    }

    /// The same, of which no more than so many matches wait; of more the oldest is dropped, counted and reported.
    pub fn bounded(self, matches_max: usize) -> States {
        States { matches_max, ..self }
    }

    /// Does something with the machine of a key at a step.
    fn turn<R>(
        &mut self,
        cx: &mut Cx<'_>,
        inputs: Option<Inputs<'_>>,
        key: u32,
        (now, step, cause): (i64, u32, u32),
        what: impl FnOnce(&mut Turn<'_, '_>) -> R,
    ) -> Option<R> {
        let waiting = self.keys.get_mut(key as usize)?.as_mut()?;
        if self.code.asks_tables {
            self.tester.lend_tables(cx);
        }
        let mut turn = Turn {
            code: &self.code,
            memory: &mut self.memory,
            stations: &mut waiting.stations,
            timers: &mut self.timers,
            found: &mut self.found,
            event: None,
            tester: &mut self.tester,
            cx,
            inputs,
            key,
            rank: waiting.rank,
            element: self.element,
            matches_max: self.matches_max,
            now,
            step,
            cause,
            spare: std::mem::take(&mut self.spare),
            taken: &mut self.taken,
        };
        let result = what(&mut turn);
        self.spare = std::mem::take(&mut turn.spare);
        if self.code.asks_tables {
            turn.tester.lend_tables(turn.cx);
        }
        Some(result)
    }

    /// Offers the chunks of `order[from..to]` to the states.
    fn take(&mut self, cx: &mut Cx<'_>, inputs: Inputs<'_>, from: usize, to: usize) {
        let Some(partition) = self.partition else {
            self.turn(cx, Some(inputs), 0, (0, 0, 0), |turn| {
                if turn.goes_straight() {
                    return turn.take_straight(inputs, from..to);
                }
                for first in (from..to).step_by(AHEAD) {
                    let places = first..to.min(first + AHEAD);
                    turn.fetch_ahead(inputs, places.clone());
                    places.for_each(|place| turn.chunk(inputs, place));
                }
            });
            return;
        };
        for place in from..to {
            let (_, flow, chunk) = inputs.at(place);
            // The number of the key is the last attribute.
            let key = flow.rows.cols.last().and_then(|c| key_at(c, chunk.first)).unwrap_or(0);
            if self.keys.get(key as usize).is_none_or(Option::is_none) {
                let rank = cx.shared.keys[partition].rank(key);
                self.begin_waiting(cx, key, rank, (cx.steps.now(chunk.step), chunk.step));
            }
            self.turn(cx, Some(inputs), key, (0, 0, 0), |turn| turn.chunk(inputs, place));
        }
    }

    /// A key appears, or the app starts: the first match begins to wait.
    fn begin_waiting(&mut self, cx: &mut Cx<'_>, key: u32, rank: u64, (now, step): (i64, u32)) {
        self.enter(key, rank);
        self.turn(cx, None, key, (now, step, 0), |turn| turn.begin());
    }

    fn enter(&mut self, key: u32, rank: u64) {
        let at = key as usize;
        if self.keys.len() <= at {
            self.keys.resize_with(at + 1, || None);
        }
        let stations = self.code.slots.iter().map(|_| Station::default()).collect();
        self.keys[at] = Some(Box::new(Waiting { stations, rank }));
    }

    /// Tests the conditions on events alone for all that comes.
    fn prepare(&mut self, cx: &mut Cx<'_>, inputs: Inputs<'_>, from: usize, to: usize) {
        let code = self.code.clone();
        self.tester.begin_turn();
        for &slot in &code.ahead {
            let input = code.slots[slot].input as u32;
            let own = || inputs.order[from..to].iter().filter(move |d| d.input == input);
            let (Some(first), Some(last)) = (own().next(), own().next_back()) else { continue };
            let flow = inputs.flow(input);
            let chunks = &flow.chunks[first.chunk as usize..=last.chunk as usize];
            let rows = (chunks[0].first as usize, chunks.last().map_or(0, |c| (c.first + c.rows) as usize));
            let clocks: Vec<i64> = if code.slots[slot].asks_clock() {
                chunks.iter().flat_map(|c| std::iter::repeat_n(cx.steps.now(c.step), c.rows as usize)).collect()
            } else {
                Vec::new()
            };
            if code.asks_tables {
                self.tester.lend_tables(cx);
            }
            self.tester.prepare(&code, slot, flow, rows, clocks.into_iter(), cx);
            if code.asks_tables {
                self.tester.lend_tables(cx);
            }
        }
    }

    /// Ends a turn: fills the rows that were found and gives them to the selection, and copies what is still held of the events.
    fn end_turn(&mut self, cx: &mut Cx<'_>, inputs: Option<Inputs<'_>>) {
        let code = &*self.code;
        // A slot's events stand in its input only if something was delivered there.
        let came = |slot: usize| inputs.filter(|i| i.order.iter().any(|d| d.input as usize == code.slots[slot].input));
        let cols = |slot: usize| came(slot).map(|i| &i.flow(code.slots[slot].input as u32).rows.cols[..]);
        if !self.found.flow.chunks.is_empty() {
            self.found.fill(code, &self.memory, cols, cx.arena);
        }
        for slot in 0..self.memory.n {
            if !self.memory.events[slot].is_settled()
                && let Some(cols) = cols(slot)
            {
                self.memory.events[slot].settle(cols, cx.arena);
            }
            self.memory.events[slot].end_turn();
        }
        if !self.found.flow.chunks.is_empty() {
            self.selection.run(cx, &self.found.flow);
            if let Some(Some(faults)) = cx.shared.faults.get_mut(self.element as usize) {
                let by = &self.found.by;
                faults.trace(|row| by.get(row as usize).copied().flatten());
            }
            self.found.clear();
        }
    }

    fn said(&self, cx: &Cx<'_>) -> (usize, usize, usize) {
        (self.selection.out().chunks.len(), self.found.flow.chunks.len(), cx.failures.len())
    }

    fn fire_inner(&mut self, cx: &mut Cx<'_>, inputs: Option<Inputs<'_>>, timer: Fired, part: usize) {
        let step = cx.steps.fire(timer);
        let before = self.said(cx);
        let slot = self.code.timed[part];
        if let Some((key, due)) = self.timers.pop(part) {
            self.turn(cx, inputs, key, (timer.now, step, step), |turn| turn.timer(slot, due));
        }
        if before == self.said(cx) {
            cx.steps.forget_last();
        }
    }

    fn fire_any(&mut self, cx: &mut Cx<'_>, inputs: Option<Inputs<'_>>, timer: Fired) {
        match timer.part {
            Part::Inner(part) => self.fire_inner(cx, inputs, timer, part as usize),
            _ => self.selection.fire(cx, timer),
        }
    }
}

impl Turn<'_, '_> {
    /// Takes the events of a chunk.
    #[inline]
    fn chunk(&mut self, inputs: Inputs<'_>, place: usize) {
        let (input, _, chunk) = inputs.at(place);
        let now = if self.code.asks_now { self.cx.steps.now(chunk.step) } else { 0 };
        for event in events_at(inputs, place, now) {
            self.event = Some((input, event.row as u32));
            self.event(input as usize, &event);
        }
    }
}

impl Operator for States {
    fn out(&self) -> &Flow {
        self.selection.out()
    }

    fn clear_out(&mut self) {
        self.selection.clear_out();
    }

    fn begin(&mut self) {
        self.timers.begin();
        self.selection.begin();
    }

    fn start(&mut self, now: i64) {
        self.timers.resume(now);
        self.selection.start(now);
        if self.partition.is_none() && self.keys.is_empty() {
            state::with_cx(|cx| self.begin_waiting(cx, 0, 0, (now, 0)));
        }
    }

    fn has_timers(&self) -> bool {
        self.timers.any() || self.selection.has_timers()
    }

    fn due(&self) -> Option<i64> {
        self.timers.due().into_iter().chain(self.selection.due()).min()
    }

    fn next_timer(&self, steps: &Steps) -> Option<Fired> {
        steps.earliest([self.timers.next(steps), self.selection.next_timer(steps)])
    }

    fn fire(&mut self, cx: &mut Cx<'_>, timer: Fired) {
        self.fire_any(cx, None, timer);
        self.end_turn(cx, None);
    }

    fn run(&mut self, cx: &mut Cx<'_>, inputs: Inputs<'_>, from: usize, to: usize) {
        self.prepare(cx, inputs, from, to);
        self.take(cx, inputs, from, to);
        self.end_turn(cx, Some(inputs));
    }

    fn run_frame(&mut self, cx: &mut Cx<'_>, inputs: Inputs<'_>) {
        let n = inputs.order.len();
        if !self.has_timers() {
            return self.run(cx, inputs, 0, n);
        }
        // A limiter has timers of its own between the rows.
        let limited = self.selection.has_timers();
        self.prepare(cx, inputs, 0, n);
        for place in 0..n {
            let step = inputs.at(place).2.step;
            let now = cx.steps.now(step);
            while self.due().is_some_and(|due| due <= now)
                && let Some(timer) = self.next_timer(cx.steps).filter(|t| cx.steps.precedes(t, step))
            {
                self.fire_any(cx, Some(inputs), timer);
                if limited {
                    self.end_turn(cx, Some(inputs));
                }
            }
            self.take(cx, inputs, place, place + 1);
            if limited {
                self.end_turn(cx, Some(inputs));
            }
        }
        while let Some(timer) = self.next_timer(cx.steps) {
            self.fire_any(cx, Some(inputs), timer);
            if limited {
                self.end_turn(cx, Some(inputs));
            }
        }
        self.end_turn(cx, Some(inputs));
    }

    fn forget(&mut self, keys: &[u32]) {
        self.selection.forget(keys);
        for &key in keys {
            let waiting = self.keys.get_mut(key as usize).and_then(Option::take);
            for mut station in waiting.into_iter().flat_map(|w| w.stations) {
                while let Some(m) = station.pending.pop_front() {
                    self.memory.drop(m);
                }
                while let Some(m) = station.new.pop_front() {
                    self.memory.drop(m);
                }
            }
        }
        let keys = &self.keys;
        self.timers.forget(|key| keys.get(key as usize).is_none_or(Option::is_none));
        self.memory.events.iter_mut().for_each(Events::end_turn);
    }

    fn shrink(&mut self, keys: usize) {
        self.selection.shrink(keys);
        self.keys.truncate(keys);
        self.keys.shrink_to_fit();
        if self.memory.len() == 0 {
            self.memory.clear();
            self.memory.shrink();
        }
    }

    fn save(&self, out: &mut Vec<Section>) {
        self.save_machine(out);
        self.selection.save(out);
    }

    fn load(&mut self, role: &str, bytes: &[u8]) -> Result<(), LoadError> {
        match role {
            "states" => self.load_machine(bytes),
            _ => self.selection.load(role, bytes),
        }
    }

    fn bytes(&self) -> usize {
        let stations = self.keys.iter().flatten().flat_map(|waiting| &waiting.stations).map(Station::bytes);
        self.memory.bytes() + self.keys.len() * size_of::<usize>() + stations.sum::<usize>() + self.selection.bytes()
    }
}
