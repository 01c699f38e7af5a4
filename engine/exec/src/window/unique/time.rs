//! `unique:time(key, t)`: rows younger than t, the latest of each key: a row of a key that is there expires the one before at once.

use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, State, Writer};
use riddhi_plan::registry::{
    ArgError, ArgType, BoundWindow, Create, Entering, Form, Leaving, SignalSink, Timers, Times, Window,
};

use super::super::key::KeyOf;
use super::super::{Rising, arity, const_time};
use super::key;
use super::queue::Queue;

struct Time {
    span: i64,
    of: KeyOf,
    queue: Queue,
    asked: Rising,
    key: String,
}

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    arity("unique:time", args, 2, 2, "unique:time(attribute, 1 min)")?;
    let attribute = key(args, 0)?;
    let span = const_time(args, 1, "the time span")?;
    let create: Create = Arc::new(move |_| {
        let (of, queue, asked) = (KeyOf::One(attribute), Queue::default(), Rising::new());
        Box::new(Time { span, of, queue, asked, key: String::new() })
    });
    let window = BoundWindow::new(format!("unique:time({span} ms)"), false, Form::General, create);
    let (leaving, timers) = (Leaving::Singly, Timers::Always);
    Ok(BoundWindow { leaving, timers, required: Some(attribute), reads: vec![attribute], ..window })
}

impl State for Time {
    fn save(&self, out: &mut Writer) {
        self.asked.save(out);
        self.queue.save(out);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.asked.load(from)?;
        self.queue = Queue::load(from)?;
        Ok(())
    }
}

impl Time {
    /// The oldest rows that are due leave; whether any does.
    fn leave(&mut self, now: i64, times: &dyn Times, sink: &mut dyn SignalSink) -> bool {
        let mut any = false;
        while let Some(row) = self.queue.front() {
            if times.time(row).saturating_add(self.span) > now {
                break;
            }
            sink.expired(row, now);
            any = true;
            self.queue.pop();
        }
        any
    }

    /// Takes a row in: the one before it of that key leaves. Whether those that are due are looked at then: Siddhi does so only
    /// if the next one behind that row is.
    fn enter(&mut self, row: u64, key: &[u8], now: i64, times: &dyn Times, sink: &mut dyn SignalSink) -> bool {
        let Some((old, at)) = self.queue.replace(key, row) else {
            self.queue.push(key, row);
            return true;
        };
        sink.expired(old, now);
        self.queue.get(at).is_some_and(|next| times.time(next).saturating_add(self.span) <= now)
    }
}

impl Window for Time {
    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        let mut key = std::mem::take(&mut self.key);
        for (i, row) in rows.numbered() {
            let (now, ts) = (rows.now[i], rows.times.time(row));
            self.of.write(rows, i, &mut key);
            self.asked.ask(ts, self.span, now);
            if self.enter(row, key.as_bytes(), now, rows.times, sink) {
                self.leave(now, rows.times, sink);
            }
            sink.current(row);
            rows.end_chunk(i, sink);
        }
        self.key = key;
    }

    fn holds(&self) -> usize {
        self.queue.len()
    }

    fn held(&self, rows: &mut Vec<u64>) {
        rows.extend(self.queue.rows());
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
