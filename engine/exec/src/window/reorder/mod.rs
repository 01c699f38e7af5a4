//! `#reorder:kslack` and `#reorder:akslack`: rows are held back and arrive in the order of an attribute that tells their time, as late as
//! the largest delay seen so far asks for. To those who read the query they are no windows: nothing leaves.

mod adaptive;
mod coverage;
mod held;
mod kslack;
mod normal;
mod slack;
mod ticks;

use std::sync::Arc;

use riddhi_batch::{Type, Value};
use riddhi_plan::registry::{ArgError, ArgType, BoundWindow, Registry, StreamKernel, WindowFunction};

use super::expression::computed::Computed;

type Bind = fn(&[ArgType]) -> Result<BoundWindow, ArgError>;

/// A function of the pack: how it binds, and how many of its first arguments may be computed.
struct Reorder {
    bind: Bind,
    computed: usize,
}

impl WindowFunction for Reorder {
    fn bind(&self, args: &[ArgType]) -> Result<BoundWindow, ArgError> {
        (self.bind)(args)
    }

    fn computed(&self, at: usize, _: Type) -> Option<Arc<dyn StreamKernel>> {
        (at < self.computed).then(|| Arc::new(Computed) as Arc<dyn StreamKernel>)
    }
}

/// Adds both.
pub(super) fn register(registry: &mut Registry) {
    registry.window("#reorder:kslack", Arc::new(Reorder { bind: kslack::bind, computed: 1 }));
    registry.window("#reorder:akslack", Arc::new(Reorder { bind: adaptive::bind, computed: 2 }));
}

/// The long attribute that argument 0, the time, is.
fn time(args: &[ArgType], usage: &str) -> Result<u32, ArgError> {
    if args[0].ty != Type::Long {
        return Err(ArgError::at(
            0,
            format!("the time must be a long, not a {}", args[0].ty),
            format!("write `{usage}`"),
        ));
    }
    args[0].attribute.ok_or_else(|| ArgError::at(0, "the time must not be a constant", format!("write `{usage}`")))
}

/// The constant long that argument `at` is, if it is there.
fn long(args: &[ArgType], at: usize, what: &str) -> Result<Option<i64>, ArgError> {
    match args.get(at).map(|arg| (&arg.constant, arg.ty)) {
        None => Ok(None),
        Some((Some(Value::Long(x)), _)) => Ok(Some(*x)),
        Some((Some(Value::Int(x)), _)) => {
            Err(ArgError::at(at, format!("{what} must be a long, not an int"), format!("write `{x}L`")))
        }
        Some((Some(_), ty)) => {
            Err(ArgError::at(at, format!("{what} must be a long, not a {ty}"), "for example `500L`"))
        }
        Some((None, _)) => {
            Err(ArgError::at(at, format!("{what} must be a constant"), "give one literal, for example `500L`"))
        }
    }
}

/// The same of a bool.
fn flag(args: &[ArgType], at: usize, what: &str) -> Result<bool, ArgError> {
    match args.get(at) {
        None => Ok(false),
        Some(_) => super::const_bool(args, at, what),
    }
}
