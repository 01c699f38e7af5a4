use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0007, "joins",
    "define stream R (n int); from S#window.length(1) join R select S.n insert into Out;",
    @"
    error[U0007]: Riddhi does not have joins yet
     --> app.siddhi:2:50
      |
    2 | define stream R (n int); from S#window.length(1) join R select S.n insert into Out;
      |                                                  ^^^^ not there yet
    "
}

pub(crate) fn join(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
