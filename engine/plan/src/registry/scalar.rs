//! Scalar functions: a value from values of the same row.

use std::fmt;
use std::sync::Arc;

use riddhi_batch::{Arena, Column, Kind, Type, Value};

use super::{ArgError, ArgType, Registry, Volatility};

/// A function of the registry.
pub trait ScalarFunction: Send + Sync {
    /// Whether it takes these arguments, and what it then is.
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError>;

    /// The same, for what asks the registry: dates for the app's time zone, others for what the host tells.
    fn bind_in(&self, args: &[ArgType], _registry: &Registry) -> Result<BoundScalar, ArgError> {
        self.bind(args)
    }
}

/// A function with its arguments' types settled.
#[derive(Clone, Debug)]
pub struct BoundScalar {
    /// Declared type of the result.
    pub ty: Type,
    /// Actual kind of the result.
    pub kind: Kind,
    /// What the result depends on beside the arguments.
    pub volatility: Volatility,
    /// What computes it.
    pub kernel: Arc<dyn ScalarKernel>,
}

/// Computes a column from columns.
pub trait ScalarKernel: Send + Sync + fmt::Debug {
    /// Appends `n` results to `out`, which is empty and of the bound kind. Rows that cannot be computed get a null and are
    /// marked in `failed`. Unless [`ScalarKernel::lazy`], rows whose arguments failed are already marked by the caller.
    fn eval(&self, cx: &mut KernelCx<'_>, args: &[Arg<'_>], n: usize, out: &mut Column, failed: &mut Failed);

    /// The same for one row: the reference that tests hold `eval` against.
    fn row(&self, cx: &RowCx, args: &[Value]) -> Result<Value, RowFailure>;

    /// Whether it looks at its arguments' failures itself, because it does not always use every argument. `row` is then
    /// given `Value::Null` for a failed argument and must be called through [`ScalarKernel::uses`].
    fn lazy(&self) -> bool {
        false
    }

    /// Of a lazy kernel: whether argument `arg` is used, given the first argument's value.
    fn uses(&self, _first: &Value, _arg: usize) -> bool {
        true
    }
}

/// One argument: `column` from row `first` on, or the same row for all if `constant`.
#[derive(Clone, Copy, Debug)]
pub struct Arg<'a> {
    /// The values.
    pub column: &'a Column,
    /// Where row 0 of the call stands in `column`.
    pub first: usize,
    /// Whether row 0 stands for all rows.
    pub constant: bool,
    /// Rows of the call that failed in this argument: empty, or a byte a row.
    pub failed: &'a [u8],
}

impl Arg<'_> {
    /// The place in `column` of row `i` of the call.
    #[inline]
    pub fn at(&self, i: usize) -> usize {
        if self.constant { self.first } else { self.first + i }
    }

    /// Whether row `i` of the call is null here.
    #[inline]
    pub fn is_null(&self, i: usize) -> bool {
        self.column.is_null(self.at(i))
    }
}

/// What a kernel may read and write beside its arguments.
#[derive(Debug)]
pub struct KernelCx<'a> {
    /// Where all long strings of arguments and results lie.
    pub arena: &'a mut Arena,
    /// Timestamps of the rows; empty unless the expression's volatility asks for them.
    pub ts: &'a [i64],
    /// The clock at each row; empty unless asked for.
    pub now: &'a [i64],
    /// Number of the first row among all rows this query ever computed: with the seed it makes random values repeatable.
    pub serial: u64,
    /// Seed of the query.
    pub seed: u64,
}

/// The same for one row.
#[derive(Clone, Copy, Debug, Default)]
pub struct RowCx {
    /// The row's timestamp.
    pub ts: i64,
    /// The clock.
    pub now: i64,
    /// Number of the row.
    pub serial: u64,
    /// Seed of the query.
    pub seed: u64,
}

/// Which rows of a call failed: empty while none did, else a byte a row.
#[derive(Clone, Debug, Default)]
pub struct Failed {
    /// Empty, or 1 where the row failed.
    pub rows: Vec<u8>,
    /// Why the first one failed.
    pub reason: Option<RowFailure>,
}

impl Failed {
    /// Whether no row failed.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether row `i` failed.
    #[inline]
    pub fn is(&self, i: usize) -> bool {
        !self.rows.is_empty() && self.rows[i] != 0
    }

    /// How many rows failed.
    pub fn count(&self) -> usize {
        self.rows.iter().filter(|&&f| f != 0).count()
    }

    /// The first row that failed; 0 if none did.
    pub fn first(&self) -> usize {
        self.rows.iter().position(|&f| f != 0).unwrap_or(0)
    }

    /// Why the first one failed, for the log; empty if none did.
    pub fn why(&self) -> String {
        self.reason.as_ref().map(|why| why.what.clone()).unwrap_or_default()
    }

    /// Marks row `i` of `n`.
    #[cold]
    pub fn mark(&mut self, i: usize, n: usize, why: RowFailure) {
        self.rows.resize(n, 0);
        self.rows[i] = 1;
        self.reason.get_or_insert(why);
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.reason = None;
    }
}

/// Why a row could not be computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFailure {
    /// For the log: what went wrong, with the value's type, not the value.
    pub what: String,
}

impl RowFailure {
    /// A failure that says `what`.
    pub fn new(what: impl Into<String>) -> RowFailure {
        RowFailure { what: what.into() }
    }
}

impl fmt::Display for RowFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}
