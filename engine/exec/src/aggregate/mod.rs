//! The built-in aggregators.
//!
//! [`table`] turns an accumulator of numbers (add, remove, value) into loops over columns; [`tally`] has the loops of those that are
//! changed row by row, as all are that are as long as what they hold ([`held`]); the other modules are aggregators.

mod collect;
mod count;
mod distinct;
mod extreme;
mod held;
mod logic;
mod mixed;
mod number;
mod sum;
mod table;
mod tally;
mod union;

use std::sync::Arc;

use riddhi_batch::Kind;
use riddhi_plan::registry::{Aggregate, AggregateFunction, ArgError, ArgType, BoundAggregate, Registry, WindowUse};

pub use table::{Accumulate, Table};

type Bind = fn(&str, &[ArgType], WindowUse) -> Result<BoundAggregate, ArgError>;

/// A built-in: its name, for messages, and how it binds.
struct BuiltIn(&'static str, Bind);

impl AggregateFunction for BuiltIn {
    fn bind(&self, args: &[ArgType], window: WindowUse) -> Result<BoundAggregate, ArgError> {
        (self.1)(self.0, args, window)
    }
}

/// Adds the built-in aggregators.
pub fn register(registry: &mut Registry) {
    let all: [(&str, Bind); 12] = [
        ("sum", sum::bind_sum),
        ("avg", sum::bind_avg),
        ("stdDev", sum::bind_std_dev),
        ("count", count::bind),
        ("distinctCount", distinct::bind),
        ("min", extreme::bind_min),
        ("max", extreme::bind_max),
        ("minForever", extreme::bind_min_forever),
        ("maxForever", extreme::bind_max_forever),
        ("and", logic::bind_and),
        ("or", logic::bind_or),
        ("unionSet", union::bind),
    ];
    for (name, bind) in all {
        registry.aggregate("", name, Arc::new(BuiltIn(name, bind)));
    }
    collect::register(registry);
}

/// The one argument of a function that takes one.
fn one<'a>(name: &str, args: &'a [ArgType]) -> Result<&'a ArgType, ArgError> {
    match args {
        [arg] => Ok(arg),
        _ => Err(ArgError::count(
            format!("`{name}` takes one argument, not {}", args.len()),
            format!("write `{name}(attribute)`"),
        )),
    }
}

/// The one numeric argument of a function that takes one.
fn one_number<'a>(name: &str, args: &'a [ArgType]) -> Result<&'a ArgType, ArgError> {
    let arg = one(name, args)?;
    if arg.ty.is_numeric() {
        return Ok(arg);
    }
    Err(ArgError::at(0, format!("`{name}` takes a number, not a {}", arg.ty), "give an int, long, float or double"))
}

/// A bound aggregate that starts from what `create` makes.
fn bound(
    ty: riddhi_batch::Type,
    kind: Kind,
    create: impl Fn() -> Box<dyn Aggregate> + Send + Sync + 'static,
) -> BoundAggregate {
    BoundAggregate { ty, kind, create: Arc::new(create) }
}
