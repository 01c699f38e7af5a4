//! `unique:length(key, n)`: the latest rows of the n keys that came last. A row of a key that is there expires the one before at once,
//! a row of a new key the oldest if there is no room.

use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, State, Writer};
use riddhi_plan::registry::{ArgError, ArgType, BoundWindow, Create, Entering, Form, Leaving, SignalSink, Window};

use super::super::arity;
use super::super::key::KeyOf;
use super::queue::Queue;
use super::{key, keys_max};

struct Length {
    n: usize,
    of: KeyOf,
    queue: Queue,
    key: String,
}

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    arity("unique:length", args, 2, 2, "unique:length(attribute, 10)")?;
    let attribute = key(args, 0)?;
    let n = keys_max(args, 1)?;
    let create: Create = Arc::new(move |_| {
        let (of, queue, key) = (KeyOf::One(attribute), Queue::default(), String::new());
        Box::new(Length { n: n as usize, of, queue, key })
    });
    let window = BoundWindow::new(format!("unique:length({n})"), false, Form::General, create);
    Ok(BoundWindow { leaving: Leaving::Singly, required: Some(attribute), reads: vec![attribute], ..window })
}

impl State for Length {
    fn save(&self, out: &mut Writer) {
        self.queue.save(out);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.queue = Queue::load(from)?;
        Ok(())
    }
}

impl Length {
    /// Takes a row in; the row that leaves for it.
    fn enter(&mut self, row: u64, key: &[u8]) -> Option<u64> {
        if let Some((old, _)) = self.queue.replace(key, row) {
            return Some(old);
        }
        let oldest = if self.queue.len() == self.n { self.queue.pop() } else { None };
        self.queue.push(key, row);
        oldest
    }
}

impl Window for Length {
    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        let mut key = std::mem::take(&mut self.key);
        let mut start = 0;
        for (i, row) in rows.numbered() {
            self.of.write(rows, i, &mut key);
            if let Some(old) = self.enter(row, key.as_bytes()) {
                sink.expired(old, rows.now[start]);
            }
            sink.current(row);
            if rows.end_chunk(i, sink) {
                start = i + 1;
            }
        }
        self.key = key;
    }

    fn holds(&self) -> usize {
        self.queue.len()
    }

    fn held(&self, rows: &mut Vec<u64>) {
        rows.extend(self.queue.rows());
    }
}
