//! `env:resourceBatch('group', key[, t])`: rows are held back by key. Those of a key are released together once there are as many as
//! the group has members (`#env:resourceIdentifier('group')`), or the clock has passed the time of the first plus t; after that the key is
//! closed for five minutes, and what comes late is lost.
//!
//! What was released expires with the next step of the window, whatever that is: a chunk or a timer. A reset stands behind it.

use std::sync::Arc;

use hashbrown::HashTable;
use riddhi_batch::{LoadError, Reader, State, Type, Value, Writer};
use riddhi_plan::registry::WindowScope;
use riddhi_plan::registry::{
    ArgError, ArgType, BoundWindow, Create, Entering, Finds, Form, Leaving, SignalSink, StreamKernel, Timers, Times,
    Window, WindowFunction,
};

use super::expression::computed::Computed;
use super::unique::write_key;
use super::{Asked, arity, const_time};
use crate::hash;

const NAME: &str = "env:resourceBatch";
/// How long rows of a key wait if it is not said, and how long a key is closed, in milliseconds.
const FIVE_MINUTES: i64 = 300_000;

pub(super) struct ResourceBatch;

impl WindowFunction for ResourceBatch {
    fn bind(&self, _: &[ArgType]) -> Result<BoundWindow, ArgError> {
        unreachable!("binds in its app")
    }

    fn bind_in(&self, args: &[ArgType], scope: &WindowScope) -> Result<BoundWindow, ArgError> {
        arity(NAME, args, 2, 3, "env:resourceBatch('group', attribute, 1 min)")?;
        let Some(Value::Str(group)) = &args[0].constant else {
            return Err(ArgError::at(0, "the group must be a constant string", "write it as in 'group'"));
        };
        let Some(key) = args[1].attribute else {
            return Err(ArgError::at(1, "the key must not be a constant", "name an attribute"));
        };
        let span = if args.len() > 2 { const_time(args, 2, "the time")? } else { FIVE_MINUTES };
        let members = scope.members(group) as usize;
        let create: Create = Arc::new(move |watched| Box::new(Held::new(members, key, span, watched)));
        let window = BoundWindow::new(format!("{NAME}({members} members, {span} ms)"), false, Form::General, create);
        let (leaving, timers, finds) = (Leaving::Any, Timers::Always, Finds::Nothing);
        Ok(BoundWindow { leaving, timers, finds, reads: vec![key], ..window })
    }

    fn computed(&self, at: usize, _: Type) -> Option<Arc<dyn StreamKernel>> {
        (at == 1).then(|| Arc::new(Computed) as Arc<dyn StreamKernel>)
    }
}

/// Rows, and bytes of a key, that a free slot keeps room for.
const KEPT: usize = 64;

/// No slot.
const NONE: u32 = u32::MAX;

/// The rows of a key, in a slot.
#[derive(Clone, Debug)]
struct Batch {
    key: Vec<u8>,
    rows: Vec<u64>,
    /// When it is released at the latest.
    until: i64,
    /// Whether that has happened: what comes is late.
    closed: bool,
    /// The slots of the keys that came before and after it.
    before: u32,
    after: u32,
}

impl Batch {
    /// When something happens to it that its rows do not bring about: once the clock is later.
    fn changes(&self) -> i64 {
        if self.closed { self.until.saturating_add(FIVE_MINUTES) } else { self.until }
    }
}

struct Held {
    members: usize,
    key: u32,
    span: i64,
    watched: bool,
    slots: Vec<Batch>,
    /// Slots that are free.
    free: Vec<u32>,
    /// Slots by key.
    index: HashTable<u32>,
    /// The slots of the first and the last key that came of those that are there.
    first: u32,
    last: u32,
    /// Of all batches the earliest [`Batch::changes`].
    changes: i64,
    /// What expires with the next step: rows, and none where a reset stands.
    released: Vec<Option<u64>>,
    asked: Asked,
    /// The latest time for which a timer was asked.
    emits: i64,
    buffer: Vec<u8>,
}

