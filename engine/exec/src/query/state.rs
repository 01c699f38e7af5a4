//! What a query remembers, as named sections of a snapshot.

use riddhi_batch::{Kind, LoadError, Reader, Writer};
use riddhi_plan::registry::Window;

use super::limit::Limiter;
use super::{Aggregates, Code, Query, Way};
use crate::groups::Groups;
use crate::steps::Pending;
use crate::store::Store;

/// One element's part of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// `query key / role`.
    pub name: String,
    /// What the element remembers.
    pub bytes: Vec<u8>,
}

/// Column kinds of the store: distinct arguments, then kept attributes.
pub(super) fn store_kinds(code: &Code) -> Vec<Kind> {
    let kept = || code.kept.iter().map(|&a| code.schema.attributes[a as usize].kind);
    match code.way {
        Way::Plain => Vec::new(),
        Way::Slide => code.args.iter().map(|a| a.kind()).collect(),
        Way::Flush => code.args.iter().map(|a| a.kind()).chain(kept()).collect(),
        Way::General => kept().collect(),
    }
}

/// The attributes in the last columns of the store.
pub(super) fn store_attributes(code: &Code) -> Vec<u32> {
    match code.way {
        Way::Plain | Way::Slide => Vec::new(),
        Way::Flush | Way::General => code.kept.clone(),
    }
}

/// What a query remembers.
pub(super) struct Remembered<'a> {
    pub window: Option<&'a dyn Window>,
    pub store: &'a Store,
    pub groups: &'a Groups,
    pub aggregates: &'a Aggregates,
    pub handlers: &'a [Aggregates],
    pub timers: &'a Pending,
    pub limiter: Option<&'a Limiter>,
    pub serial: u64,
}

impl Remembered<'_> {
    /// Appends the sections of this query: those that hold anything.
    pub fn save(&self, code: &Code, out: &mut Vec<Section>) {
        let mut put = |role: &str, write: &dyn Fn(&mut Writer)| {
            let mut writer = Writer::default();
            write(&mut writer);
            out.push(Section { name: format!("{}/{role}", code.key), bytes: writer.bytes });
        };
        let plain = code.way == Way::Plain && !code.asks_random && self.handlers.is_empty();
        if plain && self.limiter.is_none() {
            return;
        }
        let limited = |g| self.limiter.is_some_and(|l| !l.is_clear(g));
        let ids = self.groups.sorted(|g| self.aggregates.is_clear(g) && !limited(g));
        if let Some(window) = self.window {
            let mut rank = vec![0; self.groups.bound().max(1)];
            ids.iter().enumerate().for_each(|(r, &g)| rank[g as usize] = r as u32);
            put("window", &|w| {
                window.save(w);
                if code.window.as_ref().is_some_and(|w| w.leaving.in_any_order()) {
                    let mut held = Vec::with_capacity(window.holds());
                    window.held(&mut held);
                    held.sort_unstable();
                    self.store.save_rows(w, &held);
                } else {
                    self.store.save(w, |g| rank[g as usize]);
                }
                w.put_u64(self.timers.len() as u64);
                self.timers.all().for_each(|due| w.put_i64(due));
            });
        }
        put("select", &|w| {
            w.put_u64(self.serial);
            self.save_groups(code, &ids, w);
        });
        for (i, filter) in self.handlers.iter().enumerate() {
            put(&format!("filter{i}"), &|w| filter.list.iter().for_each(|a| a.save(0, w)));
        }
        // Behind the selection, whose groups it names.
        if let Some(limiter) = self.limiter {
            put("limiter", &|w| limiter.save(&ids, w));
        }
    }

    fn save_groups(&self, code: &Code, ids: &[u32], w: &mut Writer) {
        if code.group_by.is_empty() {
            self.aggregates.list.iter().for_each(|a| a.save(0, w));
            return;
        }
        w.put_u64(ids.len() as u64);
        for &id in ids {
            self.groups.save(id, w);
            self.aggregates.list.iter().for_each(|a| a.save(id, w));
        }
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        let aggregates: usize = self.aggregates.list.iter().map(|a| a.bytes()).sum();
        let limiter = self.limiter.map_or(0, |l| l.bytes());
        self.store.bytes() + self.groups.bytes() + aggregates + limiter
    }
}

impl Query {
    fn remembered(&self) -> Remembered<'_> {
        Remembered {
            window: self.work.window.as_deref(),
            store: &self.work.store,
            groups: &self.work.groups,
            aggregates: &self.work.aggregates,
            handlers: &self.work.handlers,
            timers: &self.work.timers,
            limiter: self.work.limiter.as_deref(),
            serial: self.work.serial,
        }
    }

    /// Appends the sections of this query: those that hold anything.
    pub fn save(&self, out: &mut Vec<Section>) {
        self.remembered().save(&self.code, out);
    }

    /// Reads the section of that role (the name after the key).
    pub fn load(&mut self, role: &str, bytes: &[u8]) -> Result<(), LoadError> {
        let mut from = Reader::new(bytes);
        match role {
            "window" => self.load_window(&mut from)?,
            "select" => {
                self.work.serial = from.get_u64()?;
                self.load_groups(&mut from)?;
            }
            "limiter" => {
                let Some(limiter) = &mut self.work.limiter else {
                    return Err(LoadError::new("this query has no rate limiter"));
                };
                limiter.load(self.work.groups.bound(), &mut from)?;
            }
            _ => {
                let filter = role.strip_prefix("filter").and_then(|n| n.parse::<usize>().ok());
                let Some(Aggregates { list, .. }) = filter.and_then(|n| self.work.handlers.get_mut(n)) else {
                    return Err(LoadError::new(format!("this query has no {role}")));
                };
                list.iter_mut().try_for_each(|a| a.load(0, &mut from))?;
            }
        }
        if from.left() > 0 { Err(LoadError::new("it is longer than it should be")) } else { Ok(()) }
    }

    fn load_window(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        let Some(window) = &mut self.work.window else { return Err(LoadError::new("this query has no window")) };
        window.load(from)?;
        if self.code.window.as_ref().is_some_and(|w| w.leaving.in_any_order()) {
            self.work.store.load_rows(from)?;
        } else {
            self.work.store.load(from)?;
        }
        let n = from.get_count(8)?;
        let dues = (0..n).map(|_| from.get_i64()).collect::<Result<Vec<_>, _>>()?;
        self.work.timers.set(dues.into_iter());
        Ok(())
    }

    fn load_groups(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        if self.code.group_by.is_empty() {
            return self.work.aggregates.list.iter_mut().try_for_each(|a| a.load(0, from));
        }
        self.work.groups.clear();
        let n = from.get_count(8)?;
        for _ in 0..n {
            let id = self.work.groups.load(from)?;
            for aggregate in &mut self.work.aggregates.list {
                aggregate.grow(id as usize + 1);
                aggregate.load(id, from)?;
            }
        }
        Ok(())
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        self.remembered().bytes()
    }

    /// Drops the groups of these keys of the partition, where the first part of a group is the number of a key.
    pub fn forget(&mut self, keys: &[u32]) {
        let work = &mut self.work;
        work.groups.remove_numbers(keys, |g| work.aggregates.list.iter_mut().for_each(|a| a.forget(g)));
    }

    /// No key of the partition has this number or a higher one any more.
    pub fn shrink(&mut self, keys: usize) {
        let work = &mut self.work;
        if let Some(groups) = work.groups.shrink(keys) {
            work.aggregates.list.iter_mut().for_each(|a| a.shrink(groups));
            // What was chosen of the last chunk by group goes too.
            work.buffers.slots = Default::default();
        }
    }
}
