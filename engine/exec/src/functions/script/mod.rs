//! Script functions in JavaScript: `define function f[javascript] return string { ... };`.
//!
//! A script is run by QuickJS within limits: memory, depth, and steps, which are counted and not timed, so that the same
//! events stop at the same place everywhere. Nothing is kept from call to call, since what a script remembers could not be
//! saved. What it returns is not converted to the declared type, as in Siddhi.

mod engine;
mod value;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use riddhi_batch::{Column, Kind, Type, Value};
use riddhi_plan::registry::{
    Arg, ArgError, ArgType, BoundScalar, Failed, KernelCx, Registry, RowCx, RowFailure, ScalarFunction, ScalarKernel,
    ScriptError, ScriptFunction, ScriptLanguage, Volatility,
};

use super::by_values;

/// Adds the language under its names.
pub(super) fn register(registry: &mut Registry) {
    for name in ["javascript", "js"] {
        registry.script(name, Arc::new(JavaScript));
    }
}

struct JavaScript;

impl ScriptLanguage for JavaScript {
    fn compile(&self, name: &str, body: &str, returns: Type) -> Result<ScriptFunction, ScriptError> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let script = Script {
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            name: name.to_owned(),
            source: format!("(function {name}(data){{{body}\n}})"),
        };
        engine::check(&script)?;
        let volatility = if body.contains("random") {
            Volatility::Random
        } else if body.contains("Date") {
            Volatility::Clock
        } else {
            Volatility::Pure
        };
        Ok(ScriptFunction(Arc::new(Function { script: Arc::new(script), returns, volatility })))
    }
}

/// One script.
#[derive(Debug)]
struct Script {
    /// Of all scripts of the process.
    number: u64,
    name: String,
    /// An expression whose value is the function.
    source: String,
}

struct Function {
    script: Arc<Script>,
    returns: Type,
    volatility: Volatility,
}

impl ScalarFunction for Function {
    fn bind(&self, _: &[ArgType]) -> Result<BoundScalar, ArgError> {
        let kernel = Arc::new(Kernel { script: self.script.clone() });
        Ok(BoundScalar { ty: self.returns, kind: Kind::Any, volatility: self.volatility, kernel })
    }
}

#[derive(Debug)]
struct Kernel {
    script: Arc<Script>,
}

impl ScalarKernel for Kernel {
    fn eval(&self, cx: &mut KernelCx<'_>, args: &[Arg<'_>], n: usize, out: &mut Column, failed: &mut Failed) {
        by_values(cx, args, n, out, failed, |row, values| self.row(row, values));
    }

    fn row(&self, cx: &RowCx, args: &[Value]) -> Result<Value, RowFailure> {
        engine::call(&self.script, args, cx)
    }
}
