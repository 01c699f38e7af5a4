//! On-demand queries: bound against the plan of an app that runs.
//!
//! The answer is a small app of one query, which is given all that was found as one chunk, or one empty event if it changes a
//! table. Its tables have the numbers of the app's, so that it can be lent those.

use riddhi_ql::ast::{self, OnDemand, OnDemandInput, OutputKind, QueryInput, SelectList};
use riddhi_ql::{Diagnostic, Ident, Span};

use super::catalog::{Class, Entry, Field, Shape};
use super::definitions::entry;
use super::expr::Binder;
use super::guards::COPIES_MAX;
use super::output::inferred;
use super::scope::{Input, Scope};
use super::{KindTable, Pass};
use crate::diagnose::{names, unsupported};
use crate::expr::{Expr, Node};
use crate::logical::{AppPlan, Handler, Kinds, QueryPlan, Role, SelectPlan};
use crate::on_demand::{Contents, OnDemandPlan};
use crate::regions::regions;
use crate::registry::{Finds, Leaving, Registry, Volatility, WindowUse};
use crate::table::{Access, TableCondition, TablePlan, over_table};

/// Why a named window cannot be read, if that is so.
fn nothing_to_find(app: &AppPlan, window: &QueryPlan) -> Option<&'static str> {
    let bound = window.window.as_ref()?;
    if bound.finds == Finds::Nothing {
        return Some("such a window has nothing to find");
    }
    let joined =
        |q: &QueryPlan| matches!(q.role, Role::Join(_)) && window.output.is_some_and(|o| q.inputs.contains(&o));
    let alone = matches!(window.role, Role::Window(Kinds::Current)) && !app.queries.iter().any(joined);
    (bound.found_with_joins && alone).then_some("it lets out current events alone, and no query joins it")
}

/// What the query's rows stand in; no stream of a text has such a name.
const SOURCE: &str = ":found";

/// What comes of it.
const RESULT: &str = ":result";

/// What came of planning an on-demand query.
#[derive(Debug)]
pub struct PlannedOnDemand {
    /// The plan; none if there is an error.
    pub plan: Option<OnDemandPlan>,
    /// Errors, warnings and notes, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
}

/// Plans an on-demand query on an app.
pub fn plan_on_demand(query: &OnDemand, app: &AppPlan, registry: &Registry) -> PlannedOnDemand {
    let nothing = ast::App { annotations: Vec::new(), definitions: Vec::new(), elements: Vec::new(), span: query.span };
    let assumed = KindTable::new();
    let change = query.output.as_ref().map(|output| as_query(query, output));
    let mut pass = Pass::new(&nothing, registry, &assumed);
    pass.known(app);
    pass.catalog.copies.set(COPIES_MAX);
    let plan = match (&query.input, &change) {
        (Some(input), _) => pass.find(query, input, app),
        (None, Some(change)) => pass.change_on_demand(query, change),
        (None, None) => None,
    };
    let in_store = |p: &OnDemandPlan| {
        let stored = (0..p.app.tables.len()).filter(|&n| p.app.tables[n].store.is_some());
        stored.flat_map(|n| p.app.changes_of(n)).next().is_some()
    };
    if plan.as_ref().is_some_and(in_store) {
        pass.diagnostics.push(unsupported::change_in_store(query.span));
    }
    let plan = plan.filter(|_| !pass.diagnostics.has_errors());
    let mut diagnostics = pass.diagnostics.into_sorted();
    // Other places are in the app's text, which is not the one that is shown.
    diagnostics.iter_mut().for_each(|d| d.secondary.clear());
    PlannedOnDemand { plan, diagnostics }
}

/// A change of a table as the query of an app that does the same for each event.
fn as_query(query: &OnDemand, output: &ast::Output) -> ast::Query {
    let source =
        ast::Source { scope: ast::Scope::Plain, name: Ident::new(SOURCE, Span::default()), span: Span::default() };
    ast::Query {
        annotations: Vec::new(),
        input: QueryInput::Stream(ast::StreamInput { source, handlers: Vec::new(), span: query.span }),
        selection: query.selection.clone(),
        rate: None,
        output: output.clone(),
        span: query.span,
    }
}

/// The table that a query changes.
fn target(output: &ast::Output) -> Option<&Ident> {
    Some(match &output.kind {
        OutputKind::Insert { target, .. } => &target.name,
        OutputKind::Delete { target, .. }
        | OutputKind::Update { target, .. }
        | OutputKind::UpdateOrInsert { target, .. } => target,
        OutputKind::Return { .. } => return None,
    })
}

