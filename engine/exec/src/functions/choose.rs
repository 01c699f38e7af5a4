//! `coalesce(a, ...)`, `default(a, constant)` and `ifThenElse(condition, a, b)`: one of the arguments, row by row.

use riddhi_batch::{Any, Column, Kind, Str, Type, Value};
use riddhi_plan::registry::{
    Arg, ArgError, ArgType, BoundScalar, Failed, KernelCx, RowCx, RowFailure, ScalarFunction, ScalarKernel,
};

use super::{bound, common_kind, count, overlay, push_row, push_rows, same_type, without_null_bytes};
use crate::expr::{Lane, Side, side, type_name};

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
        let kind = out.kind();
        if args.iter().any(|a| a.column.kind() != kind) {
            for i in 0..n {
                let arg = args.iter().find(|a| !a.is_null(i)).unwrap_or(&args[0]);
                push_row(out, arg, i, cx.arena);
            }
            return;
        }
        push_rows(out, &args[0], n, cx.arena);
        for arg in &args[1..] {
            if out.nulls.is_empty() {
                return;
            }
            match kind {
                Kind::I32 => fill::<i32>(out, arg, n),
                Kind::I64 => fill::<i64>(out, arg, n),
                Kind::F32 => fill::<f32>(out, arg, n),
                Kind::F64 => fill::<f64>(out, arg, n),
                Kind::Bool => fill::<u8>(out, arg, n),
                Kind::Str => fill::<Str>(out, arg, n),
                Kind::Any => fill::<Any>(out, arg, n),
            }
            without_null_bytes(out);
        }
    }

    fn row(&self, _: &RowCx, args: &[Value]) -> Result<Value, RowFailure> {
        Ok(args.iter().find(|x| !x.is_null()).cloned().unwrap_or(Value::Null))
    }
}

/// Puts the argument where a null was.
fn fill<T: Lane>(out: &mut Column, arg: &Arg<'_>, n: usize) {
    overlay::<T>(out, arg, n, |_, _, null, _| null);
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
        let kind = out.kind();
        if then.column.kind() != kind || otherwise.column.kind() != kind {
            let truths = side::<u8>(condition, n);
            for i in 0..n {
                let holds = truths.at(i) != 0 && !condition.is_null(i);
                push_row(out, if holds { then } else { otherwise }, i, cx.arena);
            }
            return;
        }
        match kind {
            Kind::I32 => choose::<i32>(condition, then, otherwise, n, out),
            Kind::I64 => choose::<i64>(condition, then, otherwise, n, out),
            Kind::F32 => choose::<f32>(condition, then, otherwise, n, out),
            Kind::F64 => choose::<f64>(condition, then, otherwise, n, out),
            Kind::Bool => choose::<u8>(condition, then, otherwise, n, out),
            Kind::Str => choose::<Str>(condition, then, otherwise, n, out),
            Kind::Any => choose::<Any>(condition, then, otherwise, n, out),
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

fn choose<T: Lane>(condition: &Arg<'_>, then: &Arg<'_>, otherwise: &Arg<'_>, n: usize, out: &mut Column) {
    let (truths, x, y) = (side::<u8>(condition, n), side::<T>(then, n), side::<T>(otherwise, n));
    let to = T::vec(&mut out.data);
    match truths {
        Side::Many(truths) if condition.column.nulls.is_empty() => match (x, y) {
            (Side::Many(x), Side::Many(y)) => {
                to.extend(truths.iter().zip(x.iter().zip(y)).map(|(&c, (&x, &y))| if c != 0 { x } else { y }))
            }
            (Side::Many(x), Side::One(y)) => {
                to.extend(truths.iter().zip(x).map(|(&c, &x)| if c != 0 { x } else { y }));
            }
            (Side::One(x), Side::Many(y)) => {
                to.extend(truths.iter().zip(y).map(|(&c, &y)| if c != 0 { x } else { y }));
            }
            (Side::One(x), Side::One(y)) => to.extend(truths.iter().map(|&c| if c != 0 { x } else { y })),
        },
        _ => to.extend((0..n).map(|i| {
            let holds = truths.at(i) != 0 && !condition.is_null(i);
            if holds { x.at(i) } else { y.at(i) }
        })),
    }
    if !then.column.nulls.is_empty() || !otherwise.column.nulls.is_empty() {
        out.nulls.extend((0..n).map(|i| {
            let holds = truths.at(i) != 0 && !condition.is_null(i);
            let taken = if holds { then } else { otherwise };
            taken.is_null(i) as u8
        }));
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
