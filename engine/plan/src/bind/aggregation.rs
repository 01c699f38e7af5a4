//! `define aggregation`: refused, but checked, since queries read it.

use riddhi_batch::Type;
use riddhi_ql::ast::{self, AggregationDef, AggregationTimeKind, ExprKind, SelectList, TimeUnit};
use riddhi_ql::{Ident, Span};

use super::catalog::{Class, Entry, Field, Shape};
use super::expr::Binder;
use super::guards::COPIES_MAX;
use super::scope::{Input, Scope, marked};
use super::{Pass, annotations};
use crate::diagnose::{multi as wrong, names, unsupported};
use crate::registry::{Leaving, WindowUse};

/// Aggregators that can be kept by bucket.
const AGGREGATORS: [&str; 6] = ["sum", "count", "avg", "min", "max", "distinctCount"];

const UNITS: [(TimeUnit, &str); 6] = [
    (TimeUnit::Second, "SECONDS"),
    (TimeUnit::Minute, "MINUTES"),
    (TimeUnit::Hour, "HOURS"),
    (TimeUnit::Day, "DAYS"),
    (TimeUnit::Month, "MONTHS"),
    (TimeUnit::Year, "YEARS"),
];

impl<'a> Pass<'a> {
    pub(crate) fn aggregation(&mut self, d: &'a AggregationDef) {
        self.diagnostics.push(unsupported::aggregation(d.name.span));
        if let Some(key) = annotations::single(&d.annotations, "primaryKey", &mut self.diagnostics) {
            self.diagnostics.push(wrong::key_of_aggregation(key.span));
        }
        for by_id in d.annotations.iter().filter(|a| annotations::is(a, "PartitionById")) {
            self.diagnostics.push(unsupported::shards(by_id.span));
        }
        super::outside::store(&d.annotations, &mut self.diagnostics);
        let units = self.granularities(d);
        super::purge::aggregation(d, &units, &mut self.diagnostics);
        let shape = self.aggregation_shape(d);
        if let Some(before) = self.catalog.get(&d.name.name) {
            self.diagnostics.push(names::defined_twice(&d.name, Class::Aggregation, before));
            return;
        }
        self.catalog.add(&d.name.name, entry(Class::Aggregation, shape, d.name.span));
        for unit in units {
            let table = Ident::new(format!("{}_{unit}", d.name), d.name.span);
            match self.catalog.get(&table.name) {
                Some(before) => self.diagnostics.push(names::defined_twice(&table, Class::Table, before)),
                None => self.catalog.add(&table.name, entry(Class::Table, Shape::open(), d.name.span)),
            }
        }
    }

    fn granularities(&mut self, d: &AggregationDef) -> Vec<&'static str> {
        let named =
            |wanted: &dyn Fn(TimeUnit) -> bool| UNITS.iter().filter(|(u, _)| wanted(*u)).map(|(_, n)| *n).collect();
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

    fn aggregation_shape(&mut self, d: &'a AggregationDef) -> Shape {
        let source = &d.input.source;
        let name = marked(source.scope, &source.name.name);
        let read = match self.catalog.get(&name).map(|e| e.class) {
            Some(class @ (Class::Table | Class::Window)) => {
                self.diagnostics.push(names::not_readable(&name, source.span, class));
                None
            }
            _ => self.read(source),
        };
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
        self.aggregate_by(d, &inputs);
        let window = WindowUse { sliding: false, expired: false, windowed: false, leaving: Leaving::Batch };
        let star = matches!(d.selection.list, SelectList::Star(_));
        let (selected, _) = self.selection(Some(&d.selection), &inputs, window, &d.name.name);
        let mut shape = Shape { fields: vec![Field::new("AGG_TIMESTAMP", Type::Long)], open: selected.open };
        if !star {
            shape.fields.extend(selected.fields);
        }
        shape
    }

    fn aggregate_by(&mut self, d: &'a AggregationDef, inputs: &[Input<'a>]) {
        let Some(by) = &d.by else { return };
        let scope = Scope { inputs: inputs.to_vec(), ..Scope::default() };
        let mut binder = Binder::new(self.registry, &self.catalog, &mut self.diagnostics, &scope, "aggregate by");
        if let Some(bound) = binder.attribute(by)
            && !matches!(bound.ty, Type::Long | Type::String)
        {
            self.diagnostics.push(wrong::aggregate_by_type(bound.ty, by.span));
        }
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

fn entry(class: Class, shape: Shape, span: Span) -> Entry {
    Entry { class, shape, span, defined: true, number: 0, fault: false, hidden: false, kinded: false, window: None }
}
