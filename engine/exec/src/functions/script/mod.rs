//! Script functions in JavaScript: `define function f[javascript] return string { ... };`.
//!
//! A script is run by QuickJS within limits: memory, depth, and steps, which are counted and not timed, so that the same
//! events stop at the same place everywhere. Nothing is kept from call to call, since what a script remembers could not be
//! saved. What it returns is not converted to the declared type, as in Siddhi.

mod engine;
mod eval;
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
    registry.scalar("js", "eval", Arc::new(eval::Eval));
}

struct JavaScript;

impl ScriptLanguage for JavaScript {
    fn compile(&self, name: &str, body: &str, returns: Type) -> Result<ScriptFunction, ScriptError> {
        let script = Script::new(name, engine::SCRIPT, format!("(function {name}(data){{{body}\n}})"));
        engine::check(&script)?;
        Ok(ScriptFunction(Arc::new(Function { script: Arc::new(script), returns, volatility: volatility(body) })))
    }
}

/// What the result of a script depends on.
fn volatility(code: &str) -> Volatility {
    if code.contains("random") {
        Volatility::Random
    } else if code.contains("Date") {
        Volatility::Clock
    } else {
        Volatility::Pure
    }
}

/// One script.
#[derive(Debug)]
struct Script {
    /// Of all scripts of the process.
    number: u64,
    name: String,
    /// What the lines of errors count in, as stack traces call it.
    file: &'static str,
    /// An expression whose value is the function.
    source: String,
}

impl Script {
    fn new(name: &str, file: &'static str, source: String) -> Script {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        Script { number: NUMBER.fetch_add(1, Ordering::Relaxed), name: name.to_owned(), file, source }
    }
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
