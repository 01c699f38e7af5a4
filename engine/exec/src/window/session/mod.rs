//! `session(gap[, key[, latency]])`: rows arrive at once, and leave together, with their own timestamps, when no further row
//! of their key came for `gap`. With a latency an ended session waits that long for late rows, as the previous one of its key.
//!
//! A row costs a look-up of its key and a link of a list. Sessions wait in a heap, each by the end it had when it was last on
//! top: one that has gone on since is put back when it comes there again, so most rows do not touch the heap.
//!
//! Every row asks for a timer at its session's end, and what was asked for later fires later, so a session whose end was
//! moved by a late row ends with the first timer, of whatever key, that is due at or after its end. Only timers at which
//! something may end are really asked for.

mod chain;
mod hash;
mod state;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use riddhi_batch::{Data, Type};
use riddhi_plan::registry::{
    ArgError, ArgType, BoundWindow, Create, Entering, Form, Leaving, SignalSink, Timers, Times, Window,
};

use super::{arity, const_time};
use crate::groups::Groups;
use chain::{Chain, Links};

#[derive(Clone, Copy, Debug)]
struct Settings {
    gap: i64,
    latency: i64,
    key: Option<u32>,
}

/// A session.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    rows: Chain,
    start: i64,
    end: i64,
    /// When the timer fires that ends it.
    fires: i64,
    /// The time by which it waits in the heap, which may be too early.
    queued: Option<i64>,
}

/// Which of a key's two sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Which {
    Current,
    Previous,
}

/// The sessions of a key.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    current: Part,
    previous: Part,
    /// Of the key, for the order of sessions that end at the same time: its hash, when it first came, and when it last began.
    spread: u32,
    rank: u32,
    appeared: u64,
}

impl Slot {
    fn is_empty(&self) -> bool {
        self.current.rows.is_empty() && self.previous.rows.is_empty()
    }

    fn part(&mut self, which: Which) -> &mut Part {
        match which {
            Which::Current => &mut self.current,
            Which::Previous => &mut self.previous,
        }
    }
}

struct Session {
    set: Settings,
    keys: Groups,
    /// By number of the key.
    slots: Vec<Slot>,
    links: Links,
    heap: BinaryHeap<Reverse<(i64, Which, u32)>>,
    /// Timers asked for and not fired yet, as far as none before them is due later: rising.
    asked: VecDeque<i64>,
    /// The clock when last something happened: no timer is due before that.
    now: i64,
    /// How often a key without sessions got one.
    appeared: u64,
    /// When keys first came.
    first: hash::First,
    /// Current sessions, and the most there were at a time.
    open: u32,
    most: u32,
    /// Previous sessions that leave at the end of the chunk, with their keys.
    leaving: Vec<(u32, Chain)>,
    sweep_at: usize,
    ids: Vec<u32>,
    /// Buffers: current and previous sessions that end with a timer.
    due: (Vec<Due>, Vec<Due>),
}

/// A session that ends with a timer; they do so in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    end: i64,
    buckets: (u32, u32),
    came: (u32, u64),
    id: u32,
}

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    arity("session", args, 1, 3, "session(5 sec, user)")?;
    let gap = const_time(args, 0, "the gap")?;
    let key = match args.get(1) {
        None => None,
        Some(ArgType { ty: Type::String, attribute: Some(key), .. }) => Some(*key),
        Some(arg) => {
            let message = match arg.ty {
                Type::String => "the session key must be an attribute".to_owned(),
                ty => format!("the session key must be a string attribute, not a {ty}"),
            };
            return Err(ArgError::at(1, message, "name a string attribute; a latency can only follow the key"));
        }
    };
    let latency = if args.len() > 2 { const_time(args, 2, "the latency")? } else { 0 };
    if args.len() > 2 && latency > gap {
        let message = format!("the latency of {latency} ms is longer than the gap of {gap} ms");
        return Err(ArgError::at(2, message, "give a latency up to the gap"));
    }
    let set = Settings { gap, latency, key };
    let create: Create = Arc::new(move |_| Box::new(Session::new(set)));
    let window = BoundWindow::new(format!("session({gap} ms)"), false, Form::General, create);
    let reads = key.into_iter().collect();
    Ok(BoundWindow { leaving: Leaving::Any, reads, timers: Timers::Next, ..window })
}

