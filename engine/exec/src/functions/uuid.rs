//! `UUID()`: text in the form of a random UUID, repeatable from the query's seed and the row's number.

use std::sync::Arc;

use riddhi_batch::{Column, Kind, Str, Type, Value};
use riddhi_plan::registry::{
    Arg, ArgError, ArgType, BoundScalar, Failed, KernelCx, RowCx, RowFailure, ScalarFunction, ScalarKernel, Volatility,
};

use super::count;

#[derive(Debug)]
pub(super) struct Uuid;

impl ScalarFunction for Uuid {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        count(args, 0, "give nothing")?;
        Ok(BoundScalar { ty: Type::String, kind: Kind::Str, volatility: Volatility::Random, kernel: Arc::new(Seeded) })
    }
}

#[derive(Debug)]
struct Seeded;

impl ScalarKernel for Seeded {
    fn eval(&self, cx: &mut KernelCx<'_>, _: &[Arg<'_>], n: usize, out: &mut Column, _: &mut Failed) {
        for i in 0..n as u64 {
            let text = text(cx.seed, cx.serial.wrapping_add(i));
            out.push_str(Str::new(&text, cx.arena));
        }
    }

    fn row(&self, cx: &RowCx, _: &[Value]) -> Result<Value, RowFailure> {
        Ok(Value::Str(String::from_utf8_lossy(&text(cx.seed, cx.serial)).into()))
    }
}

/// The finisher of splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
fn mix(mut x: u64) -> u64 {
    x = (x ^ x >> 30).wrapping_mul(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d049bb133111eb);
    x ^ x >> 31
}

/// Version 4, variant 1.
fn text(seed: u64, serial: u64) -> [u8; 36] {
    const GOLDEN: u64 = 0x9e3779b97f4a7c15;
    let start = mix(seed ^ GOLDEN).wrapping_add(serial.wrapping_mul(GOLDEN).wrapping_mul(2));
    let (high, low) = (mix(start.wrapping_add(GOLDEN)), mix(start.wrapping_add(GOLDEN.wrapping_mul(2))));
    let high = high & !0xf000 | 0x4000;
    let low = low & !(0b11 << 62) | 0b10 << 62;
    let digits = |x: u64, i: usize| b"0123456789abcdef"[(x >> (60 - 4 * i)) as usize & 15];
    let mut out = [b'-'; 36];
    let places = (0..36).filter(|i| !matches!(i, 8 | 13 | 18 | 23));
    for (k, place) in places.enumerate() {
        out[place] = if k < 16 { digits(high, k) } else { digits(low, k - 16) };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn they_look_like_uuids_and_differ() {
        let all: BTreeSet<[u8; 36]> = (0..100).flat_map(|seed| (0..100).map(move |row| text(seed, row))).collect();
        assert_eq!(all.len(), 10_000);
        for text in all {
            assert_eq!(text[14], b'4');
            assert!(b"89ab".contains(&text[19]));
            assert_eq!(text.iter().filter(|b| **b == b'-').count(), 4);
        }
        assert_eq!(text(1, 2), text(1, 2));
    }
}
