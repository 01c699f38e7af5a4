//! A join inside a partition: one state a key, one of everything else. The state of the key at hand stands in the join itself,
//! as if there were no other; those of the others wait beside it.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::mem::swap;

use riddhi_batch::{Column, Data, Flow, LoadError, Reader, Writer};

use super::contents::Contents;
use super::{Join, JoinCode};
use crate::operator::{Inputs, Operator};
use crate::query::{Cx, Kept, Section};
use crate::steps::{Fired, Part, Pending, Steps};
use crate::store::Store;

/// The section with the states of all keys.
const STATES: &str = "keyed";

/// How far the number of a key in a snapshot may be ahead of those before it: numbers of dropped keys are left out.
const KEYS_AHEAD_MAX: usize = 1 << 24;

/// The parts of a join that have timers: both windows and the rate limiter.
const PARTS: usize = 3;

/// What a join remembers for one key.
struct KeptJoin {
    stages: [Kept; 2],
    contents: [Contents; 2],
    copies: [Option<Store>; 2],
    inner: Kept,
    /// Of the key, by first appearance.
    rank: u64,
    /// Where its next timers stand, by part.
    placed: [Option<Place>; PARTS],
}

/// Where a timer stands among those of all keys.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// It does not fire in this frame, or it was armed before it.
    Later(i64),
    /// Armed in this frame, in which it fires.
    Now(u32, i64, u32),
}

/// Timers of one part, of all keys.
#[derive(Default)]
struct Timers {
    /// By due time and rank of the key.
    later: BTreeMap<(i64, u64), u32>,
    /// By entry, due time, wave and rank of the key.
    now: BTreeMap<(u32, i64, u32, u64), u32>,
}

/// A join inside a partition.
pub struct KeyedJoin {
    join: Join,
    partition: usize,
    /// By input: the attribute with the number of the key.
    columns: Vec<usize>,
    /// Whether the rows that come out carry the number of the key in a last attribute.
    numbered: bool,
    keys: Vec<Option<Box<KeptJoin>>>,
    timers: [Timers; PARTS],
    /// Keys that armed timers in this frame.
    armed: Vec<u32>,
}

impl KeptJoin {
    fn swap(&mut self, join: &mut Join) {
        for (at, side) in join.sides.iter_mut().enumerate() {
            self.stages[at].swap_with(&mut side.stage);
            swap(&mut self.contents[at], &mut side.contents);
            swap(&mut self.copies[at], &mut side.copy);
        }
        self.inner.swap_with(&mut join.inner);
    }

    fn pending(&self, part: usize) -> Option<&Pending> {
        match part {
            0 | 1 => self.stages[part].pending(0),
            _ => self.inner.pending(1),
        }
    }
}

impl KeyedJoin {
    /// A join of that partition with nothing remembered; `columns`: by input, the attribute with the number of the key.
    pub fn new(code: JoinCode, partition: usize, columns: Vec<usize>, numbered: bool) -> KeyedJoin {
        KeyedJoin {
            join: Join::new(code),
            partition,
            columns,
            numbered,
            keys: Vec::new(),
            timers: Default::default(),
            armed: Vec::new(),
        }
    }

    fn element(&self) -> u32 {
        self.join.code.element
    }

    /// Puts the state of a key into the join, a new one if there is none; what counts from its first event counts from `now`.
    fn enter(&mut self, key: u32, rank: u64, now: i64) {
        let at = key as usize;
        if self.keys.len() <= at {
            self.keys.resize_with(at + 1, || None);
        }
        let join = &mut self.join;
        let kept = self.keys[at].get_or_insert_with(|| {
            let new = |at: usize| join.sides[at].empty();
            let ((a, b, c), (d, e, f)) = (new(0), new(1));
            let mut inner = Kept::new(join.inner.code(), rank);
            inner.start(now);
            let (stages, contents, copies) = ([a, d], [b, e], [c, f]);
            Box::new(KeptJoin { stages, contents, copies, inner, rank, placed: [None; PARTS] })
        });
        kept.swap(&mut self.join);
    }

