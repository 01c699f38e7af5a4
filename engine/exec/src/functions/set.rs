//! `createSet(x)` and `sizeOfSet(set)`.

use riddhi_batch::{Any, Column, Data, Kind, Type, Value};
use riddhi_plan::registry::{
    Arg, ArgError, ArgType, BoundScalar, Failed, KernelCx, RowCx, RowFailure, ScalarFunction, ScalarKernel,
};

use super::{bound, count};
use crate::expr::type_name;

#[derive(Clone, Copy, Debug)]
pub(super) struct CreateSet;

impl ScalarFunction for CreateSet {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        count(args, 1, "give the one member")?;
        if args[0].ty == Type::Object {
            let help = "give an int, long, float, double, bool or string";
            return Err(ArgError::at(0, "an object cannot be a member of a set", help));
        }
        Ok(bound(Type::Object, Kind::Any, *self))
    }
}

impl ScalarKernel for CreateSet {
    fn eval(&self, cx: &mut KernelCx<'_>, args: &[Arg<'_>], n: usize, out: &mut Column, _: &mut Failed) {
        let arg = &args[0];
        let Data::Any(to) = &mut out.data else { return };
        let mut set = Value::Set(vec![Value::Null]);
        for i in 0..n {
            if let Value::Set(members) = &mut set {
                members[0] = arg.column.value(arg.at(i), cx.arena);
            }
            to.push(Any::new(&set, cx.arena));
        }
    }

    fn row(&self, _: &RowCx, args: &[Value]) -> Result<Value, RowFailure> {
        Ok(Value::Set(vec![args[0].clone()]))
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct SizeOfSet;

impl ScalarFunction for SizeOfSet {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        count(args, 1, "give a set")?;
        if args[0].ty != Type::Object {
            return Err(ArgError::at(0, format!("takes a set, found {}", args[0].ty), "make one with createSet"));
        }
        Ok(bound(Type::Int, Kind::I32, *self))
    }
}

impl ScalarKernel for SizeOfSet {
    fn eval(&self, cx: &mut KernelCx<'_>, args: &[Arg<'_>], n: usize, out: &mut Column, failed: &mut Failed) {
        for i in 0..n {
            match self.row(&RowCx::default(), &[args[0].column.value(args[0].at(i), cx.arena)]) {
                Ok(Value::Int(size)) => out.push_i32(size),
                Ok(_) => out.push_null(),
                Err(why) => {
                    failed.mark(i, n, why);
                    out.push_null();
                }
            }
        }
    }

    fn row(&self, _: &RowCx, args: &[Value]) -> Result<Value, RowFailure> {
        match &args[0] {
            Value::Null => Ok(Value::Int(0)),
            Value::Set(members) => Ok(Value::Int(members.len() as i32)),
            other => Err(RowFailure::new(format!("size of a {} as of a set", type_name(other)))),
        }
    }
}
