//! Aggregators: a value over the rows that a window holds, per group.

use std::fmt;
use std::sync::Arc;

use riddhi_batch::{Column, Kind, LoadError, Reader, Type, Writer};

use super::{ArgError, ArgType, BoundScalar, WindowUse};

/// An aggregator of the registry.
pub trait AggregateFunction: Send + Sync {
    /// Whether it takes these arguments, and what it then is.
    fn bind(&self, args: &[ArgType], window: WindowUse) -> Result<BoundAggregate, ArgError>;

    /// What makes one value of all arguments, which the aggregate then gets as its only one. Without it an aggregate has no argument or one.
    fn packed(&self) -> Option<BoundScalar> {
        None
    }
}

/// An aggregator with its arguments' types settled.
#[derive(Clone)]
pub struct BoundAggregate {
    /// Declared type of the result.
    pub ty: Type,
    /// Actual kind of the result.
    pub kind: Kind,
    /// Makes the running values, empty.
    pub create: Arc<dyn Fn() -> Box<dyn Aggregate> + Send + Sync>,
}

impl fmt::Debug for BoundAggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BoundAggregate({})", self.ty)
    }
}

/// Running values of one aggregator, one per group. Groups are dense numbers; a query without `group by` has group 0 only.
pub trait Aggregate: Send {
    /// Makes room for groups `0..groups`; new ones are empty.
    fn grow(&mut self, groups: usize);

    /// For each entering row: takes out the rows that leave before it, takes the row in, appends the group's value.
    fn slide(&mut self, slide: &Slide<'_>, out: &mut Column);

    /// For each signal in order: takes the row in or out, or clears all groups; appends the group's value after it
    /// (anything for a reset).
    fn signals(&mut self, signals: &Signals<'_>, out: &mut Column);

    /// Called after [`Aggregate::slide`] and [`Aggregate::signals`]: results whose long parts lie in an arena of the aggregate's
    /// own get them copied to `arena`. Aggregates with results of the kind any only.
    fn settle(&mut self, _out: &mut Column, _arena: &mut riddhi_batch::Arena) {}

    /// Takes rows in without asking for values.
    fn add(&mut self, rows: &Run<'_>);

    /// Takes rows out without asking for values.
    fn remove(&mut self, rows: &Run<'_>);

    /// Appends the values of these groups.
    fn values(&self, groups: &[u32], out: &mut Column);

    /// A batch begins: empties all groups (but not what is kept for ever).
    fn reset(&mut self);

    /// Whether the group holds nothing that a new group would not.
    fn is_clear(&self, group: u32) -> bool;

    /// Makes the group as new.
    fn forget(&mut self, group: u32);

    /// Gives back the room of groups from `groups` on, which are as new.
    fn shrink(&mut self, groups: usize);

    /// Writes the group's running value.
    fn save(&self, group: u32, out: &mut Writer);

    /// Reads the group's running value.
    fn load(&mut self, group: u32, from: &mut Reader<'_>) -> Result<(), LoadError>;

    /// Whether arguments must really be of the declared type; a row whose value only claims it then fails.
    fn exact(&self) -> bool {
        true
    }

    /// Bytes held, about.
    fn bytes(&self) -> usize;
}

/// The groups of a run of rows.
#[derive(Clone, Copy, Debug)]
pub enum Groups<'a> {
    /// All rows are of group 0.
    One,
    /// A group a row.
    Each(&'a [u32]),
}

impl Groups<'_> {
    /// The group of row `i` of the run.
    #[inline]
    pub fn at(&self, i: usize) -> u32 {
        match self {
            Groups::One => 0,
            Groups::Each(g) => g[i],
        }
    }
}

/// `n` contiguous rows: their groups and the argument's values from row `first` of `arg` on.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// Groups, `n` of them.
    pub groups: Groups<'a>,
    /// The argument, if the aggregator has one.
    pub arg: Option<&'a Column>,
    /// Where row 0 of the run stands in `arg`.
    pub first: usize,
    /// Rows that count not at all because their argument failed: empty, or a byte a row of the run.
    pub failed: &'a [u8],
    /// Long strings of `arg`.
    pub arena: &'a riddhi_batch::Arena,
    /// Rows.
    pub n: usize,
    /// Number of row 0 since the query began, by which min and max tell rows apart.
    pub number: u64,
}

/// How many rows leave before each entering row.
#[derive(Clone, Copy, Debug)]
pub enum Leave<'a> {
    /// None ever.
    None,
    /// Exactly one.
    One,
    /// So many.
    Each(&'a [u32]),
}

impl Leave<'_> {
    /// How many rows leave before entering row `i`.
    #[inline]
    pub fn before(self, i: usize) -> usize {
        match self {
            Leave::None => 0,
            Leave::One => 1,
            Leave::Each(counts) => counts[i] as usize,
        }
    }
}

/// Rows that enter one by one and, before each, rows that leave, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct Slide<'a> {
    /// The rows that enter.
    pub entering: Run<'a>,
    /// The rows that leave, as many as `leave` adds up to. May overlap with those that enter.
    pub leaving: Run<'a>,
    /// How many leave before each one that enters.
    pub leave: Leave<'a>,
}

/// What a row means to an aggregator. As a byte it stands beside the rows of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum SignalKind {
    /// It arrives.
    Current,
    /// It leaves.
    Expired,
    /// No row: a new batch begins.
    Reset,
    /// It is held back: of a window, for joins with it. No aggregator hears of that.
    Held,
    /// It is gone without leaving: likewise.
    Gone,
}

impl SignalKind {
    /// The kind that is written as this byte.
    #[inline]
    pub fn of(byte: u8) -> SignalKind {
        const ALL: [SignalKind; 5] =
            [SignalKind::Current, SignalKind::Expired, SignalKind::Reset, SignalKind::Held, SignalKind::Gone];
        ALL.get(byte as usize).copied().unwrap_or(SignalKind::Reset)
    }
}

/// One signal.
#[derive(Clone, Copy, Debug)]
pub struct Signal {
    /// What happens.
    pub kind: SignalKind,
    /// The group; 0 of a reset.
    pub group: u32,
    /// Number of the row since the query began.
    pub row: u64,
}

/// Signals in order, with the argument computed for each of them.
#[derive(Clone, Copy, Debug)]
pub struct Signals<'a> {
    /// The signals.
    pub list: &'a [Signal],
    /// The argument, a row a signal.
    pub arg: Option<&'a Column>,
    /// Signals whose argument failed, which count not at all: empty, or a byte a signal.
    pub failed: &'a [u8],
    /// Long strings of `arg`.
    pub arena: &'a riddhi_batch::Arena,
}
