//! Tables that live elsewhere: which stores there are, how an engine is connected to them, and what it has to tell them.
//!
//! ```
//! use std::sync::Arc;
//! use riddhi_exec::table::{InMemory, ROWS_MAX, Table};
//! use riddhi_plan::registry::StoreSpec;
//! use riddhi_run::{Engine, EngineOptions, StoreTypes, compile_with, registry};
//!
//! let mut registry = registry();
//! registry.store(StoreSpec { name: "mine", options: Vec::new() });
//! let text = "define stream S (k int); @store(type='mine') define table T (k int); from S insert into T;";
//! let app = compile_with(text, &registry).plan.expect("the app has no mistakes");
//! let mut types = StoreTypes::default();
//! types.add("mine", |plan| Ok(Box::new(InMemory::new(Table::new(Arc::new(plan.clone()), ROWS_MAX)))));
//! let mut engine = Engine::new(app, EngineOptions::default());
//! engine.connect(&types)?;
//! # Ok::<(), riddhi_run::ConnectError>(())
//! ```
//!
//! Look-ups are asked while a frame is processed, all events of a call at once; what was answered is read by
//! [`Engine::take_answers`] and belongs into the journal with the frame's entries. Changes go out at the end of the frame, or, with
//! [`EngineOptions::hold_changes`], when [`Engine::send_changes`] says so: when the journal has the entries and the answers. A frame with
//! [`Frame::answered`] is answered by that, and by no store. An engine that is not connected asks and tells nobody.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use riddhi_batch::{Answered, Frame, Writer};
use riddhi_exec::aggregation::By;
use riddhi_exec::table::{Away, LateFailure, StoreCounters, StoreError, TableStore};
use riddhi_plan::logical::{QueryPlan, Role, Shared};
use riddhi_plan::table::TablePlan;
use thiserror::Error;

use crate::engine::{Engine, FailureReport};

type Factory = Arc<dyn Fn(&TablePlan) -> Result<Box<dyn TableStore>, StoreError> + Send + Sync>;
type Patience = Arc<dyn Fn(&Away<'_>) -> bool + Send + Sync>;

/// The types of stores that there are, and how long one that is away is waited for.
#[derive(Clone)]
pub struct StoreTypes {
    types: BTreeMap<String, Factory>,
    patience: Patience,
}

impl Default for StoreTypes {
    fn default() -> StoreTypes {
        StoreTypes { types: BTreeMap::new(), patience: Arc::new(|_| false) }
    }
}

impl fmt::Debug for StoreTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.types.keys()).finish()
    }
}

/// A table could not be connected with its store.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("table `{table}` cannot be connected with its store `{store}`: {why}")]
pub struct ConnectError {
    /// The table.
    pub table: String,
    /// The type of the store.
    pub store: String,
    /// Why.
    pub why: StoreError,
}

impl StoreTypes {
    /// Adds a type, by the name that the registry has; `make` is given the table, its options among the rest, and connects.
    pub fn add(
        &mut self,
        name: &str,
        make: impl Fn(&TablePlan) -> Result<Box<dyn TableStore>, StoreError> + Send + Sync + 'static,
    ) {
        self.types.insert(name.to_owned(), Arc::new(make));
    }

    /// Says what is done when a store is not there: `wait` waits for a while and says whether the same batch is to be tried
    /// again. If it is not said, nobody waits.
    pub fn patience(&mut self, wait: impl Fn(&Away<'_>) -> bool + Send + Sync + 'static) {
        self.patience = Arc::new(wait);
    }

    fn connect(&self, table: &mut riddhi_exec::table::Table) -> Result<(), ConnectError> {
        let plan = table.plan().clone();
        let Some(store) = &plan.store else { return Ok(()) };
        let failed = |why| ConnectError { table: plan.name.clone(), store: store.ty.clone(), why };
        let none = || failed(StoreError::Refused("there is no such store".to_owned()));
        let made = self.types.get(&store.ty).ok_or_else(none)?(&plan).map_err(failed)?;
        let patience = self.patience.clone();
        table.connect(made, Box::new(move |away| patience(away))).map_err(failed)
    }
}

/// What was done with the store of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreReport {
    /// The table.
    pub table: String,
    /// What was done.
    pub counters: StoreCounters,
}

impl Engine {
    /// Connects tables with their stores, each once.
    pub fn connect(&mut self, types: &StoreTypes) -> Result<(), ConnectError> {
        for number in self.far.clone() {
            if self.uses(Shared::Table(number)) {
                types.connect(&mut self.shared.tables[number])?;
            }
        }
        Ok(())
    }

