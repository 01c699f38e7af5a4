//! `define aggregation`: a query that computes what is kept of each event, and a node behind it that keeps it by bucket.

mod kept;
mod reading;

use std::sync::Arc;

use riddhi_batch::{Attribute, Schema, Type};
use riddhi_ql::ast::{self, AggregationDef, AggregationTimeKind, ExprKind, SelectList, TimeUnit};
use riddhi_ql::{Diagnostic, Ident, Span};

use super::call::arg_types;
use super::catalog::{Class, Entry, Field, Shape};
use super::definitions::entry;
use super::expr::Binder;
use super::guards::COPIES_MAX;
use super::outside::{Place, aggregation_store};
use super::scope::{Input, Scope, marked};
use super::table::table_reads;
use super::{Pass, annotations, output};
use crate::aggregation::{AggregationPlan, BUCKET_TIME, Unit};
use crate::diagnose::{multi as wrong, names, notes, unsupported};
use crate::expr::{Expr, Node};
use crate::logical::{Access, Handler, Item, Kinds, QueryPlan, Role, SelectPlan, Shared};
use crate::registry::{Leaving, WindowUse};
use crate::table::TablePlan;
use kept::{Kept, TIMESTAMP, attribute, name_of};

/// Aggregators that can be kept by bucket.
const AGGREGATORS: [&str; 6] = ["sum", "count", "avg", "min", "max", "distinctCount"];

/// A definition as far as it could be bound, if all of it could.
struct Bound {
    stream: usize,
    schema: Schema,
    before: Vec<Handler>,
    select: SelectPlan,
    by: Option<Expr>,
}

impl<'a> Pass<'a> {
    pub(crate) fn aggregation(&mut self, d: &'a AggregationDef) {
        if let Some(key) = annotations::single(&d.annotations, "primaryKey", &mut self.diagnostics) {
            self.diagnostics.push(wrong::key_of_aggregation(key.span));
        }
        for (name, refusal) in [
            ("PartitionById", unsupported::shards as fn(Span) -> Diagnostic),
            ("persistedAggregation", unsupported::aggregation),
        ] {
            for asked in d.annotations.iter().filter(|a| annotations::is(a, name)) {
                // As in Siddhi: without the element it is asked for, and every other word takes it back.
                let enable = annotations::element(asked, "enable", &mut self.diagnostics);
                if enable.is_none_or(|e| e.value.value.eq_ignore_ascii_case("true")) {
                    self.diagnostics.push(refusal(asked.span));
                }
            }
        }
        let units = self.granularities(d);
        let purge = super::purge::aggregation(d, &units, &mut self.diagnostics);
        let gap = units.windows(2).any(|pair| pair[1] as usize - pair[0] as usize > 1);
        if purge.as_ref().is_some_and(|p| gap || matches!(p.keep_ms.last(), Some(Some(_)))) {
            self.diagnostics.push(notes::purged(d.name.span));
        }
        if !d.input.handlers.is_empty() {
            self.diagnostics.push(notes::filtered_aggregation(d.input.source.name.span));
        }
        let (shape, bound) = self.aggregation_shape(d);
        if let Some(before) = self.catalog.get(&d.name.name) {
            self.diagnostics.push(names::defined_twice(&d.name, Class::Aggregation, before));
            return;
        }
        let plan = bound.and_then(|bound| {
            let plan = self.aggregation_plan(d, bound);
            if plan.is_none() {
                self.diagnostics.push(unsupported::aggregation(d.name.span));
            }
            plan
        });
        let number = self.aggregations.len();
        let reading = match &plan {
            Some((plan, _)) => Shape::of(&plan.reading),
            None => shape,
        };
        self.catalog.add(&d.name.name, Entry { number, ..entry(Class::Aggregation, reading, d.name.span) });
        let row = plan.as_ref().map(|(plan, _)| plan.row.clone());
        let place =
            Place { registry: self.registry, stream: 0, name: &d.name.name, schema: &row.clone().unwrap_or_default() };
        let store = aggregation_store(&d.annotations, &place, &mut self.diagnostics).map(Arc::new);
        let tables: Vec<usize> = units.iter().map(|unit| self.duration_table(d, *unit, row.as_ref())).collect();
        let Some((mut plan, query)) = plan else { return };
        if let Some(store) = store {
            let all = self.catalog.tables.get_mut();
            for &number in &tables {
                all[number].store = Some(store.clone());
                plan.stored.push(plan.ask_of(number, &mut all[number]));
            }
        }
        self.aggregations.push(AggregationPlan { units, tables, purge, ..plan });
        self.aggregation_nodes(d, number, query);
    }

