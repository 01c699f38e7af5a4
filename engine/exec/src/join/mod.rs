//! Joins: the events of one side find rows of the other.
//!
//! ```text
//! left input  -> stage: handlers, window -> signals \                         / inner query: select, group by, having,
//!                                                     sweep -> joined rows ->   order by, limit, rate limiter -> out
//! right input -> stage: handlers, window -> signals /
//! ```
//!
//! What the window of a side says does not depend on the other side, so a turn runs both stages over all of their chunks first.
//! The signals are then gone through in the order of their steps: rows enter and leave what can be found of their side, and
//! each event of a side that triggers looks for rows of the other. The pairs of a turn are put together column by column, tested
//! where more is asked than an index can tell, and given to the selection, each event's as a chunk of its own; what comes of
//! one chunk of a side leaves as one chunk.
//!
//! The rows that are found stand in the store of the side's window; the join knows which of them are there (`contents`).

mod buckets;
mod code;
mod contents;
mod key;
mod keyed;
mod rows;
mod side;
mod state;
mod sweep;

use std::cmp::Ordering;
use std::sync::Arc;

use riddhi_batch::{Chunk, Flow, LoadError};
use riddhi_plan::join::SideOf;
use riddhi_plan::registry::SignalKind;

pub use code::JoinCode;
pub use keyed::KeyedJoin;

use crate::fault::Faults;
use crate::operator::{Inputs, Operator};
use crate::query::{Cx, Query, Section};
use crate::steps::{Fired, Part, Steps};
use rows::Pairs;
use side::Side;
use sweep::{Probe, Sweep};

/// Rows that one event may find; those beyond are not joined, which is counted and reported.
pub const JOIN_ROWS_PER_EVENT_MAX: usize = 1 << 20;

/// Pairs after which those found so far are put together, so that a turn of many does not hold all of them at once.
const PAIRS_MAX: usize = 1 << 16;

const LEFT: usize = 0;
const RIGHT: usize = 1;

/// A chunk of signals of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    side: u32,
    /// Which of the side's chunks.
    chunk: u32,
    step: u32,
    /// The place among what is delivered, or the step of the timer.
    cause: u32,
}

/// A join and all that it remembers.
pub struct Join {
    code: Arc<JoinCode>,
    sides: [Side; 2],
    inner: Query,
    sweep: Sweep,
    pairs: Pairs,
    turns: Vec<Turn>,
    /// Places of each side's chunks among what is delivered.
    places: [Vec<u32>; 2],
    /// Of a stream joined with itself: its events, one a chunk.
    singles: Flow,
    /// Chunks of the output whose cause is what the engine takes for it.
    settled: usize,
}

impl Join {
    /// A join with nothing remembered.
    pub fn new(code: JoinCode) -> Join {
        let inner = Query::new(code.inner.clone());
        let code = Arc::new(code);
        let side = |at: usize| Side::new(code.clone(), at);
        Join {
            sides: [side(LEFT), side(RIGHT)],
            inner,
            sweep: Sweep::default(),
            pairs: Pairs::new(&code),
            turns: Vec::new(),
            places: Default::default(),
            singles: Flow::default(),
            settled: 0,
            code,
        }
    }

    /// The places of `order[from..to]` by side, and for each the chunks of its flow that are meant.
    fn place(&mut self, inputs: &Inputs<'_>, from: usize, to: usize) -> [(usize, usize); 2] {
        let mut ranges = [(0, 0); 2];
        for (at, side) in self.code.sides.iter().enumerate() {
            self.places[at].clear();
            for place in from..to {
                let delivered = inputs.order[place];
                if Some(delivered.input) != side.input {
                    continue;
                }
                if self.places[at].is_empty() {
                    ranges[at].0 = delivered.chunk as usize;
                }
                ranges[at].1 = delivered.chunk as usize + 1;
                self.places[at].push(place as u32);
            }
        }
        ranges
    }

    /// Copies chunks of a stream joined with itself so that each event is one.
    fn split(&mut self, flow: &Flow, (from, to): (usize, usize)) {
        self.singles.clear();
        if self.singles.rows.cols.is_empty() {
            self.singles = flow.clone();
            self.singles.clear();
        }
        let (first, last) = (flow.chunks[from], flow.chunks[to - 1]);
        let (begin, n) = (first.first as usize, (last.first + last.rows - first.first) as usize);
        self.singles.rows.append(&flow.rows, riddhi_batch::Sel::From(begin), n);
        if !flow.kinds.is_empty() {
            self.singles.kinds.extend_from_slice(&flow.kinds[begin..begin + n]);
        }
        let mut places = Vec::with_capacity(n);
        for (chunk, place) in flow.chunks[from..to].iter().zip(&self.places[LEFT]) {
            for row in 0..chunk.rows {
                let first = chunk.first - first.first + row;
                self.singles.chunks.push(Chunk { step: chunk.step, cause: *place, first, rows: 1 });
                places.push(*place);
            }
        }
        self.places = [places.clone(), places];
    }

