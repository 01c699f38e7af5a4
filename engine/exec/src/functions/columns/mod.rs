//! Functions of one row that have a shorter way over whole columns.
//!
//! A function is written once as [`OfRow`]. Beside it stands how it runs over columns of the types that it is declared with: a loop
//! that gives each row a value, or leaves the row to the function itself (`Over::left`) where the shorter way does not tell: a
//! null that fails the row, text beyond ASCII, what goes wrong. A call whose columns are of other types goes row by row.

mod number;
mod short;
#[cfg(test)]
mod tests;
mod text;

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use riddhi_batch::{Arena, Column, Data, Str, Type, Value};
use riddhi_plan::registry::{Arg, BoundScalar, Failed, KernelCx, RowCx, RowFailure, ScalarKernel, Volatility};

use super::rowwise::{OfRow, Out, Rowwise, with_buffer};
pub(super) use number::{each, one_number, two_numbers};
pub(super) use short::{Short, has, joined};
pub(super) use text::{changed, each_text, is_ascii, part_of};

/// A call over columns.
pub(super) struct Over<'a> {
    /// Where all long strings of arguments and results lie.
    pub arena: &'a mut Arena,
    pub args: &'a [Arg<'a>],
    /// How many rows there are.
    pub n: usize,
    /// The results; empty.
    pub out: &'a mut Column,
    /// Rows, in order, whose result stands for nothing: they are left to the function of one row.
    pub left: &'a mut Vec<u32>,
}

/// The shorter way: appends `n` results. False, and nothing appended, where the columns are not of the types it is made for.
pub(super) trait OfColumns: Fn(&mut Over<'_>) -> bool + Send + Sync + 'static {}

impl<F: Fn(&mut Over<'_>) -> bool + Send + Sync + 'static> OfColumns for F {}

/// A bound function of the type `ty`, with its shorter way.
pub(super) fn of_columns(name: &'static str, ty: Type, of: impl OfRow, over: impl OfColumns) -> BoundScalar {
    let kernel = Arc::new(Columnwise { row: Rowwise { name, of }, over });
    BoundScalar { ty, kind: ty.kind(), volatility: Volatility::Pure, kernel }
}

struct Columnwise<F, C> {
    row: Rowwise<F>,
    over: C,
}

impl<F, C> fmt::Debug for Columnwise<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.row.fmt(f)
    }
}

thread_local! {
    /// Rows left over.
    static LEFT: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

impl<F: OfRow, C: OfColumns> ScalarKernel for Columnwise<F, C> {
    fn eval(&self, cx: &mut KernelCx<'_>, args: &[Arg<'_>], n: usize, out: &mut Column, failed: &mut Failed) {
        let mut left = LEFT.take();
        left.clear();
        if (self.over)(&mut Over { arena: cx.arena, args, n, out, left: &mut left }) {
            if !failed.is_empty() {
                out.nulls.resize(n, 0);
                out.nulls.iter_mut().zip(&failed.rows).for_each(|(null, &failed)| *null |= failed);
            }
            if !left.is_empty() {
                self.finish(cx, args, out, failed, &left);
            }
        } else {
            self.row.eval(cx, args, n, out, failed);
        }
        LEFT.set(left);
    }

    fn row(&self, cx: &RowCx, args: &[Value]) -> Result<Value, RowFailure> {
        self.row.row(cx, args)
    }
}

impl<F: OfRow, C> Columnwise<F, C> {
    /// Computes the rows that were left.
    #[cold]
    fn finish(&self, cx: &mut KernelCx<'_>, args: &[Arg<'_>], out: &mut Column, failed: &mut Failed, left: &[u32]) {
        let n = out.len();
        with_buffer(|text| {
            for i in left.iter().map(|&i| i as usize) {
                if failed.is(i) {
                    continue;
                }
                text.clear();
                let value = self.row.at(cx, args, i, text).unwrap_or_else(|why| {
                    failed.mark(i, n, why);
                    Out::Null
                });
                put(out, i, value, text, cx.arena);
            }
        });
    }
}

/// Makes a value that of row `i`, which is there already.
fn put(out: &mut Column, i: usize, value: Out, text: &str, arena: &mut Arena) {
    let n = out.len();
    match (&mut out.data, value) {
        (Data::I32(v), Out::Int(x)) => v[i] = x,
        (Data::I64(v), Out::Long(x)) => v[i] = x,
        (Data::F32(v), Out::Float(x)) => v[i] = x,
        (Data::F64(v), Out::Double(x)) => v[i] = x,
        (Data::Bool(v), Out::Bool(x)) => v[i] = x as u8,
        (Data::Str(v), Out::Text) => v[i] = Str::new(text.as_bytes(), arena),
        // A null, as no function gives what is not of its type.
        _ => {
            out.nulls.resize(n, 0);
            out.nulls[i] = 1;
            return;
        }
    }
    if let Some(null) = out.nulls.get_mut(i) {
        *null = 0;
    }
}
