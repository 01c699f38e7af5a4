//! The store itself: asked with patience, and told of changes in batches.

use std::collections::HashMap;
use std::time::Duration;

use riddhi_batch::{Arena, Sel};
use riddhi_plan::table::{TableCondition, TablePlan};

use super::answers::StoreRows;
use super::asks::Batch;
use super::changes::Changed;
use super::{Rows, StoreError, Table, TableStore};
use crate::table::{Answers, ChangeName, Events, Prepared};

/// How often the same batch is tried at most, whatever the patience.
const TRIES_MAX: u32 = 10_000;

/// A store is not there.
#[derive(Clone, Copy, Debug)]
pub struct Away<'a> {
    /// The table.
    pub table: &'a str,
    /// How often the batch was tried.
    pub tries: u32,
    /// What the store says.
    pub why: &'a str,
}

impl Away<'_> {
    /// How long to wait before the batch is tried again: as long as sinks do.
    pub fn pause(&self) -> Duration {
        PAUSE
    }
}

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// Waits for a store that is not there, as long as it sees fit, and says whether the batch is to be tried again.
pub type Patience = Box<dyn FnMut(&Away<'_>) -> bool + Send>;

/// What was done with a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreCounters {
    /// Events whose rows were looked up, those with equal values once a run.
    pub asked: u64,
    /// Events whose row was in the cache, likewise.
    pub hits: u64,
    /// Calls of the store to look rows up.
    pub look_ups: u64,
    /// Rows that it gave.
    pub rows: u64,
    /// Events that changed the table.
    pub changes: u64,
    /// Calls of the store with changes.
    pub batches: u64,
    /// Calls that found the store away.
    pub away: u64,
    /// Events that the store refused, or that were given up because it was away.
    pub lost: u64,
}

/// Changes that a store did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateFailure {
    /// The node that made them.
    pub node: u32,
    /// The entry of the first.
    pub position: u64,
    /// How many.
    pub rows: u64,
    /// Why the first was not taken.
    pub reason: String,
}

pub(super) struct Link {
    store: Box<dyn TableStore>,
    prepared: HashMap<u32, Prepared>,
    changes: HashMap<(u32, u32), Prepared>,
    patience: Patience,
    /// The last change that the store has.
    mark: Option<ChangeName>,
    /// Whether the store has yet to be told that names begin anew.
    anew: bool,
}

impl Link {
    /// Tries until the store is there, or nobody wants to wait any longer.
    fn patiently<T>(
        &mut self,
        table: &str,
        counters: &mut StoreCounters,
        mut call: impl FnMut(&mut Link) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut tries = 0;
        loop {
            match call(self) {
                Err(StoreError::Away(why)) => {
                    tries += 1;
                    counters.away += 1;
                    if tries >= TRIES_MAX || !(self.patience)(&Away { table, tries, why: &why }) {
                        return Err(StoreError::Away(why));
                    }
                }
                done => return done,
            }
        }
    }

    /// Forgets conditions that are not the app's: those of that number and above.
    pub(super) fn forget(&mut self, from: u32) {
        self.prepared.retain(|&number, _| number < from);
    }

    /// Forgets which changes the store has, which will do so with the next call.
    pub(super) fn begin_anew(&mut self) {
        (self.mark, self.anew) = (None, true);
    }

    /// The store, which knows that names began anew.
    fn store(&mut self) -> Result<&mut dyn TableStore, StoreError> {
        if self.anew {
            self.store.begin_anew()?;
            self.anew = false;
        }
        Ok(&mut *self.store)
    }