    /// Tells stores of the changes that wait. Gives those that were not taken.
    pub fn send_changes(&mut self) -> Vec<FailureReport> {
        let mut late = Vec::new();
        self.far.iter().for_each(|&number| self.shared.tables[number].send_changes(&mut late));
        let report = |failure: LateFailure| FailureReport {
            query: self.graph.queries[failure.node as usize].label.clone(),
            position: failure.position,
            rows: failure.rows,
            reason: failure.reason,
        };
        let reports: Vec<FailureReport> = late.into_iter().map(report).collect();
        self.counters.failed_rows += reports.iter().map(|r| r.rows).sum::<u64>();
        reports
    }

    /// What stores answered since this was last asked, for the journal; the last frame is the run. Nothing if none was asked.
    pub fn take_answers(&mut self) -> Option<Answered> {
        let until = self.until;
        take_answers(&mut [self], until)
    }

    /// What was done with stores, by table.
    pub fn store_reports(&self) -> Vec<StoreReport> {
        let report = |&number: &usize| {
            let table = &self.shared.tables[number];
            Some(StoreReport { table: table.plan().name.clone(), counters: table.store_counters()? })
        };
        self.far.iter().filter(|&&number| self.uses(Shared::Table(number))).filter_map(report).collect()
    }

    /// Begins a frame for the tables whose rows are in stores.
    #[cold]
    pub(crate) fn begin_far(&mut self, now: i64, answered: Option<&Answered>) {
        // What nobody has sent goes now, or never.
        let late = self.send_changes();
        self.late.extend(late);
        for number in self.far.clone() {
            let given = answered.map(|a| (part(&a.bytes, number as u32), a.until));
            // What cannot be read answers nothing, and the events that ask fail.
            if self.shared.tables[number].begin_frame(now, given).is_err() {
                let _ = self.shared.tables[number].begin_frame(now, answered.map(|a| (&[][..], a.until)));
            }
        }
        for number in 0..self.shared.aggregations.len() {
            if self.shared.aggregations[number].waits() && self.uses(Shared::Aggregation(number)) {
                self.begin_aggregation(number, now);
            }
        }
    }

    /// Makes the open buckets of an aggregation that has none of what its store has.
    fn begin_aggregation(&mut self, number: usize, now: i64) {
        let keeps = |q: &QueryPlan| matches!(q.role, Role::Aggregate(of) if of == number);
        let Some(node) = self.app.queries.iter().position(keeps) else { return };
        let riddhi_exec::shared::Shared { aggregations, tables, .. } = &mut self.shared;
        let aggregation = &mut aggregations[number];
        let begun = aggregation.plan().tables.first().and_then(|&table| tables[table].begun());
        let position = self.base;
        let refused = aggregation.begin(begun.unwrap_or(now), tables, Some(By { node: node as u32, position }));
        if refused > 0 {
            let query = self.graph.queries[node].label.clone();
            self.late.push(FailureReport { query, position, rows: refused, reason: aggregation.refusal() });
        }
    }

    /// Asks, before the entries of a region are taken one by one, what can be foreseen of what they will look up.
    #[cold]
    pub(crate) fn fetch_ahead(&mut self, region: usize, frame: &mut Frame) {
        if frame.answered.is_some() {
            return;
        }
        let Engine { ahead, shared, app, graph, .. } = self;
        let queries = &graph.regions[region].queries;
        let uses =
            |table| queries.iter().any(|&q| app.queries[q].shared.iter().any(|(s, _)| *s == Shared::Table(table)));
        ahead.fetch(frame, &mut shared.tables, uses);
    }

    /// Ends a frame for them.
    #[cold]
    pub(crate) fn end_far(&mut self, answered: Option<&Answered>, next: u64) {
        self.until = next;
        if answered.is_none_or(|a| a.until <= next) {
            self.far.iter().for_each(|&number| self.shared.tables[number].end_run());
        }
        if !self.options.hold_changes {
            let late = self.send_changes();
            self.late.extend(late);
        }
    }
}

/// What the engines of an app, each some of its regions, were answered in a run that ends there.
pub(crate) fn take_answers(engines: &mut [&mut Engine], until: u64) -> Option<Answered> {
    let mut bytes = Writer::default();
    for number in engines[0].far.clone() {
        let user = engines.iter().position(|e| e.uses(Shared::Table(number))).unwrap_or(0);
        let answers = engines[user].shared.tables[number].take_answers();
        if let Some(answers) = answers {
            bytes.put_u32(number as u32);
            bytes.put_bytes(&answers);
        }
    }
    (!bytes.bytes.is_empty()).then(|| Answered { until, bytes: bytes.bytes.into() })
}

/// The answers of one table.
fn part(bytes: &[u8], table: u32) -> &[u8] {
    let mut from = riddhi_batch::Reader::new(bytes);
    while let (Ok(number), Ok(answers)) = (from.get_u32(), from.get_bytes()) {
        if number == table {
            return answers;
        }
    }
    &[]
}
