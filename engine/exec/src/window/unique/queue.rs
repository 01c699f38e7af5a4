//! The latest row of each key, in order of arrival.

use std::collections::VecDeque;

use riddhi_batch::{LoadError, Reader, Writer};

use super::super::keyed::Keyed;

/// A row in the window.
#[derive(Clone, Debug)]
struct Held {
    row: u64,
    key: Box<[u8]>,
}

/// Rows, one of each key, and where they stand.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// The latest row of each key.
    keys: Keyed<u64>,
    /// In order of arrival.
    rows: VecDeque<Held>,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The oldest row.
    pub(super) fn front(&self) -> Option<u64> {
        self.rows.front().map(|held| held.row)
    }

    /// The row at that place.
    pub(super) fn get(&self, at: usize) -> Option<u64> {
        self.rows.get(at).map(|held| held.row)
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = u64> + '_ {
        self.rows.iter().map(|held| held.row)
    }

    /// The oldest row leaves.
    pub(super) fn pop(&mut self) -> Option<u64> {
        let held = self.rows.pop_front()?;
        self.keys.remove(&held.key);
        Some(held.row)
    }

    /// The row of that key that was there, with its place, makes room for a newer one.
    pub(super) fn replace(&mut self, key: &[u8], row: u64) -> Option<(u64, usize)> {
        let old = std::mem::replace(self.keys.get_mut(key)?, row);
        let at = self.rows.binary_search_by_key(&old, |held| held.row).unwrap_or_else(|at| at);
        if let Some(held) = self.rows.remove(at) {
            self.rows.push_back(Held { row, ..held });
        }
        Some((old, at))
    }

    /// Takes a row of a new key in.
    pub(super) fn push(&mut self, key: &[u8], row: u64) {
        self.keys.insert(key, row);
        self.rows.push_back(Held { row, key: key.into() });
    }

    pub(super) fn save(&self, out: &mut Writer) {
        out.put_u64(self.rows.len() as u64);
        for held in &self.rows {
            out.put_u64(held.row);
            out.put_bytes(&held.key);
        }
    }

    pub(super) fn load(from: &mut Reader<'_>) -> Result<Queue, LoadError> {
        let mut queue = Queue::default();
        for _ in 0..from.get_count(12)? {
            let (row, key) = (from.get_u64()?, from.get_bytes()?);
            if queue.rows.back().is_some_and(|last| last.row >= row) || queue.keys.get_mut(key).is_some() {
                return Err(LoadError::new("a row is there twice"));
            }
            queue.push(key, row);
        }
        Ok(queue)
    }
}