    /// Looks events of a batch up. Gives the rows and by event their end.
    pub(super) fn look_up(
        &mut self,
        plan: &TablePlan,
        condition: &TableCondition,
        batch: &mut Batch,
        (from, to): (usize, usize),
        counters: &mut StoreCounters,
    ) -> Result<(StoreRows, Vec<u32>), StoreError> {
        let mut arena = std::mem::take(&mut batch.arena);
        let answered = self.patiently(&plan.name, counters, |link| {
            let prepared = match link.prepared.get(&condition.number) {
                Some(&prepared) => prepared,
                None => {
                    let prepared = link.store.prepare(condition)?;
                    link.prepared.insert(condition.number, prepared);
                    prepared
                }
            };
            let events = Events { rows: batch.rows(from, to), ends: &batch.ends[..to - from], names: &[] };
            link.store()?.look_up(prepared, &events, &mut arena)
        });
        counters.look_ups += 1;
        let answered = answered.and_then(|answers| copied(plan, answers, to - from, &arena));
        batch.arena = arena;
        if let Ok((rows, _)) = &answered {
            counters.rows += rows.cols.first().map_or(0, |c| c.len() as u64);
        }
        answered
    }

    /// Tells the store of changes.
    fn apply(&mut self, name: &str, changed: &mut Changed, counters: &mut StoreCounters, late: &mut Vec<LateFailure>) {
        let chunks = changed.names.len();
        counters.changes += changed.events.ends.last().map_or(0, |&n| u64::from(n));
        match self.apply_chunks(name, changed, (0, chunks), counters, late) {
            // Only those that the store refuses are lost.
            Err(StoreError::Refused(_)) if chunks > 1 => {
                for chunk in 0..chunks {
                    if let Err(why) = self.apply_chunks(name, changed, (chunk, chunk + 1), counters, late) {
                        lose(changed, (chunk, chunk + 1), why, counters, late);
                    }
                }
            }
            Err(why) => lose(changed, (0, chunks), why, counters, late),
            Ok(()) => {}
        }
    }

    fn apply_chunks(
        &mut self,
        name: &str,
        changed: &mut Changed,
        (first, last): (usize, usize),
        counters: &mut StoreCounters,
        late: &mut Vec<LateFailure>,
    ) -> Result<(), StoreError> {
        let Some(&change) = self.changes.get(&changed.by) else {
            return Err(StoreError::Refused("the change was not prepared".to_owned()));
        };
        let from = if first == 0 { 0 } else { changed.events.ends[first - 1] };
        let ends: Vec<u32> = changed.events.ends[first..last].iter().map(|end| end - from).collect();
        let to = from + ends.last().copied().unwrap_or(0);
        let names = &changed.names[first..last];
        let mut arena = std::mem::take(&mut changed.events.arena);
        let events = &changed.events;
        let done = self.patiently(name, counters, |link| {
            let events = Events { rows: events.rows(from as usize, to as usize), ends: &ends, names };
            link.store()?.apply(change, &events, &mut arena)
        });
        counters.batches += 1;
        changed.events.arena = arena;
        let rejected = done?;
        self.mark = self.mark.max(names.last().copied());
        for rejected in rejected {
            let chunk = ends.partition_point(|&end| end <= rejected.event).min(names.len().saturating_sub(1));
            counters.lost += 1;
            note(late, changed.by.0, names[chunk].position, 1, rejected.reason);
        }
        Ok(())
    }
}

/// For the log: what the store refused says so itself.
pub(super) fn reason(why: StoreError) -> String {
    match why {
        StoreError::Refused(why) => why,
        away => away.to_string(),
    }
}

fn lose(
    changed: &Changed,
    (first, last): (usize, usize),
    why: StoreError,
    counters: &mut StoreCounters,
    late: &mut Vec<LateFailure>,
) {
    let from = if first == 0 { 0 } else { changed.events.ends[first - 1] };
    let rows = u64::from(changed.events.ends[last - 1] - from);
    counters.lost += rows;
    note(late, changed.by.0, changed.names[first].position, rows, reason(why));
}

fn note(late: &mut Vec<LateFailure>, node: u32, position: u64, rows: u64, reason: String) {
    match late.iter_mut().find(|l| l.node == node && l.position == position && l.reason == reason) {
        Some(known) => known.rows += rows,
        None => late.push(LateFailure { node, position, rows, reason }),
    }
}

