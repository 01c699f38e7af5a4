//! Typed loops over columns: one match on the kinds, then a loop that the compiler vectorises.
//!
//! All kernels append to their output column and take operands as [`Arg`]s of which the slice of the call, or the one
//! constant, is cut out first. Nulls and failures are bytes beside the values, handled in loops of their own, so that
//! the common null-free call never looks at them.

pub(super) mod arith;
pub(super) mod compare;
pub(super) mod logic;

use riddhi_batch::{Any, Column, Data, Str};
use riddhi_plan::registry::Arg;

/// A column element with its place among the kinds.
pub(crate) trait Lane: Copy {
    /// The vector of this kind; panics on another one, since kinds are settled at compile time.
    fn slice(data: &Data) -> &[Self];
    /// The same to append to.
    fn vec(data: &mut Data) -> &mut Vec<Self>;
}

macro_rules! lane {
    ($t:ty, $kind:ident) => {
        impl Lane for $t {
            #[inline]
            fn slice(data: &Data) -> &[$t] {
                let Data::$kind(v) = data else { panic!("operand is not of the kind it was compiled for") };
                v
            }

            #[inline]
            fn vec(data: &mut Data) -> &mut Vec<$t> {
                let Data::$kind(v) = data else { panic!("result is not of the kind it was compiled for") };
                v
            }
        }
    };
}

lane!(i32, I32);
lane!(i64, I64);
lane!(f32, F32);
lane!(f64, F64);
lane!(u8, Bool);
lane!(Str, Str);
lane!(Any, Any);

/// The values of an operand in a call.
#[derive(Clone, Copy)]
pub(crate) enum Side<'a, T> {
    /// One a row.
    Many(&'a [T]),
    /// The same for all.
    One(T),
}

/// Cuts the operand's values out of its column.
#[inline]
pub(crate) fn side<'a, T: Lane>(arg: &Arg<'a>, n: usize) -> Side<'a, T> {
    let all = T::slice(&arg.column.data);
    if arg.constant { Side::One(all[arg.first]) } else { Side::Many(&all[arg.first..arg.first + n]) }
}

impl<T: Copy> Side<'_, T> {
    /// The value of row `i`.
    #[inline]
    pub(crate) fn at(self, i: usize) -> T {
        match self {
            Side::Many(x) => x[i],
            Side::One(x) => x,
        }
    }
}

/// Appends `f` of each value.
#[inline]
pub(crate) fn map<T: Copy, U: Clone>(x: Side<'_, T>, n: usize, out: &mut Vec<U>, mut f: impl FnMut(T) -> U) {
    match x {
        Side::Many(x) => out.extend(x.iter().map(|&x| f(x))),
        Side::One(x) => out.extend(std::iter::repeat_n(f(x), n)),
    }
}

/// Appends `f` of each pair.
#[inline]
pub(crate) fn zip<A: Copy, B: Copy, U: Clone>(
    a: Side<'_, A>,
    b: Side<'_, B>,
    n: usize,
    out: &mut Vec<U>,
    f: impl Fn(A, B) -> U,
) {
    match (a, b) {
        (Side::Many(x), Side::Many(y)) => out.extend(x.iter().zip(y).map(|(&x, &y)| f(x, y))),
        (Side::Many(x), Side::One(y)) => out.extend(x.iter().map(|&x| f(x, y))),
        (Side::One(x), Side::Many(y)) => out.extend(y.iter().map(|&y| f(x, y))),
        (Side::One(x), Side::One(y)) => out.extend(std::iter::repeat_n(f(x, y), n)),
    }
}

/// Null bytes of an operand in a call.
#[derive(Clone, Copy)]
pub(super) enum Nulls<'a> {
    /// No row is null.
    None,
    /// Every row is null.
    All,
    /// A byte a row.
    Some(&'a [u8]),
}

/// Cuts the operand's null bytes out of its column.
#[inline]
pub(super) fn nulls<'a>(arg: &Arg<'a>, n: usize) -> Nulls<'a> {
    let all = &arg.column.nulls;
    if all.is_empty() {
        Nulls::None
    } else if !arg.constant {
        Nulls::Some(&all[arg.first..arg.first + n])
    } else if all[arg.first] != 0 {
        Nulls::All
    } else {
        Nulls::None
    }
}

/// Gives the `n` rows from `start` on a null byte each, all 0, and returns them.
#[inline]
pub(super) fn null_bytes(out: &mut Column, start: usize, n: usize) -> &mut [u8] {
    out.nulls.resize(start, 0);
    out.nulls.resize(start + n, 0);
    &mut out.nulls[start..]
}

/// Notes that the `n` rows from `start` on, whose values were just appended, are null where an operand is.
#[inline]
pub(crate) fn union_nulls(out: &mut Column, start: usize, n: usize, args: &[Arg<'_>]) {
    if !out.nulls.is_empty() {
        out.nulls.resize(start + n, 0);
    }
    for arg in args {
        match nulls(arg, n) {
            Nulls::None => {}
            Nulls::All => null_bytes(out, start, n).fill(1),
            Nulls::Some(bytes) => {
                if out.nulls.len() < start + n {
                    null_bytes(out, start, n);
                }
                out.nulls[start..].iter_mut().zip(bytes).for_each(|(to, &b)| *to |= b);
            }
        }
    }
}
