//! Expressions over columns: compiled once into a register program of typed loops, run over many rows or over one.
//!
//! ```text
//! plan::Expr --compile--> Program: operations in postorder --eval/select--> one loop per operation and call
//!                                  and, where nothing can fail, --select, n = 1--> a walk over a small tree
//! ```
//!
//! Always holds: a program is read-only and shared; what changes lives in a [`Scratch`], which grows to the largest
//! program it met and then allocates nothing. A row that cannot be computed is marked and leaves all other rows alone;
//! operands that the language does not evaluate (`and`, `or`, `ifThenElse`) are computed all the same but cannot fail it.
//! Not here: state of any sort (aggregates come in as columns), and names and typing (`riddhi-plan`).

mod by_value;
mod compile;
mod kernels;
pub mod reference;
mod row;
mod run;

use riddhi_batch::{Arena, Column, Kind, Sel, Type};
use riddhi_plan::expr::{Arith, Compare, Expr};
use riddhi_plan::registry::{Failed, ScalarKernel, Volatility};
use std::sync::Arc;

use crate::table::Finder;

pub(crate) use by_value::{number_as, type_name};
pub(crate) use kernels::{Lane, Side, map, side, union_nulls, zip};
pub use run::Scratch;

/// Columns and which of their rows are rows `0..n` of a call.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The columns.
    pub cols: &'a [Column],
    /// The rows.
    pub sel: Sel<'a>,
}

impl Source<'_> {
    /// No columns.
    pub const NONE: Source<'static> = Source { cols: &[], sel: Sel::From(0) };
}

/// The rows of a call.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// How many.
    pub n: usize,
    /// The query's input.
    pub input: Source<'a>,
    /// Results of aggregates.
    pub computed: Source<'a>,
    /// Timestamps, one a row of the call; may be empty if the program's volatility does not ask for them.
    pub ts: &'a [i64],
    /// The clock at each row, likewise.
    pub now: &'a [i64],
    /// Number of the first row among all rows the query ever computed.
    pub serial: u64,
    /// Seed of the query.
    pub seed: u64,
}

impl<'a> Rows<'a> {
    /// `n` rows of columns, for programs that ask for attributes only.
    pub fn of(cols: &'a [Column], sel: Sel<'a>, n: usize) -> Rows<'a> {
        let input = Source { cols, sel };
        Rows { n, input, computed: Source::NONE, ts: &[], now: &[], serial: 0, seed: 0 }
    }
}

/// A compiled expression.
#[derive(Debug)]
pub struct Program {
    kind: Kind,
    volatility: Volatility,
    consts: Vec<Constant>,
    inputs: Vec<Input>,
    ops: Vec<Op>,
    result: Slot,
    /// The short way for few rows.
    tree: Option<row::Tree>,
    /// Registers by kind.
    registers: [u32; KINDS],
}

/// Kinds of column, for arrays by kind.
const KINDS: usize = 7;

/// One row that stands for all, with the arena of its long string.
#[derive(Debug)]
struct Constant {
    column: Column,
    arena: Arena,
}

/// An attribute or aggregate that the program reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Input {
    computed: bool,
    column: u32,
    /// Where its rows are gathered when they are not contiguous.
    gathered: Register,
}

/// A reusable column, and which of its rows failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Register {
    kind: Kind,
    index: u32,
}

/// Where an operand is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    /// The input of that number.
    Input(u32),
    /// The constant of that number; its long string is not in the call's arena.
    Const(u32),
    /// A register with a value a row.
    Many(Register),
    /// A register with one value for all rows: a constant placed in the call's arena.
    One(Register),
}

/// An operation: appends a value a row to its register.
#[derive(Debug)]
struct Op {
    work: Work,
    to: Register,
}

#[derive(Debug)]
enum Work {
    /// Puts a constant into the call's arena.
    Place(u32),
    /// Converts between numbers.
    Convert(Slot),
    Arith(Arith, Slot, Slot),
    ArithByValue(Arith, Type, Slot, Slot),
    Compare(Compare, Slot, Slot),
    CompareByValue(Compare, (Type, Type), Slot, Slot),
    And(Slot, Slot),
    Or(Slot, Slot),
    Not(Slot),
    IsNull(Slot),
    /// Makes bools of what may be none.
    Truth(Slot),
    Call(Box<Call>),
    /// Whether a table has such a row.
    In(Box<Finder>),
}

#[derive(Debug)]
struct Call {
    kernel: Arc<dyn ScalarKernel>,
    args: Vec<Slot>,
    lazy: bool,
    /// Of the declared type bool: its null is false.
    settle: bool,
    /// Tells it from other calls of the app, for random values.
    site: u64,
}

impl Program {
    /// Compiles a bound expression. Constant parts that cannot fail are computed here.
    pub fn compile(expr: &Expr) -> Program {
        compile::compile(expr)
    }

    /// Kind of the column it computes.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The most volatile thing inside: tells whether timestamps and clock are needed.
    pub fn volatility(&self) -> Volatility {
        self.volatility
    }

    /// The attribute, if it is just a bare input attribute.
    pub fn attribute(&self) -> Option<u32> {
        match self.result {
            Slot::Input(i) => Some(self.inputs[i as usize]).filter(|x| !x.computed).map(|x| x.column),
            _ => None,
        }
    }

    /// Appends `n` results to `out`, a column of [`Program::kind`]; rows that cannot be computed are null there and marked
    /// in `failed`.
    pub fn eval(
        &self,
        rows: &Rows<'_>,
        arena: &mut Arena,
        scratch: &mut Scratch,
        out: &mut Column,
        failed: &mut Failed,
    ) {
        match &self.tree {
            Some(tree) if rows.n <= row::ROWS_MAX => tree.eval(rows, arena, out),
            _ => run::eval(self, rows, arena, scratch, out, failed),
        }
    }

    /// Whether one row can be computed without registers; then it cannot fail either.
    pub fn is_tree(&self) -> bool {
        self.tree.is_some()
    }

    /// Of a bool over attributes: whether it is true for one row; `None` if it takes the registers.
    #[inline]
    pub fn test(&self, cols: &[Column], row: usize, arena: &Arena) -> Option<bool> {
        self.tree.as_ref()?.test(cols, row, arena)
    }

    /// Appends the result for one row of the input; false, and nothing done, if it takes the registers.
    #[inline]
    pub fn push(&self, cols: &[Column], row: usize, arena: &Arena, out: &mut Column) -> bool {
        match &self.tree {
            Some(tree) => tree.push(cols, row, arena, out),
            None => return false,
        }
        true
    }

    /// Of a bool: appends to `hits` the numbers (counted from 0 in this call) of the rows that are true. Rows that cannot
    /// be computed are marked in `failed` and are no hits.
    pub fn select(
        &self,
        rows: &Rows<'_>,
        arena: &mut Arena,
        scratch: &mut Scratch,
        hits: &mut Vec<u32>,
        failed: &mut Failed,
    ) {
        match &self.tree {
            Some(tree) if rows.n <= row::ROWS_MAX && tree.select(rows, arena, hits) => {}
            _ => run::select(self, rows, arena, scratch, hits, failed),
        }
    }
}

/// What a call of a function mixes into the query's seed: where it stands in the app's text, so that two calls of `UUID`
/// differ and every node agrees.
fn site(expr: &Expr) -> u64 {
    (expr.span.start as u64 + 1).wrapping_mul(0x9e3779b97f4a7c15)
}

impl Register {
    fn pool(self) -> usize {
        self.kind as usize
    }
}
