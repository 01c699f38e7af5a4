use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0001, "tables",
    "define table T (n int);",
    @"
    error[U0001]: Riddhi does not have tables yet
     --> app.siddhi:2:14
      |
    2 | define table T (n int);
      |              ^ not there yet
    "
}

pub(crate) fn table(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
