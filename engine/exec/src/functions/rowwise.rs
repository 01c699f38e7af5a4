//! Functions that are written as one value from the values of one row. The same code serves columns and the row form.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use riddhi_batch::{Arena, Column, Data, Str, Type, Value};
use riddhi_plan::registry::{Arg, BoundScalar, Failed, KernelCx, RowCx, RowFailure, ScalarKernel, Volatility};

use crate::expr::type_name;

/// Characters of a value that a failure shows.
const SHOWN: usize = 60;

/// What a function gives; text stands in the buffer that it was handed.
pub(super) enum Out {
    Null,
    Int(i32),
    Long(i64),
    Float(f32),
    Double(f64),
    Bool(bool),
    Text,
    Value(Value),
}

/// One row: what the clock reads, and the arguments.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub now: i64,
    args: Args<'a>,
}

#[derive(Clone, Copy)]
enum Args<'a> {
    Columns { args: &'a [Arg<'a>], i: usize, arena: &'a Arena },
    Values(&'a [Value]),
}

/// One argument.
pub(super) enum Cell<'a> {
    Null,
    Int(i32),
    Long(i64),
    Float(f32),
    Double(f64),
    Bool(bool),
    Text(&'a str),
    Other(Value),
}

impl<'a> Row<'a> {
    /// Argument `k`.
    #[inline]
    pub fn cell(&self, k: usize) -> Cell<'a> {
        match self.args {
            Args::Columns { args, i, arena } => {
                let (arg, at) = (&args[k], args[k].at(i));
                if arg.column.is_null(at) {
                    return Cell::Null;
                }
                match &arg.column.data {
                    Data::I32(v) => Cell::Int(v[at]),
                    Data::I64(v) => Cell::Long(v[at]),
                    Data::F32(v) => Cell::Float(v[at]),
                    Data::F64(v) => Cell::Double(v[at]),
                    Data::Bool(v) => Cell::Bool(v[at] != 0),
                    Data::Str(v) => Cell::Text(v[at].text(arena)),
                    Data::Any(v) => match v[at].value(arena) {
                        Value::Int(x) => Cell::Int(x),
                        Value::Long(x) => Cell::Long(x),
                        Value::Float(x) => Cell::Float(x),
                        Value::Double(x) => Cell::Double(x),
                        Value::Bool(x) => Cell::Bool(x),
                        Value::Null => Cell::Null,
                        value => Cell::Other(value),
                    },
                }
            }
            Args::Values(values) => match &values[k] {
                Value::Null => Cell::Null,
                Value::Int(x) => Cell::Int(*x),
                Value::Long(x) => Cell::Long(*x),
                Value::Float(x) => Cell::Float(*x),
                Value::Double(x) => Cell::Double(*x),
                Value::Bool(x) => Cell::Bool(*x),
                Value::Str(x) => Cell::Text(x),
                other => Cell::Other(other.clone()),
            },
        }
    }

    /// How many arguments there are.
    pub fn len(&self) -> usize {
        match self.args {
            Args::Columns { args, .. } => args.len(),
            Args::Values(values) => values.len(),
        }
    }

    /// Argument `k`, a text or null. Text in a column of any kind is handed over through `with_text`.
    #[inline]
    pub fn text(&self, k: usize) -> Result<Option<Text<'a>>, RowFailure> {
        match self.cell(k) {
            Cell::Null => Ok(None),
            Cell::Text(text) => Ok(Some(Text::Lent(text))),
            Cell::Other(Value::Str(text)) => Ok(Some(Text::Own(text))),
            other => Err(other.unfit("string")),
        }
    }

    /// Argument `k`, a text; null fails the row.
    #[inline]
    pub fn some_text(&self, k: usize) -> Result<Text<'a>, RowFailure> {
        self.text(k)?.ok_or_else(|| null(k))
    }

    /// Argument `k`, an int or null.
    #[inline]
    pub fn int(&self, k: usize) -> Result<Option<i32>, RowFailure> {
        match self.cell(k) {
            Cell::Null => Ok(None),
            Cell::Int(x) => Ok(Some(x)),
            other => Err(other.unfit("int")),
        }
    }

    /// Argument `k`, an int; null fails the row.
    #[inline]
    pub fn some_int(&self, k: usize) -> Result<i32, RowFailure> {
        self.int(k)?.ok_or_else(|| null(k))
    }

    /// Argument `k`, a long or null.
    #[inline]
    pub fn long(&self, k: usize) -> Result<Option<i64>, RowFailure> {
        match self.cell(k) {
            Cell::Null => Ok(None),
            Cell::Long(x) => Ok(Some(x)),
            other => Err(other.unfit("long")),
        }
    }

    /// Argument `k`, a number of any type, as a double.
    #[inline]
    pub fn number(&self, k: usize) -> Result<Option<f64>, RowFailure> {
        match self.cell(k) {
            Cell::Null => Ok(None),
            Cell::Int(x) => Ok(Some(x as f64)),
            Cell::Long(x) => Ok(Some(x as f64)),
            Cell::Float(x) => Ok(Some(x as f64)),
            Cell::Double(x) => Ok(Some(x)),
            other => Err(other.unfit("number")),
        }
    }
}

/// A text of a row.
pub(super) enum Text<'a> {
    Lent(&'a str),
    Own(Box<str>),
}

impl std::ops::Deref for Text<'_> {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        match self {
            Text::Lent(text) => text,
            Text::Own(text) => text,
        }
    }
}

