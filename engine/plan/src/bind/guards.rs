//! Conditions under which a part of an expression is looked at: behind `and` and `or`, and in the branches of `ifThenElse`.
//! They are kept for aggregates only, which then take in no other rows.
//!
//! Conditions and, in `having`, selected attributes are copied to where they are used, so a small text can grow. A query may
//! copy [`COPIES_MAX`] nodes; beyond that it is refused.

use riddhi_ql::ast::{self, Args, BinaryOp, ExprKind, NullTarget};

use super::expr::{Binder, negated};
use crate::diagnose::types;
use crate::expr::Expr;

/// Nodes that the binding of one query may copy.
pub(crate) const COPIES_MAX: usize = 1_000_000;

impl Binder<'_> {
    /// Binds what is looked at only if `condition` is true (or, `unless`, is not).
    pub(crate) fn bind_guarded(&mut self, expr: &ast::Expr, condition: Option<&Expr>, unless: bool) -> Option<Expr> {
        let Some(condition) = condition.filter(|_| self.has_aggregate(expr)) else {
            return self.bind(expr);
        };
        self.spend(condition)?;
        let condition = condition.clone();
        self.guards.push(if unless { negated(condition) } else { condition });
        let bound = self.bind(expr);
        self.guards.pop();
        bound
    }

    /// The side behind `and` or `or`.
    pub(crate) fn bind_behind(&mut self, op: BinaryOp, left: Option<&Expr>, right: &ast::Expr) -> Option<Expr> {
        match op {
            BinaryOp::And => self.bind_guarded(right, left, false),
            BinaryOp::Or => self.bind_guarded(right, left, true),
            _ => self.bind(right),
        }
    }

    /// The arguments of `ifThenElse`, of which only one of the branches is looked at.
    pub(crate) fn choice(&mut self, list: &[ast::Expr]) -> Option<Vec<Expr>> {
        let mut args: Vec<Option<Expr>> = Vec::new();
        for (number, arg) in list.iter().enumerate() {
            let condition = args.first().and_then(Option::as_ref).filter(|_| number == 1 || number == 2);
            let bound = self.bind_guarded(arg, condition, number == 2);
            args.push(bound);
        }
        args.into_iter().collect()
    }

    /// Counts a copy; `None`, once told, if the query has copied too much.
    pub(crate) fn spend(&mut self, expr: &Expr) -> Option<()> {
        let mut size = 0;
        expr.visit(&mut |_| size += 1);
        let left = self.catalog.copies.get();
        self.catalog.copies.set(left.saturating_sub(size));
        if size <= left {
            return Some(());
        }
        if left > 0 {
            self.diagnostics.push(types::too_large(expr.span));
        }
        None
    }

    /// Whether an aggregator is called somewhere in the text.
    fn has_aggregate(&self, expr: &ast::Expr) -> bool {
        match &expr.kind {
            ExprKind::Call(call) | ExprKind::IsNull(NullTarget::Call(call)) => self.calls_aggregate(call),
            ExprKind::Not(inner) => self.has_aggregate(inner),
            ExprKind::Binary { lhs, rhs, .. } => self.has_aggregate(lhs) || self.has_aggregate(rhs),
            ExprKind::In { condition, .. } => self.has_aggregate(condition),
            _ => false,
        }
    }

    fn calls_aggregate(&self, call: &ast::Call) -> bool {
        let namespace = call.namespace.as_ref().map_or("", |n| n.name.as_str());
        let inside = match &call.args {
            Args::List(list) => list.iter().any(|a| self.has_aggregate(a)),
            Args::Star(_) => false,
        };
        inside || self.registry.find_aggregate(namespace, &call.name.name).is_some()
    }
}
