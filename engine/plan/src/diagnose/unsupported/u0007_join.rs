use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0007, "joins with aggregations",
    "define aggregation A from S select n aggregate every sec; from S join A within 0L, 1L per 'sec' select S.n insert into X;",
    @"
    error[U0007]: Riddhi does not have joins with aggregations yet
     --> app.siddhi:2:66
      |
    2 | define aggregation A from S select n aggregate every sec; from S join A within 0L, 1L per 'sec' select S.n insert into X;
      |                                                                  ^^^^ not there yet
    "
}

pub(crate) fn join(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
