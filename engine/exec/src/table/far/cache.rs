//! Rows of a store that stay at hand behind the run that looked them up by their primary key.
//!
//! What stays is decided at the end of a run, from the keys that were looked up in it, in the order of their bytes: so the cache
//! is the same whatever the frames in which a run is gone through again. Changes are made to the rows that stay like to all
//! others. A row that somebody else changes is what it was until it leaves.

use std::collections::BTreeMap;

use riddhi_batch::{LoadError, Reader, Writer};
use riddhi_plan::store::{CachePlan, CachePolicy};

use super::Table;

/// A primary key as bytes.
pub(super) type Key = Box<[u8]>;

#[derive(Debug, Default)]
pub(super) struct Cache {
    plan: CachePlan,
    entries: BTreeMap<Key, Entry>,
    /// Keys that were looked up in this run, and for how many events.
    touched: BTreeMap<Key, u64>,
    /// Runs that looked something up.
    runs: u64,
    /// The clock when old rows last went.
    purged: Option<i64>,
    /// Whether this run has looked for old rows.
    looked: bool,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The run that brought it, and the last one that looked it up.
    added: u64,
    used: u64,
    /// Events that looked it up.
    uses: u64,
    /// The clock when it came.
    since: i64,
}

impl Cache {
    pub(super) fn new(plan: CachePlan) -> Cache {
        Cache { plan, ..Cache::default() }
    }

    pub(super) fn has(&self, key: &[u8]) -> bool {
        self.entries.contains_key(key)
    }

    /// An event looks this key up.
    pub(super) fn touch(&mut self, key: &[u8]) {
        match self.touched.get_mut(key) {
            Some(events) => *events += 1,
            None => {
                self.touched.insert(key.into(), 1);
            }
        }
    }

    /// Drops what is too old, before the first look-up of a run that begins at that time.
    pub(super) fn purge(&mut self, table: &mut Table, now: i64) {
        let Some(retention) = self.plan.retention_ms.filter(|_| !self.looked) else { return };
        self.looked = true;
        let last = *self.purged.get_or_insert(now);
        if now.saturating_sub(last) < self.plan.purge_ms {
            return;
        }
        self.purged = Some(now);
        self.entries.retain(|_, entry| entry.since.saturating_add(retention) > now);
        self.keep_rows(table);
    }

    /// Ends a run. Gives whether it looked up a key.
    pub(super) fn settle(&mut self, table: &mut Table, now: i64) -> bool {
        self.looked = false;
        let touched = std::mem::take(&mut self.touched);
        let mut key = Writer::default();
        let mut there = std::collections::BTreeSet::new();
        for slot in table.slots().collect::<Vec<u32>>() {
            table.put_key(slot, &mut key);
            if touched.contains_key(&key.bytes[..]) || self.has(&key.bytes) {
                there.insert(Key::from(&key.bytes[..]));
            }
        }
        self.entries.retain(|key, _| there.contains(key));
        let any = !touched.is_empty();
        self.runs += u64::from(any);
        for (key, events) in touched {
            if there.contains(&key) {
                let new = Entry { added: self.runs, used: 0, uses: 0, since: now };
                let entry = self.entries.entry(key).or_insert(new);
                entry.used = self.runs;
                entry.uses += events;
            }
        }
        self.evict();
        self.keep_rows(table);
        any
    }

    /// Drops entries until there are no more than may be.
    fn evict(&mut self) {
        let over = self.entries.len().saturating_sub(self.plan.size);
        if over == 0 {
            return;
        }
        let rank = |entry: &Entry| match self.plan.policy {
            CachePolicy::Fifo => (entry.added, 0),
            CachePolicy::Lru => (entry.used, entry.added),
            CachePolicy::Lfu => (entry.uses, entry.added),
        };
        let mut order: Vec<((u64, u64), &Key)> = self.entries.iter().map(|(key, e)| (rank(e), key)).collect();
        order.sort_unstable();
        let gone: Vec<Key> = order[..over].iter().map(|(_, key)| (*key).clone()).collect();
        gone.iter().for_each(|key| {
            self.entries.remove(key);
        });
    }

    /// Removes the rows from the table that have no entry.
    pub(super) fn keep_rows(&self, table: &mut Table) {
        let mut key = Writer::default();
        for slot in table.slots().collect::<Vec<u32>>() {
            table.put_key(slot, &mut key);
            match self.has(&key.bytes) {
                true => table.renumber(slot, 0),
                false => table.remove(slot),
            }
        }
    }

    /// Forgets all of it.
    pub(super) fn clear(&mut self) {
        *self = Cache::new(self.plan);
    }

    pub(super) fn save(&self, out: &mut Writer) {
        out.put_u64(self.runs);
        out.put_bool(self.looked);
        out.put_optional_i64(self.purged);
        out.put_u64(self.entries.len() as u64);
        for (key, entry) in &self.entries {
            out.put_bytes(key);
            [entry.added, entry.used, entry.uses].into_iter().for_each(|n| out.put_u64(n));
            out.put_i64(entry.since);
        }
        out.put_u64(self.touched.len() as u64);
        for (key, events) in &self.touched {
            out.put_bytes(key);
            out.put_u64(*events);
        }
    }

    pub(super) fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.clear();
        self.runs = from.get_u64()?;
        self.looked = from.get_bool()?;
        self.purged = from.get_optional_i64()?;
        for _ in 0..from.get_count(36)? {
            let key: Key = from.get_bytes()?.into();
            let (added, used, uses) = (from.get_u64()?, from.get_u64()?, from.get_u64()?);
            self.entries.insert(key, Entry { added, used, uses, since: from.get_i64()? });
        }
        for _ in 0..from.get_count(12)? {
            let key: Key = from.get_bytes()?.into();
            self.touched.insert(key, from.get_u64()?);
        }
        Ok(())
    }
}
