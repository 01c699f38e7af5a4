use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0009, "sequences",
    "from e1=S, e2=S select e1.n insert into Out;",
    @"
    error[U0009]: Riddhi does not have sequences yet
     --> app.siddhi:2:6
      |
    2 | from e1=S, e2=S select e1.n insert into Out;
      |      ^^^^^^^^^^ not there yet
    "
}

pub(crate) fn sequence(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
