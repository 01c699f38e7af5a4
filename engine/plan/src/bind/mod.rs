//! From the syntax tree to the plan: names resolved, types checked, functions looked up.
//!
//! All mistakes of an app are told in one run. What a column really carries may differ from its declared type (`cast` only
//! relabels), so an app is bound again, with what its writers were found to carry, until nothing changes.

mod aggregates;
mod aggregation;
pub(crate) mod annotations;
mod call;
mod captured;
pub(crate) mod catalog;
mod computed;
pub(crate) mod condition;
mod definitions;
mod expr;
mod fault;
mod guards;
mod handlers;
mod join;
mod multi;
mod on_demand;
mod output;
mod outside;
mod partition;
mod purge;
mod query;
mod rate;
mod resources;
mod sandbox;
mod scope;
mod select;
mod siddhi4;
mod state_notes;
mod states;
mod table;
mod template;
mod twin;
mod window;

use std::collections::BTreeMap;

use riddhi_batch::Kind;
use riddhi_ql::{Code, Diagnostic, Diagnostics, Span, ast};

use crate::aggregation::AggregationPlan;
use crate::connector::ConnectorPlan;
use crate::diagnose::unsupported;
use crate::logical::{AppPlan, QueryPlan, StreamPlan};
use crate::partition::PartitionPlan;
use crate::regions::regions;
use crate::registry::{Compat, Registry};
use crate::rules::rules;
use crate::table::ChangePlan;
use crate::trigger::TriggerPlan;
use catalog::{Catalog, join_kinds};

pub use on_demand::{PlannedOnDemand, plan_on_demand};

/// What came of planning an app.
#[derive(Debug)]
pub struct Planned {
    /// The plan; none if there is an error.
    pub plan: Option<AppPlan>,
    /// Errors, warnings and notes, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
}

/// How an app fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It runs.
    Runs,
    /// It has mistakes.
    Mistaken,
    /// It needs a feature that Riddhi does not have yet.
    Unsupported,
}

impl Verdict {
    /// What these diagnostics come to; a mistake outweighs a missing feature.
    pub fn of(diagnostics: &[Diagnostic]) -> Verdict {
        let errors = || diagnostics.iter().filter(|d| d.is_error());
        let missing = |code: Code| code.0.starts_with('U');
        if errors().any(|d| !missing(d.code)) {
            Verdict::Mistaken
        } else if errors().next().is_some() {
            Verdict::Unsupported
        } else {
            Verdict::Runs
        }
    }
}

/// Column kinds of streams, by name.
type KindTable = BTreeMap<String, Vec<Kind>>;

/// Plans an app with what the registry offers. The parser leaves out what it cannot understand, so of a text with mistakes of
/// syntax the answer is worth little.
pub fn plan(app: &ast::App, registry: &Registry) -> Planned {
    let mut assumed = KindTable::new();
    loop {
        let mut pass = Pass::new(app, registry, &assumed);
        let plan = pass.run();
        let found = joined(&assumed, &pass.written);
        // Kinds only ever turn into `any`, so this ends; an app with mistakes is not worth another look.
        if found == assumed || pass.diagnostics.has_errors() {
            let plan = (!pass.diagnostics.has_errors()).then_some(plan);
            return Planned { plan, diagnostics: pass.diagnostics.into_sorted() };
        }
        assumed = found;
    }
}

fn joined(a: &KindTable, b: &KindTable) -> KindTable {
    let mut all = a.clone();
    for (name, kinds) in b {
        let known = all.entry(name.clone()).or_insert_with(|| kinds.clone());
        known.iter_mut().zip(kinds).for_each(|(known, kind)| *known = join_kinds(*known, *kind));
    }
    all
}

/// One look at the whole app.
pub(crate) struct Pass<'a> {
    app: &'a ast::App,
    registry: &'a Registry,
    /// What columns are taken to carry.
    assumed: &'a KindTable,
    /// What their writers were found to give them, together with what comes from outside.
    written: KindTable,
    catalog: Catalog,
    diagnostics: Diagnostics,
    /// While a pattern's selection is bound: what it asks of a match.
    captured: Option<captured::Captured>,
    queries: Vec<QueryPlan>,
    /// Triggers, until they are placed among the queries.
    triggers: Vec<(&'a ast::TriggerDef, TriggerPlan)>,
    /// What the rows of the query in hand do to a table, and the stream on which they go there.
    change: Option<(usize, ChangePlan)>,
    /// Whether a change of a table may name columns without the table.
    bare_columns: bool,
    /// Queries of the text that were kept, which count for their labels.
    numbered: usize,
    /// Queries that could not be planned: which of the text, by its name if it has one, and where.
    left_out: Vec<(String, Span)>,
    /// Queries of the text that were looked at.
    looked_at: usize,
    playback: bool,
    /// Which line of Siddhi it answers as.
    compat: Compat,
    members: resources::Members,
    partitions: Vec<PartitionPlan>,
    /// The partition whose queries are being bound.
    open: Option<partition::Open>,
    connectors: Vec<ConnectorPlan>,
    aggregations: Vec<AggregationPlan>,
}

