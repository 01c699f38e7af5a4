//! Look-ups whose values are plain expressions of the events that arrive, asked before the first entry of a frame.
//!
//! Where changes and look-ups alternate, entries are taken one by one, and each would ask by itself. What a table will be asked
//! can often be told before: the events of a frame, and what queries without memory make of them, are computed for the
//! whole frame, and their rows fetched at once. It only saves calls: more may be fetched than is looked up, and what was
//! not foreseen is asked when it is needed.

use riddhi_batch::{Arena, Column, Frame, Sel};
use riddhi_plan::expr::{Expr, Node};
use riddhi_plan::join::SideOf;
use riddhi_plan::logical::{AppPlan, Handler, QueryPlan, Role};
use riddhi_plan::registry::{Failed, Volatility};
use riddhi_plan::table::TableCondition;

use crate::expr::{Program, Rows, Scratch};
use crate::table::{Finder, Table};

/// Queries that are computed ahead at most.
const FLOWS_MAX: usize = 256;

/// Where events come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    /// The stream of that number.
    Outside(usize),
    /// The rows of a query, by place among those computed ahead.
    Flow(usize),
}

/// A query without memory.
#[derive(Debug)]
struct Flow {
    from: From,
    filters: Vec<Program>,
    /// By output attribute: none if it depends on more than the event.
    items: Vec<Option<Program>>,
    rows: Vec<Column>,
    n: usize,
    needed: bool,
}

/// Something that will be looked up.
#[derive(Debug)]
struct Site {
    from: From,
    table: usize,
    /// None: the primary key of rows that are inserted.
    finder: Option<Finder>,
}

/// All that can be foreseen of an app.
#[derive(Debug, Default)]
pub struct Ahead {
    flows: Vec<Flow>,
    sites: Vec<Site>,
    scratch: Scratch,
    places: Vec<u32>,
    hits: Vec<u32>,
    failed: Failed,
}

fn pure(expr: &Expr) -> bool {
    expr.volatility() == Volatility::Pure && !expr.has_aggregate()
}

fn flow(query: &QueryPlan, from: From) -> Flow {
    let filter = |handler: &Handler| match handler {
        Handler::Filter { condition, aggregates } if aggregates.is_empty() && pure(condition) => {
            Some(Program::compile(condition))
        }
        _ => None,
    };
    let item = |expr: &Expr| pure(expr).then(|| Program::compile(expr));
    let items: Vec<Option<Program>> = query.select.items.iter().map(|i| item(&i.expr)).collect();
    let rows = query.select.items.iter().map(|i| Column::new(i.expr.kind)).collect();
    Flow { from, filters: query.before.iter().filter_map(filter).collect(), items, rows, n: 0, needed: false }
}

/// Whether a query gives its events as they come, with nothing added to them.
fn is_plain(query: &QueryPlan) -> bool {
    let adds = |h: &Handler| matches!(h, Handler::Stream { .. });
    matches!(query.role, Role::Select)
        && query.partition.is_none()
        && query.window.is_none()
        && query.rate.is_none()
        && !query.before.iter().chain(&query.after).any(adds)
        && !query.select.items.is_empty()
}

impl Ahead {
    /// What can be foreseen of an app's look-ups in stores.
    pub fn new(app: &AppPlan) -> Ahead {
        let mut ahead = Ahead::default();
        if app.tables.iter().all(|t| t.store.is_none()) {
            return ahead;
        }
        // By stream: where its events come from.
        let mut sources: Vec<Vec<From>> = app
            .streams
            .iter()
            .enumerate()
            .map(|(n, s)| s.defined.then_some(From::Outside(n)).into_iter().collect())
            .collect();
        let mut done = vec![0; app.queries.len()];
        let mut grows = true;
        while grows {
            grows = false;
            for (number, query) in app.queries.iter().enumerate().filter(|(_, q)| is_plain(q)) {
                let Some(output) = query.output else { continue };
                while let Some(&from) = sources[query.input()].get(done[number]) {
                    if ahead.flows.len() == FLOWS_MAX {
                        break;
                    }
                    done[number] += 1;
                    ahead.flows.push(flow(query, from));
                    sources[output].push(From::Flow(ahead.flows.len() - 1));
                    grows = true;
                }
            }
        }
        for query in &app.queries {
            ahead.sites_of(app, query, &sources);
        }
        for place in (0..ahead.flows.len()).rev() {
            let flow = From::Flow(place);
            let asked = ahead.sites.iter().any(|s| s.from == flow);
            ahead.flows[place].needed = asked || ahead.flows.iter().any(|f| f.needed && f.from == flow);
        }
        ahead
    }