impl<'a> Pass<'a> {
    /// Knows the names of an app that was planned.
    fn known(&mut self, app: &AppPlan) {
        for stream in app.streams.iter().filter(|s| !s.hidden && !s.tells) {
            let class = if stream.kinded { Class::Window } else { Class::Stream };
            let mut shape = Shape::of(&stream.schema);
            if stream.kinded {
                // The last attribute is the number of a row in the window.
                shape.fields.pop();
            }
            self.catalog.add(&stream.name, entry(class, shape, stream.span));
        }
        for (number, aggregation) in app.aggregations.iter().enumerate() {
            let shape = Shape::of(&aggregation.reading);
            let entry = entry(Class::Aggregation, shape, aggregation.span);
            self.catalog.add(&aggregation.name, Entry { number, ..entry });
        }
        for (number, table) in app.tables.iter().enumerate() {
            let shape = Shape::of(&table.schema);
            self.catalog.add(&table.name, Entry { number, ..entry(Class::Table, shape, table.span) });
            self.catalog.tables.get_mut().push(TablePlan { fixed: true, ..table.clone() });
        }
    }

    /// `from X on c select ...`.
    fn find(&mut self, query: &'a OnDemand, from: &'a OnDemandInput, app: &AppPlan) -> Option<OnDemandPlan> {
        let name = &from.name;
        let found = self.catalog.get(&name.name).map(|e| (e.class, e.shape.clone(), e.number));
        let (shape, contents) = match found {
            Some((Class::Table, shape, number)) => (shape, Contents::Table(number)),
            Some((Class::Window, shape, _)) => {
                let of = |q: &QueryPlan| {
                    matches!(q.role, Role::Window(_)) && q.output.is_some_and(|o| app.streams[o].name == name.name)
                };
                let window = app.queries.iter().position(of)?;
                if let Some(why) = nothing_to_find(app, &app.queries[window]) {
                    self.diagnostics.push(names::nothing_to_find(name, why));
                    return None;
                }
                (shape, Contents::Window(window))
            }
            Some((Class::Aggregation, shape, number)) => (shape, self.buckets_of(from, number)?),
            other => {
                let known = self.catalog.names(&[Class::Table, Class::Window, Class::Aggregation]);
                let class = other.map(|(class, ..)| class);
                self.diagnostics.push(names::nothing_to_read(name, class, known));
                return None;
            }
        };
        if let (Some(range), false) = (&from.range, matches!(contents, Contents::Buckets { .. })) {
            self.diagnostics.push(crate::diagnose::multi::range_without_aggregation(range.span));
            return None;
        }
        let on = match &from.on {
            Some(on) => Some(self.on(on, &name.name, &shape)?),
            None => None,
        };
        let (contents, on) = match (contents, on) {
            (Contents::Table(number), Some(on)) => match self.looked_up(number, &on, shape.fields.len()) {
                Some(looked) => (Contents::Looked(Box::new(looked)), None),
                None => (Contents::Table(number), Some(on)),
            },
            other => other,
        };
        let before = on.map(|condition| Handler::Filter { condition, aggregates: Vec::new() }).into_iter().collect();
        // As one of several: `having` and `order by` may name what is not selected.
        let inputs = [Input { multi: true, state: true, ..input(&name.name, shape.clone()) }];
        let (outputs, select) = self.selection(query.selection.as_ref(), &inputs, once(), "");
        let select = select?;
        let source = self.source(shape, query.span);
        self.catalog.add(RESULT, inferred(outputs, query.span));
        let result = self.catalog.get(RESULT)?.number;
        let plan = self.query_of(query, source, select);
        self.add(QueryPlan { before, output: Some(result), ..plan });
        Some(self.finish(contents, source, Some(result)))
    }

    /// What is asked of an aggregation: a range and a duration, which are constants.
    fn buckets_of(&mut self, from: &'a OnDemandInput, aggregation: usize) -> Option<Contents> {
        let Some(range) = &from.range else {
            self.diagnostics.push(crate::diagnose::multi::range_missing(from.name.span));
            return None;
        };
        let scope = Scope::default();
        let mut constant = |expr: &ast::Expr| {
            let place = "`within` and `per` of a query";
            let mut binder = Binder::new(self.registry, &self.catalog, &mut self.diagnostics, &scope, place);
            match binder.bind(expr)?.node {
                Node::Const(value) => Some(value),
                _ => {
                    self.diagnostics.push(unsupported::aggregation(expr.span));
                    None
                }
            }
        };
        let start = constant(&range.start);
        let end = range.end.as_ref().map(&mut constant);
        let per = constant(&range.per);
        Some(Contents::Buckets { aggregation, start: start?, end: end.map_or(Some(None), |e| e.map(Some))?, per: per? })
    }

