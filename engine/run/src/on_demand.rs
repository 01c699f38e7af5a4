//! On-demand queries: asked between two frames, answered at once.
//!
//! What is found goes as one chunk through a query of its own, in an engine made for it, which is lent the app's tables while it
//! runs. So the answer is what a query of the app would give for that chunk, and a change is the change that it would make.

use std::sync::Arc;

use riddhi_batch::{Arena, Columns, Sel};
use riddhi_exec::aggregation::{Aggregation, Listing};
use riddhi_exec::expr::Rows;
use riddhi_exec::table::{Finder, Refusal, Table};
use riddhi_plan::logical;
use riddhi_plan::on_demand::{Contents, OnDemandPlan};
use riddhi_plan::table::TableCondition;
use riddhi_plan::{PlannedOnDemand, plan_on_demand};
use riddhi_ql::{Diagnostic, Diagnostics};

use crate::compile::App;
use crate::engine::{Engine, EngineOptions};
use crate::node::Node;
use crate::outputs::Target;

/// The timestamp of all that an on-demand query finds.
const TIME: i64 = -1;

/// An on-demand query, compiled for one app.
#[derive(Clone, Debug)]
pub struct OnDemand {
    app: App,
    plan: Arc<OnDemandPlan>,
}

/// What came of compiling an on-demand query.
#[derive(Debug)]
pub struct CompiledOnDemand {
    /// The query, unless it has mistakes or needs what Riddhi does not have yet.
    pub query: Option<OnDemand>,
    /// All that there is to say, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// The rows that a query found; none if it changed a table.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The rows, in order.
    pub rows: Columns,
    /// Their long strings.
    pub arena: Arena,
    /// What a table refused, which is logged and else changes nothing.
    pub refused: Vec<String>,
}

/// Compiles an on-demand query on an app, with the functions that the app was compiled with.
pub fn compile_on_demand(text: &str, app: &App) -> CompiledOnDemand {
    let parsed = riddhi_ql::parse_on_demand(text);
    let mut all = Diagnostics::new();
    all.extend(parsed.diagnostics);
    let planned = parsed.query.filter(|_| !all.has_errors()).map(|query| plan_on_demand(&query, app, app.registry()));
    let query = planned.and_then(|PlannedOnDemand { plan, diagnostics }| {
        all.extend(diagnostics);
        let mut plan = plan?;
        let app = app.with_plan(std::mem::take(&mut plan.app));
        Some(OnDemand { app, plan: Arc::new(plan) })
    });
    CompiledOnDemand { query, diagnostics: all.into_sorted() }
}

impl OnDemand {
    /// Whether it changes a table rather than finding rows.
    pub fn changes(&self) -> bool {
        self.plan.result.is_none()
    }

    /// What its rows hold.
    pub fn schema(&self) -> riddhi_batch::Schema {
        self.plan.result.map(|r| self.app.streams[r].schema.clone()).unwrap_or_default()
    }

    /// Asks the engines that run an app, each some of its regions, as of `now`. Why not, if something could not be computed or
    /// done; what was done before stays.
    pub(crate) fn ask(&self, engines: &mut [&mut Engine], now: i64) -> Result<Answer, String> {
        let far: Vec<usize> = (0..self.app.tables.len()).filter(|&n| self.app.tables[n].store.is_some()).collect();
        let mut inner = Engine::new(self.app.clone(), EngineOptions::default());
        inner.start(now);
        lend_tables(engines, &mut inner);
        far.iter().for_each(|&n| inner.shared.tables[n].begin_query());
        let answer = self.run(engines, &mut inner, now);
        far.iter().for_each(|&n| inner.shared.tables[n].end_query());
        lend_tables(engines, &mut inner);
        answer
    }

    fn run(&self, engines: &mut [&mut Engine], inner: &mut Engine, now: i64) -> Result<Answer, String> {
        let mut frame = inner.frame();
        let source = self.plan.source as u32;
        let (rows, arena) = frame.rows_of(source);
        self.find(engines, inner, (rows, arena), now)?;
        let mut answer = Answer { rows: Columns::of(&self.schema()), ..Answer::default() };
        if frame.commit(source, now, true) == 0 {
            return Ok(answer);
        }
        let outputs = inner.process(&mut frame);
        let kept = [Refusal::Duplicate, Refusal::NullKey];
        let kept: Vec<String> =
            self.app.tables.iter().flat_map(|t| kept.map(|refusal| refusal.reason(&t.name))).collect();
        for failure in outputs.failures() {
            if !kept.contains(&failure.reason) {
                return Err(failure.reason);
            }
            answer.refused.push(failure.reason);
        }
        let Some(result) = self.plan.result else { return Ok(answer) };
        outputs.of(Target::Stream(result as u32), |out| {
            let rows = out.first..out.first + out.n;
            answer.rows.ts.extend_from_slice(&out.rows.ts[rows]);
            for (to, from) in answer.rows.cols.iter_mut().zip(&out.rows.cols) {
                to.append_from(from, Sel::From(out.first), out.n, out.arena, &mut answer.arena);
            }
        });
        Ok(answer)
    }