    fn sites_of(&mut self, app: &AppPlan, query: &QueryPlan, sources: &[Vec<From>]) {
        let mut add = |condition: &TableCondition, attributes: usize, input: usize| {
            if app.tables[condition.table].store.is_none() {
                return;
            }
            for &from in &sources[input] {
                let finder = Finder::compile(condition);
                let foreseen = |a: u32| match from {
                    From::Outside(_) => true,
                    From::Flow(place) => self.flows[place].items.get(a as usize).is_some_and(Option::is_some),
                };
                if finder.asks.are_attributes(|a| (a as usize) < attributes && foreseen(a)) {
                    self.sites.push(Site { from, table: condition.table, finder: Some(finder) });
                }
            }
        };
        match &query.role {
            Role::Select if query.partition.is_none() => {
                let attributes = app.streams[query.input()].schema.attributes.len();
                for expr in query.expressions() {
                    expr.visit(&mut |e| {
                        if let Node::In(condition) = &e.node {
                            add(condition, attributes, query.input());
                        }
                    });
                }
            }
            Role::Join(join) if query.partition.is_none() && join.buckets.is_none() => {
                let Some(condition) = &join.table else { return };
                let side = join.sides.iter().find(|s| s.of == SideOf::Stream);
                if let Some(side) = side
                    && let Some(input) = side.input
                {
                    add(condition, side.schema.attributes.len(), query.inputs[input as usize]);
                }
            }
            Role::Change(change) => {
                let attributes = app.streams[query.input()].schema.attributes.len();
                change.change.condition().into_iter().for_each(|c| add(c, attributes, query.input()));
                if change.change.inserts() && app.tables[change.table].store.is_some() {
                    let known = sources[query.input()].iter().filter(|f| self.has_key(app, change.table, f));
                    let own: Vec<Site> = known.map(|&from| Site { from, table: change.table, finder: None }).collect();
                    self.sites.extend(own);
                }
            }
            _ => {}
        }
    }

    /// Whether the primary key of rows made of those events is foreseen.
    fn has_key(&self, app: &AppPlan, table: usize, from: &From) -> bool {
        let From::Flow(place) = from else { return true };
        let items = &self.flows[*place].items;
        app.tables[table].key.iter().all(|&c| items.get(c as usize).is_some_and(Option::is_some))
    }

    /// Fetches what the entries of a frame will look up in the tables for which `wanted` says so.
    pub fn fetch(&mut self, frame: &mut Frame, tables: &mut [Table], wanted: impl Fn(usize) -> bool) {
        let Ahead { flows, sites, scratch, places, hits, failed } = self;
        let Frame { flows: streams, arena, .. } = frame;
        for at in 0..flows.len() {
            let (before, rest) = flows.split_at_mut(at);
            let Some(flow) = rest.first_mut().filter(|f| f.needed) else { continue };
            let (cols, n) = match flow.from {
                From::Outside(stream) => (&streams[stream].rows.cols, streams[stream].rows.len()),
                From::Flow(place) => (&before[place].rows, before[place].n),
            };
            places.clear();
            places.extend(0..n as u32);
            for filter in &flow.filters {
                hits.clear();
                failed.clear();
                filter.select(&Rows::of(cols, Sel::Rows(places), places.len()), arena, scratch, hits, failed);
                let kept = hits.iter().map(|&hit| places[hit as usize]).collect();
                *places = kept;
            }
            flow.n = places.len();
            for (item, out) in flow.items.iter().zip(&mut flow.rows) {
                out.clear();
                failed.clear();
                match item {
                    Some(item) => {
                        item.eval(&Rows::of(cols, Sel::Rows(places), places.len()), arena, scratch, out, failed)
                    }
                    None => (0..places.len()).for_each(|_| out.push_null()),
                }
            }
        }
        for site in sites.iter().filter(|s| wanted(s.table)) {
            let (cols, n) = match site.from {
                From::Outside(stream) => (&streams[stream].rows.cols, streams[stream].rows.len()),
                From::Flow(place) => (&flows[place].rows, flows[place].n),
            };
            if n > 0 {
                tables[site.table].fetch_ahead(site.finder.as_ref(), &Rows::of(cols, Sel::From(0), n), arena);
            }
        }
    }
}

impl Table {
    /// Has the rows at hand that the condition finds for these events, or those with their primary keys.
    fn fetch_ahead(&mut self, finder: Option<&Finder>, rows: &Rows<'_>, arena: &mut Arena) {
        match finder {
            Some(finder) => self.fetch_far(finder, rows, arena, true),
            None => self.fetch_own_keys(rows, arena, true),
        }
    }
}