    /// Takes the state of the key out of the join again and notes when its next timers are due.
    fn leave(&mut self, key: u32, steps: &Steps) {
        let (timed, element) = (self.join.has_timers(), self.element());
        let Some(kept) = &mut self.keys[key as usize] else { return };
        kept.swap(&mut self.join);
        if timed {
            place(kept, key, (steps, element), &mut self.timers, &mut self.armed);
        }
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

    /// The next timer of one part.
    fn next_of(&self, part: usize, steps: &Steps) -> Option<Fired> {
        let timer = |key: u32, rank: u64| {
            let pending = self.keys[key as usize].as_ref()?.pending(part)?;
            pending.next(steps, self.element()).map(|fired| Fired { key: rank, ..fired })
        };
        let last = steps.entries().last().map_or(i64::MIN, |e| e.now);
        let due = self.timers[part].later.iter().take_while(|((due, _), _)| *due <= last);
        let later = due.filter_map(|(&(_, rank), &key)| timer(key, rank)).next();
        let now = self.timers[part].now.first_key_value().and_then(|(&(.., rank), &key)| timer(key, rank));
        first(later, now, steps)
    }
}

fn first(a: Option<Fired>, b: Option<Fired>, steps: &Steps) -> Option<Fired> {
    match (a, b) {
        (Some(a), Some(b)) if steps.first(&a, &b) == Ordering::Greater => Some(b),
        (a, b) => a.or(b),
    }
}

fn unplace(kept: &mut KeptJoin, timers: &mut [Timers; PARTS]) {
    for (place, timers) in kept.placed.iter_mut().zip(timers) {
        match place.take() {
            None => {}
            Some(Place::Later(due)) => drop(timers.later.remove(&(due, kept.rank))),
            Some(Place::Now(entry, due, wave)) => drop(timers.now.remove(&(entry, due, wave, kept.rank))),
        }
    }
}

fn place(
    kept: &mut KeptJoin,
    key: u32,
    (steps, element): (&Steps, u32),
    timers: &mut [Timers; PARTS],
    armed: &mut Vec<u32>,
) {
    unplace(kept, timers);
    for (part, timers) in timers.iter_mut().enumerate() {
        let Some(pending) = kept.pending(part) else { continue };
        let Some(due) = pending.due() else { continue };
        kept.placed[part] = Some(match pending.next(steps, element) {
            Some(fired) => {
                timers.now.insert((fired.entry, fired.due, fired.wave, kept.rank), key);
                Place::Now(fired.entry, fired.due, fired.wave)
            }
            None => {
                timers.later.insert((due, kept.rank), key);
                Place::Later(due)
            }
        });
    }
    if armed.last() != Some(&key) {
        armed.push(key);
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
        let element = self.element();
        let mut armed = std::mem::take(&mut self.armed);
        for key in armed.drain(..) {
            let Some(kept) = self.keys.get_mut(key as usize).and_then(Option::as_mut) else { continue };
            kept.stages.iter_mut().for_each(Kept::begin);
            kept.inner.begin();
            // A timer that was to fire in the last frame has: what stands there now was armed for a later one.
            place(kept, key, (&Steps::default(), element), &mut self.timers, &mut self.armed);
        }
        self.armed.clear();
    }

    fn start(&mut self, now: i64) {
        let element = self.element();
        for key in 0..self.keys.len() {
            let Some(kept) = &mut self.keys[key] else { continue };
            kept.stages.iter_mut().for_each(|stage| stage.resume(now));
            kept.inner.resume(now);
            place(kept, key as u32, (&Steps::default(), element), &mut self.timers, &mut self.armed);
        }
    }

    fn has_timers(&self) -> bool {
        self.join.has_timers()
    }

    fn due(&self) -> Option<i64> {
        let later = |timers: &Timers| timers.later.first_key_value().map(|(&(due, _), _)| due);
        let now = |timers: &Timers| timers.now.keys().map(|&(_, due, ..)| due).min();
        self.timers.iter().flat_map(|timers| [later(timers), now(timers)]).flatten().min()
    }

    fn next_timer(&self, steps: &Steps) -> Option<Fired> {
        (0..PARTS).fold(None, |next, part| first(next, self.next_of(part, steps), steps))
    }

    fn fire(&mut self, cx: &mut Cx<'_>, timer: Fired) {
        let part = match timer.part {
            Part::Inner(side) => side as usize,
            _ => 2,
        };
        let timers = &self.timers[part];
        let now = timers.now.get(&(timer.entry, timer.due, timer.wave, timer.key)).copied();
        let key = now.or_else(|| {
            // A timer whose clock was set forward stands under the time at which it was due before.
            let mut later = timers.later.iter().take_while(|((due, _), _)| *due <= timer.due);
            later.find(|((_, rank), _)| *rank == timer.key).map(|(_, key)| *key)
        });
        let Some(key) = key else { return };
        let before = self.out().rows.len();
        self.enter(key, timer.key, timer.now);
        self.join.fire(cx, timer);
        self.leave(key, cx.steps);
        self.number(before, key);
    }

    fn run(&mut self, cx: &mut Cx<'_>, inputs: Inputs<'_>, from: usize, to: usize) {
        let key_of = |place: usize| {
            let (input, flow, chunk) = inputs.at(place);
            match &flow.rows.cols[self.columns[input as usize]].data {
                Data::I32(v) => v[chunk.first as usize] as u32,
                _ => 0,
            }
        };
        let keys: Vec<u32> = (from..to).map(key_of).collect();
        let mut place = from;
        while place < to {
            let key = keys[place - from];
            let n = keys[place - from..].iter().take_while(|&&k| k == key).count();
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
        for &key in keys {
            if let Some(kept) = self.keys.get_mut(key as usize).and_then(Option::as_mut) {
                unplace(kept, &mut self.timers);
                self.keys[key as usize] = None;
            }
        }
        if self.keys.iter().all(Option::is_none) {
            self.keys = Vec::new();
        }
    }

    fn save(&self, out: &mut Vec<Section>) {
        let code = &self.join.code;
        let mut bytes = Writer::default();
        let there = || self.keys.iter().enumerate().filter_map(|(key, kept)| kept.as_ref().map(|kept| (key, kept)));
        bytes.put_u64(self.join.pairs.serial);
        bytes.put_u64(there().count() as u64);
        let mut sections = Vec::new();
        for (key, kept) in there() {
            bytes.put_u32(key as u32);
            bytes.put_u64(kept.rank);
            sections.clear();
            for at in [0, 1] {
                let mut stage = Vec::new();
                kept.stages[at].save(&code.sides[at].stage, &mut stage);
                super::state::save_side(code, at, stage, (&kept.contents[at], kept.copies[at].as_ref()), &mut sections);
            }
            kept.inner.save(&code.inner, &mut sections);
            bytes.put_u32(sections.len() as u32);
            for section in &sections {
                let role = section.name.rsplit_once('/').map_or("", |(_, role)| role);
                bytes.put_bytes(role.as_bytes());
                bytes.put_bytes(&section.bytes);
            }
        }
        out.push(Section { name: format!("{}/{STATES}", code.key), bytes: bytes.bytes });
    }

    fn load(&mut self, role: &str, bytes: &[u8]) -> Result<(), LoadError> {
        if role != STATES {
            return Err(LoadError::new(format!("this query has no {role}")));
        }
        let mut from = Reader::new(bytes);
        let serial = from.get_u64()?;
        let n = from.get_count(16)?;
        for _ in 0..n {
            let key = from.get_u32()?;
            let rank = from.get_u64()?;
            if key as usize >= self.keys.len() + KEYS_AHEAD_MAX {
                return Err(LoadError::new("the number of a key is out of range"));
            }
            self.enter(key, rank, 0);
            let sections = from.get_u32()?;
            let mut loaded = Ok(());
            for _ in 0..sections {
                let role = std::str::from_utf8(from.get_bytes()?).map_err(|_| LoadError::new("a role is no text"))?;
                loaded = loaded.and(self.join.load_section(role, from.get_bytes()?));
            }
            self.leave(key, &Steps::default());
            loaded?;
        }
        self.join.pairs.serial = serial;
        if from.left() > 0 { Err(LoadError::new("it is longer than it should be")) } else { Ok(()) }
    }

    fn bytes(&self) -> usize {
        let kept = |kept: &KeptJoin| {
            let sides = kept.stages.iter().map(Kept::bytes).sum::<usize>() + kept.inner.bytes();
            let contents: usize = kept.contents.iter().map(Contents::bytes).sum();
            size_of::<KeptJoin>() + sides + contents + kept.copies.iter().flatten().map(Store::bytes).sum::<usize>()
        };
        self.keys.capacity() * size_of::<usize>() + self.keys.iter().flatten().map(|k| kept(k)).sum::<usize>()
    }
}