impl Session {
    fn new(set: Settings) -> Session {
        Session {
            set,
            keys: Groups::default(),
            slots: vec![Slot::default()],
            links: Links::default(),
            heap: BinaryHeap::new(),
            asked: VecDeque::new(),
            now: i64::MIN,
            appeared: 0,
            first: hash::First::default(),
            open: 0,
            most: 0,
            leaving: Vec::new(),
            sweep_at: 64,
            ids: Vec::new(),
            due: Default::default(),
        }
    }

    /// The timer that will end what ends at `due`: the first asked for that is not due earlier, else one of its own.
    fn ask(&mut self, due: i64) -> i64 {
        match self.asked.back() {
            Some(&last) if due <= last => self.asked[self.asked.partition_point(|&asked| asked < due)],
            _ => {
                self.asked.push_back(due);
                due
            }
        }
    }

    /// Puts back what waits too early, until the first in the heap is what ends first; gives when that is.
    fn settle(&mut self) -> Option<i64> {
        while let Some(&Reverse((queued, which, id))) = self.heap.peek() {
            let part = self.slots[id as usize].part(which);
            let fires = Some(part.fires).filter(|_| !part.rows.is_empty());
            if fires == Some(queued) {
                return fires;
            }
            self.heap.pop();
            part.queued = None;
            if let Some(fires) = fires {
                self.wait(id, which, fires);
            }
        }
        None
    }

    /// Forgets timers that fired without being asked for, since nothing could end at them.
    fn forget_fired(&mut self, now: i64) {
        let waits = self.settle().unwrap_or(i64::MAX);
        while self.asked.front().is_some_and(|&asked| asked <= now && asked < waits) {
            self.asked.pop_front();
        }
    }

    /// Notes when a session ends.
    fn wait(&mut self, id: u32, which: Which, fires: i64) {
        let part = self.slots[id as usize].part(which);
        part.fires = fires;
        if part.queued.is_none() {
            part.queued = Some(fires);
            self.heap.push(Reverse((fires, which, id)));
        }
    }

    /// A row of key `id` arrives.
    fn enter(&mut self, rows: &Entering<'_>, i: usize, id: u32, sink: &mut dyn SignalSink) {
        let row = rows.first + i as u64;
        let ts = rows.times.time(row);
        let end = ts.saturating_add(self.set.gap);
        let current = &self.slots[id as usize].current;
        let goes_on = if current.rows.is_empty() {
            self.appear(rows, i, id);
            false
        } else if ts < current.start {
            return self.enter_late(id, row, ts, sink);
        } else if ts > current.end {
            self.end_before(id, rows.times, sink);
            false
        } else {
            true
        };
        if !goes_on {
            self.begin(id, ts);
        }
        let current = &mut self.slots[id as usize].current;
        self.links.push(&mut current.rows, row);
        // The end never moves back.
        if !goes_on || end > current.end {
            current.end = end;
            let fires = self.ask(end);
            self.wait(id, Which::Current, fires);
        }
        self.hold(id);
        sink.current(row);
    }

    fn hold(&mut self, id: u32) {
        if self.set.key.is_some() {
            self.keys.hold(&[id]);
        }
    }

    /// Notes of a key that had no session what orders it among others.
    fn appear(&mut self, rows: &Entering<'_>, i: usize, id: u32) {
        if !self.slots[id as usize].is_empty() {
            return;
        }
        let text = self.set.key.and_then(|key| match &rows.cols[key as usize].data {
            Data::Str(v) if !rows.cols[key as usize].is_null(rows.place(i)) => Some(v[rows.place(i)]),
            _ => None,
        });
        let slot = &mut self.slots[id as usize];
        slot.spread = text.map_or(0, |text| hash::spread(text.text(rows.arena)));
        slot.rank = self.first.rank(slot.spread);
        slot.appeared = self.appeared;
        self.appeared += 1;
    }

