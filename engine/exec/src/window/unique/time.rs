//! `unique:time(key, t)`: rows younger than t, the latest of each key: a row of a key that is there expires the one before at once.

use std::collections::VecDeque;
use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, State, Writer};
use riddhi_plan::registry::{
    ArgError, ArgType, BoundWindow, Create, Entering, Form, Leaving, SignalSink, Timers, Times, Window,
};

use super::super::key::KeyOf;
use super::super::keyed::Keyed;
use super::super::{Asked, arity, const_time};
use super::key;

/// A row in the window.
#[derive(Clone, Debug)]
struct Held {
    row: u64,
    key: Box<[u8]>,
}

struct Time {
    span: i64,
    of: KeyOf,
    /// The latest row of each key.
    keys: Keyed<u64>,
    /// In order of arrival.
    queue: VecDeque<Held>,
    /// Greatest timestamp so far: only a greater one asks for a timer.
    greatest: i64,
    asked: Asked,
    key: String,
}

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    arity("unique:time", args, 2, 2, "unique:time(attribute, 1 min)")?;
    let attribute = key(args, 0)?;
    let span = const_time(args, 1, "the time span")?;
    let create: Create = Arc::new(move |_| {
        let (keys, queue, asked) = (Keyed::default(), VecDeque::new(), Asked::default());
        Box::new(Time { span, of: KeyOf::One(attribute), keys, queue, greatest: i64::MIN, asked, key: String::new() })
    });
    let window = BoundWindow::new(format!("unique:time({span} ms)"), false, Form::General, create);
    let (leaving, timers) = (Leaving::Singly, Timers::Always);
    Ok(BoundWindow { leaving, timers, required: Some(attribute), reads: vec![attribute], ..window })
}

impl State for Time {
    fn save(&self, out: &mut Writer) {
        out.put_i64(self.greatest);
        self.asked.save(out);
        out.put_u64(self.queue.len() as u64);
        for held in &self.queue {
            out.put_u64(held.row);
            out.put_bytes(&held.key);
        }
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.greatest = from.get_i64()?;
        self.asked.load(from)?;
        self.keys = Keyed::default();
        self.queue.clear();
        for _ in 0..from.get_count(12)? {
            let held = Held { row: from.get_u64()?, key: from.get_bytes()?.into() };
            if self.queue.back().is_some_and(|last| last.row >= held.row) || self.keys.get_mut(&held.key).is_some() {
                return Err(LoadError::new("a row is there twice"));
            }
            self.keys.insert(&held.key, held.row);
            self.queue.push_back(held);
        }
        Ok(())
    }
}

impl Time {
    /// The oldest rows that are due leave; whether any does.
    fn leave(&mut self, now: i64, times: &dyn Times, sink: &mut dyn SignalSink) -> bool {
        let mut any = false;
        while let Some(held) = self.queue.front() {
            if times.time(held.row).saturating_add(self.span) > now {
                break;
            }
            sink.expired(held.row, now);
            any = true;
            if let Some(held) = self.queue.pop_front() {
                self.keys.remove(&held.key);
            }
        }
        any
    }

    /// Takes a row in: the one before it of that key leaves. Whether those that are due are looked at then: Siddhi does so only
    /// if the next one behind that row is.
    fn enter(&mut self, row: u64, key: &[u8], now: i64, times: &dyn Times, sink: &mut dyn SignalSink) -> bool {
        let old = self.keys.get_mut(key).map(|latest| std::mem::replace(latest, row));
        self.queue.push_back(Held { row, key: key.into() });
        let Some(old) = old else {
            self.keys.insert(key, row);
            return true;
        };
        let Ok(at) = self.queue.binary_search_by_key(&old, |held| held.row) else { return true };
        self.queue.remove(at);
        sink.expired(old, now);
        self.queue.get(at).is_some_and(|next| times.time(next.row).saturating_add(self.span) <= now)
    }
}

impl Window for Time {
    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        let mut key = std::mem::take(&mut self.key);
        for (i, row) in (rows.first..).take(rows.n).enumerate() {
            let (now, ts) = (rows.now[i], rows.times.time(row));
            self.of.write(rows, i, &mut key);
            if ts > self.greatest {
                self.greatest = ts;
                self.asked.ask(ts.saturating_add(self.span), now);
            }
            if self.enter(row, key.as_bytes(), now, rows.times, sink) {
                self.leave(now, rows.times, sink);
            }
            sink.current(row);
            if rows.chunk_ends[i] as usize == i + 1 {
                sink.end_chunk(Some(i as u32));
            }
        }
        self.key = key;
    }

    fn holds(&self) -> usize {
        self.queue.len()
    }

    fn held(&self, rows: &mut Vec<u64>) {
        rows.extend(self.queue.iter().map(|held| held.row));
    }

    fn earliest_due(&self, ts: i64) -> i64 {
        ts.saturating_add(self.span)
    }

    fn arm(&mut self, due: &mut Vec<i64>) {
        self.asked.take(due);
    }

    fn fire_general(&mut self, now: i64, times: &dyn Times, _end: u64, sink: &mut dyn SignalSink) {
        if self.leave(now, times, sink) {
            sink.end_chunk(None);
        }
    }
}
