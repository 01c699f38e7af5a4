//! Partitions: streams whose events are told apart by a key, and queries that keep their state by that key.
//!
//! Inside a partition a stream is read by way of a node that gives each run of events of equal key as a chunk, with the number
//! of the key in a last attribute that has no name. A query inside keeps its state by that number.

use crate::expr::Expr;

/// A partition.
#[derive(Clone, Debug)]
pub struct PartitionPlan {
    /// What messages call it: `partition 1`, `partition 1 (name)`.
    pub label: String,
    /// Name of its keys in a snapshot.
    pub key: String,
    /// When keys without events are dropped, if they are.
    pub purge: Option<PurgePlan>,
    /// Whether keys of all its streams are of one type, so that values need not be compared by their text.
    pub one_type: bool,
}

/// `@purge(enable='true', idle.period='15 min', interval='5 min')`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PurgePlan {
    /// Milliseconds without an event after which a key is dropped.
    pub idle_ms: i64,
    /// Milliseconds between two looks for such keys; at least one.
    pub interval_ms: i64,
}

/// How a node of a partition uses the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionUse {
    /// The partition.
    pub number: usize,
    /// The attribute of the rows that its selection sees which holds the number of the key.
    pub column: u32,
    /// Whether it keeps a state of its own for each key. What only aggregates groups by the key instead.
    pub keyed: bool,
}

/// Gives the events of one stream the numbers of their keys.
#[derive(Clone, Debug)]
pub struct SplitPlan {
    /// The partition.
    pub partition: usize,
    /// Where the key comes from.
    pub key: SplitKey,
    /// Whether it looks for keys to drop: one of a partition's does.
    pub purges: bool,
}

/// Where the key of an event comes from.
#[derive(Clone, Debug)]
pub enum SplitKey {
    /// The text of a value; no key where it is null.
    Value(Expr),
    /// The label of each condition that holds.
    Ranges(Vec<(Expr, String)>),
    /// All keys that were ever seen.
    All,
}