    /// The table of a duration.
    fn duration_table(&mut self, d: &AggregationDef, unit: Unit, row: Option<&Schema>) -> usize {
        let name = Ident::new(format!("{}_{}", d.name, unit.table()), d.name.span);
        let number = self.catalog.tables.borrow().len();
        let schema = row.cloned().unwrap_or_default();
        let external = d.by.is_some();
        let keys = 1 + u32::from(external) + d.selection.group_by.len() as u32;
        let key = (0..keys.min(schema.attributes.len() as u32)).collect();
        let indexed: Vec<u32> = d
            .annotations
            .iter()
            .filter(|a| annotations::is(a, "index"))
            .flat_map(|a| &a.elements)
            .filter_map(|e| schema.attributes.iter().position(|a| a.name == e.value.value))
            .map(|at| at as u32)
            .collect();
        let shape = row.map_or_else(Shape::open, Shape::of);
        self.catalog.tables.get_mut().push(TablePlan::new(name.name.clone(), schema, key, &indexed, d.name.span));
        match self.catalog.get(&name.name) {
            Some(before) => self.diagnostics.push(names::defined_twice(&name, Class::Table, before)),
            None => self.catalog.add(&name.name, Entry { number, ..entry(Class::Table, shape, d.name.span) }),
        }
        number
    }

    fn granularities(&mut self, d: &AggregationDef) -> Vec<Unit> {
        let named = |wanted: &dyn Fn(TimeUnit) -> bool| {
            Unit::ALL.into_iter().zip(UNITS).filter(|(_, u)| wanted(*u)).map(|(unit, _)| unit).collect()
        };
        match &d.every.kind {
            AggregationTimeKind::Range(from, to) => {
                if from.unit > to.unit {
                    self.diagnostics.push(wrong::range_backwards(d.every.span));
                }
                named(&|u| from.unit <= u && u <= to.unit)
            }
            AggregationTimeKind::List(list) => named(&|u| list.iter().any(|g| g.unit == u)),
        }
    }

    fn aggregation_shape(&mut self, d: &'a AggregationDef) -> (Shape, Option<Bound>) {
        let source = &d.input.source;
        let name = marked(source.scope, &source.name.name);
        let read = match self.catalog.get(&name).map(|e| e.class) {
            // Of a stream that is a named window too it takes all that readers see.
            Some(Class::Window) if self.twin(&name).is_some() => self.read_rows(source),
            Some(class @ (Class::Table | Class::Window)) => {
                self.diagnostics.push(names::not_readable(&name, source.span, class));
                None
            }
            _ => self.read(source),
        };
        let stream = read.as_ref().and_then(|r| r.stream);
        let shape = read.map_or_else(Shape::open, |r| r.shape);
        let mut inputs = [Input { name, reference: None, shape, many: false, multi: false, state: false, first: 0 }];
        self.catalog.copies.set(COPIES_MAX);
        let chain = self.handlers(&d.input.handlers, &mut inputs, 0, false);
        if let Some(span) = chain.window_span {
            self.diagnostics.push(wrong::window_of_aggregation(span));
        }
        if let SelectList::List(list) = &d.selection.list {
            list.iter().for_each(|item| self.kept_by_bucket(&item.expr));
        }
        let by = self.aggregate_by(d, &inputs);
        let window = WindowUse { sliding: false, expired: false, windowed: false, leaving: Leaving::Batch };
        let star = matches!(d.selection.list, SelectList::Star(_));
        let (selected, select) = self.selection(Some(&d.selection), &inputs, window, &d.name.name);
        let mut shape = Shape { fields: vec![Field::new(TIMESTAMP, Type::Long)], open: selected.open };
        if !star {
            shape.fields.extend(selected.fields);
        }
        let complete = chain.complete && chain.window_span.is_none() && by.is_some() == d.by.is_some();
        let bound = stream.zip(select).filter(|_| complete).map(|(stream, mut select)| {
            if star {
                select.items.clear();
            }
            Bound { stream, schema: inputs[0].shape.schema(), before: chain.before, select, by }
        });
        (shape, bound)
    }

