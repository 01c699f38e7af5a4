//! Stream functions (`#log()`): see or change rows on their way through a query.

use std::fmt;
use std::sync::Arc;

use riddhi_batch::{Arena, Attribute, Column, Columns, Schema, Sel};

use super::{ArgError, ArgType, BoundAggregate, BoundScalar, Failed};

/// A stream function of the registry.
pub trait StreamFunction: Send + Sync {
    /// Whether it takes these arguments on rows of this shape, and what it then is.
    fn bind(&self, args: &[ArgType], input: &Schema) -> Result<BoundStream, ArgError>;

    /// What it remembers from row to row, if it does. Its kernel is then given one argument: the aggregate's value after each row.
    fn memory(&self, _args: &[ArgType]) -> Result<Option<Memory>, ArgError> {
        Ok(None)
    }
}

/// What a stream function remembers from row to row. Such a function gives any number of rows for a row ([`Spreads`]), so that it
/// stands where rows only arrive.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Makes one value of a row's arguments.
    pub packs: BoundScalar,
    /// Takes these in, row by row.
    pub takes: BoundAggregate,
}

/// A stream function with its arguments settled.
#[derive(Clone)]
pub struct BoundStream {
    /// Attributes it adds behind the input's.
    pub adds: Vec<Attribute>,
    /// What it does.
    pub kernel: Arc<dyn StreamKernel>,
}

impl fmt::Debug for BoundStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kernel)
    }
}

/// How many rows a stream function gives for a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spreads {
    /// One.
    No,
    /// Any number, in the chunk of the row.
    Together,
    /// Any number, each in a chunk of its own.
    Apart,
}

/// What a stream function may use.
pub struct StreamCx<'a> {
    /// Long strings of the rows.
    pub arena: &'a mut Arena,
    /// Lines for the log.
    pub log: &'a mut Vec<String>,
    /// The attributes that the rows have so far, one computed for a window without a name; columns behind them are none of the function's business.
    pub attributes: &'a [Attribute],
    /// The app's name.
    pub app: &'a str,
}

/// The rows that a stream function sees.
#[derive(Clone, Copy, Debug)]
pub struct StreamRows<'a> {
    /// Their attributes and timestamps.
    pub columns: &'a Columns,
    /// Which rows of the columns they are.
    pub sel: Sel<'a>,
    /// How many.
    pub n: usize,
    /// The computed arguments, a row each. A row whose arguments could not be computed is null there, and dropped later.
    pub args: &'a [Column],
    /// Empty, or a byte a row: 1 where it leaves a window.
    pub expired: &'a [u8],
}

/// A stream function at work.
pub trait StreamKernel: Send + Sync + fmt::Debug {
    /// Sees rows and appends a value for each of them to each column of `added`: those of [`BoundStream::adds`], empty.
    fn run(&self, cx: &mut StreamCx<'_>, rows: &StreamRows<'_>, added: &mut [Column]);

    /// Whether it gives any number of rows for a row. Then [`StreamKernel::spread`] is called instead, and it stands before a window, in
    /// a query of one stream.
    fn spreads(&self) -> Spreads {
        Spreads::No
    }

    /// For each row in order, unless it failed already: appends to each column of `added` a value for each row that it gives, and the
    /// row's place to `from`. A row that cannot be computed gives none and is marked in `failed`.
    fn spread(
        &self,
        _cx: &mut StreamCx<'_>,
        _rows: &StreamRows<'_>,
        _added: &mut [Column],
        _from: &mut Vec<u32>,
        _failed: &mut Failed,
    ) {
        unreachable!("gives one row for a row")
    }
}
