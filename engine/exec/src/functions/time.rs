//! `eventTimestamp()` and `currentTimeMillis()`.

use std::sync::Arc;

use riddhi_batch::{Column, Data, Kind, Type, Value};
use riddhi_plan::registry::{
    Arg, ArgError, ArgType, BoundScalar, Failed, KernelCx, RowCx, RowFailure, ScalarFunction, ScalarKernel, Volatility,
};

use super::count;

fn time(volatility: Volatility) -> BoundScalar {
    BoundScalar { ty: Type::Long, kind: Kind::I64, volatility, kernel: Arc::new(Time(volatility)) }
}

#[derive(Debug)]
pub(super) struct EventTimestamp;

impl ScalarFunction for EventTimestamp {
    /// The binder takes an event's name away.
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        count(args, 0, "give nothing, or the name of an event of a join or pattern")?;
        Ok(time(Volatility::RowTime))
    }
}

#[derive(Debug)]
pub(super) struct CurrentTimeMillis;

impl ScalarFunction for CurrentTimeMillis {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        count(args, 0, "give nothing")?;
        Ok(time(Volatility::Clock))
    }
}

/// The row's timestamp, or the clock.
#[derive(Debug)]
struct Time(Volatility);

impl ScalarKernel for Time {
    fn eval(&self, cx: &mut KernelCx<'_>, _: &[Arg<'_>], n: usize, out: &mut Column, _: &mut Failed) {
        let times = if self.0 == Volatility::Clock { cx.now } else { cx.ts };
        if let Data::I64(to) = &mut out.data {
            to.extend_from_slice(&times[..n]);
        }
    }

    fn row(&self, cx: &RowCx, _: &[Value]) -> Result<Value, RowFailure> {
        Ok(Value::Long(if self.0 == Volatility::Clock { cx.now } else { cx.ts }))
    }
}
