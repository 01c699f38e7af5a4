//! `#unique:deduplicate(key, t)`: a row of a key that came less than t before, counted from the first that was let pass, does not arrive.
//! It is no window to those who read the query: nothing is kept and nothing leaves.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashSet;
use riddhi_batch::{LoadError, Reader, State, Type, Writer};
use riddhi_plan::registry::{
    ArgError, ArgType, BoundWindow, Create, Entering, Finds, Form, Leaving, SignalSink, Timers, Times, Window,
};

use super::super::key::KeyOf;
use super::super::{Asked, arity, const_time};
use super::key;

struct Deduplicate {
    span: i64,
    of: KeyOf,
    /// Keys that are not let pass, with the time of their row, in order of arrival.
    queue: VecDeque<(i64, Box<str>)>,
    keys: HashSet<Box<str>, foldhash::fast::FixedState>,
    asked: Asked,
    key: String,
    /// Rows so far.
    end: u64,
}

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    const USAGE: &str = "#unique:deduplicate(attribute, 1 min)";
    arity("unique:deduplicate", args, 2, 2, USAGE)?;
    let attribute = key(args, 0)?;
    let span = const_time(args, 1, "the time")?;
    if args[1].ty != Type::Long {
        return Err(ArgError::at(1, "the time must be a long", format!("write `{span}L`, or a time: `{USAGE}`")));
    }
    let create: Create = Arc::new(move |_| {
        let keys = HashSet::with_hasher(foldhash::fast::FixedState::with_seed(0x6465_6475));
        let (queue, asked, key) = (VecDeque::new(), Asked::default(), String::new());
        Box::new(Deduplicate { span, of: KeyOf::One(attribute), queue, keys, asked, key, end: 0 })
    });
    let window = BoundWindow::new(format!("unique:deduplicate({span} ms)"), false, Form::General, create);
    let (leaving, timers, finds) = (Leaving::Never, Timers::Always, Finds::Nothing);
    Ok(BoundWindow { leaving, timers, finds, required: Some(attribute), reads: vec![attribute], ..window })
}

impl State for Deduplicate {
    fn save(&self, out: &mut Writer) {
        out.put_u64(self.end);
        self.asked.save(out);
        out.put_u64(self.queue.len() as u64);
        for (ts, key) in &self.queue {
            out.put_i64(*ts);
            out.put_bytes(key.as_bytes());
        }
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.end = from.get_u64()?;
        self.asked.load(from)?;
        self.queue.clear();
        self.keys.clear();
        for _ in 0..from.get_count(12)? {
            let ts = from.get_i64()?;
            let key = std::str::from_utf8(from.get_bytes()?).map_err(|_| LoadError::new("a key is no text"))?;
            if !self.keys.insert(key.into()) {
                return Err(LoadError::new("a key is there twice"));
            }
            self.queue.push_back((ts, key.into()));
        }
        Ok(())
    }
}

impl Deduplicate {
    /// Forgets keys from the oldest on, up to the first that is not older than the span.
    fn forget(&mut self, ts: i64) {
        while self.queue.front().is_some_and(|(first, _)| ts.saturating_sub(*first) > self.span) {
            if let Some((_, key)) = self.queue.pop_front() {
                self.keys.remove(&key);
            }
        }
    }
}

impl Window for Deduplicate {
    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        let mut key = std::mem::take(&mut self.key);
        for (i, row) in rows.numbered() {
            let ts = rows.times.time(row);
            self.forget(ts);
            self.of.write(rows, i, &mut key);
            if !self.keys.contains(key.as_str()) {
                self.keys.insert(key.as_str().into());
                self.queue.push_back((ts, key.as_str().into()));
                self.asked.ask(ts.saturating_add(self.span), rows.now[i]);
                sink.current(row);
            }
            rows.end_chunk(i, sink);
        }
        self.end = rows.first + rows.n as u64;
        self.key = key;
    }

    fn needed(&self, end: u64) -> u64 {
        end
    }

    fn earliest_due(&self, ts: i64) -> i64 {
        ts.saturating_add(self.span)
    }

    fn arm(&mut self, due: &mut Vec<i64>) {
        self.asked.take(due);
    }

    fn fire_general(&mut self, now: i64, _times: &dyn Times, _end: u64, _sink: &mut dyn SignalSink) {
        self.forget(now);
    }
}