    fn begin(&mut self, id: u32, ts: i64) {
        self.open += 1;
        self.most = self.most.max(self.open);
        let current = &mut self.slots[id as usize].current;
        current.start = ts;
    }

    /// A row behind the end comes before the timer, in one array: with a latency the current session becomes the previous
    /// one, whose rows leave at the end of the chunk; else its rows leave now.
    fn end_before(&mut self, id: u32, times: &dyn Times, sink: &mut dyn SignalSink) {
        let current = self.take_current(id);
        if self.set.latency <= 0 {
            return self.leave(id, current.rows, times, sink);
        }
        let previous = std::mem::take(&mut self.slots[id as usize].previous.rows);
        if !previous.is_empty() {
            self.leaving.push((id, previous));
        }
        self.become_previous(id, &current);
    }

    /// Takes the current session away; it may still wait in the heap.
    fn take_current(&mut self, id: u32) -> Part {
        self.open -= 1;
        let current = &mut self.slots[id as usize].current;
        Part { rows: std::mem::take(&mut current.rows), ..*current }
    }

    /// The session's rows follow those of the previous one, and its times count.
    fn become_previous(&mut self, id: u32, session: &Part) {
        let previous = &mut self.slots[id as usize].previous;
        self.links.join(&mut previous.rows, &session.rows);
        (previous.start, previous.end) = (session.start, session.end);
        self.wait_alive(id);
    }

    /// The previous session waits for its latency.
    fn wait_alive(&mut self, id: u32) {
        let alive = self.slots[id as usize].previous.end.saturating_add(self.set.latency);
        let fires = self.ask(alive);
        self.wait(id, Which::Previous, fires);
    }

    /// A row from before the start of its key's session: it belongs to that if it is within the gap, or with a latency to the
    /// previous session; else it is too late, and dropped.
    fn enter_late(&mut self, id: u32, row: u64, ts: i64, sink: &mut dyn SignalSink) {
        let Settings { gap, latency, .. } = self.set;
        let slot = &mut self.slots[id as usize];
        if ts >= slot.current.start.saturating_sub(gap) {
            self.links.push_front(&mut slot.current.rows, row);
            slot.current.start = ts;
            self.merge(id);
        } else if latency > 0 && !slot.previous.rows.is_empty() && ts >= slot.previous.start.saturating_sub(gap) {
            self.links.push(&mut slot.previous.rows, row);
            let previous = &mut slot.previous;
            if ts <= previous.end.saturating_sub(gap) && ts < previous.start {
                previous.start = ts;
            } else {
                previous.end = previous.end.max(ts.saturating_add(gap));
                self.wait_alive(id);
                self.merge(id);
            }
        } else {
            return;
        }
        self.hold(id);
        sink.current(row);
    }

    /// Puts the previous session in front of the current one if they touch.
    fn merge(&mut self, id: u32) {
        let Slot { current, previous, .. } = &mut self.slots[id as usize];
        if previous.rows.is_empty() || previous.end < current.start.saturating_sub(self.set.gap) {
            return;
        }
        self.links.join_front(&mut current.rows, &previous.rows);
        current.start = previous.start;
        previous.rows = Chain::default();
    }

    /// The rows of a list leave.
    fn leave(&mut self, id: u32, mut rows: Chain, times: &dyn Times, sink: &mut dyn SignalSink) {
        for row in self.links.rows(&rows) {
            sink.expired(row, times.time(row));
            if self.set.key.is_some() {
                self.keys.let_go(&[id]);
            }
        }
        self.links.clear(&mut rows);
    }

