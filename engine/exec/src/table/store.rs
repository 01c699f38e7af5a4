//! What a table that lives elsewhere has to do: the trait behind `@store`.
//!
//! Three things make it bearable to have rows behind a network. Conditions are *prepared* once, when the app starts, so a store
//! can translate them. Events come in batches: one call a turn and query, whatever the number of events, and the answers come
//! back in the events' order. And a failure names what it means: the connection is gone, so that the batch may be tried again
//! as it is, or the batch is bad and is given up.
//!
//! [`InMemory`] is the first implementation, and what others are held against. Which stores there are the registry says; a type
//! that it does not know is refused by name when the app is checked.

use riddhi_batch::{Arena, Column};
use riddhi_plan::table::{ChangePlan, TableCondition};

use super::change::Applier;
use super::{Finder, Found, Table};
use crate::expr::Rows;

/// Why a store could not do what it was asked. Nothing of the batch was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store is not there. The same batch may be tried again.
    #[error("the store is not there: {0}")]
    Away(String),
    /// The store refuses the batch. It would do so again.
    #[error("the store refuses the rows: {0}")]
    Refused(String),
}

/// Number of a condition or a change that a store has prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prepared(pub usize);

/// The name of a chunk of changes of a table: whoever makes it again, from the same journal, gives it the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangeName {
    /// Position of the entry that caused it.
    pub position: u64,
    /// Its place among the changes of that entry, counted from 1.
    pub ordinal: u32,
}

/// Events of one turn.
#[derive(Clone, Copy, Debug)]
pub struct Events<'a> {
    /// Their attributes.
    pub rows: Rows<'a>,
    /// The end of each chunk of them: those of one are applied together by `update or insert`.
    pub ends: &'a [u32],
    /// Of changes: the name of each chunk. They rise from call to call, but for a batch that is tried again.
    pub names: &'a [ChangeName],
}

/// Rows that were looked up, one event's behind the other's.
#[derive(Debug)]
pub struct Answers {
    /// The table's columns; long strings lie in the arena that the caller gave.
    pub cols: Vec<Column>,
    /// By event: the end of its rows.
    pub ends: Vec<u32>,
    /// By row: which row of the table it is, below 2^63. Equal numbers are the same row, a row that was there before another has
    /// the lower one. Empty if the store does not know.
    pub numbers: Vec<u64>,
}

/// An event that changed nothing, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The event's place in its batch.
    pub event: u32,
    /// For the log.
    pub reason: String,
}

/// A table, wherever it lives. Every call takes a batch.
pub trait TableStore: Send {
    /// Makes a condition ready; called once for each, when the app starts.
    fn prepare(&mut self, condition: &TableCondition) -> Result<Prepared, StoreError>;

    /// Makes a change ready, likewise.
    fn prepare_change(&mut self, change: &ChangePlan) -> Result<Prepared, StoreError>;

    /// Looks up the rows for each of the events.
    fn look_up(&mut self, condition: Prepared, events: &Events<'_>, arena: &mut Arena) -> Result<Answers, StoreError>;

    /// Changes the table as each of the events says, in order. Gives those that changed nothing because they could not.
    fn apply(&mut self, change: Prepared, events: &Events<'_>, arena: &mut Arena) -> Result<Vec<Rejected>, StoreError>;

    /// The name of the last chunk of changes that the table has, if the store keeps it with the rows. What is named so or lower
    /// is not sent again; without it, what a recovery goes through again is.
    fn mark(&mut self) -> Result<Option<ChangeName>, StoreError> {
        Ok(None)
    }

    /// Names begin anew, with one who goes on from the rows and not from a journal: what [`TableStore::mark`] gave is forgotten.
    fn begin_anew(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A table in memory as a store.
pub struct InMemory {
    table: Table,
    finders: Vec<(Finder, Found)>,
    changes: Vec<Applier>,
    mark: Option<ChangeName>,
}

impl InMemory {
    /// A store of that table.
    pub fn new(table: Table) -> InMemory {
        InMemory { table, finders: Vec::new(), changes: Vec::new(), mark: None }
    }

    /// The table.
    pub fn table(&self) -> &Table {
        &self.table
    }
}

impl TableStore for InMemory {
    fn prepare(&mut self, condition: &TableCondition) -> Result<Prepared, StoreError> {
        let finder = Finder::compile(condition);
        let found = finder.found();
        self.finders.push((finder, found));
        Ok(Prepared(self.finders.len() - 1))
    }

    fn prepare_change(&mut self, change: &ChangePlan) -> Result<Prepared, StoreError> {
        self.changes.push(Applier::new(change, self.table.plan(), 0));
        Ok(Prepared(self.changes.len() - 1))
    }

    fn look_up(&mut self, condition: Prepared, events: &Events<'_>, arena: &mut Arena) -> Result<Answers, StoreError> {
        let unknown = || StoreError::Refused("the condition was not prepared".to_owned());
        let (finder, found) = self.finders.get_mut(condition.0).ok_or_else(unknown)?;
        finder.find(&mut self.table, &events.rows, arena, found);
        if !found.failed.is_empty() {
            return Err(StoreError::Refused(found.failed.why()));
        }
        let columns: Vec<u32> = (0..self.table.cols().len() as u32).collect();
        let mut cols: Vec<Column> = self.table.cols().iter().map(|c| Column::new(c.kind())).collect();
        self.table.gather(&found.slots, &columns, &mut cols, arena);
        let numbers = found.slots.iter().map(|&slot| self.table.number_of(slot)).collect();
        Ok(Answers { cols, ends: found.ends.clone(), numbers })
    }

    fn apply(&mut self, change: Prepared, events: &Events<'_>, arena: &mut Arena) -> Result<Vec<Rejected>, StoreError> {
        let unknown = || StoreError::Refused("the change was not prepared".to_owned());
        let applier = self.changes.get_mut(change.0).ok_or_else(unknown)?;
        let mut rejected = Vec::new();
        let name = self.table.plan().name.clone();
        applier.apply(&mut self.table, &events.rows, events.ends, arena, &mut |event, why| {
            let reason = why.map_or_else(|reason| reason, |refusal| refusal.reason(&name));
            rejected.push(Rejected { event: event as u32, reason });
        });
        self.mark = self.mark.max(events.names.last().copied());
        Ok(rejected)
    }

    fn mark(&mut self) -> Result<Option<ChangeName>, StoreError> {
        Ok(self.mark)
    }

    fn begin_anew(&mut self) -> Result<(), StoreError> {
        self.mark = None;
        Ok(())
    }
}
