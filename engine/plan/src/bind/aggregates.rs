//! The aggregates of a select or a filter while it is bound: numbered so that an argument uses lower numbers only; equal
//! ones are one, since they always agree.

use riddhi_batch::Schema;

use crate::expr::Expr;
use crate::logical::AggregatePlan;
use crate::registry::{BoundAggregate, Volatility, WindowUse};
use crate::text::expr_text;

/// Aggregates in order of their numbers.
#[derive(Debug)]
pub(crate) struct Aggregates {
    pub list: Vec<AggregatePlan>,
    pub window: WindowUse,
    /// The input's attributes, which name the arguments.
    pub schema: Schema,
}

impl Aggregates {
    pub(crate) fn new(window: WindowUse, schema: Schema) -> Aggregates {
        Aggregates { list: Vec::new(), window, schema }
    }

    /// The number of that aggregate.
    pub(crate) fn add(&mut self, name: &str, function: BoundAggregate, args: Vec<Expr>) -> u32 {
        let random = args.iter().any(|a| a.volatility() == Volatility::Random);
        let texts: Vec<String> = args.iter().map(|a| expr_text(a, &self.schema, &self.list)).collect();
        let text = format!("{name}({})", texts.join(", "));
        if let Some(same) = self.list.iter().position(|a| a.text == text).filter(|_| !random) {
            return same as u32;
        }
        self.list.push(AggregatePlan { text, function, arg: args.into_iter().next() });
        (self.list.len() - 1) as u32
    }
}