impl Held {
    fn new(members: usize, key: u32, span: i64, watched: bool) -> Held {
        Held {
            members,
            key,
            span,
            watched,
            slots: Vec::new(),
            free: Vec::new(),
            index: HashTable::new(),
            first: NONE,
            last: NONE,
            changes: i64::MAX,
            released: Vec::new(),
            asked: Asked::default(),
            emits: -1,
            buffer: Vec::new(),
        }
    }

    /// The slots in use, in the order in which their keys came.
    fn in_order(&self) -> impl Iterator<Item = &Batch> {
        let slot = |at: u32| self.slots.get(at as usize);
        std::iter::successors(slot(self.first), move |batch| slot(batch.after))
    }

    fn find(&self, key: &[u8]) -> Option<u32> {
        self.index.find(hashed(key), |&slot| self.slots[slot as usize].key == key).copied()
    }

    /// A slot for a key that is not there, behind all others.
    fn insert(&mut self, key: &[u8], until: i64, closed: bool) -> u32 {
        let slot = self.free.pop().unwrap_or_else(|| {
            let empty = Batch { key: Vec::new(), rows: Vec::new(), until, closed, before: NONE, after: NONE };
            self.slots.push(empty);
            self.slots.len() as u32 - 1
        });
        let batch = &mut self.slots[slot as usize];
        batch.key.extend_from_slice(key);
        (batch.until, batch.closed, batch.before, batch.after) = (until, closed, self.last, NONE);
        self.changes = self.changes.min(batch.changes());
        match self.slots.get_mut(self.last as usize) {
            Some(last) => last.after = slot,
            None => self.first = slot,
        }
        self.last = slot;
        let slots = &self.slots;
        self.index.insert_unique(hashed(key), slot, |&slot| hashed(&slots[slot as usize].key));
        slot
    }

    fn remove(&mut self, slot: u32) {
        let batch = &mut self.slots[slot as usize];
        if let Ok(found) = self.index.find_entry(hashed(&batch.key), |&other| other == slot) {
            found.remove();
        }
        batch.key.clear();
        batch.rows.clear();
        batch.key.shrink_to(KEPT);
        batch.rows.shrink_to(KEPT);
        let (before, after) = (batch.before, batch.after);
        match self.slots.get_mut(before as usize) {
            Some(batch) => batch.after = after,
            None => self.first = after,
        }
        match self.slots.get_mut(after as usize) {
            Some(batch) => batch.before = before,
            None => self.last = before,
        }
        self.free.push(slot);
    }

    /// Puts a row to those of its key; which slot that is.
    fn put(&mut self, rows: &Entering<'_>, i: usize, now: i64) -> u32 {
        let row = rows.first + i as u64;
        let mut key = std::mem::take(&mut self.buffer);
        write_key(rows, self.key, i, false, &mut key);
        let slot = self.find(&key).unwrap_or_else(|| {
            let until = rows.times.time(row).saturating_add(self.span);
            self.ask(now);
            self.insert(&key, until, false)
        });
        self.buffer = key;
        let batch = &mut self.slots[slot as usize];
        if !batch.closed {
            batch.rows.push(row);
        }
        slot
    }

    /// Asks for the timers of a key that came now.
    fn ask(&mut self, now: i64) {
        let emits = now.saturating_add(self.span);
        if emits > self.emits {
            self.emits = emits;
            self.asked.ask(emits, now);
            self.asked.ask(emits.saturating_add(FIVE_MINUTES), now);
        }
    }

    /// What was released before expires.
    fn expire(&mut self, now: i64, sink: &mut dyn SignalSink) -> bool {
        let any = !self.released.is_empty();
        for signal in self.released.drain(..) {
            match signal {
                Some(row) => sink.expired(row, now),
                None => sink.reset(),
            }
        }
        any
    }

