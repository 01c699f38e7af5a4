//! Equalities of a join between values of its sides: a value that is no bare attribute is computed once, when its row enters, and
//! stands behind the row's attributes without a name, so that rows are found by it as by any attribute.
//!
//! Only what cannot fail is computed so: in Siddhi it is computed for pairs, and a row without a partner never fails.

use std::sync::Arc;

use riddhi_batch::{Attribute, Column, Kind, Sel};
use riddhi_ql::ast::Join;
use riddhi_ql::{Diagnostics, Span};

use super::Pass;
use super::catalog::Field;
use super::expr::Binder;
use super::handlers::Chain;
use super::multi::place;
use super::scope::{Input, Scope};
use crate::expr::{Compare, Expr, Node};
use crate::join::compared_as;
use crate::logical::Handler;
use crate::registry::{BoundStream, StreamCx, StreamKernel, StreamRows, Volatility};

/// An attribute that stands for an expression of the condition.
pub(crate) struct Computed {
    /// Where the expression stands.
    span: Span,
    /// The side, and the attribute's place there.
    side: usize,
    attribute: usize,
}

impl<'a> Pass<'a> {
    /// Adds to the sides what their rows are found by; `streams` tells which of them are plain streams. Each input knows its place before
    /// and after.
    pub(crate) fn computed_keys(
        &mut self,
        join: &'a Join,
        inputs: &mut [Input<'a>; 2],
        chains: [&mut Chain; 2],
        streams: [bool; 2],
    ) -> Vec<Computed> {
        let Some(on) = &join.on else { return Vec::new() };
        let times = inputs.iter().map(|i| i.shape.fields.len()).sum::<usize>() as u32;
        let scope = Scope { inputs: inputs.to_vec(), times: Some(times), ..Scope::default() };
        // What is wrong with it is told when it is bound for good.
        let (mut unheard, copies) = (Diagnostics::new(), self.catalog.copies.get());
        let bound = Binder::new(self.registry, &self.catalog, &mut unheard, &scope, "").condition(on, "");
        self.catalog.copies.set(copies);
        let Some(bound) = bound else { return Vec::new() };
        let mut equalities = Vec::new();
        equal_sides(bound, &mut equalities);
        let right = inputs[1].first as u32;
        let mut computed = Vec::new();
        for pair in equalities {
            let sides = [0, 1].map(|at| side_of(&pair[at], right, times));
            let (Some(a), Some(b)) = (sides[0], sides[1]) else { continue };
            if a == b || compared_as(pair[0].kind, pair[1].kind).is_none() {
                continue;
            }
            let bare = |e: &Expr| matches!(e.node, Node::Attr(_));
            let open = |(e, side): (&Expr, usize)| {
                bare(e) || (streams[side] && chains[side].after.is_empty() && !inputs[side].shape.open)
            };
            if pair.iter().all(bare) || ![a, b].iter().enumerate().all(|(i, &side)| open((&pair[i], side))) {
                continue;
            }
            for (mut expr, side) in pair.into_iter().zip([a, b]).filter(|(e, _)| !bare(e)) {
                let first = inputs[side].first as u32;
                expr.visit_mut(&mut |e| {
                    if let Node::Attr(a) = &mut e.node {
                        *a -= first;
                    }
                });
                computed.push(Computed { span: expr.span, side, attribute: inputs[side].shape.fields.len() });
                inputs[side].shape.fields.push(Field::new("", expr.ty));
                chains[side].before.push(Handler::Stream {
                    name: "computed".to_owned(),
                    function: BoundStream {
                        adds: vec![Attribute { name: String::new(), ty: expr.ty, kind: expr.kind }],
                        kernel: Arc::new(AsItIs),
                    },
                    args: vec![expr],
                    aggregates: Vec::new(),
                });
            }
        }
        place(inputs);
        computed
    }
}

/// The condition with the attributes that stand for its parts.
pub(crate) fn over_computed(on: &mut Expr, computed: &[Computed], inputs: &[Input<'_>; 2]) {
    on.visit_mut(&mut |e| {
        if let Some(c) = computed.iter().find(|c| c.span == e.span) {
            e.node = Node::Attr((inputs[c.side].first + c.attribute) as u32);
        }
    });
}

/// Both sides of each `==` among the parts that all have to hold.
fn equal_sides(on: Expr, out: &mut Vec<[Expr; 2]>) {
    match on.node {
        Node::And(a, b) => {
            equal_sides(*a, out);
            equal_sides(*b, out);
        }
        Node::Compare(Compare::Equal, a, b) => out.push([*a, *b]),
        _ => {}
    }
}

/// The side whose attributes, and no others, an expression looks at, if it can be computed for every row.
fn side_of(expr: &Expr, right: u32, times: u32) -> Option<usize> {
    let (mut sides, mut safe) = ([false, false], expr.volatility() == Volatility::Pure);
    expr.visit(&mut |e| {
        safe &= e.kind == e.ty.kind() && e.kind != Kind::Any;
        match &e.node {
            Node::Attr(a) if *a < times => sides[usize::from(*a >= right)] = true,
            Node::Const(_) => {}
            Node::Arith(_, a, b) => safe &= a.ty.is_numeric() && b.ty.is_numeric(),
            Node::Call { name, args, .. } => safe &= name == "convert" && args[0].ty.is_numeric() || name == "coalesce",
            _ => safe = false,
        }
    });
    match sides {
        [true, false] if safe => Some(0),
        [false, true] if safe => Some(1),
        _ => None,
    }
}

/// Adds its argument.
#[derive(Debug)]
struct AsItIs;

impl StreamKernel for AsItIs {
    fn run(&self, _: &mut StreamCx<'_>, rows: &StreamRows<'_>, added: &mut [Column]) {
        added[0].append(&rows.args[0], Sel::From(0), rows.n);
    }
}
