//! `maximum(a, ...)` and `minimum(a, ...)`: of the arguments of a row that are numbers. Nulls are passed over, NaN counts
//! only if there is nothing else; if all are null so is the result.

use riddhi_batch::{Column, Type, Value};
use riddhi_plan::registry::{
    Arg, ArgError, ArgType, BoundScalar, Failed, KernelCx, RowCx, RowFailure, ScalarFunction, ScalarKernel,
};

use super::{bound, by_values, overlay, push_rows, same_type, with_null_bytes, without_null_bytes};
use crate::expr::{Lane, number_as};

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
#[inline]
#[allow(clippy::eq_op)]
fn better<T: PartialOrd + Copy>(extreme: Extreme, x: T, best: T) -> bool {
    // Only NaN differs from itself.
    (x == x) & ((best != best) | if extreme == Extreme::Maximum { x > best } else { x < best })
}

impl ScalarKernel for Of {
    fn eval(&self, cx: &mut KernelCx<'_>, args: &[Arg<'_>], n: usize, out: &mut Column, failed: &mut Failed) {
        if let [arg] = args {
            return push_rows(out, arg, n, cx.arena);
        }
        if args.iter().any(|a| a.column.kind() != self.ty.kind()) {
            // An argument is not of the type it claims: what is no number is passed over.
            return by_values(cx, args, n, out, failed, |row, values| self.row(row, values));
        }
        push_rows(out, &args[0], n, cx.arena);
        with_null_bytes(out);
        for arg in &args[1..] {
            match self.ty {
                Type::Int => self.typed::<i32>(out, arg, n),
                Type::Long => self.typed::<i64>(out, arg, n),
                Type::Float => self.typed::<f32>(out, arg, n),
                _ => self.typed::<f64>(out, arg, n),
            }
        }
        without_null_bytes(out);
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
    /// Takes the argument where it is better.
    fn typed<T: Lane + PartialOrd>(&self, out: &mut Column, arg: &Arg<'_>, n: usize) {
        match self.extreme {
            Extreme::Maximum => {
                overlay::<T>(out, arg, n, |best, x, none, null| !null & (none | better(Extreme::Maximum, x, best)))
            }
            Extreme::Minimum => {
                overlay::<T>(out, arg, n, |best, x, none, null| !null & (none | better(Extreme::Minimum, x, best)))
            }
        }
    }
}
