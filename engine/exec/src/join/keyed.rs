//! A join inside a partition: one state a key, one of everything else. The state of the key at hand stands in the join itself,
//! as if there were no other; those of the others wait beside it. What a named window holds is the same for all keys and never
//! leaves the join.

use std::mem::swap;

use riddhi_batch::{Column, Data, Flow, LoadError, Reader, Writer};

use super::contents::Contents;
use super::side::Side;
use super::{Join, JoinCode};
use crate::keyed::{ByKey, Keyed, key_at, load_keys};
use crate::operator::{Inputs, Operator};
use crate::query::{Cx, Kept, Section};
use crate::steps::{Fired, Part, Steps};
use crate::store::Store;
use crate::timers::Pending;

/// The section with the states of all keys.
const STATES: &str = "keyed";

/// The parts of a join that have timers: both windows and the rate limiter.
const PARTS: usize = 3;

/// What a join remembers for one key; of a side that all keys share, nothing.
struct KeptJoin {
    stages: [Kept; 2],
    contents: [Contents; 2],
    copies: [Option<Store>; 2],
    inner: Kept,
}

/// A join inside a partition.
pub struct KeyedJoin {
    join: Join,
    partition: usize,
    /// By input: the attribute with the number of the key; none of a named window.
    columns: Vec<Option<usize>>,
    /// Whether the rows that come out carry the number of the key in a last attribute.
    numbered: bool,
    keys: Keyed<KeptJoin, PARTS>,
}

impl KeptJoin {
    fn swap(&mut self, join: &mut Join) {
        for (at, side) in join.sides.iter_mut().enumerate().filter(|(_, side)| !side.is_shared()) {
            side.stage.swap(&mut self.stages[at]);
            swap(&mut self.contents[at], &mut side.contents);
            swap(&mut self.copies[at], &mut side.copy);
        }
        join.inner.swap(&mut self.inner);
    }
}

impl ByKey for KeptJoin {
    fn pending(&self, part: usize) -> Option<&Pending> {
        match part {
            0 | 1 => self.stages[part].pending(0),
            _ => self.inner.pending(1),
        }
    }

    fn begin(&mut self) {
        self.stages.iter_mut().for_each(Kept::begin);
        self.inner.begin();
    }

    fn resume(&mut self, now: i64) {
        self.stages.iter_mut().for_each(|stage| stage.resume(now));
        self.inner.resume(now);
    }
}

impl KeyedJoin {
    /// A join of that partition with nothing remembered; `columns`: by input, the attribute with the number of the key.
    pub fn new(code: JoinCode, partition: usize, columns: Vec<Option<usize>>, numbered: bool) -> KeyedJoin {
        KeyedJoin { join: Join::new(code), partition, columns, numbered, keys: Keyed::new() }
    }

    /// Puts the state of a key into the join, a new one if there is none; what counts from its first event counts from `now`.
    fn enter(&mut self, key: u32, rank: u64, now: i64) {
        let join = &self.join;
        let kept = self.keys.of(key, rank, || {
            let [(a, b, c), (d, e, f)] = [0, 1].map(|at: usize| join.sides[at].empty());
            let mut inner = Kept::new(join.inner.code());
            inner.start(now);
            KeptJoin { stages: [a, d], contents: [b, e], copies: [c, f], inner }
        });
        kept.swap(&mut self.join);
    }

    /// Takes the state of the key out of the join again and notes when its next timers are due.
    fn leave(&mut self, key: u32, steps: &Steps) {
        let Some(kept) = self.keys.known(key) else { return };
        kept.swap(&mut self.join);
        if self.join.has_timers() {
            self.keys.place(key, steps);
        }
    }

    /// The sides that all keys share.
    fn shared(&mut self) -> impl Iterator<Item = &mut Side> {
        self.join.sides.iter_mut().filter(|side| side.is_shared())
    }

    /// Rows that came out since there were `first` are those of a key.
    fn number(&mut self, first: usize, key: u32) {
        if !self.numbered {
            return;
        }
        let Some(Column { data: Data::I32(numbers), nulls }) = self.join.inner.out_rows().cols.last_mut() else {
            return;
        };
        numbers[first..].fill(key as i32);
        if !nulls.is_empty() {
            nulls[first..].fill(0);
        }
    }
}

