//! Functions of dates as values of one row; the same code serves columns and the row form.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use riddhi_batch::{Arena, Column, Data, Str, Type, Value};
use riddhi_plan::registry::{Arg, BoundScalar, Failed, KernelCx, RowCx, RowFailure, ScalarKernel, Volatility};

use crate::expr::type_name;

/// The most arguments that one takes.
const MOST: usize = 4;
/// Bytes of the buffer for texts that are kept from call to call.
const KEPT: usize = 1 << 16;

/// An argument's value.
pub(super) enum Cell<'a> {
    Null,
    Int(i32),
    Long(i64),
    Text(&'a str),
    Owned(Box<str>),
    Other(&'static str),
}

impl Cell<'_> {
    /// A text or null.
    pub fn text(&self) -> Result<Option<&str>, RowFailure> {
        match self {
            Cell::Null => Ok(None),
            Cell::Text(text) => Ok(Some(text)),
            Cell::Owned(text) => Ok(Some(text)),
            _ => Err(self.unfit("string")),
        }
    }

    /// A long or null.
    pub fn long(&self) -> Result<Option<i64>, RowFailure> {
        match self {
            Cell::Null => Ok(None),
            Cell::Long(x) => Ok(Some(*x)),
            _ => Err(self.unfit("long")),
        }
    }

    /// An int or null.
    pub fn int(&self) -> Result<Option<i32>, RowFailure> {
        match self {
            Cell::Null => Ok(None),
            Cell::Int(x) => Ok(Some(*x)),
            _ => Err(self.unfit("int")),
        }
    }

    fn unfit(&self, wanted: &str) -> RowFailure {
        let found = match self {
            Cell::Null => "null",
            Cell::Int(_) => "int",
            Cell::Long(_) => "long",
            Cell::Text(_) | Cell::Owned(_) => "string",
            Cell::Other(name) => name,
        };
        RowFailure::new(format!("a {found} where a {wanted} is needed"))
    }

    fn at<'a>(column: &'a Column, at: usize, arena: &'a Arena) -> Cell<'a> {
        if column.is_null(at) {
            return Cell::Null;
        }
        match &column.data {
            Data::I32(v) => Cell::Int(v[at]),
            Data::I64(v) => Cell::Long(v[at]),
            Data::Str(v) => Cell::Text(v[at].text(arena)),
            _ => match column.value(at, arena) {
                Value::Str(text) => Cell::Owned(text),
                Value::Int(x) => Cell::Int(x),
                Value::Long(x) => Cell::Long(x),
                Value::Null => Cell::Null,
                other => Cell::Other(type_name(&other)),
            },
        }
    }

    fn of(value: &Value) -> Cell<'_> {
        match value {
            Value::Null => Cell::Null,
            Value::Int(x) => Cell::Int(*x),
            Value::Long(x) => Cell::Long(*x),
            Value::Str(text) => Cell::Text(text),
            other => Cell::Other(type_name(other)),
        }
    }
}

/// A result; text stands in the buffer that was handed over.
pub(super) enum Out {
    Null,
    Int(i32),
    Long(i64),
    Text,
}

/// A bound function of the clock and the arguments of a row.
pub(super) fn bound<F>(name: &'static str, ty: Type, volatility: Volatility, of: F) -> BoundScalar
where
    F: Fn(i64, &[Cell<'_>], &mut String) -> Result<Out, RowFailure> + Send + Sync + 'static,
{
    BoundScalar { ty, kind: ty.kind(), volatility, kernel: Arc::new(Kernel { name, of }) }
}

struct Kernel<F> {
    name: &'static str,
    of: F,
}

impl<F> fmt::Debug for Kernel<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "time:{}", self.name)
    }
}

impl<F> Kernel<F> {
    #[cold]
    fn named(&self, why: RowFailure) -> RowFailure {
        RowFailure::new(format!("time:{}: {}", self.name, why.what))
    }
}

thread_local! {
    /// Where texts are written before they go into the arena.
    static TEXT: RefCell<String> = const { RefCell::new(String::new()) };
}

impl<F> ScalarKernel for Kernel<F>
where
    F: Fn(i64, &[Cell<'_>], &mut String) -> Result<Out, RowFailure> + Send + Sync + 'static,
{
    fn eval(&self, cx: &mut KernelCx<'_>, args: &[Arg<'_>], n: usize, out: &mut Column, failed: &mut Failed) {
        let mut text = TEXT.with(RefCell::take);
        for i in 0..n {
            if failed.is(i) {
                out.push_null();
                continue;
            }
            text.clear();
            let cell = |k: usize| args.get(k).map_or(Cell::Null, |a| Cell::at(a.column, a.at(i), cx.arena));
            let cells: [Cell<'_>; MOST] = std::array::from_fn(cell);
            let now = cx.now.get(i).copied().unwrap_or(0);
            match (self.of)(now, &cells[..args.len().min(MOST)], &mut text) {
                Ok(Out::Null) => out.push_null(),
                Ok(Out::Int(x)) => out.push_i32(x),
                Ok(Out::Long(x)) => out.push_i64(x),
                Ok(Out::Text) => out.push_str(Str::new(text.as_bytes(), cx.arena)),
                Err(why) => {
                    failed.mark(i, n, self.named(why));
                    out.push_null();
                }
            }
        }
        text.shrink_to(KEPT);
        TEXT.set(text);
    }

    fn row(&self, cx: &RowCx, args: &[Value]) -> Result<Value, RowFailure> {
        let mut text = String::new();
        let cells: Vec<Cell<'_>> = args.iter().map(Cell::of).collect();
        Ok(match (self.of)(cx.now, &cells, &mut text).map_err(|why| self.named(why))? {
            Out::Null => Value::Null,
            Out::Int(x) => Value::Int(x),
            Out::Long(x) => Value::Long(x),
            Out::Text => Value::Str(text.into()),
        })
    }
}
