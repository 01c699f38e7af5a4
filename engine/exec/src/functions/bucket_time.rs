//! The time by which an aggregation puts an event into buckets. No text can call it: its name is no identifier.

use riddhi_batch::{Column, Data, Kind, Type, Value};
use riddhi_plan::aggregation::{BUCKET_TIME, time};
use riddhi_plan::registry::{
    Arg, ArgError, ArgType, BoundScalar, Failed, KernelCx, RowCx, RowFailure, ScalarFunction, ScalarKernel,
};

use super::{bound, count};

/// Its name.
pub(super) const NAME: &str = BUCKET_TIME;

#[derive(Clone, Copy, Debug)]
pub(super) struct BucketTime;

impl ScalarFunction for BucketTime {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        count(args, 1, "give the time")?;
        Ok(bound(Type::Long, Kind::I64, *self))
    }
}

impl ScalarKernel for BucketTime {
    fn eval(&self, cx: &mut KernelCx<'_>, args: &[Arg<'_>], n: usize, out: &mut Column, failed: &mut Failed) {
        let arg = &args[0];
        for i in 0..n {
            let at = arg.at(i);
            if let (Data::I64(v), false) = (&arg.column.data, arg.column.is_null(at)) {
                out.push_i64(v[at]);
                continue;
            }
            match self.row(&RowCx::default(), &[arg.column.value(at, cx.arena)]) {
                Ok(Value::Long(time)) => out.push_i64(time),
                Ok(_) => out.push_null(),
                Err(why) => {
                    failed.mark(i, n, why);
                    out.push_i64(0);
                }
            }
        }
    }

    fn row(&self, _: &RowCx, args: &[Value]) -> Result<Value, RowFailure> {
        match &args[0] {
            Value::Long(time) => Ok(Value::Long(*time)),
            Value::Int(time) => Ok(Value::Long(i64::from(*time))),
            Value::Str(text) => time(text)
                .map(Value::Long)
                .ok_or_else(|| RowFailure::new(format!("'{text}' is no time of the form 'yyyy-MM-dd HH:mm:ss'"))),
            Value::Null => Err(RowFailure::new("the time to aggregate by is null")),
            _ => Err(RowFailure::new("what an aggregation is to aggregate by is no time")),
        }
    }
}
