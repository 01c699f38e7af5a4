use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0011, "`update` and `delete`",
    "define table T (n int); from S select n delete T on T.n == n;",
    @"
    error[U0011]: Riddhi does not have `update` and `delete` yet
     --> app.siddhi:2:41
      |
    2 | define table T (n int); from S select n delete T on T.n == n;
      |                                         ^^^^^^^^^^^^^^^^^^^^ not there yet
    "
}

pub(crate) fn change(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