    fn take(&mut self, cx: &mut Cx<'_>, inputs: Inputs<'_>, (from, to): (usize, usize), frame: bool) {
        let ranges = self.place(&inputs, from, to);
        let mut bases = [ranges[LEFT].0, ranges[RIGHT].0];
        let input = |at: usize| self.code.sides[at].input.filter(|_| ranges[at].1 > 0);
        let (left, right) = (input(LEFT), input(RIGHT));
        let nothing = Flow::default();
        let mut flows = [left, right].map(|input| input.map_or(&nothing, |input| inputs.flow(input)));
        let mut ranges = ranges;
        let mut singles = std::mem::take(&mut self.singles);
        let mut split = false;
        let noted = faults_of(cx, self.code.element).map_or(0, |f| f.len());
        if self.code.selfed && ranges[LEFT].1 > 0 && flows[LEFT].chunks.len() < flows[LEFT].rows.len() {
            std::mem::swap(&mut singles, &mut self.singles);
            self.split(flows[LEFT], ranges[LEFT]);
            std::mem::swap(&mut singles, &mut self.singles);
            split = true;
            flows = [&singles, &singles];
            ranges = [(0, singles.chunks.len()); 2];
            bases = [0, 0];
        }
        for (at, side) in self.sides.iter_mut().enumerate() {
            side.begin();
            if frame {
                side.stage.run_raw_frame(cx, flows[at]);
            } else {
                side.stage.run_raw(cx, flows[at], ranges[at].0, ranges[at].1);
            }
        }
        self.find(cx, bases, frame);
        if let (true, Some(faults)) = (split, faults_of(cx, self.code.element)) {
            // Rows of the copy stand in their order in the input.
            let first = inputs.at(self.places[LEFT][0] as usize).2.first;
            faults.translate(noted, |row| first + row);
        }
        self.singles = singles;
    }

    /// Goes through the signals of both stages.
    fn find(&mut self, cx: &mut Cx<'_>, bases: [usize; 2], frame: bool) {
        for side in &mut self.sides {
            side.stage.handle_raw(cx);
            side.prepare(cx.arena);
        }
        self.order_turns(cx.steps, bases);
        for at in 0..self.turns.len() {
            self.sweep.take(&self.code, &mut self.sides, (at as u32, self.turns[at]), cx);
            if self.sweep.found.len() >= PAIRS_MAX {
                self.select(cx, frame);
            }
        }
        self.select(cx, frame);
        if frame {
            self.inner.fire_rest(cx);
        }
        self.settle(cx.steps);
        self.sides.iter_mut().for_each(Side::end);
    }

    /// Puts the chunks of both sides into one order.
    fn order_turns(&mut self, steps: &Steps, bases: [usize; 2]) {
        self.turns.clear();
        let chunks = [LEFT, RIGHT].map(|at| self.sides[at].stage.raw_signals().pieces);
        let turn = |side: usize, chunk: usize| {
            let piece = chunks[side][chunk];
            let timer = self.sides[side].stage.raw_signals().chunks[chunk].1.is_none();
            let cause = match timer {
                true => piece.chunk,
                false => self.places[side][piece.chunk as usize - bases[side]],
            };
            let order = if timer { 0 } else { piece.chunk };
            (Turn { side: side as u32, chunk: chunk as u32, step: piece.step, cause }, order)
        };
        let (mut i, mut j) = (0, 0);
        while i < chunks[LEFT].len() || j < chunks[RIGHT].len() {
            let left = (i < chunks[LEFT].len()).then(|| turn(LEFT, i));
            let right = (j < chunks[RIGHT].len()).then(|| turn(RIGHT, j));
            let first = match (left, right) {
                (Some((a, x)), Some((b, y))) => {
                    let order = steps.compare(a.step, b.step).then(a.cause.cmp(&b.cause));
                    // The events of one chunk pass both sides one by one.
                    if order.then(x.cmp(&y)) == Ordering::Greater { b } else { a }
                }
                (Some((a, _)), None) => a,
                (None, Some((b, _))) => b,
                (None, None) => return,
            };
            if first.side == LEFT as u32 {
                i += 1
            } else {
                j += 1
            }
            self.turns.push(first);
        }
    }