impl Operator for KeyedJoin {
    fn out(&self) -> &Flow {
        self.join.out()
    }

    fn clear_out(&mut self) {
        self.join.clear_out();
    }

    fn begin(&mut self) {
        self.shared().for_each(|side| side.stage.begin());
        self.keys.begin();
    }

    fn start(&mut self, now: i64) {
        self.shared().for_each(|side| side.stage.start(now));
        self.keys.resume(now);
    }

    fn has_timers(&self) -> bool {
        self.join.has_timers()
    }

    fn due(&self) -> Option<i64> {
        self.keys.due()
    }

    fn next_timer(&self, steps: &Steps) -> Option<Fired> {
        self.keys.next_timer(steps)
    }

    fn fire(&mut self, cx: &mut Cx<'_>, timer: Fired) {
        let part = match timer.part {
            Part::Inner(side) => side as usize,
            _ => 2,
        };
        let Some(key) = self.keys.key_of(part, &timer) else { return };
        let before = self.out().rows.len();
        self.enter(key, timer.key, timer.now);
        self.join.fire(cx, timer);
        self.leave(key, cx.steps);
        self.number(before, key);
    }

    fn run(&mut self, cx: &mut Cx<'_>, inputs: Inputs<'_>, from: usize, to: usize) {
        let key_of = |place: usize| {
            let (input, flow, chunk) = inputs.at(place);
            key_at(&flow.rows.cols[self.columns[input as usize]?], chunk.first)
        };
        let keys: Vec<Option<u32>> = (from..to).map(key_of).collect();
        let mut place = from;
        while place < to {
            let key = keys[place - from];
            let n = keys[place - from..].iter().take_while(|&&k| k == key).count();
            let Some(key) = key else {
                self.join.run(cx, inputs, place, place + n);
                place += n;
                continue;
            };
            let rank = cx.shared.keys[self.partition].rank(key);
            let now = cx.steps.now(inputs.at(place).2.step);
            let before = self.out().rows.len();
            self.enter(key, rank, now);
            self.join.run(cx, inputs, place, place + n);
            self.leave(key, cx.steps);
            self.number(before, key);
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
        let code = &self.join.code;
        let mut bytes = Writer::default();
        bytes.put_u64(self.join.pairs.serial);
        self.keys.save(&mut bytes, |kept, sections| {
            for at in [0, 1].into_iter().filter(|&at| !self.join.sides[at].is_shared()) {
                let mut stage = Vec::new();
                kept.stages[at].save(&code.sides[at].stage, 0, &mut stage);
                super::state::save_side(code, at, stage, (&kept.contents[at], kept.copies[at].as_ref()), sections);
            }
            kept.inner.save(&code.inner, self.join.inner.serial(), sections);
        });
        out.push(Section { name: format!("{}/{STATES}", code.key), bytes: bytes.bytes });
        for (at, side) in self.join.sides.iter().enumerate().filter(|(_, side)| side.is_shared()) {
            let mut stage = Vec::new();
            side.stage.save(&mut stage);
            super::state::save_side(code, at, stage, (&side.contents, side.copy.as_ref()), out);
        }
    }

    fn load(&mut self, role: &str, bytes: &[u8]) -> Result<(), LoadError> {
        if role != STATES {
            return self.join.load_side(role, bytes, Side::is_shared);
        }
        let mut from = Reader::new(bytes);
        let serial = from.get_u64()?;
        load_keys(&mut from, |key, rank, sections| {
            self.enter(key, rank, 0);
            let loaded = sections.iter().try_for_each(|(role, bytes)| self.join.load_section(role, bytes));
            self.leave(key, &Steps::default());
            loaded
        })?;
        self.join.pairs.serial = serial;
        from.end()
    }

    fn bytes(&self) -> usize {
        let shared: usize = self.join.sides.iter().filter(|side| side.is_shared()).map(Side::bytes).sum();
        shared
            + self.keys.bytes(|kept| {
                let sides = kept.stages.iter().map(Kept::bytes).sum::<usize>() + kept.inner.bytes();
                let contents: usize = kept.contents.iter().map(Contents::bytes).sum();
                sides + contents + kept.copies.iter().flatten().map(Store::bytes).sum::<usize>()
            })
    }
}
