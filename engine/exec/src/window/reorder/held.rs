//! Rows held back, by their time.

use std::collections::BTreeMap;

use riddhi_batch::{LoadError, Reader, Writer};
use riddhi_plan::registry::SignalSink;

/// Rows held back, at most. Beyond that the earliest go as if they were due.
pub(super) const HELD_MAX: usize = 1 << 20;

/// Rows by time, those of one time in order of arrival.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    rows: BTreeMap<i64, Vec<u64>>,
    len: usize,
}

impl Held {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn put(&mut self, time: i64, row: u64) {
        self.rows.entry(time).or_default().push(row);
        self.len += 1;
    }

    /// The earliest time.
    pub(super) fn first(&self) -> Option<i64> {
        self.rows.keys().next().copied()
    }

    /// Takes over all rows of another.
    pub(super) fn take_all(&mut self, other: &mut Held) {
        self.len += std::mem::take(&mut other.len);
        while let Some((time, mut rows)) = other.rows.pop_first() {
            self.rows.entry(time).or_default().append(&mut rows);
        }
    }

    /// Lets the earliest rows go, as long as `due` says so of their time; the last time that went.
    pub(super) fn release(&mut self, due: impl Fn(i64) -> bool, sink: &mut dyn SignalSink) -> Option<i64> {
        let mut last = None;
        while let Some(entry) = self.rows.first_entry().filter(|entry| due(*entry.key())) {
            let (time, rows) = entry.remove_entry();
            self.len -= rows.len();
            rows.into_iter().for_each(|row| sink.current(row));
            last = Some(time);
        }
        last
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = u64> {
        self.rows.values().flatten().copied()
    }

    pub(super) fn save(&self, out: &mut Writer) {
        out.put_u64(self.len as u64);
        for (time, rows) in &self.rows {
            for row in rows {
                out.put_i64(*time);
                out.put_u64(*row);
            }
        }
    }

    pub(super) fn load(from: &mut Reader<'_>) -> Result<Held, LoadError> {
        let mut held = Held::default();
        for _ in 0..from.get_count(16)? {
            let time = from.get_i64()?;
            held.put(time, from.get_u64()?);
        }
        Ok(held)
    }
}