    /// Ends what the next timer ends. Sessions that end together do so by their ends, then as Siddhi's hash map has their keys.
    fn fire(&mut self, times: &dyn Times, sink: &mut dyn SignalSink) {
        let Some(now) = self.settle() else { return };
        let (mut current, mut previous) = (std::mem::take(&mut self.due.0), std::mem::take(&mut self.due.1));
        self.take_due(now, &mut current, &mut previous);
        while self.asked.front().is_some_and(|&asked| asked <= now) {
            self.asked.pop_front();
        }
        self.put_in_order(&mut current, Which::Current);
        for due in current.drain(..) {
            let session = self.take_current(due.id);
            if self.set.latency > 0 {
                self.become_previous(due.id, &session);
                previous.push(due);
            } else {
                self.leave(due.id, session.rows, times, sink);
            }
        }
        self.put_in_order(&mut previous, Which::Previous);
        for due in previous.drain(..) {
            if due.end.saturating_add(self.set.latency) <= now {
                let rows = std::mem::take(&mut self.slots[due.id as usize].previous.rows);
                self.leave(due.id, rows, times, sink);
            }
        }
        self.due = (current, previous);
    }

    /// Takes out of the heap what ends at `now`.
    fn take_due(&mut self, now: i64, current: &mut Vec<Due>, previous: &mut Vec<Due>) {
        while self.settle().is_some_and(|first| first <= now)
            && let Some(Reverse((_, which, id))) = self.heap.pop()
        {
            self.slots[id as usize].part(which).queued = None;
            let list = if which == Which::Current { &mut *current } else { &mut *previous };
            list.push(Due { id, ..Due::default() });
        }
    }

    fn put_in_order(&mut self, list: &mut Vec<Due>, which: Which) {
        for due in list.iter_mut() {
            let slot = &mut self.slots[due.id as usize];
            due.end = slot.part(which).end;
            due.buckets = (hash::bucket(slot.spread, self.most), self.first.bucket(slot.spread));
            due.came = (slot.rank, slot.appeared);
        }
        list.sort_unstable();
        list.dedup();
    }

    /// Forgets keys without sessions, once there are many.
    fn sweep(&mut self) {
        if self.keys.bound() < self.sweep_at {
            return;
        }
        let slots = &self.slots;
        let idle = |part: &Part| part.rows.is_empty() && part.queued.is_none();
        let clear = |id: u32| slots.get(id as usize).is_none_or(|slot| idle(&slot.current) && idle(&slot.previous));
        self.keys.sweep(clear, |_| {});
        self.sweep_at = (self.keys.bound() + 64).max(2 * self.keys.len());
    }
}

impl Window for Session {
    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        let mut ids = std::mem::take(&mut self.ids);
        ids.clear();
        match self.set.key {
            Some(key) => self.keys.assign(rows.cols, &[key], rows.sel, rows.n, rows.arena, &mut ids),
            None => ids.resize(rows.n, 0),
        }
        self.slots.resize(self.keys.bound().max(self.slots.len()), Slot::default());
        for (i, &id) in ids.iter().enumerate() {
            self.now = rows.now[i];
            self.forget_fired(self.now);
            self.enter(rows, i, id, sink);
            if rows.ends_chunk(i) {
                for (id, rows_left) in std::mem::take(&mut self.leaving) {
                    self.leave(id, rows_left, rows.times, sink);
                }
                sink.end_chunk(Some(i as u32));
            }
        }
        self.ids = ids;
        self.settle();
        self.sweep();
    }

    fn holds(&self) -> usize {
        self.links.len()
    }

    fn held(&self, rows: &mut Vec<u64>) {
        let parts = self.slots.iter().flat_map(|slot| [&slot.current, &slot.previous]);
        parts.for_each(|part| rows.extend(self.links.rows(&part.rows)));
    }

    fn earliest_due(&self, ts: i64) -> i64 {
        ts.saturating_add(self.set.gap)
    }

    fn next_due(&self) -> Option<i64> {
        self.heap.peek().map(|Reverse((queued, ..))| (*queued).max(self.now))
    }

    fn fire_general(&mut self, now: i64, times: &dyn Times, _end: u64, sink: &mut dyn SignalSink) {
        self.fire(times, sink);
        sink.end_chunk(None);
        self.now = self.now.max(now);
        self.settle();
    }
}
