//! A query inside a partition: one state a key, one of everything else.
//!
//! The state of the key at hand stands in the query itself, as if there were no other; those of the others wait beside it. What
//! a query without a window, a limiter or aggregating filters remembers is kept by group instead, see the planner.

use std::sync::Arc;

use riddhi_batch::{Flow, LoadError, Reader, Writer};

use super::{Code, Cx, Kept, Query, Section};
use crate::keyed::{Keyed, key_at, load_keys};
use crate::operator::{Inputs, Operator};
use crate::steps::{Fired, Part, Steps};

/// The section with the states of all keys.
const STATES: &str = "keyed";

/// The parts of a query that have timers: its window and its rate limiter.
const PARTS: usize = 2;

/// A query inside a partition.
pub struct KeyedQuery {
    query: Query,
    partition: usize,
    /// The attribute of the input with the number of the key.
    column: usize,
    keys: Keyed<Kept, PARTS>,
}

impl KeyedQuery {
    /// A query of that partition with nothing remembered; `column`: the attribute of its input with the number of the key.
    pub fn new(code: Arc<Code>, partition: usize, column: u32) -> KeyedQuery {
        KeyedQuery { query: Query::new(code), partition, column: column as usize, keys: Keyed::new() }
    }

    /// As [`Query::trace`].
    pub fn trace(&mut self, first: usize, through: &Flow) {
        self.query.trace(first, through);
    }

    /// The number of the key of a chunk.
    fn key_of(&self, flow: &Flow, first: u32) -> u32 {
        key_at(&flow.rows.cols[self.column], first).unwrap_or(0)
    }

    /// Puts the state of a key into the query, a new one if there is none; what counts from its first event counts from `now`.
    fn enter(&mut self, key: u32, rank: u64, now: i64) {
        let code = &self.query.code;
        let kept = self.keys.of(key, rank, || {
            let mut kept = Kept::new(code);
            kept.start(now);
            kept
        });
        self.query.swap(kept);
    }

    /// Takes the state of the key out of the query again and notes when its next timers are due.
    fn leave(&mut self, key: u32, steps: &Steps) {
        let Some(kept) = self.keys.known(key) else { return };
        self.query.swap(kept);
        if self.query.code.has_timers() {
            self.keys.place(key, steps);
        }
    }

    fn take(&mut self, cx: &mut Cx<'_>, flow: &Flow, (from, to): (usize, usize), key: u32) {
        let rank = cx.shared.keys[self.partition].rank(key);
        self.enter(key, rank, cx.steps.now(flow.chunks[from].step));
        self.query.run(cx, flow, from, to);
        self.leave(key, cx.steps);
    }
}

impl Operator for KeyedQuery {
    fn out(&self) -> &Flow {
        self.query.out()
    }

    fn clear_out(&mut self) {
        self.query.clear_out();
    }

    fn begin(&mut self) {
        self.keys.begin();
    }

    fn start(&mut self, now: i64) {
        self.keys.resume(now);
    }

    fn has_timers(&self) -> bool {
        self.query.code.has_timers()
    }

    fn due(&self) -> Option<i64> {
        self.keys.due()
    }

    fn next_timer(&self, steps: &Steps) -> Option<Fired> {
        self.keys.next_timer(steps)
    }

    fn fire(&mut self, cx: &mut Cx<'_>, timer: Fired) {
        let part = usize::from(timer.part == Part::Limiter);
        let Some(key) = self.keys.key_of(part, &timer) else { return };
        self.enter(key, timer.key, timer.now);
        self.query.fire(cx, timer);
        self.leave(key, cx.steps);
    }

    fn run(&mut self, cx: &mut Cx<'_>, inputs: Inputs<'_>, from: usize, to: usize) {
        let flow = inputs.flow(0);
        let mut place = from;
        while place < to {
            let chunk = inputs.order[place].chunk as usize;
            let key = self.key_of(flow, flow.chunks[chunk].first);
            let same = |n: &usize| {
                let next = inputs.order[place + n].chunk as usize;
                next == chunk + n && self.key_of(flow, flow.chunks[next].first) == key
            };
            let n = 1 + (1..to - place).take_while(same).count();
            self.take(cx, flow, (chunk, chunk + n), key);
            place += n;
        }
    }

    fn forget(&mut self, keys: &[u32]) {
        self.keys.forget(keys);
    }

    fn shrink(&mut self, keys: usize) {
        self.keys.shrink(keys);
    }

    fn save(&self, out: &mut Vec<Section>) {
        let (code, serial) = (&self.query.code, self.query.work.serial);
        let mut bytes = Writer::default();
        bytes.put_u64(serial);
        self.keys.save(&mut bytes, |kept, sections| kept.save(code, serial, sections));
        out.push(Section { name: format!("{}/{STATES}", code.key), bytes: bytes.bytes });
    }

    fn load(&mut self, role: &str, bytes: &[u8]) -> Result<(), LoadError> {
        if role != STATES {
            return Err(LoadError::new(format!("this query has no {role}")));
        }
        let mut from = Reader::new(bytes);
        let serial = from.get_u64()?;
        load_keys(&mut from, |key, rank, sections| {
            self.enter(key, rank, 0);
            let loaded = sections.iter().try_for_each(|(role, bytes)| self.query.load(role, bytes));
            self.leave(key, &Steps::default());
            loaded
        })?;
        self.query.work.serial = serial;
        from.end()
    }

    fn bytes(&self) -> usize {
        self.keys.bytes(Kept::bytes)
    }
}
