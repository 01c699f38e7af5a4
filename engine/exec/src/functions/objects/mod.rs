//! `list:` and `map:`: lists and maps as values of type object.
//!
//! A function gives a new list or map and leaves that of its argument as it is; Siddhi changes the argument itself. Here are
//! the functions of a row; aggregators are in `aggregate::collect`, stream functions in `stream`.

mod lists;
mod maps;
mod texts;
mod xml;

use std::fmt;
use std::sync::Arc;

use riddhi_batch::{Column, Type, Value};
use riddhi_plan::registry::{
    Arg, ArgError, ArgType, BoundScalar, Failed, KernelCx, Registry, RowCx, RowFailure, ScalarFunction, ScalarKernel,
};

use super::{bound, by_values};
use crate::expr::type_name;

/// Lists and maps in each other, at most.
const DEEP: usize = 32;

/// Adds all of them.
pub(super) fn register(registry: &mut Registry) {
    lists::register(registry);
    maps::register(registry);
    texts::register(registry);
}

type Of = fn(&mut Vec<Value>) -> Result<Value, RowFailure>;

/// What an argument may be.
#[derive(Clone, Copy)]
enum Takes {
    Any,
    Object,
    Int,
    Bool,
    Text,
}

/// A function and what it takes.
struct Objects {
    name: &'static str,
    takes: &'static [Takes],
    /// Arguments without which it is not called.
    least: usize,
    /// Whether the last kind of argument may come again and again.
    more: bool,
    ty: Type,
    of: Of,
}

impl ScalarFunction for Objects {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        if args.len() < self.least || (args.len() > self.takes.len() && !self.more) {
            let most = if self.more { "or more".to_owned() } else { format!("to {}", self.takes.len()) };
            let message = format!("takes {} {most} arguments, found {}", self.least, args.len());
            return Err(ArgError::count(message, "leave out or add some"));
        }
        for (k, arg) in args.iter().enumerate() {
            let takes = self.takes.get(k).or(self.takes.last());
            let fits = match takes {
                Some(Takes::Any) | None => true,
                Some(Takes::Object) => arg.ty == Type::Object,
                Some(Takes::Int) => arg.ty == Type::Int,
                Some(Takes::Bool) => arg.ty == Type::Bool,
                Some(Takes::Text) => arg.ty == Type::String,
            };
            if !fits {
                let help = "make a list by list:create(...), a map by map:create(...)";
                return Err(ArgError::at(k, format!("does not take a {} here", arg.ty), help));
            }
        }
        Ok(bound(self.ty, self.ty.kind(), Kernel { name: self.name, of: self.of }))
    }
}

struct Kernel {
    name: &'static str,
    of: Of,
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Kernel {
    fn value(&self, args: &mut Vec<Value>) -> Result<Value, RowFailure> {
        let value = (self.of)(args).and_then(|value| match value.depth() > DEEP {
            true => Err(RowFailure::new(format!("more than {DEEP} lists and maps in each other"))),
            false => Ok(value),
        });
        value.map_err(|why| RowFailure::new(format!("{}: {}", self.name, why.what)))
    }
}

impl ScalarKernel for Kernel {
    fn eval(&self, cx: &mut KernelCx<'_>, args: &[Arg<'_>], n: usize, out: &mut Column, failed: &mut Failed) {
        by_values(cx, args, n, out, failed, |_, values| self.value(values));
    }

    fn row(&self, _: &RowCx, args: &[Value]) -> Result<Value, RowFailure> {
        self.value(&mut args.to_vec())
    }
}

/// Adds a function; `name` with its namespace.
fn add(registry: &mut Registry, function: Objects) {
    let (namespace, name) = function.name.split_once(':').unwrap_or(("", function.name));
    registry.scalar(namespace, name, Arc::new(function));
}

/// Takes an argument's value out.
fn take(args: &mut [Value], k: usize) -> Value {
    args.get_mut(k).map_or(Value::Null, |arg| std::mem::replace(arg, Value::Null))
}

/// Argument `k`, a list.
fn list(args: &mut [Value], k: usize) -> Result<Vec<Value>, RowFailure> {
    match take(args, k) {
        Value::List(items) => Ok(items),
        other => Err(RowFailure::new(format!("a {} where a list is needed", type_name(&other)))),
    }
}

/// Argument `k`, an int.
fn int(args: &[Value], k: usize) -> Result<i32, RowFailure> {
    match args.get(k) {
        Some(Value::Int(x)) => Ok(*x),
        other => Err(RowFailure::new(format!("a {} where an int is needed", other.map_or("null", type_name)))),
    }
}

/// Whether argument `k` is true.
fn truth(args: &[Value], k: usize) -> bool {
    matches!(args.get(k), Some(Value::Bool(true)))
}
