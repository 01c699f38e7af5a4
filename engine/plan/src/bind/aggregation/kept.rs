//! What an aggregation keeps of events: group keys, latest values, and the base values of its aggregators.

use riddhi_batch::{Attribute, Kind, Schema, Type, Value};
use riddhi_ql::Span;

use crate::aggregation::{AggregationPlan, Base, BasePlan};
use crate::expr::{Expr, Node};
use crate::logical::{AggregatePlan, Item};

/// The name under which readers see the bucket.
pub(super) const TIMESTAMP: &str = "AGG_TIMESTAMP";

/// What is kept, while it is collected.
#[derive(Default)]
pub(super) struct Kept {
    pub groups: Vec<Item>,
    pub latest: Vec<Item>,
    /// With the attribute that each is of.
    pub bases: Vec<(Base, Option<Item>)>,
}

impl Kept {
    /// Adds what an aggregator needs; whether that can be kept.
    pub fn add(&mut self, a: &AggregatePlan, schema: &Schema) -> bool {
        let bases: &[Base] = match name_of(a) {
            "sum" => &[Base::Sum],
            "count" => &[Base::Count],
            "avg" => &[Base::Sum, Base::Count],
            "min" => &[Base::Min],
            "max" => &[Base::Max],
            "distinctCount" => &[Base::Set],
            _ => return false,
        };
        if a.when.is_some() {
            return false;
        }
        for &base in bases {
            let arg = match a.arg.as_ref().filter(|_| base != Base::Count) {
                None => None,
                Some(Expr { node: Node::Attr(at), ty, kind, span, .. }) if *kind == ty.kind() => {
                    Some(attribute(schema, *at, *span))
                }
                Some(_) => return false,
            };
            let is = |(b, known): &(Base, Option<Item>)| {
                *b == base && known.as_ref().map(|i| &i.name) == arg.as_ref().map(|i| &i.name)
            };
            if !self.bases.iter().any(is) {
                self.bases.push((base, arg));
            }
        }
        true
    }

    /// What is computed of an event, and where the base values find what they are of.
    pub fn input(&self) -> (Vec<Item>, Vec<BasePlan>) {
        let mut input: Vec<Item> = self.groups.iter().chain(&self.latest).cloned().collect();
        let first = input.len();
        let mut bases = Vec::new();
        for (base, arg) in &self.bases {
            let place = arg.as_ref().map(|arg| {
                let known = input[first..].iter().position(|i| i.expr.is_attribute_as(&arg.expr)).map(|at| first + at);
                known.unwrap_or_else(|| {
                    input.push(arg.clone());
                    input.len() - 1
                }) as u32
            });
            bases.push(BasePlan { base: *base, arg: place });
        }
        if input.is_empty() {
            // A row has to have a column.
            let node = Node::Const(Value::Bool(true));
            let expr = Expr { ty: Type::Bool, kind: Kind::Bool, node, span: Span::default() };
            input.push(Item { name: "event".to_owned(), expr });
        }
        (input, bases)
    }

    /// The columns of a row.
    pub fn row(&self, plan: &AggregationPlan) -> Schema {
        let of = |i: &Item| Attribute { name: i.name.clone(), ty: i.expr.ty, kind: i.expr.kind };
        let long = |name: &str| Attribute::new(name, Type::Long);
        let mut attributes = vec![long(TIMESTAMP)];
        attributes.extend(plan.external.then(|| long("AGG_EVENT_TIMESTAMP")));
        attributes.extend(self.groups.iter().chain(&self.latest).map(of));
        attributes.extend(plan.last_time().map(|_| long("AGG_LAST_EVENT_TIMESTAMP")));
        for (base, arg) in &self.bases {
            let name = arg.as_ref().map_or("", |i| i.name.as_str());
            let name = match base {
                Base::Sum => format!("AGG_SUM_{name}"),
                Base::Count => "AGG_COUNT".to_owned(),
                Base::Min => format!("AGG_MIN_{name}"),
                Base::Max => format!("AGG_MAX_{name}"),
                Base::Set => format!("AGG_SET_{name}"),
            };
            attributes.push(Attribute::new(name, BasePlan::ty(*base, arg.as_ref().map(|i| i.expr.ty))));
        }
        Schema { attributes }
    }
}

/// The name of an aggregator.
pub(super) fn name_of(a: &AggregatePlan) -> &str {
    a.text.split('(').next().unwrap_or_default()
}

/// An attribute of the input, under its name.
pub(super) fn attribute(schema: &Schema, at: u32, span: Span) -> Item {
    let name = schema.attributes[at as usize].name.clone();
    Item { name, expr: Expr::attribute(schema, at as usize, span) }
}
