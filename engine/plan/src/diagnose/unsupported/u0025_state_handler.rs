use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0025, "aggregates in the handlers of a pattern's states, inside a partition or beside values of other states",
    "from every e1=S -> e2=S[sum(n) > e1.n] select e1.n insert into Out;",
    @"
    error[U0025]: Riddhi does not have aggregates in the handlers of a pattern's states, inside a partition or beside values of other states yet
     --> app.siddhi:2:25
      |
    2 | from every e1=S -> e2=S[sum(n) > e1.n] select e1.n insert into Out;
      |                         ^^^^^^^^^^^^^ not there yet
    "
}

pub(crate) fn state_handler(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
