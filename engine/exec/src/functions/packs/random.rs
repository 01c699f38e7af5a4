//! `math:rand([seed])`: the numbers of Java's `Random`, one a row. Without a seed it is the query's.

use std::sync::Arc;

use riddhi_batch::{Column, Kind, Type, Value};
use riddhi_plan::registry::{
    Arg, ArgError, ArgType, BoundScalar, Failed, KernelCx, RowCx, RowFailure, ScalarFunction, ScalarKernel, Volatility,
};

use super::signature::{WHOLE, check};

pub(super) struct Rand;

impl ScalarFunction for Rand {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        check(args, &[&[], &[WHOLE]])?;
        let seed = match args.first().map(|a| &a.constant) {
            None => None,
            Some(Some(Value::Int(x))) => Some(*x as i64 as u64),
            Some(Some(Value::Long(x))) => Some(*x as u64),
            Some(_) => return Err(ArgError::at(0, "the seed must be a constant", "write a whole number")),
        };
        let kernel = Arc::new(Sequence(seed));
        Ok(BoundScalar { ty: Type::Double, kind: Kind::F64, volatility: Volatility::Random, kernel })
    }
}

/// Numbers from a seed.
#[derive(Debug)]
struct Sequence(Option<u64>);

const MASK: u64 = (1 << 48) - 1;
const FACTOR: u64 = 0x5_deec_e66d;
const TERM: u64 = 0xb;

fn step(state: u64) -> u64 {
    state.wrapping_mul(FACTOR).wrapping_add(TERM) & MASK
}

/// The state so many steps after `state`.
fn after(mut state: u64, mut steps: u64) -> u64 {
    let (mut factor, mut term) = (FACTOR, TERM);
    while steps > 0 {
        if steps & 1 != 0 {
            state = state.wrapping_mul(factor).wrapping_add(term) & MASK;
        }
        term = term.wrapping_mul(factor.wrapping_add(1)) & MASK;
        factor = factor.wrapping_mul(factor) & MASK;
        steps >>= 1;
    }
    state
}

/// The number that the next two steps make.
fn next(state: &mut u64) -> f64 {
    *state = step(*state);
    let high = *state >> 22;
    *state = step(*state);
    ((high << 27) + (*state >> 21)) as f64 / (1u64 << 53) as f64
}

impl Sequence {
    fn at(&self, query: u64, serial: u64) -> u64 {
        after((self.0.unwrap_or(query) ^ FACTOR) & MASK, serial.wrapping_mul(2))
    }
}

impl ScalarKernel for Sequence {
    fn eval(&self, cx: &mut KernelCx<'_>, _: &[Arg<'_>], n: usize, out: &mut Column, _: &mut Failed) {
        let mut state = self.at(cx.seed, cx.serial);
        for _ in 0..n {
            out.push_f64(next(&mut state));
        }
    }

    fn row(&self, cx: &RowCx, _: &[Value]) -> Result<Value, RowFailure> {
        Ok(Value::Double(next(&mut self.at(cx.seed, cx.serial))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_host_language() {
        let numbers = Sequence(Some(42));
        let at = |row| numbers.row(&RowCx { serial: row, ..RowCx::default() }, &[]).unwrap();
        assert_eq!(at(0), Value::Double(0.7275636800328681));
        assert_eq!(at(1), Value::Double(0.6832234717598454));
        assert_eq!(at(2), Value::Double(0.30871945533265976));
    }
}
