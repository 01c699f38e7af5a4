use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0007, "joins with tables and aggregations",
    "define table T (m int); from S join T select n insert into Out;",
    @"
    error[U0007]: Riddhi does not have joins with tables and aggregations yet
     --> app.siddhi:2:32
      |
    2 | define table T (m int); from S join T select n insert into Out;
      |                                ^^^^ not there yet
    "
}

pub(crate) fn join(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