    fn aggregate_by(&mut self, d: &'a AggregationDef, inputs: &[Input<'a>]) -> Option<Expr> {
        let by = d.by.as_ref()?;
        let scope = Scope { inputs: inputs.to_vec(), ..Scope::default() };
        let mut binder = Binder::new(self.registry, &self.catalog, &mut self.diagnostics, &scope, "aggregate by");
        let bound = binder.attribute(by)?;
        if !matches!(bound.ty, Type::Long | Type::String) {
            self.diagnostics.push(wrong::aggregate_by_type(bound.ty, by.span));
        }
        Some(bound)
    }

    /// What is kept, and the query that computes it of an event; its tables and durations are still to be told.
    fn aggregation_plan(&mut self, d: &AggregationDef, bound: Bound) -> Option<(AggregationPlan, QueryPlan)> {
        let Bound { stream, schema, before, select, by } = bound;
        let mut kept = Kept::default();
        for &at in &select.group_by {
            kept.groups.push(attribute(&schema, at, d.name.span));
        }
        let plain = |e: &Expr| matches!(e.node, Node::Attr(at) if select.group_by.contains(&at));
        for item in &select.items {
            if !item.expr.has_aggregate() && !plain(&item.expr) {
                kept.latest.push(item.clone());
            }
        }
        for item in select.items.iter().filter(|i| i.expr.has_aggregate()) {
            item.expr.visit(&mut |e| {
                if let (Node::Attr(at), false) = (&e.node, plain(e)) {
                    let latest = attribute(&schema, *at, e.span);
                    if !kept.latest.iter().any(|i| i.expr.is_attribute_as(&latest.expr)) {
                        kept.latest.push(latest);
                    }
                }
            });
        }
        for aggregate in &select.aggregates {
            if let ("avg", Some(arg)) = (name_of(aggregate), &aggregate.arg)
                && matches!(arg.ty, Type::Int | Type::Long)
            {
                self.diagnostics.push(notes::whole_average(arg.span));
            }
            if !kept.add(aggregate, &schema) {
                return None;
            }
        }
        let external = by.is_some();
        let (mut input, bases) = kept.input();
        if let Some(by) = by {
            input.push(self.bucket_time(by)?);
        }
        let mut plan = AggregationPlan {
            name: d.name.name.clone(),
            units: Vec::new(),
            tables: Vec::new(),
            external,
            groups: kept.groups.len(),
            latest: kept.latest.len(),
            bases,
            row: Schema::default(),
            reading: Schema { attributes: vec![Attribute::new(TIMESTAMP, Type::Long)] },
            items: Vec::new(),
            purge: None,
            stored: Vec::new(),
            span: d.name.span,
        };
        plan.row = kept.row(&plan);
        let mut names: Vec<&str> = plan.row.attributes.iter().map(|a| a.name.as_str()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return None;
        }
        plan.items.push(Expr::attribute(&plan.row, plan.time_column(), d.name.span));
        for item in &select.items {
            let expr = self.read_item(item, &select.aggregates, &kept, &plan)?;
            plan.reading.attributes.push(Attribute { name: item.name.clone(), ty: expr.ty, kind: expr.kind });
            plan.items.push(expr);
        }
        let query = QueryPlan {
            inputs: vec![stream],
            schema,
            before,
            select: SelectPlan { items: input, ..SelectPlan::default() },
            ..QueryPlan::of(Kinds::Current, d.span)
        };
        Some((plan, query))
    }

    /// The time of an event.
    fn bucket_time(&self, by: Expr) -> Option<Item> {
        let (args, span) = (vec![by.clone()], by.span);
        let bound = self.registry.find_scalar("", BUCKET_TIME)?.bind(&arg_types(&args)).ok()?;
        let (kernel, volatility) = (bound.kernel, bound.volatility);
        let node = Node::Call { name: BUCKET_TIME.to_owned(), kernel, volatility, args };
        Some(Item { name: BUCKET_TIME.to_owned(), expr: Expr { ty: bound.ty, kind: bound.kind, node, span } })
    }

    /// The query that computes what is kept, and the node that keeps it.
    fn aggregation_nodes(&mut self, d: &AggregationDef, number: usize, query: QueryPlan) {
        let field = |i: &Item| Field { name: i.name.clone(), ty: Some(i.expr.ty), kind: i.expr.kind };
        let shape = Shape { fields: query.select.items.iter().map(field).collect(), open: false };
        let hidden = format!("{}:in", d.name);
        self.catalog.add(&hidden, Entry { hidden: true, ..output::inferred(shape.clone(), d.name.span) });
        let way = self.catalog.get(&hidden).map(|e| e.number);
        let label = format!("aggregation {}", d.name);
        let key = format!("aggregation:{}", d.name);
        let mut query =
            QueryPlan { label: label.clone(), key: format!("{key}:in"), text: d.to_string(), output: way, ..query };
        let reads = table_reads(query.expressions().into_iter());
        query.shared.extend(reads);
        let fault = self.fault_node(&query, 0);
        let tables = &self.aggregations[number].tables;
        let writes = tables.iter().map(|&t| (Shared::Table(t), Access::Write));
        let shared = std::iter::once((Shared::Aggregation(number), Access::Write)).chain(writes).collect();
        let node = QueryPlan {
            label,
            key: format!("{key}:keep"),
            inputs: way.into_iter().collect(),
            role: Role::Aggregate(number),
            shared,
            schema: shape.schema(),
            ..QueryPlan::of(Kinds::Current, d.span)
        };
        self.queries.push(query);
        self.queries.push(node);
        self.queries.extend(fault);
    }

    /// Complains about aggregators that cannot be kept by bucket, wherever they stand in an item.
    fn kept_by_bucket(&mut self, expr: &ast::Expr) {
        match &expr.kind {
            ExprKind::Call(call) => {
                let name = call.name.name.as_str();
                let registry = self.registry;
                let aggregator = call.namespace.is_none() && registry.find_aggregate("", name).is_some();
                if aggregator && !AGGREGATORS.contains(&name) {
                    self.diagnostics.push(wrong::not_by_bucket(name, call.span));
                }
                if let ast::Args::List(args) = &call.args {
                    if aggregator && args.iter().any(|a| !matches!(a.kind, ExprKind::Attr(_))) {
                        self.diagnostics.push(wrong::plain_attribute(name, call.span));
                    }
                    args.iter().for_each(|a| self.kept_by_bucket(a));
                }
            }
            ExprKind::Not(inner) => self.kept_by_bucket(inner),
            ExprKind::Binary { lhs, rhs, .. } => {
                self.kept_by_bucket(lhs);
                self.kept_by_bucket(rhs);
            }
            _ => {}
        }
    }
}

const UNITS: [TimeUnit; 6] =
    [TimeUnit::Second, TimeUnit::Minute, TimeUnit::Hour, TimeUnit::Day, TimeUnit::Month, TimeUnit::Year];