/// The rows of an answer, whose strings lie in `arena`, if it has the form that the table asks for.
fn copied(
    plan: &TablePlan,
    answers: Answers,
    events: usize,
    arena: &Arena,
) -> Result<(StoreRows, Vec<u32>), StoreError> {
    let n = answers.ends.last().map_or(0, |&end| end as usize);
    let attributes = &plan.schema.attributes;
    let fits = answers.ends.len() == events
        && answers.ends.is_sorted()
        && answers.cols.len() == attributes.len()
        && answers.cols.iter().zip(attributes).all(|(c, a)| c.kind() == a.kind && c.len() == n)
        && (answers.numbers.is_empty() || answers.numbers.len() == n);
    if !fits {
        return Err(StoreError::Refused("the store's answer does not have the form of the table".to_owned()));
    }
    let mut rows = StoreRows::of(attributes.iter().map(|a| a.kind));
    for (to, from) in rows.cols.iter_mut().zip(&answers.cols) {
        to.append_from(from, Sel::From(0), n, arena, &mut rows.arena);
    }
    rows.numbers = answers.numbers;
    Ok((rows, answers.ends))
}

impl Table {
    /// Connects the table with its store: conditions and changes are prepared.
    pub fn connect(&mut self, mut store: Box<dyn TableStore>, patience: Patience) -> Result<(), StoreError> {
        let Some(far) = &mut self.far else { return Ok(()) };
        let mut prepared = HashMap::new();
        let mut changes = HashMap::new();
        let own = far.own_key.iter().filter(|_| !far.blind && far.changes.iter().any(|(_, c)| c.change.inserts()));
        for condition in far.conditions.iter().chain(own.map(super::Finder::condition)) {
            let looked_up = !far.blind
                || far
                    .changes
                    .iter()
                    .all(|(_, c)| c.change.condition().is_none_or(|own| own.number != condition.number));
            if looked_up {
                prepared.insert(condition.number, store.prepare(condition)?);
            }
        }
        for (at, (node, change)) in far.changes.iter().enumerate() {
            let which = far.changes[..at].iter().filter(|(other, _)| other == node).count();
            changes.insert((*node as u32, which as u32), store.prepare_change(change)?);
        }
        let mark = store.mark()?;
        far.link = Some(Link { store, prepared, changes, patience, mark, anew: false });
        Ok(())
    }

    /// Copies events that changed the table, so that its store can be told. `by`: a node, and which of its changes of the table
    /// it is. Those in `rejected` changed nothing. By chunk: its end, and the position of the entry that caused it.
    pub(crate) fn note_changes(
        &mut self,
        by: (u32, u32),
        rows: &Rows<'_>,
        (ends, positions): (&[u32], &[u64]),
        rejected: &[u32],
        arena: &Arena,
    ) {
        let Some(far) = &mut self.far else { return };
        let Some(link) = &far.link else { return };
        let names: Vec<ChangeName> = positions.iter().map(|&position| far.pending.name(position)).collect();
        let mark = link.mark;
        let keep = |i: u32, name: ChangeName| Some(name) > mark && rejected.binary_search(&i).is_err();
        far.pending.add(by, rows, (ends, &names), keep, arena);
    }

    /// Tells the store of all changes that wait.
    pub fn send_changes(&mut self, late: &mut Vec<LateFailure>) {
        let Some(far) = &mut self.far else { return };
        if far.pending.is_empty() {
            return;
        }
        let Some(link) = &mut far.link else { return };
        for mut changed in std::mem::take(&mut far.pending.batches) {
            if !changed.names.is_empty() {
                link.apply(&self.plan.name, &mut changed, &mut far.counters, late);
            }
        }
    }

    /// What was done with the store.
    pub fn store_counters(&self) -> Option<StoreCounters> {
        self.far.as_ref().map(|far| far.counters)
    }
}
