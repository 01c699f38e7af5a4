//! `env:resourceBatch('group', key[, t])`: rows are held back by key. Those of a key are released together once there are as many as
//! the group has members (`#env:resourceIdentifier('group')`), or the clock has passed the time of the first plus t; after that the key is
//! closed for five minutes, and what comes late is lost.
//!
//! What was released expires with the next step of the window, whatever that is: a chunk or a timer. A reset stands behind it.

use std::collections::BTreeMap;
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

/// The rows of a key.
#[derive(Clone, Debug, Default)]
struct Batch {
    key: Vec<u8>,
    rows: Vec<u64>,
    /// When it is released at the latest.
    until: i64,
    /// Whether that has happened: what comes is late.
    closed: bool,
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
    /// By number, which is the order in which keys came.
    batches: BTreeMap<u64, Batch>,
    /// Numbers by key.
    index: HashTable<u64>,
    next: u64,
    /// Of all batches the earliest [`Batch::changes`].
    changes: i64,
    /// What expires with the next step: rows, and none where a reset stands.
    released: Vec<Option<u64>>,
    asked: Asked,
    /// The latest time for which a timer was asked.
    emits: i64,
    buffer: Vec<u8>,
    spare: Vec<Batch>,
}

impl Held {
    fn new(members: usize, key: u32, span: i64, watched: bool) -> Held {
        Held {
            members,
            key,
            span,
            watched,
            batches: BTreeMap::new(),
            index: HashTable::new(),
            next: 0,
            changes: i64::MAX,
            released: Vec::new(),
            asked: Asked::default(),
            emits: -1,
            buffer: Vec::new(),
            spare: Vec::new(),
        }
    }

    fn find(&self, key: &[u8]) -> Option<u64> {
        self.index.find(hashed(key), |number| self.batches[number].key == key).copied()
    }

    fn insert(&mut self, batch: Batch) -> u64 {
        let number = self.next;
        self.next += 1;
        self.changes = self.changes.min(batch.changes());
        let hash = hashed(&batch.key);
        self.batches.insert(number, batch);
        let batches = &self.batches;
        self.index.insert_unique(hash, number, |number| hashed(&batches[number].key));
        number
    }

    fn remove(&mut self, number: u64) {
        let Some(mut batch) = self.batches.remove(&number) else { return };
        if let Ok(found) = self.index.find_entry(hashed(&batch.key), |&other| other == number) {
            found.remove();
        }
        batch.rows.clear();
        self.spare.push(batch);
    }

    /// Puts a row to those of its key; which batch that is.
    fn put(&mut self, rows: &Entering<'_>, i: usize, now: i64) -> u64 {
        let row = rows.first + i as u64;
        let mut key = std::mem::take(&mut self.buffer);
        write_key(rows, self.key, i, false, &mut key);
        let found = self.find(&key);
        let number = match found {
            Some(number) => number,
            None => {
                let mut batch = self.spare.pop().unwrap_or_default();
                batch.key.clone_from(&key);
                batch.until = rows.times.time(row).saturating_add(self.span);
                batch.closed = false;
                self.ask(now);
                self.insert(batch)
            }
        };
        self.buffer = key;
        if let Some(batch) = self.batches.get_mut(&number).filter(|batch| !batch.closed) {
            batch.rows.push(row);
        }
        number
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
    fn look(&mut self, now: i64, touched: Option<u64>, sink: &mut dyn SignalSink) -> bool {
        if now <= self.changes {
            return touched.is_some_and(|number| self.settle(number, now, sink));
        }
        let numbers: Vec<u64> = self.batches.keys().copied().collect();
        let mut any = false;
        for number in numbers {
            any |= self.settle(number, now, sink);
        }
        self.changes = self.batches.values().map(Batch::changes).min().unwrap_or(i64::MAX);
        any
    }

    /// The same of one batch.
    fn settle(&mut self, number: u64, now: i64, sink: &mut dyn SignalSink) -> bool {
        let Some(batch) = self.batches.get_mut(&number) else { return false };
        let over = batch.until.saturating_add(FIVE_MINUTES) < now;
        if batch.closed {
            if over {
                self.remove(number);
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
        if gone {
            self.remove(number);
        }
        true
    }
}

fn hashed(key: &[u8]) -> u64 {
    hash::of_bytes(0x7265_736f, key)
}

impl State for Held {
    fn save(&self, out: &mut Writer) {
        out.put_u64(self.batches.len() as u64);
        for batch in self.batches.values() {
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
            let (key, until, closed) = (from.get_bytes()?.to_vec(), from.get_i64()?, from.get_bool()?);
            let rows = (0..from.get_count(8)?).map(|_| from.get_u64()).collect::<Result<_, _>>()?;
            if self.find(&key).is_some() {
                return Err(LoadError::new("a key is there twice"));
            }
            self.insert(Batch { key, rows, until, closed });
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
                let number = self.put(rows, i, now);
                any |= self.look(now, Some(number), sink);
            }
            if any {
                sink.end_chunk(Some(to as u32 - 1));
            }
        }
    }

    fn holds(&self) -> usize {
        let waiting: usize = self.batches.values().map(|batch| batch.rows.len()).sum();
        waiting + self.released.iter().flatten().count()
    }

    fn held(&self, rows: &mut Vec<u64>) {
        rows.extend(self.batches.values().flat_map(|batch| batch.rows.iter().copied()));
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