    /// Releases what has come to its end: of all batches, or, as long as none is due by the clock, of the one that a row came to.
    fn look(&mut self, now: i64, touched: Option<u32>, sink: &mut dyn SignalSink) -> bool {
        if now <= self.changes {
            return touched.is_some_and(|slot| self.settle(slot, now, sink));
        }
        let (mut any, mut slot) = (false, self.first);
        while let Some(batch) = self.slots.get(slot as usize) {
            let after = batch.after;
            any |= self.settle(slot, now, sink);
            slot = after;
        }
        self.changes = self.in_order().map(Batch::changes).min().unwrap_or(i64::MAX);
        any
    }

    /// The same of one batch.
    fn settle(&mut self, slot: u32, now: i64, sink: &mut dyn SignalSink) -> bool {
        let batch = &mut self.slots[slot as usize];
        let over = batch.until.saturating_add(FIVE_MINUTES) < now;
        if batch.closed {
            if over {
                self.remove(slot);
            }
            return false;
        }
        let gone = batch.rows.len() >= self.members || over;
        if !gone && batch.until >= now {
            return false;
        }
        batch.closed = true;
        for row in batch.rows.drain(..) {
            sink.current(row);
            if self.watched {
                self.released.push(Some(row));
            }
        }
        self.released.push(None);
        match gone {
            true => self.remove(slot),
            // It takes no more.
            false => batch.rows = Vec::new(),
        }
        true
    }
}

fn hashed(key: &[u8]) -> u64 {
    hash::of_bytes(0x7265_736f, key)
}

impl State for Held {
    fn save(&self, out: &mut Writer) {
        out.put_u64(self.index.len() as u64);
        for batch in self.in_order() {
            out.put_bytes(&batch.key);
            out.put_i64(batch.until);
            out.put_bool(batch.closed);
            out.put_u64(batch.rows.len() as u64);
            batch.rows.iter().for_each(|&row| out.put_u64(row));
        }
        out.put_u64(self.released.len() as u64);
        for row in &self.released {
            out.put_bool(row.is_some());
            out.put_u64(row.unwrap_or(0));
        }
        out.put_i64(self.emits);
        self.asked.save(out);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        *self = Held::new(self.members, self.key, self.span, self.watched);
        for _ in 0..from.get_count(25)? {
            let (key, until, closed) = (from.get_bytes()?, from.get_i64()?, from.get_bool()?);
            let rows = (0..from.get_count(8)?).map(|_| from.get_u64()).collect::<Result<_, _>>()?;
            if self.find(key).is_some() {
                return Err(LoadError::new("a key is there twice"));
            }
            let slot = self.insert(key, until, closed);
            self.slots[slot as usize].rows = rows;
        }
        for _ in 0..from.get_count(9)? {
            let (is_row, row) = (from.get_bool()?, from.get_u64()?);
            self.released.push(is_row.then_some(row));
        }
        self.emits = from.get_i64()?;
        self.asked.load(from)
    }
}

impl Window for Held {
    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        let mut at = 0;
        while at < rows.n {
            let (from, to) = (at, rows.chunk_ends[at] as usize);
            at = to;
            let now = rows.now[from];
            let mut any = self.expire(now, sink);
            for i in from..to {
                let slot = self.put(rows, i, now);
                any |= self.look(now, Some(slot), sink);
            }
            if any {
                sink.end_chunk(Some(to as u32 - 1));
            }
        }
    }

    fn holds(&self) -> usize {
        let waiting: usize = self.in_order().map(|batch| batch.rows.len()).sum();
        waiting + self.released.iter().flatten().count()
    }

    fn held(&self, rows: &mut Vec<u64>) {
        rows.extend(self.in_order().flat_map(|batch| batch.rows.iter().copied()));
        rows.extend(self.released.iter().flatten());
    }

    fn arm(&mut self, due: &mut Vec<i64>) {
        self.asked.take(due);
    }

    fn fire_general(&mut self, now: i64, _times: &dyn Times, _end: u64, sink: &mut dyn SignalSink) {
        let expired = self.expire(now, sink);
        if self.look(now, None, sink) || expired {
            sink.end_chunk(None);
        }
    }
}
