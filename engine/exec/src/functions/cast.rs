//! `cast(value, 'type')`: gives a value another declared type and leaves the value alone, with two exceptions: an int
//! becomes a long, and for bool the value must be one.

use riddhi_batch::{Any, Column, Data, Kind, Type, Value};
use riddhi_plan::registry::{
    Arg, ArgError, ArgType, BoundScalar, Failed, KernelCx, RowCx, RowFailure, ScalarFunction, ScalarKernel,
};

use super::{bound, push_rows, type_word};
use crate::expr::type_name;

#[derive(Debug)]
pub(super) struct Cast;

impl ScalarFunction for Cast {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        let ty = type_word(args)?;
        let kind = match (ty, args[0].kind) {
            (Type::Bool, _) => Kind::Bool,
            (Type::Long, Kind::I32) => Kind::I64,
            (_, kind) => kind,
        };
        Ok(bound(ty, kind, Relabel(ty)))
    }
}

/// Relabels to that type.
#[derive(Debug)]
struct Relabel(Type);

impl ScalarKernel for Relabel {
    fn eval(&self, cx: &mut KernelCx<'_>, args: &[Arg<'_>], n: usize, out: &mut Column, failed: &mut Failed) {
        let arg = &args[0];
        match (&mut out.data, &arg.column.data) {
            (Data::I64(_), Data::I32(v)) => {
                for at in (0..n).map(|i| arg.at(i)) {
                    if arg.column.is_null(at) { out.push_null() } else { out.push_i64(v[at] as i64) }
                }
            }
            (Data::Any(_), Data::Any(_)) if self.0 == Type::Long => {
                push_rows(out, arg, n, cx.arena);
                let Data::Any(to) = &mut out.data else { return };
                for x in to {
                    if let Value::Int(i) = x.value(cx.arena) {
                        *x = Any::new(&Value::Long(i as i64), cx.arena);
                    }
                }
            }
            (Data::Bool(_), Data::Bool(_)) => push_rows(out, arg, n, cx.arena),
            (Data::Bool(_), _) => {
                for i in 0..n {
                    match self.row(&RowCx::default(), &[arg.column.value(arg.at(i), cx.arena)]) {
                        Ok(Value::Bool(x)) => out.push_bool(x),
                        Ok(_) => out.push_null(),
                        Err(why) => {
                            failed.mark(i, n, why);
                            out.push_null();
                        }
                    }
                }
            }
            _ => push_rows(out, arg, n, cx.arena),
        }
    }

    fn row(&self, _: &RowCx, args: &[Value]) -> Result<Value, RowFailure> {
        match (self.0, &args[0]) {
            (Type::Long, Value::Int(x)) => Ok(Value::Long(*x as i64)),
            (Type::Bool, x @ (Value::Bool(_) | Value::Null)) => Ok(x.clone()),
            (Type::Bool, other) => Err(RowFailure::new(format!("cast of a {} to bool", type_name(other)))),
            (_, x) => Ok(x.clone()),
        }
    }
}
