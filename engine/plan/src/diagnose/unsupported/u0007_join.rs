use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0007, "a join that asks an aggregation by its own attributes",
    "define aggregation A from S select n aggregate every sec; from S join A within A.AGG_TIMESTAMP, 5L per 'sec' select S.n insert into X;",
    @"
    error[U0007]: Riddhi does not have a join that asks an aggregation by its own attributes yet
     --> app.siddhi:2:64
      |
    2 | define aggregation A from S select n aggregate every sec; from S join A within A.AGG_TIMESTAMP, 5L per 'sec' select S.n insert into X;
      |                                                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ not there yet
    "
}

pub(crate) fn join(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
