use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0002, "named windows",
    "define window W (n int) length(2);",
    @"
    error[U0002]: Riddhi does not have named windows yet
     --> app.siddhi:2:15
      |
    2 | define window W (n int) length(2);
      |               ^ not there yet
    "
}

pub(crate) fn named_window(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
