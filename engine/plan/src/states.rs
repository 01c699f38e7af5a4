//! A pattern or sequence as a chain of states: what each waits for, what is kept of the events that it takes, and what rows
//! the selection sees.
//!
//! *Slots* are the sources of the states, in text order but with the right side of a logical state before its left one, which
//! is the order in which `select *` shows them. A state has one slot, a logical one two.

use riddhi_batch::{Attribute, Kind, Schema, Type};

use crate::expr::{Compare, Expr, Node};
use crate::logical::{AggregatePlan, Handler};

/// A pattern or sequence.
#[derive(Clone, Debug)]
pub struct StatesPlan {
    /// Whether events have to follow each other directly: `,` instead of `->`.
    pub sequence: bool,
    /// Milliseconds between the first event of a match and any other, at most.
    pub within: Option<i64>,
    /// The sources of the states.
    pub slots: Vec<SlotPlan>,
    /// The states, in text order.
    pub states: Vec<StatePlan>,
    /// What the columns of a matched row hold.
    pub captures: Vec<Capture>,
}

/// A source of a state.
#[derive(Clone, Debug)]
pub struct SlotPlan {
    /// Its reference, else its stream.
    pub name: String,
    /// Place of its stream among the inputs of the query.
    pub input: usize,
    /// Attributes of the stream, and those that stream functions add.
    pub schema: Schema,
    /// Stream functions, which see the event alone.
    pub functions: Vec<Handler>,
    /// Conditions, all of which have to hold.
    pub conditions: Vec<ConditionPlan>,
    /// Whether several events are collected.
    pub many: bool,
}

/// A condition of a slot: attributes are those of the event under test; aggregate number `i` is what `captures[i]` names.
#[derive(Clone, Debug)]
pub struct ConditionPlan {
    /// A bool.
    pub expr: Expr,
    /// What it asks of the match.
    pub captures: Vec<Capture>,
    /// Aggregates, numbered behind that: each takes an event in before the condition is tested.
    pub aggregates: Vec<AggregatePlan>,
}

/// A state.
#[derive(Clone, Debug)]
pub struct StatePlan {
    /// What it waits for.
    pub kind: StateKind,
    /// If an `every` ends with it: the first state of that.
    pub again: Option<usize>,
    /// If it stands inside an `every`: the first state of that.
    pub group: Option<usize>,
}

/// What a state waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateKind {
    /// An event of a slot.
    One(usize),
    /// Several events of a slot; no greatest number if `max` is none.
    Count {
        /// The slot.
        slot: usize,
        /// The least number.
        min: u32,
        /// The greatest number.
        max: Option<u32>,
    },
    /// No event of a slot for so many milliseconds.
    Absent(usize, i64),
    /// Two slots.
    Logical {
        /// Whether both are needed: `and`.
        and: bool,
        /// The left side, an absent one if any is.
        left: Side,
        /// The right side.
        right: Side,
    },
}

/// A side of a logical state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    /// The slot.
    pub slot: usize,
    /// Whether no event may come, and for how many milliseconds.
    pub absent: Option<Option<i64>>,
}

/// A value that a match gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capture {
    /// The slot.
    pub slot: usize,
    /// Which of the slot's events.
    pub at: At,
    /// What of it.
    pub what: What,
}

/// Which of a slot's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The n-th, from 0.
    Nth(u32),
    /// The last but n. In a condition of the slot itself the event under test does not count.
    Last(u32),
}

/// What of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// An attribute.
    Attribute(u32),
    /// The list of an attribute's values of all events of the slot; null if there is none.
    List(u32),
    /// Its timestamp.
    Time,
    /// Whether there is no such event.
    Missing,
    /// Inside a partition: the number of the key.
    Key,
}

impl StateKind {
    /// Its slots, in order.
    pub fn slots(self) -> impl Iterator<Item = usize> {
        let (a, b) = match self {
            StateKind::One(slot) | StateKind::Count { slot, .. } | StateKind::Absent(slot, _) => (slot, None),
            StateKind::Logical { left, right, .. } => (right.slot, Some(left.slot)),
        };
        std::iter::once(a).chain(b)
    }
}

