//! Joins: two sides, each with what it keeps, and how the events of one find rows of the other.

use riddhi_batch::{Kind, Schema, Type};

use crate::aggregation::BucketsPlan;
use crate::expr::{Compare, Expr, Node};
use crate::logical::{Kinds, QueryPlan};
use crate::registry::Finds;
use crate::table::TableCondition;

/// What a join does before its selection. The selection sees the attributes of the left side, those of the right side, and the
/// timestamps of both rows, each null where its side is empty.
#[derive(Clone, Debug)]
pub struct JoinPlan {
    /// The left side and the right side.
    pub sides: [SidePlan; 2],
    /// The whole condition, over what the selection sees.
    pub on: Option<Expr>,
    /// What has to be equal, as attributes of the left and the right side, each with the type in which both are compared.
    pub keys: Vec<KeyPlan>,
    /// What is left of the condition beside the keys.
    pub rest: Option<Expr>,
    /// If one side is a table: the condition over the other side's attributes, the timestamps of both, and a row of the table.
    pub table: Option<TableCondition>,
    /// If that table is what an aggregation has for a range of time: which.
    pub buckets: Option<BucketsPlan>,
    /// Whether events of the left and of the right side that find nothing come out alone.
    pub outer: [bool; 2],
    /// Whether an event that expires is looked up: if somebody sees what comes of it.
    pub expired: bool,
    /// Whether both sides are the same stream, whose events then pass both sides one by one.
    pub selfed: bool,
}

/// An equality by which rows are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPlan {
    /// The attribute of the left side and that of the right side.
    pub attributes: [u32; 2],
    /// The kind in which both are compared.
    pub kind: Kind,
}

/// One side of a join.
#[derive(Clone, Debug)]
pub struct SidePlan {
    /// What messages call it.
    pub label: String,
    /// Its place among the inputs of the node; none of a table.
    pub input: Option<u32>,
    /// What it is.
    pub of: SideOf,
    /// Handlers and window; its select items are the attributes that the join looks at.
    pub stage: Box<QueryPlan>,
    /// Whether its events look for rows of the other side.
    pub triggers: bool,
    /// The first of its attributes among those that the selection sees.
    pub first: usize,
    /// Its attributes.
    pub schema: Schema,
    /// Inside a partition: the attribute with the number of the key.
    pub key: Option<u32>,
}

/// What stands on a side of a join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SideOf {
    /// A stream, with or without a window.
    Stream,
    /// The table of that number, whose rows never trigger.
    Table(usize),
    /// What the aggregation of that number has, which never triggers.
    Aggregation(usize),
    /// A named window.
    Window {
        /// The kinds it lets out, with which it triggers.
        kinds: Kinds,
        /// The attribute that tells a row's number in the window.
        number: u32,
        /// Whether its rows leave in any order.
        any_order: bool,
        /// Which of them are found.
        finds: Finds,
        /// Its stream, if it asks how far its rows have been looked at.
        looked: Option<usize>,
    },
}

impl JoinPlan {
    /// Splits a condition over the sides' attributes, the right ones of which begin at `right`: equalities that can be looked up,
    /// and the rest.
    pub fn split(on: Option<&Expr>, right: usize, times: usize) -> (Vec<KeyPlan>, Option<Expr>) {
        let mut parts = Vec::new();
        if let Some(on) = on {
            conjuncts(on, &mut parts);
        }
        let (mut keys, mut rest) = (Vec::new(), Vec::new());
        for part in parts {
            match key(part, right, times) {
                Some(key) => keys.push(key),
                None => rest.push(part.clone()),
            }
        }
        let both = |a: Expr, b: Expr| {
            let span = a.span.to(b.span);
            Expr { ty: Type::Bool, kind: Kind::Bool, node: Node::And(Box::new(a), Box::new(b)), span }
        };
        (keys, rest.into_iter().reduce(both))
    }
}

/// The parts that all have to be true. What stands behind a part that may fail is not looked at if that part is false, but
/// nothing that is made a key can fail, so the order of keys and rest does not show.
fn conjuncts<'a>(on: &'a Expr, parts: &mut Vec<&'a Expr>) {
    match &on.node {
        Node::And(a, b) => {
            conjuncts(a, parts);
            conjuncts(b, parts);
        }
        _ => parts.push(on),
    }
}

/// The key, if this compares an attribute of one side with one of the other for equality.
fn key(part: &Expr, right: usize, times: usize) -> Option<KeyPlan> {
    let Node::Compare(Compare::Equal, a, b) = &part.node else { return None };
    let (Node::Attr(x), Node::Attr(y)) = (&a.node, &b.node) else { return None };
    let exact = |e: &Expr| e.kind == e.ty.kind() && e.kind != Kind::Any;
    if !exact(a) || !exact(b) {
        return None;
    }
    let side = |x: u32| (x as usize) < right;
    if side(*x) == side(*y) || (*x as usize) >= times || (*y as usize) >= times {
        return None;
    }
    let kind = compared_as(a.kind, b.kind)?;
    let (left, other) = if side(*x) { (*x, *y) } else { (*y, *x) };
    Some(KeyPlan { attributes: [left, other - right as u32], kind })
}

/// The kind in which `==` compares values of two kinds.
pub(crate) fn compared_as(a: Kind, b: Kind) -> Option<Kind> {
    use Kind::{F32, F64, I32, I64};
    Some(match (a, b) {
        (a, b) if a == b => a,
        (I32, I64) | (I64, I32) => I64,
        (I32, F32) | (F32, I32) => F32,
        // `==` of a long and a float is the one exception to promotion.
        (I64, F32) | (F32, I64) => F64,
        (F64, I32 | I64 | F32) | (I32 | I64 | F32, F64) => F64,
        _ => return None,
    })
}
