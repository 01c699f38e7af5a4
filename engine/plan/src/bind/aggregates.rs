//! The aggregates of a select or a filter while it is bound: numbered so that an argument uses lower numbers only; equal
//! ones are one, since they always agree.

use riddhi_batch::{Kind, Schema, Type};

use super::captured::Captured;
use crate::expr::{Expr, Node};
use crate::logical::AggregatePlan;
use crate::registry::{BoundAggregate, Volatility, WindowUse};
use crate::text::expr_text;

/// Aggregates in order of their numbers.
#[derive(Debug)]
pub(crate) struct Aggregates {
    pub list: Vec<AggregatePlan>,
    /// What each is told apart by.
    keys: Vec<String>,
    pub window: WindowUse,
    /// The input's attributes, which name the arguments.
    pub schema: Schema,
    /// In a pattern: what names them instead.
    pub captured: Option<Captured>,
}

impl Aggregates {
    pub(crate) fn new(window: WindowUse, schema: Schema) -> Aggregates {
        Aggregates { list: Vec::new(), keys: Vec::new(), window, schema, captured: None }
    }

    /// The number of that aggregate, which takes in rows for which all of `guards` are true.
    pub(crate) fn add(
        &mut self,
        name: &str,
        function: BoundAggregate,
        args: Vec<Expr>,
        guards: &[Expr],
        resets: bool,
    ) -> u32 {
        let when = guards.iter().cloned().reduce(both);
        let random = args.iter().chain(&when).any(|a| a.volatility() == Volatility::Random);
        let captured = self.captured.as_ref().map(Captured::schema);
        let schema = captured.as_ref().unwrap_or(&self.schema);
        let print = |e: &Expr| expr_text(e, schema, &self.list);
        let text = format!("{name}({})", args.iter().map(print).collect::<Vec<_>>().join(", "));
        // The two sides of a join may have attributes of one name.
        let places = places(args.iter().chain(&when));
        let key = format!("{text} when {} of {places:?}", when.as_ref().map_or(String::new(), print));
        let key = if resets { key } else { format!("{key} running on") };
        if let Some(same) = self.keys.iter().position(|k| *k == key).filter(|_| !random) {
            return same as u32;
        }
        self.keys.push(key);
        self.list.push(AggregatePlan { text, function, arg: args.into_iter().next(), when, resets });
        (self.list.len() - 1) as u32
    }
}

/// The attributes and aggregates that expressions name, by number, in the order of the text.
fn places<'e>(all: impl Iterator<Item = &'e Expr>) -> Vec<(char, u32)> {
    let mut places = Vec::new();
    let mut note = |e: &Expr| match e.node {
        Node::Attr(a) => places.push(('a', a)),
        Node::Aggregate(a) => places.push(('g', a)),
        Node::Column(c) => places.push(('c', c)),
        _ => {}
    };
    all.for_each(|e| e.visit(&mut note));
    places
}

fn both(a: Expr, b: Expr) -> Expr {
    let span = a.span.to(b.span);
    Expr { ty: Type::Bool, kind: Kind::Bool, node: Node::And(Box::new(a), Box::new(b)), span }
}
