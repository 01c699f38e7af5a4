//! `js:eval(code, 'type')`: the value of a text as JavaScript, within the limits of script functions. As theirs it is not converted to the
//! type that is named.

use std::sync::Arc;

use riddhi_batch::{Kind, Type, Value};
use riddhi_plan::registry::{ArgError, ArgType, BoundScalar, RowCx, ScalarFunction, Volatility};

use super::super::type_word;
use super::{Kernel, Script, engine, volatility};

/// Keeps the function that evaluates a text, before it is taken out of what texts find.
const SOURCE: &str = "(function () { var run = eval; return function (data) { return run(data[0]); }; })()";

pub(super) struct Eval;

impl ScalarFunction for Eval {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        if args.len() != 2 {
            let message = format!("takes 2 arguments, found {}", args.len());
            return Err(ArgError::count(
                message,
                "give a text and the type of its value, as in js:eval('1 + 2', 'int')",
            ));
        }
        if args[0].ty != Type::String {
            let message = format!("takes string here, found {}", args[0].ty);
            return Err(ArgError::at(0, message, "give a text of JavaScript"));
        }
        let ty = type_word(args)?;
        let script = Arc::new(Script::new("js:eval", engine::TEXT, SOURCE.to_owned()));
        let mut depends = Volatility::Random;
        if let Some(Value::Str(code)) = &args[0].constant {
            depends = volatility(code);
            let same = depends == Volatility::Pure;
            if same && let Err(why) = engine::call(&script, &[Value::Str(code.clone())], &RowCx::default()) {
                return Err(ArgError::at(0, why.what, "correct the text: it says so of every event"));
            }
        }
        let kernel = Arc::new(Kernel { script });
        Ok(BoundScalar { ty, kind: Kind::Any, volatility: depends, kernel })
    }
}
