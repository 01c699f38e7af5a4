//! What a query remembers, as named sections of a snapshot.

use riddhi_batch::{Kind, LoadError, Reader};

use super::{Aggregates, Code, Kept, Query, Way};

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

impl Query {
    /// Puts other state in the place of its own, and that there.
    pub(crate) fn swap(&mut self, state: &mut Kept) {
        std::mem::swap(&mut self.work.state, state);
    }

    /// Rows for which random values were or could have been drawn, of whatever key.
    pub(crate) fn serial(&self) -> u64 {
        self.work.serial
    }

    /// Appends the sections of this query: those that hold anything.
    pub fn save(&self, out: &mut Vec<Section>) {
        self.work.state.save(&self.code, self.work.serial, out);
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
                let Some(limiter) = &mut self.work.state.limiter else {
                    return Err(LoadError::new("this query has no rate limiter"));
                };
                limiter.load(self.work.state.groups.bound(), &mut from)?;
            }
            _ => {
                let filter = role.strip_prefix("filter").and_then(|n| n.parse::<usize>().ok());
                let Some(Aggregates { list, .. }) = filter.and_then(|n| self.work.state.handlers.get_mut(n)) else {
                    return Err(LoadError::new(format!("this query has no {role}")));
                };
                list.iter_mut().try_for_each(|a| a.load(0, &mut from))?;
            }
        }
        from.end()
    }

    fn load_window(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        let Some(window) = &mut self.work.state.window else { return Err(LoadError::new("this query has no window")) };
        window.load(from)?;
        if self.code.window.as_ref().is_some_and(|w| w.leaving.in_any_order()) {
            self.work.state.store.load_rows(from)?;
        } else {
            self.work.state.store.load(from)?;
        }
        self.work.state.timers.load(from)
    }

    fn load_groups(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        if self.code.group_by.is_empty() {
            return self.work.state.aggregates.list.iter_mut().try_for_each(|a| a.load(0, from));
        }
        self.work.state.groups.clear();
        let n = from.get_count(8)?;
        for _ in 0..n {
            let id = self.work.state.groups.load(from)?;
            for aggregate in &mut self.work.state.aggregates.list {
                aggregate.grow(id as usize + 1);
                aggregate.load(id, from)?;
            }
        }
        Ok(())
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        self.work.state.bytes()
    }

    /// Drops the groups of these keys of the partition, where the first part of a group is the number of a key.
    pub fn forget(&mut self, keys: &[u32]) {
        let Kept { groups, aggregates, .. } = &mut self.work.state;
        groups.remove_numbers(keys, |g| aggregates.list.iter_mut().for_each(|a| a.forget(g)));
    }

    /// No key of the partition has this number or a higher one any more.
    pub fn shrink(&mut self, keys: usize) {
        let Kept { groups, aggregates, .. } = &mut self.work.state;
        if let Some(groups) = groups.shrink(keys) {
            aggregates.list.iter_mut().for_each(|a| a.shrink(groups));
            // What was chosen of the last chunk by group goes too.
            self.work.buffers.slots = Default::default();
        }
    }
}
