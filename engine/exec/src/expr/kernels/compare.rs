//! Comparison: a byte a row, 1 where it holds, never null.

use riddhi_batch::{Arena, Data, Str, Type};
use riddhi_plan::expr::Compare;
use riddhi_plan::registry::{Arg, Failed};

use super::{Lane, Nulls, Side, nulls, side, zip};
use crate::expr::by_value;

/// Appends `a op b`; both are of the same kind, and strings of the call's arena unless `own` is the arena of constant `b`.
pub(in crate::expr) fn compare(
    op: Compare,
    a: &Arg<'_>,
    b: &Arg<'_>,
    n: usize,
    arena: &Arena,
    own: Option<&Arena>,
    out: &mut Vec<u8>,
) {
    let start = out.len();
    match a.column.data {
        Data::I32(_) => typed::<i32>(op, a, b, n, out),
        Data::I64(_) => typed::<i64>(op, a, b, n, out),
        Data::F32(_) => typed::<f32>(op, a, b, n, out),
        Data::F64(_) => typed::<f64>(op, a, b, n, out),
        Data::Bool(_) => typed::<u8>(op, a, b, n, out),
        Data::Str(_) => strings(op == Compare::Equal, a, b, n, arena, own.unwrap_or(arena), out),
        Data::Any(_) => unreachable!("values of any kind are compared by value"),
    }
    let null = (op == Compare::NotEqual) as u8;
    for arg in [a, b] {
        match nulls(arg, n) {
            Nulls::None => {}
            Nulls::All => out[start..].fill(null),
            Nulls::Some(bytes) if null == 1 => out[start..].iter_mut().zip(bytes).for_each(|(to, &b)| *to |= b),
            Nulls::Some(bytes) => out[start..].iter_mut().zip(bytes).for_each(|(to, &b)| *to &= b ^ 1),
        }
    }
}

fn typed<T: Lane + PartialOrd>(op: Compare, a: &Arg<'_>, b: &Arg<'_>, n: usize, out: &mut Vec<u8>) {
    let (x, y) = (side::<T>(a, n), side::<T>(b, n));
    match op {
        Compare::Equal => zip(x, y, n, out, |x, y| (x == y) as u8),
        Compare::NotEqual => zip(x, y, n, out, |x, y| (x != y) as u8),
        Compare::Less => zip(x, y, n, out, |x, y| (x < y) as u8),
        Compare::LessOrEqual => zip(x, y, n, out, |x, y| (x <= y) as u8),
        Compare::Greater => zip(y, x, n, out, |y, x| (y < x) as u8),
        Compare::GreaterOrEqual => zip(y, x, n, out, |y, x| (y <= x) as u8),
    }
}

/// Equality of strings; the binder lets no other comparison of them through.
fn strings(equal: bool, a: &Arg<'_>, b: &Arg<'_>, n: usize, arena: &Arena, other: &Arena, out: &mut Vec<u8>) {
    match (side::<Str>(a, n), side::<Str>(b, n)) {
        (Side::Many(x), Side::One(y)) if y.is_inline() => {
            let word = y.word();
            out.extend(x.iter().map(|x| ((x.word() == word) == equal) as u8));
        }
        (Side::Many(x), Side::One(y)) => {
            // Length and prefix first: other strings seldom get past them.
            let (head, bytes) = (y.word() as u64, y.bytes(other));
            let same = |x: &Str| x.word() as u64 == head && x.bytes(arena) == bytes;
            out.extend(x.iter().map(|x| (same(x) == equal) as u8));
        }
        (x, y) => zip(x, y, n, out, |x, y| (x.same(arena, y, other) == equal) as u8),
    }
}

/// Appends `a op b`, declared as `ta` and `tb`, where an operand may hold anything.
pub(in crate::expr) fn compare_by_value(
    op: Compare,
    (ta, tb): (Type, Type),
    a: &Arg<'_>,
    b: &Arg<'_>,
    n: usize,
    arena: &Arena,
    out: &mut Vec<u8>,
    failed: &mut Failed,
) {
    for i in 0..n {
        let (x, y) = (a.column.value(a.at(i), arena), b.column.value(b.at(i), arena));
        out.push(match by_value::compare(op, ta, tb, &x, &y) {
            Ok(holds) => holds as u8,
            Err(why) => {
                failed.mark(i, n, why);
                0
            }
        });
    }
}
