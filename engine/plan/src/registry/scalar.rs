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
    /// Why rows failed, in the order in which that was found; of a row the first counts.
    reasons: Vec<(u32, RowFailure)>,
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
        self.why_of(self.first())
    }

    /// Why row `i` failed; empty if it did not.
    pub fn why_of(&self, i: usize) -> String {
        let own = self.reasons.iter().find(|(row, _)| *row as usize == i);
        own.filter(|_| self.is(i)).map(|(_, why)| why.what.clone()).unwrap_or_default()
    }

    /// The rows that failed, in order, each with why.
    pub fn each(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut order: Vec<&(u32, RowFailure)> = self.reasons.iter().collect();
        order.sort_by_key(|(row, _)| *row);
        let mut next = order.into_iter().peekable();
        (0..self.rows.len()).filter(|&i| self.is(i)).map(move |i| {
            while next.next_if(|(row, _)| (*row as usize) < i).is_some() {}
            (i, next.peek().filter(|(row, _)| *row as usize == i).map_or("", |(_, why)| &why.what))
        })
    }

    /// Marks row `i` of `n`; one that has failed already keeps its reason.
    #[cold]
    pub fn mark(&mut self, i: usize, n: usize, why: RowFailure) {
        self.rows.resize(n, 0);
        if self.rows[i] == 0 {
            self.rows[i] = 1;
            self.reasons.push((i as u32, why));
        }
    }

    /// Marks what failed in another column of the same `n` rows.
    pub fn merge(&mut self, from: &Failed, n: usize) {
        if from.is_empty() {
            return;
        }
        self.rows.resize(n, 0);
        let fresh = from.reasons.iter().filter(|(row, _)| from.is(*row as usize) && self.rows[*row as usize] == 0);
        self.reasons.extend(fresh.cloned());
        self.rows.iter_mut().zip(&from.rows).for_each(|(to, &f)| *to |= f);
    }

    /// Gives rows that were marked without a reason that of the first of these which has one; forgets all if none is marked.
    pub fn settle<'a>(&mut self, from: impl Iterator<Item = &'a Failed>) {
        if !self.rows.contains(&1) {
            return self.clear();
        }
        let mut told = vec![false; self.rows.len()];
        self.reasons.iter().for_each(|(row, _)| told[*row as usize] = true);
        for (row, why) in from.flat_map(|other| &other.reasons) {
            if self.is(*row as usize) && !std::mem::replace(&mut told[*row as usize], true) {
                self.reasons.push((*row, why.clone()));
            }
        }
    }

    /// Takes back what was marked of some rows.
    pub fn unmark(&mut self, some: impl Fn(usize) -> bool) {
        self.rows.iter_mut().enumerate().filter(|(i, _)| some(*i)).for_each(|(_, failed)| *failed = 0);
        self.reasons.retain(|(row, _)| !some(*row as usize));
        if !self.rows.contains(&1) {
            self.clear();
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.reasons.clear();
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
