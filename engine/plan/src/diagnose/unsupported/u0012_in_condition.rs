use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0012, "`in` conditions",
    "define table T (n int); from S[(T.n == n) in T] select n insert into Out;",
    @"
    error[U0012]: Riddhi does not have `in` conditions yet
     --> app.siddhi:2:46
      |
    2 | define table T (n int); from S[(T.n == n) in T] select n insert into Out;
      |                                              ^ not there yet
    "
}

pub(crate) fn in_condition(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