    /// Makes joined rows of what was found, and gives them to the selection.
    fn select(&mut self, cx: &mut Cx<'_>, frame: bool) {
        self.pairs.put_together(&self.code, &self.sides, &mut self.sweep, &self.turns, cx);
        let joined = &self.pairs.joined;
        if !joined.chunks.is_empty() {
            if frame {
                self.inner.run_among_timers(cx, joined);
            } else {
                self.inner.run(cx, joined, 0, joined.chunks.len());
            }
            if let Some(faults) = faults_of(cx, self.code.element) {
                let of = |row: u32| self.sweep.probes[self.pairs.probe_of(row)];
                faults.trace(|row| event_of(&self.code, &self.sides, &self.turns, &of(row)));
            }
        }
        self.sweep.clear();
    }

    /// What the selection put out names turns as its causes; those name what was delivered.
    fn settle(&mut self, steps: &Steps) {
        let own =
            |step: u32| steps.timer(step).is_some_and(|t| t.element == self.code.element && t.part == Part::Limiter);
        let turns = &self.turns;
        let chunks = self.inner.out_chunks();
        for chunk in &mut chunks[self.settled..] {
            if !own(chunk.step) {
                chunk.cause = turns[chunk.cause as usize].cause;
            }
        }
        self.settled = chunks.len();
    }

    fn timed(&self) -> impl Iterator<Item = &Query> {
        self.sides.iter().map(|s| &s.stage).chain(std::iter::once(&self.inner))
    }
}

/// Where failed events are noted, if anybody asks for them.
fn faults_of<'a>(cx: &'a mut Cx<'_>, element: u32) -> Option<&'a mut Faults> {
    cx.shared.faults.get_mut(element as usize)?.as_mut()
}

/// The event that looked for rows, if it is one that has just come: its input and its row there.
fn event_of(code: &JoinCode, sides: &[Side; 2], turns: &[Turn], probe: &Probe) -> Option<(u32, u32)> {
    let side = probe.side as usize;
    let (stream, came) = (code.sides[side].of == SideOf::Stream, probe.kind == SignalKind::Current);
    let row = sides[side].stage.entered_with(probe.row, turns[probe.turn as usize].chunk as usize);
    code.sides[side].input.zip(row.filter(|_| stream && came))
}

impl Operator for Join {
    fn out(&self) -> &Flow {
        self.inner.out()
    }

    fn clear_out(&mut self) {
        self.inner.clear_out();
        self.settled = 0;
    }

    fn begin(&mut self) {
        self.sides.iter_mut().for_each(|s| s.stage.begin());
        self.inner.begin();
    }

    fn start(&mut self, now: i64) {
        self.sides.iter_mut().for_each(|s| s.stage.start(now));
        self.inner.start(now);
    }

    fn has_timers(&self) -> bool {
        self.timed().any(|q| q.code().has_timers())
    }

    fn due(&self) -> Option<i64> {
        self.timed().filter_map(Query::due).min()
    }

    fn next_timer(&self, steps: &Steps) -> Option<Fired> {
        steps.earliest(self.timed().map(|q| q.next_timer(steps)))
    }

    fn fire(&mut self, cx: &mut Cx<'_>, timer: Fired) {
        let Part::Inner(at) = timer.part else {
            self.inner.fire(cx, timer);
            return self.settle(cx.steps);
        };
        self.sides.iter_mut().for_each(Side::begin);
        self.sides[at as usize].stage.fire(cx, timer);
        self.find(cx, [0, 0], false);
    }

    fn run(&mut self, cx: &mut Cx<'_>, inputs: Inputs<'_>, from: usize, to: usize) {
        self.take(cx, inputs, (from, to), false);
    }

    fn run_frame(&mut self, cx: &mut Cx<'_>, inputs: Inputs<'_>) {
        if !self.code.one_by_one {
            return self.take(cx, inputs, (0, inputs.order.len()), true);
        }
        self.run_one_by_one(cx, inputs);
    }

    fn save(&self, out: &mut Vec<Section>) {
        self.save_sections(out);
    }

    fn load(&mut self, role: &str, bytes: &[u8]) -> Result<(), LoadError> {
        self.load_section(role, bytes)
    }

    fn bytes(&self) -> usize {
        self.sides.iter().map(Side::bytes).sum::<usize>() + self.inner.bytes()
    }
}