    /// The condition; it may name columns with or without the name of what is read.
    fn on(&mut self, on: &ast::Expr, name: &str, shape: &Shape) -> Option<Expr> {
        let scope = Scope { inputs: vec![input(name, shape.clone())], ..Scope::default() };
        let mut binder =
            Binder::new(self.registry, &self.catalog, &mut self.diagnostics, &scope, "the condition of a query");
        binder.condition(on, "the condition of a query")
    }

    /// The condition on a table's columns as a look-up and a rest, if the table has an index for it.
    fn looked_up(&mut self, table: usize, on: &Expr, columns: usize) -> Option<TableCondition> {
        let mut found_in = false;
        on.visit(&mut |e| found_in |= matches!(e.node, Node::In(_)));
        if found_in || on.volatility() >= Volatility::Random {
            return None;
        }
        let on = over_table(on.clone(), &(0..columns as u32));
        let condition = self.catalog.tables.get_mut().get_mut(table)?.condition(table, on);
        (!matches!(condition.access, Access::Scan)).then_some(condition)
    }

    /// `select ... insert into T` and its like: what one empty event does to a table.
    fn change_on_demand(&mut self, query: &'a OnDemand, change: &'a ast::Query) -> Option<OnDemandPlan> {
        let name = target(&change.output)?;
        let entry = self.catalog.get(&name.name);
        let Some(shape) = entry.filter(|e| e.class == Class::Table).map(|e| e.shape.clone()) else {
            let class = entry.map(|e| e.class);
            self.diagnostics.push(names::not_a_table(name, class, self.catalog.names(&[Class::Table])));
            return None;
        };
        // Columns without the table's name are the row's, where no selection could have made others of the event.
        self.bare_columns = query.selection.is_none();
        let shape = event(shape, query.selection.as_ref());
        let inputs = [input("", shape.clone())];
        let (outputs, select) = self.selection(query.selection.as_ref(), &inputs, once(), "");
        let source = self.source(shape, query.span);
        let output = self.output(change, outputs);
        if self.carries_else(&name.name) {
            self.diagnostics.push(unsupported::cast_on_demand(query.span));
        }
        let plan = self.query_of(query, source, select?);
        self.add(QueryPlan { output: Some(output?), ..plan });
        Some(self.finish(Contents::Event, source, None))
    }

    /// Whether the query gives a column of the table values of another kind than it was made for.
    fn carries_else(&self, table: &str) -> bool {
        let Some((written, entry)) = self.written.get(table).zip(self.catalog.get(table)) else { return false };
        let fits = |(f, kind): (&Field, &riddhi_batch::Kind)| f.kind == *kind || f.kind == riddhi_batch::Kind::Any;
        !entry.shape.fields.iter().zip(written).all(fits)
    }

    /// The stream on which the query gets its rows.
    fn source(&mut self, shape: Shape, span: Span) -> usize {
        let stream = Entry { defined: true, hidden: true, ..inferred(shape, span) };
        self.catalog.add(SOURCE, stream);
        self.catalog.get(SOURCE).map_or(0, |e| e.number)
    }

    fn query_of(&self, query: &OnDemand, source: usize, select: SelectPlan) -> QueryPlan {
        let schema = self.catalog.get(SOURCE).map(|e| e.shape.schema()).unwrap_or_default();
        QueryPlan {
            text: query.to_string(),
            inputs: vec![source],
            schema,
            select,
            ..QueryPlan::of(Kinds::Current, query.span)
        }
    }

    fn finish(&mut self, contents: Contents, source: usize, result: Option<usize>) -> OnDemandPlan {
        let streams = self.streams();
        let queries = std::mem::take(&mut self.queries);
        let regions = if self.diagnostics.has_errors() { Vec::new() } else { regions(&streams, &queries) };
        let tables = self.catalog.tables.take();
        OnDemandPlan {
            app: AppPlan { streams, tables, queries, regions, ..AppPlan::default() },
            contents,
            source,
            result,
        }
    }
}

/// The attributes of the empty event: those columns of the table that are selected by name, or all.
fn event(mut table: Shape, selection: Option<&ast::Selection>) -> Shape {
    if let Some(SelectList::List(list)) = selection.map(|s| &s.list) {
        table.fields.retain(|f| list.iter().filter_map(ast::OutAttr::name).any(|n| n.name == f.name));
    }
    table
}

fn input<'a>(name: &str, shape: Shape) -> Input<'a> {
    Input { name: name.to_owned(), reference: None, shape, many: false, multi: false, state: false, first: 0 }
}

/// Rows come once and never leave.
fn once() -> WindowUse {
    WindowUse { sliding: false, expired: false, windowed: false, leaving: Leaving::Batch }
}
