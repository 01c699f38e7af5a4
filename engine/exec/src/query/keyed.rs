//! A query inside a partition: one state a key, one of everything else.
//!
//! The state of the key at hand stands in the query itself, as if there were no other; those of the others wait beside it. What
//! a query without a window, a limiter or aggregating filters remembers is kept by group instead, see the planner.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::mem::swap;
use std::sync::Arc;

use riddhi_batch::{Data, Flow, LoadError, Reader, Writer};
use riddhi_plan::registry::Window;

use super::limit::Limiter;
use super::state::Remembered;
use super::{Aggregates, Code, Cx, Query, Section, Work};
use crate::groups::Groups;
use crate::operator::{Inputs, Operator};
use crate::steps::{Fired, Part, Pending, Steps};
use crate::store::Store;

/// The section with the states of all keys.
const STATES: &str = "keyed";

/// What a query remembers for one key.
pub struct Kept {
    window: Option<Box<dyn Window>>,
    store: Store,
    groups: Groups,
    sweep_at: usize,
    aggregates: Aggregates,
    handlers: Vec<Aggregates>,
    timers: Pending,
    limiter: Option<Box<Limiter>>,
    /// Of the key, by first appearance.
    rank: u64,
    /// Where its next timers stand, by part.
    placed: [Option<Place>; PARTS],
}

/// The parts of a query that have timers.
const PARTS: usize = 2;

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

/// A query inside a partition.
pub struct KeyedQuery {
    query: Query,
    partition: usize,
    /// The attribute of the input with the number of the key.
    column: usize,
    keys: Vec<Option<Box<Kept>>>,
    timers: [Timers; PARTS],
    /// Keys that armed timers in this frame.
    armed: Vec<u32>,
}

impl Kept {
    /// Nothing remembered yet.
    pub(crate) fn new(code: &Code, rank: u64) -> Kept {
        let Work { window, store, groups, sweep_at, aggregates, handlers, timers, limiter, .. } = Work::new(code);
        Kept { window, store, groups, sweep_at, aggregates, handlers, timers, limiter, rank, placed: [None; PARTS] }
    }

    /// Puts it in the place of what the query remembers, and that here.
    fn swap(&mut self, work: &mut Work) {
        swap(&mut self.window, &mut work.window);
        swap(&mut self.store, &mut work.store);
        swap(&mut self.groups, &mut work.groups);
        swap(&mut self.sweep_at, &mut work.sweep_at);
        swap(&mut self.aggregates, &mut work.aggregates);
        swap(&mut self.handlers, &mut work.handlers);
        swap(&mut self.timers, &mut work.timers);
        swap(&mut self.limiter, &mut work.limiter);
    }

    /// Puts it in the place of what a query remembers, and that here.
    pub(crate) fn swap_with(&mut self, query: &mut Query) {
        self.swap(&mut query.work);
    }

    /// What counts from the first event of the key counts from `now`.
    pub(crate) fn start(&mut self, now: i64) {
        self.limiter.iter_mut().for_each(|limiter| limiter.start(now));
    }

    /// A frame begins.
    pub(crate) fn begin(&mut self) {
        self.timers.begin();
        self.limiter.iter_mut().for_each(|l| l.timers_mut().begin());
    }

    /// The clock reads `now`, having stood still while nothing ran.
    pub(crate) fn resume(&mut self, now: i64) {
        self.timers.resume(now);
        self.limiter.iter_mut().for_each(|l| l.timers_mut().resume(now));
    }

    /// Appends its sections of a snapshot.
    pub(crate) fn save(&self, code: &Code, out: &mut Vec<Section>) {
        self.remembered(0).save(code, out);
    }

    /// Bytes held, about.
    pub(crate) fn bytes(&self) -> usize {
        self.remembered(0).bytes()
    }

    /// The timers of one part: 0 its window, 1 its rate limiter.
    pub(crate) fn pending(&self, part: usize) -> Option<&Pending> {
        if part == 0 { Some(&self.timers) } else { self.limiter.as_ref().map(|l| l.timers()) }
    }

    fn remembered(&self, serial: u64) -> Remembered<'_> {
        Remembered {
            window: self.window.as_deref(),
            store: &self.store,
            groups: &self.groups,
            aggregates: &self.aggregates,
            handlers: &self.handlers,
            timers: &self.timers,
            limiter: self.limiter.as_deref(),
            serial,
        }
    }
}