    /// Appends what the query finds to the rows.
    fn find(
        &self,
        engines: &mut [&mut Engine],
        inner: &mut Engine,
        (rows, arena): (&mut Columns, &mut Arena),
        now: i64,
    ) -> Result<(), String> {
        match &self.plan.contents {
            Contents::Event => {
                rows.cols.iter_mut().for_each(|c| c.push_null());
                rows.ts.push(TIME);
            }
            Contents::Buckets { aggregation, start, end, per } => {
                let uses = |e: &&&mut Engine| e.uses(logical::Shared::Aggregation(*aggregation));
                let owner = engines.iter().find(uses).unwrap_or(&engines[0]);
                let aggregation = &owner.shared.aggregations[*aggregation];
                let riddhi_batch::Value::Str(per) = per else { return Err("`per` takes a text".to_owned()) };
                let duration = aggregation.plan().duration(per)?;
                let range = riddhi_plan::aggregation::range(start, end.as_ref())?;
                let tables = &mut inner.shared.tables;
                let begun = aggregation.waits().then(|| {
                    // Nothing of it is kept: a query between two frames is no part of a run.
                    let mut begun = Aggregation::new(Arc::new(aggregation.plan().clone()));
                    begun.begin(now, tables, None);
                    begun
                });
                let aggregation = begun.as_ref().unwrap_or(aggregation);
                if let Some(why) = aggregation.why_not() {
                    return Err(why.to_owned());
                }
                aggregation.find(tables, duration, range, arena, rows, &mut Listing::default())?;
            }
            Contents::Window(number) => {
                let owner = engines.iter_mut().find(|e| e.runs(*number));
                if let Some(owner) = owner
                    && let Node::Query(window) = owner.query(*number)
                {
                    let n = window.contents(&mut rows.cols, arena);
                    rows.ts.resize(n, TIME);
                    if let Some(stream) = window.looked() {
                        let until = window.found_until();
                        owner.shared.look(stream, until);
                    }
                }
            }
            Contents::Table(number) => {
                let table = &mut inner.shared.tables[*number];
                if table.is_far() {
                    look_up(&TableCondition::all(*number, &self.app.tables[*number]), table, now)?;
                }
                let mut slots = Vec::new();
                table.all(&mut slots);
                gather(table, &slots, rows, arena);
            }
            Contents::Looked(condition) => {
                let table = &mut inner.shared.tables[condition.table];
                let slots = look_up(condition, table, now)?;
                gather(table, &slots, rows, arena);
            }
        }
        Ok(())
    }
}

/// The rows of a table for which a condition without an event holds, in the table's order.
fn look_up(condition: &TableCondition, table: &mut Table, now: i64) -> Result<Vec<u32>, String> {
    let finder = Finder::compile(condition);
    let mut found = finder.found();
    let event = Rows { ts: &[TIME], now: &[now], ..Rows::of(&[], Sel::From(0), 1) };
    finder.find(table, &event, &mut Arena::default(), &mut found);
    found.into_slots()
}

/// Appends the rows in these slots of a table.
fn gather(table: &Table, slots: &[u32], rows: &mut Columns, arena: &mut Arena) {
    let columns: Vec<u32> = (0..rows.cols.len() as u32).collect();
    table.gather(slots, &columns, &mut rows.cols, arena);
    rows.ts.resize(slots.len(), TIME);
}

/// Exchanges the app's tables, each at the engine that uses it, with those of `inner`.
fn lend_tables(engines: &mut [&mut Engine], inner: &mut Engine) {
    for number in 0..inner.shared.tables.len() {
        let user = engines.iter().position(|e| e.uses(logical::Shared::Table(number))).unwrap_or(0);
        std::mem::swap(&mut engines[user].shared.tables[number], &mut inner.shared.tables[number]);
    }
}

impl Engine {
    /// Answers an on-demand query as of `now`, which is not before the last entry.
    pub fn ask(&mut self, query: &OnDemand, now: i64) -> Result<Answer, String> {
        query.ask(&mut [self], now)
    }
}