impl Cell<'_> {
    /// Appends the value as text; false if it is null.
    pub fn write(&self, out: &mut String) -> bool {
        use fmt::Write;
        let written = match self {
            Cell::Null => return false,
            Cell::Int(x) => write!(out, "{x}"),
            Cell::Long(x) => write!(out, "{x}"),
            Cell::Float(x) => write!(out, "{}", Value::Float(*x)),
            Cell::Double(x) => write!(out, "{}", Value::Double(*x)),
            Cell::Bool(x) => write!(out, "{x}"),
            Cell::Text(x) => write!(out, "{x}"),
            Cell::Other(x) => write!(out, "{x}"),
        };
        written.is_ok()
    }

    #[cold]
    fn unfit(self, wanted: &str) -> RowFailure {
        RowFailure::new(format!("a {} where a {wanted} is needed", type_name(&Value::from(self))))
    }
}

impl From<Cell<'_>> for Value {
    fn from(cell: Cell<'_>) -> Value {
        match cell {
            Cell::Null => Value::Null,
            Cell::Int(x) => Value::Int(x),
            Cell::Long(x) => Value::Long(x),
            Cell::Float(x) => Value::Float(x),
            Cell::Double(x) => Value::Double(x),
            Cell::Bool(x) => Value::Bool(x),
            Cell::Text(x) => Value::Str(x.into()),
            Cell::Other(x) => x,
        }
    }
}

/// The failure of a row whose argument `k` must not be null.
#[cold]
pub(super) fn null(k: usize) -> RowFailure {
    RowFailure::new(format!("argument {} is null", k + 1))
}

/// The beginning of a text, for a message.
pub(crate) fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => format!("'{text}'"),
        Some((at, _)) => format!("'{}...'", &text[..at]),
    }
}

/// A function of one row.
pub(super) trait OfRow: Send + Sync + 'static {
    /// The value; text is appended to `text`, which is empty.
    fn of(&self, row: &Row<'_>, text: &mut String) -> Result<Out, RowFailure>;
}

impl<F> OfRow for F
where
    F: Fn(&Row<'_>, &mut String) -> Result<Out, RowFailure> + Send + Sync + 'static,
{
    #[inline]
    fn of(&self, row: &Row<'_>, text: &mut String) -> Result<Out, RowFailure> {
        self(row, text)
    }
}

/// A bound function of one row's arguments, whose result is of type `ty`. What a failure says begins with the function's name.
pub(super) fn of_row(name: &'static str, ty: Type, of: impl OfRow) -> BoundScalar {
    of_row_with(name, ty, Volatility::Pure, of)
}

/// The same of a function that may depend on more.
pub(super) fn of_row_with(name: &'static str, ty: Type, volatility: Volatility, of: impl OfRow) -> BoundScalar {
    BoundScalar { ty, kind: ty.kind(), volatility, kernel: Arc::new(Rowwise { name, of }) }
}

/// A function of one row as a kernel: it runs row by row.
pub(super) struct Rowwise<F> {
    pub name: &'static str,
    pub of: F,
}

impl<F> fmt::Debug for Rowwise<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl<F: OfRow> Rowwise<F> {
    #[cold]
    fn named(&self, why: RowFailure) -> RowFailure {
        RowFailure::new(format!("{}: {}", self.name, why.what))
    }

    /// The value of row `i` of a call; text is appended to `text`, which is empty.
    #[inline]
    pub fn at(&self, cx: &KernelCx<'_>, args: &[Arg<'_>], i: usize, text: &mut String) -> Result<Out, RowFailure> {
        let now = cx.now.get(i).copied().unwrap_or(0);
        let row = Row { now, args: Args::Columns { args, i, arena: cx.arena } };
        self.of.of(&row, text).map_err(|why| self.named(why))
    }
}

thread_local! {
    /// Where results are written before they go into the arena.
    static TEXT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Bytes of the buffer that are kept from call to call.
const KEPT: usize = 1 << 16;

/// Hands a buffer over, of which some is kept from call to call.
pub(super) fn with_buffer(f: impl FnOnce(&mut String)) {
    let mut text = TEXT.take();
    f(&mut text);
    text.shrink_to(KEPT);
    TEXT.set(text);
}

impl<F: OfRow> ScalarKernel for Rowwise<F> {
    fn eval(&self, cx: &mut KernelCx<'_>, args: &[Arg<'_>], n: usize, out: &mut Column, failed: &mut Failed) {
        with_buffer(|text| {
            for i in 0..n {
                if failed.is(i) {
                    out.push_null();
                    continue;
                }
                text.clear();
                match self.at(cx, args, i, text) {
                    Ok(Out::Null) => out.push_null(),
                    Ok(Out::Int(x)) => out.push_i32(x),
                    Ok(Out::Long(x)) => out.push_i64(x),
                    Ok(Out::Float(x)) => out.push_f32(x),
                    Ok(Out::Double(x)) => out.push_f64(x),
                    Ok(Out::Bool(x)) => out.push_bool(x),
                    Ok(Out::Text) => out.push_str(Str::new(text.as_bytes(), cx.arena)),
                    Ok(Out::Value(value)) => {
                        if !out.push_value(&value, cx.arena) {
                            out.push_null();
                        }
                    }
                    Err(why) => {
                        failed.mark(i, n, why);
                        out.push_null();
                    }
                }
            }
        });
    }

    fn row(&self, cx: &RowCx, args: &[Value]) -> Result<Value, RowFailure> {
        let mut text = String::new();
        Ok(
            match self
                .of
                .of(&Row { now: cx.now, args: Args::Values(args) }, &mut text)
                .map_err(|why| self.named(why))?
            {
                Out::Null => Value::Null,
                Out::Int(x) => Value::Int(x),
                Out::Long(x) => Value::Long(x),
                Out::Float(x) => Value::Float(x),
                Out::Double(x) => Value::Double(x),
                Out::Bool(x) => Value::Bool(x),
                Out::Text => Value::Str(text.into()),
                Out::Value(value) => value,
            },
        )
    }
}