impl KeyedQuery {
    /// A query of that partition with nothing remembered; `column`: the attribute of its input with the number of the key.
    pub fn new(code: Arc<Code>, partition: usize, column: u32) -> KeyedQuery {
        KeyedQuery {
            query: Query::new(code),
            partition,
            column: column as usize,
            keys: Vec::new(),
            timers: Default::default(),
            armed: Vec::new(),
        }
    }

    /// As [`Query::trace`].
    pub fn trace(&mut self, first: usize, through: &Flow) {
        self.query.trace(first, through);
    }

    /// The number of the key of a chunk.
    fn key_of(&self, flow: &Flow, first: u32) -> u32 {
        match &flow.rows.cols[self.column].data {
            Data::I32(v) => v[first as usize] as u32,
            _ => 0,
        }
    }

    /// Puts the state of a key into the query, a new one if there is none; what counts from its first event counts from `now`.
    fn enter(&mut self, key: u32, rank: u64, now: i64) {
        let at = key as usize;
        if self.keys.len() <= at {
            self.keys.resize_with(at + 1, || None);
        }
        let code = &self.query.code;
        let kept = self.keys[at].get_or_insert_with(|| {
            let mut kept = Box::new(Kept::new(code, rank));
            kept.limiter.iter_mut().for_each(|limiter| limiter.start(now));
            kept
        });
        kept.swap(&mut self.query.work);
    }

    /// Takes the state of the key out of the query again and notes when its next timers are due.
    fn leave(&mut self, key: u32, steps: &Steps) {
        let Some(kept) = &mut self.keys[key as usize] else { return };
        kept.swap(&mut self.query.work);
        if self.query.code.has_timers() {
            place(kept, key, steps, self.query.code.element, &mut self.timers, &mut self.armed);
        }
    }

    fn take(&mut self, cx: &mut Cx<'_>, flow: &Flow, (from, to): (usize, usize), key: u32) {
        let rank = cx.shared.keys[self.partition].rank(key);
        self.enter(key, rank, cx.steps.now(flow.chunks[from].step));
        self.query.run(cx, flow, from, to);
        self.leave(key, cx.steps);
    }

    /// The next timer of one part.
    fn next_of(&self, part: usize, steps: &Steps) -> Option<Fired> {
        let timer = |key: u32, rank: u64| {
            let pending = self.keys[key as usize].as_ref()?.pending(part)?;
            pending.next(steps, self.query.code.element).map(|fired| Fired { key: rank, ..fired })
        };
        let last = steps.entries().last().map_or(i64::MIN, |e| e.now);
        let due = self.timers[part].later.iter().take_while(|((due, _), _)| *due <= last);
        let later = due.filter_map(|(&(_, rank), &key)| timer(key, rank)).next();
        let now = self.timers[part].now.first_key_value().and_then(|(&(.., rank), &key)| timer(key, rank));
        first(later, now, steps)
    }

    fn unplace(&mut self, key: u32) {
        if let Some(kept) = &mut self.keys[key as usize] {
            unplace(kept, &mut self.timers);
        }
    }
}

fn first(a: Option<Fired>, b: Option<Fired>, steps: &Steps) -> Option<Fired> {
    match (a, b) {
        (Some(a), Some(b)) if steps.first(&a, &b) == Ordering::Greater => Some(b),
        (a, b) => a.or(b),
    }
}

fn unplace(kept: &mut Kept, timers: &mut [Timers; PARTS]) {
    for (place, timers) in kept.placed.iter_mut().zip(timers) {
        match place.take() {
            None => {}
            Some(Place::Later(due)) => drop(timers.later.remove(&(due, kept.rank))),
            Some(Place::Now(entry, due, wave)) => drop(timers.now.remove(&(entry, due, wave, kept.rank))),
        }
    }
}

