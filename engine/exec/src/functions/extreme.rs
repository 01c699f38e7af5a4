//! `maximum(a, ...)` and `minimum(a, ...)`: of the arguments of a row that are numbers. Nulls are passed over, NaN counts
//! only if there is nothing else; if all are null so is the result.

use riddhi_batch::{Column, Data, Type, Value};
use riddhi_plan::registry::{
    Arg, ArgError, ArgType, BoundScalar, Failed, KernelCx, RowCx, RowFailure, ScalarFunction, ScalarKernel,
};

use super::{bound, push_rows, same_type};
use crate::expr::number_as;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extreme {
    Maximum,
    Minimum,
}

impl ScalarFunction for Extreme {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        if let Some(i) = args.iter().position(|a| !a.ty.is_numeric()) {
            let help = "give int, long, float or double, all of one type";
            return Err(ArgError::at(i, format!("takes numbers, found {}", args[i].ty), help));
        }
        let ty = same_type(args)?;
        // One argument is passed on as it is.
        let kind = if args.len() == 1 { args[0].kind } else { ty.kind() };
        Ok(bound(ty, kind, Of { extreme: *self, ty }))
    }
}

#[derive(Debug)]
struct Of {
    extreme: Extreme,
    ty: Type,
}

/// Whether `x` takes the place of `best`.
fn better<T: PartialOrd + Copy>(extreme: Extreme, x: T, best: T) -> bool {
    let best_is_nan = best.partial_cmp(&best).is_none();
    let x_is_nan = x.partial_cmp(&x).is_none();
    !x_is_nan && (best_is_nan || if extreme == Extreme::Maximum { x > best } else { x < best })
}

impl ScalarKernel for Of {
    fn eval(&self, cx: &mut KernelCx<'_>, args: &[Arg<'_>], n: usize, out: &mut Column, failed: &mut Failed) {
        if let [arg] = args {
            return push_rows(out, arg, n, cx.arena);
        }
        if args.iter().any(|a| a.column.kind() != self.ty.kind()) {
            return self.by_value(cx, args, n, out, failed);
        }
        macro_rules! typed {
            ($kind:ident, $push:ident) => {
                for i in 0..n {
                    let mut best = None;
                    for arg in args {
                        let at = arg.at(i);
                        let Data::$kind(v) = &arg.column.data else { continue };
                        if !arg.column.is_null(at) && best.is_none_or(|best| better(self.extreme, v[at], best)) {
                            best = Some(v[at]);
                        }
                    }
                    match best {
                        Some(x) => out.$push(x),
                        None => out.push_null(),
                    }
                }
            };
        }
        match self.ty {
            Type::Int => typed!(I32, push_i32),
            Type::Long => typed!(I64, push_i64),
            Type::Float => typed!(F32, push_f32),
            _ => typed!(F64, push_f64),
        }
    }

    fn row(&self, _: &RowCx, args: &[Value]) -> Result<Value, RowFailure> {
        if let [value] = args {
            return Ok(value.clone());
        }
        let mut best = Value::Null;
        for number in
            args.iter().filter(|x| !is_nan(x) || x.ty() == Some(self.ty)).filter_map(|x| number_as(x, self.ty))
        {
            let better = match (&number, &best) {
                (_, Value::Null) => true,
                (Value::Int(x), Value::Int(y)) => better(self.extreme, *x, *y),
                (Value::Long(x), Value::Long(y)) => better(self.extreme, *x, *y),
                (Value::Float(x), Value::Float(y)) => better(self.extreme, *x, *y),
                (Value::Double(x), Value::Double(y)) => better(self.extreme, *x, *y),
                _ => false,
            };
            if better {
                best = number;
            }
        }
        Ok(best)
    }
}

fn is_nan(value: &Value) -> bool {
    match value {
        Value::Float(x) => x.is_nan(),
        Value::Double(x) => x.is_nan(),
        _ => false,
    }
}

impl Of {
    /// Where an argument is not of the type it claims: what is no number is passed over.
    fn by_value(&self, cx: &mut KernelCx<'_>, args: &[Arg<'_>], n: usize, out: &mut Column, failed: &mut Failed) {
        let mut values = Vec::with_capacity(args.len());
        for i in 0..n {
            values.clear();
            values.extend(args.iter().map(|a| a.column.value(a.at(i), cx.arena)));
            match self.row(&RowCx::default(), &values) {
                Ok(value) if out.push_value(&value, cx.arena) => {}
                Ok(_) => out.push_null(),
                Err(why) => {
                    failed.mark(i, n, why);
                    out.push_null();
                }
            }
        }
    }
}
