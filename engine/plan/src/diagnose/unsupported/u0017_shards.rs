use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0017, "aggregations shared by several nodes",
    "@PartitionById define aggregation A from S select sum(n) as t aggregate every sec;",
    @"
    error[U0017]: Riddhi does not have aggregations shared by several nodes yet
     --> app.siddhi:2:1
      |
    2 | @PartitionById define aggregation A from S select sum(n) as t aggregate every sec;
      | ^^^^^^^^^^^^^^ not there yet
    "
}

pub(crate) fn shards(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
