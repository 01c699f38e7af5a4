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

/// Turns nulls of a function of type bool, from row `start` on, into false; a row that holds no bool fails.
pub(in crate::expr) fn settle(out: &mut Column, start: usize, arena: &mut Arena, failed: &mut Failed) {
    let n = out.len() - start;
    match &mut out.data {
        Data::Bool(v) if !out.nulls.is_empty() => {
            v[start..].iter_mut().zip(&mut out.nulls[start..]).for_each(|(x, null)| {
                *x &= *null ^ 1;
                *null = 0;
            });
        }
        Data::Any(v) => {
            for i in 0..n {
                let null = !out.nulls.is_empty() && out.nulls[start + i] != 0;
                let value = if null { Value::Null } else { v[start + i].value(arena) };
                match by_value::truth(&value) {
                    Ok(truth) => v[start + i] = Any::new(&Value::Bool(truth), arena),
                    Err(why) => failed.mark(i, n, why),
                }
            }
            if !out.nulls.is_empty() {
                out.nulls[start..].fill(0);
            }
        }
        _ => {}
    }
    if start == 0 {
        out.nulls.clear();
    }
}
