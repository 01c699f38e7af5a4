//! Arithmetic, and conversion between numbers.

use riddhi_batch::{Arena, Column, Data, Type};
use riddhi_plan::expr::Arith;
use riddhi_plan::registry::{Arg, Failed};

use super::{Lane, Nulls, Side, null_bytes, nulls, side, union_nulls, zip};
use crate::expr::by_value;

/// A number with Java's arithmetic.
pub(in crate::expr) trait Number: Lane {
    fn add(self, y: Self) -> Self;
    fn subtract(self, y: Self) -> Self;
    fn multiply(self, y: Self) -> Self;
    /// Anything, but no panic, if `y` is zero.
    fn divide(self, y: Self) -> Self;
    /// Likewise.
    fn modulo(self, y: Self) -> Self;
    fn is_zero(self) -> bool;
}

macro_rules! whole {
    ($t:ty) => {
        impl Number for $t {
            #[inline]
            fn add(self, y: $t) -> $t {
                self.wrapping_add(y)
            }
            #[inline]
            fn subtract(self, y: $t) -> $t {
                self.wrapping_sub(y)
            }
            #[inline]
            fn multiply(self, y: $t) -> $t {
                self.wrapping_mul(y)
            }
            #[inline]
            fn divide(self, y: $t) -> $t {
                if y == 0 { 0 } else { self.wrapping_div(y) }
            }
            #[inline]
            fn modulo(self, y: $t) -> $t {
                if y == 0 { 0 } else { self.wrapping_rem(y) }
            }
            #[inline]
            fn is_zero(self) -> bool {
                self == 0
            }
        }
    };
}

macro_rules! real {
    ($t:ty) => {
        impl Number for $t {
            #[inline]
            fn add(self, y: $t) -> $t {
                self + y
            }
            #[inline]
            fn subtract(self, y: $t) -> $t {
                self - y
            }
            #[inline]
            fn multiply(self, y: $t) -> $t {
                self * y
            }
            #[inline]
            fn divide(self, y: $t) -> $t {
                self / y
            }
            #[inline]
            fn modulo(self, y: $t) -> $t {
                self % y
            }
            #[inline]
            fn is_zero(self) -> bool {
                self == 0.0
            }
        }
    };
}

whole!(i32);
whole!(i64);
real!(f32);
real!(f64);

/// Appends `a op b`; both are of the output's kind.
pub(in crate::expr) fn arith(op: Arith, a: &Arg<'_>, b: &Arg<'_>, n: usize, out: &mut Column) {
    match out.data {
        Data::I32(_) => typed::<i32>(op, a, b, n, out),
        Data::I64(_) => typed::<i64>(op, a, b, n, out),
        Data::F32(_) => typed::<f32>(op, a, b, n, out),
        Data::F64(_) => typed::<f64>(op, a, b, n, out),
        _ => unreachable!("arithmetic has a numeric result"),
    }
}

fn typed<T: Number>(op: Arith, a: &Arg<'_>, b: &Arg<'_>, n: usize, out: &mut Column) {
    let start = out.len();
    let (x, y) = (side::<T>(a, n), side::<T>(b, n));
    let to = T::vec(&mut out.data);
    match op {
        Arith::Add => zip(x, y, n, to, T::add),
        Arith::Subtract => zip(x, y, n, to, T::subtract),
        Arith::Multiply => zip(x, y, n, to, T::multiply),
        Arith::Divide => zip(x, y, n, to, T::divide),
        Arith::Modulo => zip(x, y, n, to, T::modulo),
    }
    union_nulls(out, start, n, &[*a, *b]);
    if matches!(op, Arith::Divide | Arith::Modulo) {
        null_by_zero(y, start, n, out);
    }
}

/// Division by zero gives null, for floats too.
fn null_by_zero<T: Number>(divisor: Side<'_, T>, start: usize, n: usize, out: &mut Column) {
    match divisor {
        Side::One(y) => {
            if y.is_zero() {
                null_bytes(out, start, n).fill(1);
            }
        }
        Side::Many(y) => {
            if y.iter().fold(false, |any, y| any | y.is_zero()) {
                if out.nulls.len() < start + n {
                    null_bytes(out, start, n);
                }
                out.nulls[start..].iter_mut().zip(y).for_each(|(to, y)| *to |= y.is_zero() as u8);
            }
        }
    }
}

/// Appends the numbers of `a` converted to the output's kind as Java converts them: integers wrap, fractions are cut off
/// and saturate.
pub(in crate::expr) fn convert(a: &Arg<'_>, n: usize, out: &mut Column) {
    macro_rules! from {
        ($from:ty) => {{
            let Side::Many(x) = side::<$from>(a, n) else { unreachable!("constants are converted at compile time") };
            match &mut out.data {
                Data::I32(to) => to.extend(x.iter().map(|&x| x as i32)),
                Data::I64(to) => to.extend(x.iter().map(|&x| x as i64)),
                Data::F32(to) => to.extend(x.iter().map(|&x| x as f32)),
                Data::F64(to) => to.extend(x.iter().map(|&x| x as f64)),
                _ => unreachable!("numbers become numbers"),
            }
        }};
    }
    let start = out.len();
    match a.column.data {
        Data::I32(_) => from!(i32),
        Data::I64(_) => from!(i64),
        Data::F32(_) => from!(f32),
        Data::F64(_) => from!(f64),
        _ => unreachable!("only numbers are converted"),
    }
    if let Nulls::Some(_) = nulls(a, n) {
        union_nulls(out, start, n, &[*a]);
    } else if !out.nulls.is_empty() {
        out.nulls.resize(start + n, 0);
    }
}

/// Appends `a op b` of the type `ty` where an operand may hold anything.
pub(in crate::expr) fn arith_by_value(
    op: Arith,
    ty: Type,
    a: &Arg<'_>,
    b: &Arg<'_>,
    n: usize,
    arena: &mut Arena,
    out: &mut Column,
    failed: &mut Failed,
) {
    for i in 0..n {
        let (x, y) = (a.column.value(a.at(i), arena), b.column.value(b.at(i), arena));
        match by_value::arith(op, ty, &x, &y) {
            Ok(value) if !failed.is(i) && out.push_value(&value, arena) => {}
            Ok(_) => out.push_null(),
            Err(why) => {
                failed.mark(i, n, why);
                out.push_null();
            }
        }
    }
}
