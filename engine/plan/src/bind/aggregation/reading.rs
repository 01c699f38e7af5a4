//! What readers of an aggregation see: expressions over a row of a duration's table.

use riddhi_batch::{Kind, Type};
use riddhi_ql::Span;

use super::kept::{Kept, name_of};
use crate::aggregation::{AggregationPlan, Base};
use crate::bind::Pass;
use crate::bind::call::arg_types;
use crate::expr::{Arith, Expr, Node};
use crate::logical::{AggregatePlan, Item};

/// Marks attributes that are columns of a row already.
const DONE: u32 = 1 << 31;

fn mark(expr: &mut Expr) {
    expr.visit_mut(&mut |e| {
        if let Node::Attr(at) = &mut e.node {
            *at |= DONE;
        }
    });
}

impl Pass<'_> {
    /// What a reader sees for an item of the select list.
    pub(super) fn read_item(
        &self,
        item: &Item,
        aggregates: &[AggregatePlan],
        kept: &Kept,
        plan: &AggregationPlan,
    ) -> Option<Expr> {
        let of = |at: usize, span: Span| Expr::attribute(&plan.row, at, span);
        if !item.expr.has_aggregate() {
            let group = kept.groups.iter().position(|g| g.expr.is_attribute_as(&item.expr));
            let latest = || kept.latest.iter().position(|l| l.name == item.name).map(|at| plan.first_latest() + at);
            let at = group.map(|at| 1 + usize::from(plan.external) + at).or_else(latest)?;
            return Some(of(at, item.expr.span));
        }
        let mut expr = item.expr.clone();
        let mut complete = true;
        expr.visit_mut(&mut |e| {
            let found = match &e.node {
                Node::Attr(at) => {
                    // Those that stand here already are columns of the row.
                    if *at & DONE != 0 {
                        return;
                    }
                    let is = |i: &Item| matches!(i.expr.node, Node::Attr(a) if a == *at);
                    let group = kept.groups.iter().position(is).map(|at| 1 + usize::from(plan.external) + at);
                    group
                        .or_else(|| kept.latest.iter().position(is).map(|at| plan.first_latest() + at))
                        .map(|at| of(at, e.span))
                }
                Node::Aggregate(number) => {
                    aggregates.get(*number as usize).and_then(|a| self.read_aggregate(a, kept, plan, e.span))
                }
                _ => return,
            };
            match found {
                Some(mut found) => {
                    mark(&mut found);
                    *e = found;
                }
                None => complete = false,
            }
        });
        expr.visit_mut(&mut |e| {
            if let Node::Attr(at) = &mut e.node {
                *at &= !DONE;
            }
        });
        complete.then_some(expr)
    }

    fn read_aggregate(&self, a: &AggregatePlan, kept: &Kept, plan: &AggregationPlan, span: Span) -> Option<Expr> {
        let base = |base: Base| {
            let is = |(b, arg): &(Base, Option<Item>)| {
                *b == base
                    && (base == Base::Count
                        || arg.as_ref().zip(a.arg.as_ref()).is_some_and(|(x, y)| x.expr.is_attribute_as(y)))
            };
            let at = kept.bases.iter().position(is)?;
            Some(Expr::attribute(&plan.row, plan.first_base() + at, span))
        };
        Some(match name_of(a) {
            "sum" => base(Base::Sum)?,
            "count" => base(Base::Count)?,
            "min" => base(Base::Min)?,
            "max" => base(Base::Max)?,
            "avg" => {
                let node = Node::Arith(Arith::Divide, Box::new(base(Base::Sum)?), Box::new(base(Base::Count)?));
                Expr { ty: Type::Double, kind: Kind::F64, node, span }
            }
            _ => {
                let args = vec![base(Base::Set)?];
                let bound = self.registry.find_scalar("", "sizeOfSet")?.bind(&arg_types(&args)).ok()?;
                let (kernel, volatility) = (bound.kernel, bound.volatility);
                // Declared long, but ints.
                let node = Node::Call { name: "sizeOfSet".to_owned(), kernel, volatility, args };
                Expr { ty: Type::Long, kind: bound.kind, node, span }
            }
        })
    }
}