fn place(kept: &mut Kept, key: u32, steps: &Steps, element: u32, timers: &mut [Timers; PARTS], armed: &mut Vec<u32>) {
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

impl Operator for KeyedQuery {
    fn out(&self) -> &Flow {
        self.query.out()
    }

    fn clear_out(&mut self) {
        self.query.clear_out();
    }

    fn begin(&mut self) {
        let mut armed = std::mem::take(&mut self.armed);
        for key in armed.drain(..) {
            let Some(kept) = self.keys.get_mut(key as usize).and_then(Option::as_mut) else { continue };
            kept.timers.begin();
            kept.limiter.iter_mut().for_each(|l| l.timers_mut().begin());
            // A timer that was to fire in the last frame has: what stands there now was armed for a later one.
            place(kept, key, &Steps::default(), self.query.code.element, &mut self.timers, &mut self.armed);
        }
        self.armed.clear();
    }

    fn start(&mut self, now: i64) {
        for key in 0..self.keys.len() {
            let Some(kept) = &mut self.keys[key] else { continue };
            kept.timers.resume(now);
            kept.limiter.iter_mut().for_each(|l| l.timers_mut().resume(now));
            place(kept, key as u32, &Steps::default(), self.query.code.element, &mut self.timers, &mut self.armed);
        }
    }

    fn has_timers(&self) -> bool {
        self.query.code.has_timers()
    }

    fn due(&self) -> Option<i64> {
        let later = |timers: &Timers| timers.later.first_key_value().map(|(&(due, _), _)| due);
        let now = |timers: &Timers| timers.now.keys().map(|&(_, due, ..)| due).min();
        self.timers.iter().flat_map(|timers| [later(timers), now(timers)]).flatten().min()
    }

    fn next_timer(&self, steps: &Steps) -> Option<Fired> {
        first(self.next_of(0, steps), self.next_of(1, steps), steps)
    }

    fn fire(&mut self, cx: &mut Cx<'_>, timer: Fired) {
        let part = usize::from(timer.part == Part::Limiter);
        let timers = &self.timers[part];
        let now = timers.now.get(&(timer.entry, timer.due, timer.wave, timer.key)).copied();
        let key = now.or_else(|| {
            // A timer whose clock was set forward stands under the time at which it was due before.
            let mut later = timers.later.iter().take_while(|((due, _), _)| *due <= timer.due);
            later.find(|((_, rank), _)| *rank == timer.key).map(|(_, key)| *key)
        });
        let Some(key) = key else { return };
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
        for &key in keys {
            if (key as usize) < self.keys.len() {
                self.unplace(key);
                self.keys[key as usize] = None;
            }
        }
    }

    fn shrink(&mut self, keys: usize) {
        self.keys.truncate(keys);
        self.keys.shrink_to_fit();
    }

    fn save(&self, out: &mut Vec<Section>) {
        let mut bytes = Writer::default();
        bytes.put_u64(self.query.work.serial);
        let there = || self.keys.iter().enumerate().filter_map(|(key, kept)| kept.as_ref().map(|kept| (key, kept)));
        bytes.put_u64(there().count() as u64);
        let mut sections = Vec::new();
        for (key, kept) in there() {
            bytes.put_u32(key as u32);
            bytes.put_u64(kept.rank);
            sections.clear();
            kept.remembered(self.query.work.serial).save(&self.query.code, &mut sections);
            bytes.put_u32(sections.len() as u32);
            for section in &sections {
                let role = section.name.rsplit_once('/').map_or("", |(_, role)| role);
                bytes.put_bytes(role.as_bytes());
                bytes.put_bytes(&section.bytes);
            }
        }
        out.push(Section { name: format!("{}/{STATES}", self.query.code.key), bytes: bytes.bytes });
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
            // As many numbers as there may be keys: a wrong one must not make room for four billion.
            if key as usize >= self.keys.len() + KEYS_AHEAD_MAX {
                return Err(LoadError::new("the number of a key is out of range"));
            }
            self.enter(key, rank, 0);
            let sections = from.get_u32()?;
            let mut loaded = Ok(());
            for _ in 0..sections {
                let role = std::str::from_utf8(from.get_bytes()?).map_err(|_| LoadError::new("a role is no text"))?;
                loaded = loaded.and(self.query.load(role, from.get_bytes()?));
            }
            self.leave(key, &Steps::default());
            loaded?;
        }
        self.query.work.serial = serial;
        if from.left() > 0 { Err(LoadError::new("it is longer than it should be")) } else { Ok(()) }
    }

    fn bytes(&self) -> usize {
        let kept = |kept: &Kept| size_of::<Kept>() + kept.remembered(0).bytes();
        self.keys.capacity() * size_of::<usize>() + self.keys.iter().flatten().map(|k| kept(k)).sum::<usize>()
    }
}

/// How far the number of a key in a snapshot may be ahead of those before it: numbers of dropped keys are left out.
const KEYS_AHEAD_MAX: usize = 1 << 24;
