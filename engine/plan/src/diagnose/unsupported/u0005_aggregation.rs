use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0005, "an aggregation of this form",
    "define aggregation A from S select ifThenElse(n > 1, sum(n), count()) as t aggregate every sec;",
    @"
    error[U0005]: Riddhi does not have an aggregation of this form yet
     --> app.siddhi:2:20
      |
    2 | define aggregation A from S select ifThenElse(n > 1, sum(n), count()) as t aggregate every sec;
      |                    ^ not there yet
    "
}

pub(crate) fn aggregation(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
