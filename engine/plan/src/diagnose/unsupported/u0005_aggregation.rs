use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0005, "aggregations",
    "define aggregation A from S select sum(n) as t aggregate every sec;",
    @"
    error[U0005]: Riddhi does not have aggregations yet
     --> app.siddhi:2:20
      |
    2 | define aggregation A from S select sum(n) as t aggregate every sec;
      |                    ^ not there yet
    "
}

pub(crate) fn aggregation(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