impl StatesPlan {
    /// The attribute that shows a captured value.
    pub fn attribute(&self, capture: &Capture) -> Attribute {
        match self.slots.get(capture.slot) {
            Some(slot) => capture_name(&slot.name, slot.many, &slot.schema, capture),
            None => Attribute::new("?", Type::Object),
        }
    }
}

/// The attribute that shows a value captured of the slot of that name.
pub(crate) fn capture_name(slot: &str, many: bool, schema: &Schema, capture: &Capture) -> Attribute {
    let event = match capture.at {
        At::Nth(0) if !many => slot.to_owned(),
        At::Nth(n) => format!("{slot}[{n}]"),
        At::Last(0) => format!("{slot}[last]"),
        At::Last(n) => format!("{slot}[last - {n}]"),
    };
    let of = |a: u32| schema.attributes.get(a as usize).cloned().unwrap_or_else(|| Attribute::new("?", Type::Object));
    match capture.what {
        What::Attribute(a) => Attribute { name: format!("{event}.{}", of(a).name), ..of(a) },
        What::List(a) => Attribute::new(format!("{slot}.{}", of(a).name), Type::Object),
        What::Time => Attribute::new(format!("eventTimestamp({event})"), Type::Long),
        What::Missing => Attribute::new(format!("{event} is null"), Type::Bool),
        What::Key => Attribute::new("", Type::Int),
    }
}

impl StatesPlan {
    /// The attribute of a slot's event by which waiting matches are looked up, if they are: it has to equal one of an event that
    /// each of them holds, and nothing that is asked before can fail.
    pub fn looked_up_by(&self, slot: usize) -> Option<&Attribute> {
        let of = &self.slots[slot];
        let state = self.states.iter().position(|s| s.kind.slots().any(|s| s == slot))?;
        let fits = matches!(self.states[state].kind, StateKind::One(_) | StateKind::Absent(..));
        if self.sequence || state == 0 || !fits || !of.functions.is_empty() {
            return None;
        }
        let parts = || of.conditions.iter().flat_map(|c| c.parts().into_iter().map(move |part| (c, part)));
        for (condition, part) in parts().filter(|(_, part)| part.has_aggregate()) {
            if let Some(own) = self.equality(of, condition, part) {
                return of.schema.attributes.get(own as usize);
            }
            let mut sound = true;
            part.visit(&mut |e| sound &= e.kind == e.ty.kind() && !matches!(e.node, Node::Call { .. }));
            if !sound {
                return None;
            }
        }
        None
    }

    /// The attribute of the event that such an equality asks.
    fn equality(&self, slot: &SlotPlan, condition: &ConditionPlan, part: &Expr) -> Option<u32> {
        let Node::Compare(Compare::Equal, a, b) = &part.node else { return None };
        let (own, captured) = match (&a.node, &b.node) {
            (Node::Attr(own), Node::Aggregate(captured)) | (Node::Aggregate(captured), Node::Attr(own)) => {
                (*own, *captured)
            }
            _ => return None,
        };
        let capture = condition.captures.get(captured as usize)?;
        let (What::Attribute(attribute), At::Nth(0)) = (capture.what, capture.at) else { return None };
        let other = &self.slots[capture.slot];
        let kind = |slot: &SlotPlan, a: u32| slot.schema.attributes.get(a as usize).map(|a| a.kind);
        let whole = |kind| matches!(kind, Kind::I32 | Kind::I64);
        let (x, y) = (kind(slot, own)?, kind(other, attribute)?);
        let kinds = (whole(x) && whole(y)) || (x == y && matches!(x, Kind::Bool | Kind::Str));
        (kinds && !other.many && other.functions.is_empty()).then_some(own)
    }
}

impl ConditionPlan {
    /// Whether it asks nothing of the match.
    pub fn is_alone(&self) -> bool {
        self.captures.is_empty()
    }

    /// The parts of a conjunction, in order.
    pub fn parts(&self) -> Vec<&Expr> {
        let mut parts = Vec::new();
        split(&self.expr, &mut parts);
        parts
    }
}

fn split<'a>(expr: &'a Expr, out: &mut Vec<&'a Expr>) {
    match &expr.node {
        Node::And(a, b) => {
            split(a, out);
            split(b, out);
        }
        _ => out.push(expr),
    }
}
