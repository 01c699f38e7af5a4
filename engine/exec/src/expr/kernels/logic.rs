//! Two-valued logic: null counts as false, results are never null.

use riddhi_batch::{Any, Arena, Column, Data, Value};
use riddhi_plan::registry::{Arg, Failed};

use super::{Nulls, Side, nulls, side, zip};
use crate::expr::by_value;

/// Whether row `i` is true.
#[inline]
fn truth(values: Side<'_, u8>, nulls: Nulls<'_>, i: usize) -> u8 {
    let value = match values {
        Side::One(x) => x,
        Side::Many(x) => x[i],
    };
    match nulls {
        Nulls::None => value,
        Nulls::All => 0,
        Nulls::Some(bytes) => value & (bytes[i] ^ 1),
    }
}

/// Appends `a and b`, or `a or b`, and marks the rows of which the operands that are looked at failed.
pub(in crate::expr) fn connect(and: bool, a: &Arg<'_>, b: &Arg<'_>, n: usize, out: &mut Vec<u8>) {
    let (x, y) = (side::<u8>(a, n), side::<u8>(b, n));
    match (nulls(a, n), nulls(b, n)) {
        (Nulls::None, Nulls::None) if and => zip(x, y, n, out, |x, y| x & y),
        (Nulls::None, Nulls::None) => zip(x, y, n, out, |x, y| x | y),
        (xn, yn) if and => out.extend((0..n).map(|i| truth(x, xn, i) & truth(y, yn, i))),
        (xn, yn) => out.extend((0..n).map(|i| truth(x, xn, i) | truth(y, yn, i))),
    }
}

/// Which rows of `a and b` (or `a or b`) fail: those that failed in `a`, or in `b` if `a` did not settle the matter.
pub(in crate::expr) fn connect_failures(and: bool, a: &Arg<'_>, b: &Arg<'_>, n: usize, rows: &mut Vec<u8>) {
    let (x, xn) = (side::<u8>(a, n), nulls(a, n));
    rows.extend((0..n).map(|i| {
        let (fa, fb) = (a.failed.get(i).copied().unwrap_or(0), b.failed.get(i).copied().unwrap_or(0));
        let undecided = truth(x, xn, i) ^ !and as u8;
        fa | (undecided & fb)
    }));
}

/// Appends `not a`.
pub(in crate::expr) fn not(a: &Arg<'_>, n: usize, out: &mut Vec<u8>) {
    let start = out.len();
    match side::<u8>(a, n) {
        Side::Many(x) => out.extend(x.iter().map(|x| x ^ 1)),
        Side::One(x) => out.extend(std::iter::repeat_n(x ^ 1, n)),
    }
    match nulls(a, n) {
        Nulls::None => {}
        Nulls::All => out[start..].fill(1),
        Nulls::Some(bytes) => out[start..].iter_mut().zip(bytes).for_each(|(to, &b)| *to |= b),
    }
}

/// Appends `a is null`.
pub(in crate::expr) fn is_null(a: &Arg<'_>, n: usize, out: &mut Vec<u8>) {
    match nulls(a, n) {
        Nulls::None => out.resize(out.len() + n, 0),
        Nulls::All => out.resize(out.len() + n, 1),
        Nulls::Some(bytes) => out.extend_from_slice(bytes),
    }
}

/// Appends the truth of what may be no bool; a row where it is none fails.
pub(in crate::expr) fn truth_by_value(a: &Arg<'_>, n: usize, arena: &Arena, out: &mut Vec<u8>, failed: &mut Failed) {
    for i in 0..n {
        out.push(match by_value::truth(&a.column.value(a.at(i), arena)) {
            Ok(truth) => truth as u8,
            Err(why) => {
                failed.mark(i, n, why);
                0
            }
        });
    }
}

/// Turns nulls of a function of type bool into false; a row that holds no bool fails.
pub(in crate::expr) fn settle(out: &mut Column, arena: &mut Arena, failed: &mut Failed) {
    if let Data::Bool(v) = &mut out.data {
        v.iter_mut().zip(&out.nulls).for_each(|(x, null)| *x &= null ^ 1);
        return out.nulls.clear();
    }
    let n = out.len();
    for i in 0..n {
        match by_value::truth(&out.value(i, arena)) {
            Ok(truth) => {
                if let Data::Any(v) = &mut out.data {
                    v[i] = Any::new(&Value::Bool(truth), arena);
                }
            }
            Err(why) => failed.mark(i, n, why),
        }
    }
    if let Data::Any(_) = out.data {
        out.nulls.clear();
    }
}
