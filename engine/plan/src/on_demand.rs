//! On-demand queries, planned.

use riddhi_batch::Value;

use crate::logical::AppPlan;
use crate::table::TableCondition;

/// An on-demand query: what it looks at, and what is done with that.
#[derive(Clone, Debug)]
pub struct OnDemandPlan {
    /// One query, with what changes a table behind it. Its tables are those of the app that is asked, by number.
    pub app: AppPlan,
    /// What the query is given, as one chunk.
    pub contents: Contents,
    /// The stream on which it is given that.
    pub source: usize,
    /// The stream of what it finds; none if it changes a table.
    pub result: Option<usize>,
}

/// What an on-demand query is given.
#[derive(Clone, Debug)]
pub enum Contents {
    /// One event, all of whose attributes are null.
    Event,
    /// The rows of the table of that number.
    Table(usize),
    /// Those rows of a table that an index gives, and for which the rest of the condition holds.
    Looked(Box<TableCondition>),
    /// What can be found in the named window which the query of that number is.
    Window(usize),
    /// What the aggregation of that number has.
    Buckets {
        /// Its number.
        aggregation: usize,
        /// `within`: a text with wildcards, or the start of a range.
        start: Value,
        /// The end of the range.
        end: Option<Value>,
        /// `per`.
        per: Value,
    },
}
