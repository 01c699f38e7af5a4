use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0025, "aggregates in the handlers of a pattern's states",
    "from every e1=S[count() > 2] -> e2=S select e1.n insert into Out;",
    @"
    error[U0025]: Riddhi does not have aggregates in the handlers of a pattern's states yet
     --> app.siddhi:2:17
      |
    2 | from every e1=S[count() > 2] -> e2=S select e1.n insert into Out;
      |                 ^^^^^^^^^^^ not there yet
    "
}

pub(crate) fn state_handler(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
