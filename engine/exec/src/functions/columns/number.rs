//! Functions of numbers, which give null for null.

use riddhi_batch::{Data, Type};
use riddhi_plan::registry::BoundScalar;

use super::super::rowwise::{Out, Row};
use super::{Over, of_columns};
use crate::expr::{Lane, Side, map, side, union_nulls, zip};

/// What functions of numbers give.
pub(in super::super) trait Given: Lane + 'static {
    /// Its type.
    const TYPE: Type;
    /// As the result of a row.
    fn out(self) -> Out;
}

impl Given for f64 {
    const TYPE: Type = Type::Double;

    fn out(self) -> Out {
        Out::Double(self)
    }
}

impl Given for i32 {
    const TYPE: Type = Type::Int;

    fn out(self) -> Out {
        Out::Int(self)
    }
}

/// A bool.
impl Given for u8 {
    const TYPE: Type = Type::Bool;

    fn out(self) -> Out {
        Out::Bool(self != 0)
    }
}

/// Runs `$body` with `$x` as the values of an argument and `$double` as what makes doubles of them; false if it holds no numbers.
macro_rules! with_numbers {
    ($arg:expr, $n:expr, |$x:ident, $double:ident| $body:expr) => {
        match &$arg.column.data {
            Data::I32(_) => with_numbers!(@ i32, $arg, $n, $x, $double, $body),
            Data::I64(_) => with_numbers!(@ i64, $arg, $n, $x, $double, $body),
            Data::F32(_) => with_numbers!(@ f32, $arg, $n, $x, $double, $body),
            Data::F64(_) => with_numbers!(@ f64, $arg, $n, $x, $double, $body),
            Data::Bool(_) | Data::Str(_) | Data::Any(_) => return false,
        }
    };
    (@ $t:ty, $arg:expr, $n:expr, $x:ident, $double:ident, $body:expr) => {{
        let $x: Side<'_, $t> = side($arg, $n);
        let $double = |x: $t| x as f64;
        $body
    }};
}

/// `of` of any number as a double.
pub(in super::super) fn one_number<T: Given>(
    name: &'static str,
    of: impl Fn(f64) -> T + Copy + Send + Sync + 'static,
) -> BoundScalar {
    of_columns(
        name,
        T::TYPE,
        move |row: &Row<'_>, _: &mut String| Ok(row.number(0)?.map_or(Out::Null, |x| of(x).out())),
        move |over: &mut Over<'_>| {
            let arg = &over.args[0];
            with_numbers!(arg, over.n, |x, double| {
                map(x, over.n, T::vec(&mut over.out.data), |x| of(double(x)));
            });
            union_nulls(over.out, 0, over.n, over.args);
            true
        },
    )
}

/// Gives each row `of` its first argument, which is of the type; null of null.
pub(in super::super) fn each<T: Lane, U: Lane>(over: &mut Over<'_>, of: impl FnMut(T) -> U) -> bool {
    map(side(&over.args[0], over.n), over.n, U::vec(&mut over.out.data), of);
    union_nulls(over.out, 0, over.n, over.args);
    true
}

/// `of` of any two numbers as doubles.
pub(in super::super) fn two_numbers<T: Given>(
    name: &'static str,
    of: impl Fn(f64, f64) -> T + Copy + Send + Sync + 'static,
) -> BoundScalar {
    of_columns(
        name,
        T::TYPE,
        move |row: &Row<'_>, _: &mut String| {
            let (Some(x), Some(y)) = (row.number(0)?, row.number(1)?) else { return Ok(Out::Null) };
            Ok(of(x, y).out())
        },
        move |over: &mut Over<'_>| {
            let [a, b] = over.args else { return false };
            with_numbers!(a, over.n, |x, first| with_numbers!(b, over.n, |y, second| {
                zip(x, y, over.n, T::vec(&mut over.out.data), |x, y| of(first(x), second(y)));
            }));
            union_nulls(over.out, 0, over.n, over.args);
            true
        },
    )
}
