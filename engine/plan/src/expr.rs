//! Bound expressions: names resolved, types known, functions looked up.

use std::sync::Arc;

use riddhi_batch::{Kind, Schema, Type, Value};
use riddhi_ql::Span;

use crate::registry::{ScalarKernel, Volatility};
use crate::table::TableCondition;

/// An expression ready to be compiled into kernels.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Declared type: what typing rules and the output's schema go by.
    pub ty: Type,
    /// Actual kind of the column it computes; differs from `ty.kind()` after `cast`, and is `Any` where it varies by row.
    pub kind: Kind,
    /// What it computes.
    pub node: Node,
    /// Where it stands in the app's text.
    pub span: Span,
}

/// The forms of a bound expression.
#[derive(Clone, Debug)]
pub enum Node {
    /// A constant, of the kind `Expr::kind`.
    Const(Value),
    /// Attribute of the query's input at that place (attributes added by stream functions follow the stream's own).
    Attr(u32),
    /// Result of that aggregate of the same select, or of the same filter.
    Aggregate(u32),
    /// `+ - * / %`; both sides are converted to `Expr::ty` first. A side that is no number at run time fails the row,
    /// a null side gives null before that is looked at.
    Arith(Arith, Box<Expr>, Box<Expr>),
    /// Comparison by the rules of 3.4; never null.
    Compare(Compare, Box<Expr>, Box<Expr>),
    /// Two-valued, lazy in its failures from left to right.
    And(Box<Expr>, Box<Expr>),
    /// Two-valued, lazy in its failures from left to right.
    Or(Box<Expr>, Box<Expr>),
    /// Two-valued.
    Not(Box<Expr>),
    /// Whether the value is null.
    IsNull(Box<Expr>),
    /// Column of the row of a table, inside a condition over an event and such a row.
    Column(u32),
    /// Whether a table has a row for which the condition holds.
    In(Box<TableCondition>),
    /// A function of the registry.
    Call {
        /// As written, for EXPLAIN and messages: `name` or `namespace:name`.
        name: String,
        /// What computes it.
        kernel: Arc<dyn ScalarKernel>,
        /// What its value depends on beside its arguments.
        volatility: Volatility,
        /// Its arguments.
        args: Vec<Expr>,
    },
}

/// Arithmetic operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Arith {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// Comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Compare {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Expr {
    /// Calls `f` on this node and all below it, parents first.
    pub fn visit<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        f(self);
        match &self.node {
            Node::Const(_) | Node::Attr(_) | Node::Aggregate(_) | Node::Column(_) => {}
            Node::Arith(_, a, b) | Node::Compare(_, a, b) | Node::And(a, b) | Node::Or(a, b) => {
                a.visit(f);
                b.visit(f);
            }
            Node::Not(a) | Node::IsNull(a) => a.visit(f),
            Node::Call { args, .. } => args.iter().for_each(|a| a.visit(f)),
            Node::In(condition) => condition.expressions().for_each(|e| e.visit(f)),
        }
    }

    /// Calls `f` on this node and all below it, parents first.
    pub fn visit_mut(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        f(self);
        match &mut self.node {
            Node::Const(_) | Node::Attr(_) | Node::Aggregate(_) | Node::Column(_) => {}
            Node::Arith(_, a, b) | Node::Compare(_, a, b) | Node::And(a, b) | Node::Or(a, b) => {
                a.visit_mut(f);
                b.visit_mut(f);
            }
            Node::Not(a) | Node::IsNull(a) => a.visit_mut(f),
            Node::Call { args, .. } => args.iter_mut().for_each(|a| a.visit_mut(f)),
            Node::In(condition) => condition.expressions_mut().for_each(|e| e.visit_mut(f)),
        }
    }

    /// An attribute of that schema, read where `span` says.
    pub fn attribute(schema: &Schema, at: usize, span: Span) -> Expr {
        let attribute = &schema.attributes[at];
        Expr { ty: attribute.ty, kind: attribute.kind, node: Node::Attr(at as u32), span }
    }

    /// Whether both are the same attribute and nothing else.
    pub fn is_attribute_as(&self, other: &Expr) -> bool {
        matches!((&self.node, &other.node), (Node::Attr(a), Node::Attr(b)) if a == b)
    }

    /// Marks the attributes that it reads among those of which there is a mark.
    pub fn mark_attributes(&self, used: &mut [bool]) {
        self.visit(&mut |e| {
            if let Node::Attr(a) = e.node
                && let Some(used) = used.get_mut(a as usize)
            {
                *used = true;
            }
        });
    }

    /// The most volatile thing inside.
    pub fn volatility(&self) -> Volatility {
        let mut most = Volatility::Pure;
        self.visit(&mut |e| {
            match &e.node {
                Node::Call { volatility, .. } => most = most.max(*volatility),
                // A table may be another one when the row leaves.
                Node::In(_) => most = most.max(Volatility::Clock),
                _ => {}
            }
        });
        most
    }

    /// Whether a table is looked at.
    pub fn reads_table(&self) -> bool {
        let mut found = false;
        self.visit(&mut |e| found |= matches!(e.node, Node::Column(_) | Node::In(_)));
        found
    }

    /// Whether the result of an aggregate is used.
    pub fn has_aggregate(&self) -> bool {
        let mut found = false;
        self.visit(&mut |e| found |= matches!(e.node, Node::Aggregate(_)));
        found
    }
}
