//! `coalesce(a, ...)`, `default(a, constant)` and `ifThenElse(condition, a, b)`: one of the arguments, row by row.

use riddhi_batch::{Column, Data, Kind, Type, Value};
use riddhi_plan::registry::{
    Arg, ArgError, ArgType, BoundScalar, Failed, KernelCx, RowCx, RowFailure, ScalarFunction, ScalarKernel,
};

use super::{bound, common_kind, count, push_row, same_type};
use crate::expr::type_name;

#[derive(Debug)]
pub(super) struct Coalesce;

impl ScalarFunction for Coalesce {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        Ok(bound(same_type(args)?, common_kind(args), FirstNotNull))
    }
}

#[derive(Debug)]
pub(super) struct Default;

impl ScalarFunction for Default {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        count(args, 2, "give a value and a constant of its type")?;
        if args[1].constant.is_none() {
            return Err(ArgError::at(1, "the default must be a constant", "use coalesce for anything else"));
        }
        Ok(bound(same_type(args)?, common_kind(args), FirstNotNull))
    }
}

#[derive(Debug)]
struct FirstNotNull;

impl ScalarKernel for FirstNotNull {
    fn eval(&self, cx: &mut KernelCx<'_>, args: &[Arg<'_>], n: usize, out: &mut Column, _: &mut Failed) {
        let [first, .., last] = args else {
            return super::push_rows(out, &args[0], n, cx.arena);
        };
        if first.column.nulls.is_empty() && out.kind() == first.column.kind() {
            return super::push_rows(out, first, n, cx.arena);
        }
        for i in 0..n {
            let arg = args.iter().find(|a| !a.is_null(i)).unwrap_or(last);
            push_row(out, arg, i, cx.arena);
        }
    }

    fn row(&self, _: &RowCx, args: &[Value]) -> Result<Value, RowFailure> {
        Ok(args.iter().find(|x| !x.is_null()).cloned().unwrap_or(Value::Null))
    }
}

#[derive(Debug)]
pub(super) struct IfThenElse;

impl ScalarFunction for IfThenElse {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        count(args, 3, "give a condition, the value if it holds, and the value if not")?;
        if args[0].ty != Type::Bool {
            let message = format!("the condition must be bool, found {}", args[0].ty);
            return Err(ArgError::at(0, message, "compare it with something"));
        }
        let ty = same_type(&args[1..]).map_err(|e| ArgError { arg: e.arg.map(|i| i + 1), ..e })?;
        Ok(bound(ty, common_kind(&args[1..]), Choice))
    }
}

/// The second argument where the first is true, else the third; only the one that is taken can fail the row.
#[derive(Debug)]
struct Choice;

impl ScalarKernel for Choice {
    fn eval(&self, cx: &mut KernelCx<'_>, args: &[Arg<'_>], n: usize, out: &mut Column, failed: &mut Failed) {
        let [condition, then, otherwise] = args else { unreachable!("bound with three arguments") };
        if args.iter().any(|a| !a.failed.is_empty()) || condition.column.kind() != Kind::Bool {
            return careful(cx, args, n, out, failed);
        }
        let Data::Bool(truths) = &condition.column.data else { return };
        let chosen = |i: usize| {
            let at = condition.at(i);
            truths[at] != 0 && !condition.column.is_null(at)
        };
        macro_rules! typed {
            ($to:ident, $x:ident, $y:ident) => {
                $to.extend((0..n).map(|i| {
                    let (x, y) = ($x[then.at(i)], $y[otherwise.at(i)]);
                    if chosen(i) { x } else { y }
                }))
            };
        }
        match (&mut out.data, &then.column.data, &otherwise.column.data) {
            (Data::I32(to), Data::I32(x), Data::I32(y)) => typed!(to, x, y),
            (Data::I64(to), Data::I64(x), Data::I64(y)) => typed!(to, x, y),
            (Data::F32(to), Data::F32(x), Data::F32(y)) => typed!(to, x, y),
            (Data::F64(to), Data::F64(x), Data::F64(y)) => typed!(to, x, y),
            (Data::Bool(to), Data::Bool(x), Data::Bool(y)) => typed!(to, x, y),
            (Data::Str(to), Data::Str(x), Data::Str(y)) => typed!(to, x, y),
            _ => {
                for i in 0..n {
                    push_row(out, if chosen(i) { then } else { otherwise }, i, cx.arena);
                }
                return;
            }
        }
        if !then.column.nulls.is_empty() || !otherwise.column.nulls.is_empty() {
            out.nulls.extend((0..n).map(|i| if chosen(i) { then.is_null(i) } else { otherwise.is_null(i) } as u8));
        }
    }

    fn row(&self, _: &RowCx, args: &[Value]) -> Result<Value, RowFailure> {
        Ok(if holds(&args[0])? { args[1].clone() } else { args[2].clone() })
    }

    fn lazy(&self) -> bool {
        true
    }

    fn uses(&self, first: &Value, arg: usize) -> bool {
        match holds(first) {
            Ok(true) => arg == 1,
            Ok(false) => arg == 2,
            Err(_) => false,
        }
    }
}

fn holds(condition: &Value) -> Result<bool, RowFailure> {
    match condition {
        Value::Bool(x) => Ok(*x),
        Value::Null => Ok(false),
        other => Err(RowFailure::new(format!("a {} where a bool is needed", type_name(other)))),
    }
}

/// Row by row, where something failed or the condition may be no bool. The caller knows why an argument failed.
fn careful(cx: &mut KernelCx<'_>, args: &[Arg<'_>], n: usize, out: &mut Column, failed: &mut Failed) {
    let has_failed = |arg: usize, i: usize| args[arg].failed.get(i).is_some_and(|&f| f != 0);
    for i in 0..n {
        let taken = match holds(&args[0].column.value(args[0].at(i), cx.arena)) {
            _ if has_failed(0, i) => None,
            Ok(truth) => Some(if truth { 1 } else { 2 }).filter(|&arg| !has_failed(arg, i)),
            Err(why) => {
                failed.mark(i, n, why);
                None
            }
        };
        match taken {
            Some(arg) => push_row(out, &args[arg], i, cx.arena),
            None => {
                failed.rows.resize(n, 0);
                failed.rows[i] = 1;
                out.push_null();
            }
        }
    }
}
