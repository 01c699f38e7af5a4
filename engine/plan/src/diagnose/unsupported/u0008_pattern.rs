use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0008, "patterns",
    "from e1=S -> e2=S select e1.n insert into Out;",
    @"
    error[U0008]: Riddhi does not have patterns yet
     --> app.siddhi:2:6
      |
    2 | from e1=S -> e2=S select e1.n insert into Out;
      |      ^^^^^^^^^^^^ not there yet
    "
}

pub(crate) fn pattern(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
