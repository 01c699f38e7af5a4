//! `instanceOfInteger(x)` and its like: whether the value really is of that type.

use riddhi_batch::{Column, Data, Kind, Type, Value};
use riddhi_plan::registry::{
    Arg, ArgError, ArgType, BoundScalar, Failed, KernelCx, RowCx, RowFailure, ScalarFunction, ScalarKernel,
};

use super::{bound, count};

/// Their names.
pub(super) const NAMES: [(&str, Type); 6] = [
    ("instanceOfBoolean", Type::Bool),
    ("instanceOfDouble", Type::Double),
    ("instanceOfFloat", Type::Float),
    ("instanceOfInteger", Type::Int),
    ("instanceOfLong", Type::Long),
    ("instanceOfString", Type::String),
];

/// Of that type.
#[derive(Clone, Copy, Debug)]
pub(super) struct InstanceOf(pub(super) Type);

impl ScalarFunction for InstanceOf {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        count(args, 1, "give the value to look at")?;
        Ok(bound(Type::Bool, Kind::Bool, *self))
    }
}

impl ScalarKernel for InstanceOf {
    fn eval(&self, cx: &mut KernelCx<'_>, args: &[Arg<'_>], n: usize, out: &mut Column, _: &mut Failed) {
        let arg = &args[0];
        let Data::Bool(to) = &mut out.data else { return };
        match &arg.column.data {
            Data::Any(v) => to.extend((0..n).map(|i| {
                let is = !arg.is_null(i) && v[arg.at(i)].value(cx.arena).ty() == Some(self.0);
                is as u8
            })),
            _ if arg.column.kind() != self.0.kind() => to.resize(n, 0),
            _ if arg.column.nulls.is_empty() => to.resize(n, 1),
            _ => to.extend((0..n).map(|i| !arg.is_null(i) as u8)),
        }
    }

    fn row(&self, _: &RowCx, args: &[Value]) -> Result<Value, RowFailure> {
        Ok(Value::Bool(args[0].ty() == Some(self.0)))
    }
}