impl<'a> Pass<'a> {
    fn new(app: &'a ast::App, registry: &'a Registry, assumed: &'a KindTable) -> Pass<'a> {
        Pass {
            app,
            registry,
            assumed,
            written: KindTable::new(),
            catalog: Catalog::default(),
            diagnostics: Diagnostics::new(),
            captured: None,
            queries: Vec::new(),
            triggers: Vec::new(),
            change: None,
            bare_columns: false,
            numbered: 0,
            left_out: Vec::new(),
            looked_at: 0,
            playback: false,
            compat: Compat::default(),
            members: resources::members(app),
            partitions: Vec::new(),
            open: None,
            connectors: Vec::new(),
            aggregations: Vec::new(),
        }
    }

    fn run(&mut self) -> AppPlan {
        let settings = annotations::app(&self.app.annotations, &mut self.diagnostics);
        self.playback = settings.playback;
        self.compat = settings.compat.unwrap_or(self.registry.compat());
        self.definitions();
        self.elements();
        self.show_twins();
        self.say_left_out();
        let streams = self.streams();
        let queries = std::mem::take(&mut self.queries);
        let regions = if self.diagnostics.has_errors() { Vec::new() } else { regions(&streams, &queries) };
        let rules = rules(&streams, &queries, &regions);
        let annotations::AppSettings { name, playback, idle, compat } = settings;
        let told_compat = compat.is_none().then_some(self.registry.compat());
        let connectors = std::mem::take(&mut self.connectors);
        let partitions = std::mem::take(&mut self.partitions);
        let tables = self.catalog.tables.take();
        let aggregations = std::mem::take(&mut self.aggregations);
        let plan = AppPlan {
            name,
            playback,
            idle,
            told_compat,
            told_by_host: self.registry.host().asked(),
            streams,
            tables,
            aggregations,
            queries,
            regions,
            rules,
            partitions,
            connectors,
        };
        plan.random_in_stores().into_iter().for_each(|span| self.diagnostics.push(unsupported::random_in_store(span)));
        plan
    }

    /// Nothing may be left out in silence: where no diagnostic says why a query has no plan, one says that.
    fn say_left_out(&mut self) {
        if !self.diagnostics.has_errors() {
            let all = std::mem::take(&mut self.left_out);
            all.iter().for_each(|(name, at)| self.diagnostics.push(unsupported::left_out(name, *at)));
        }
    }

    fn streams(&self) -> Vec<StreamPlan> {
        let numbers = |of: &dyn Fn(&QueryPlan) -> bool| {
            self.queries.iter().enumerate().filter(|(_, q)| of(q)).map(|(i, _)| i).collect()
        };
        let known = self.catalog.streams.iter().enumerate();
        let of = |(number, name): (usize, &String)| {
            let entry = self.catalog.get(name)?;
            let kinded = entry.window.is_some() || entry.kinded;
            let tells = self.catalog.twins.iter().any(|t| t.shown == Some(number));
            let shape = if entry.window.is_some() { &entry.shape.numbered() } else { &entry.shape };
            Some(StreamPlan {
                name: self.catalog.called(number, name).to_owned(),
                schema: shape.schema(),
                defined: entry.defined,
                hidden: entry.hidden,
                kinded,
                tells,
                writers: numbers(&|q| q.output == Some(number)),
                readers: numbers(&|q| q.inputs.contains(&number)),
                span: entry.span,
            })
        };
        known.filter_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_is_told_if_nothing_else_was() {
        let app = riddhi_ql::parse("define stream S (n int); from S select n insert into Out;").app;
        let (registry, assumed) = (Registry::default(), KindTable::new());
        let told = |mistake: bool| {
            let mut pass = Pass::new(&app, &registry, &assumed);
            pass.left_out.push(("query 1".to_owned(), Span::default()));
            if mistake {
                pass.diagnostics.push(unsupported::aggregation(Span::default()));
            }
            pass.run();
            pass.diagnostics.into_sorted().iter().map(|d| d.code.0).collect::<Vec<_>>()
        };
        assert_eq!(told(false), ["U0027"]);
        assert_eq!(told(true), ["U0005"]);
    }
}
