//! `unique:length(key, n)`: the latest rows of the n keys that came last. A row of a key that is there expires the one before at once,
//! a row of a new key the oldest if there is no room.

use std::collections::VecDeque;
use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, State, Writer};
use riddhi_plan::registry::{ArgError, ArgType, BoundWindow, Create, Entering, Form, Leaving, SignalSink, Window};

use super::super::arity;
use super::super::key::KeyOf;
use super::super::keyed::Keyed;
use super::{key, keys_max};

/// A row in the window.
#[derive(Clone, Debug)]
struct Held {
    row: u64,
    key: Box<[u8]>,
}

struct Length {
    n: usize,
    of: KeyOf,
    /// The latest row of each key.
    keys: Keyed<u64>,
    /// In order of arrival.
    queue: VecDeque<Held>,
    key: String,
}

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    arity("unique:length", args, 2, 2, "unique:length(attribute, 10)")?;
    let attribute = key(args, 0)?;
    let n = keys_max(args, 1)?;
    let create: Create = Arc::new(move |_| {
        let (of, keys, queue, key) = (KeyOf::One(attribute), Keyed::default(), VecDeque::new(), String::new());
        Box::new(Length { n: n as usize, of, keys, queue, key })
    });
    let window = BoundWindow::new(format!("unique:length({n})"), false, Form::General, create);
    Ok(BoundWindow { leaving: Leaving::Singly, required: Some(attribute), reads: vec![attribute], ..window })
}

impl State for Length {
    fn save(&self, out: &mut Writer) {
        out.put_u64(self.queue.len() as u64);
        for held in &self.queue {
            out.put_u64(held.row);
            out.put_bytes(&held.key);
        }
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
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

impl Length {
    /// Takes a row in; the row that leaves for it.
    fn enter(&mut self, row: u64, key: &[u8]) -> Option<u64> {
        let Some(latest) = self.keys.get_mut(key) else {
            let full = self.queue.len() == self.n;
            let oldest = if full { self.queue.pop_front() } else { None };
            oldest.iter().for_each(|held| self.keys.remove(&held.key));
            self.keys.insert(key, row);
            self.queue.push_back(Held { row, key: key.into() });
            return oldest.map(|held| held.row);
        };
        let old = std::mem::replace(latest, row);
        if let Ok(at) = self.queue.binary_search_by_key(&old, |held| held.row)
            && let Some(held) = self.queue.remove(at)
        {
            self.queue.push_back(Held { row, ..held });
        }
        Some(old)
    }
}

impl Window for Length {
    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        let mut key = std::mem::take(&mut self.key);
        let mut start = 0;
        for (i, row) in (rows.first..).take(rows.n).enumerate() {
            self.of.write(rows, i, &mut key);
            if let Some(old) = self.enter(row, key.as_bytes()) {
                sink.expired(old, rows.now[start]);
            }
            sink.current(row);
            if rows.chunk_ends[i] as usize == i + 1 {
                sink.end_chunk(Some(i as u32));
                start = i + 1;
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
}
