use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0002, "joins with named windows in a partition, and named windows with the name of a stream",
    "define stream X (n int); define window X (n int) length(2);",
    @"
    error[U0002]: Riddhi does not have joins with named windows in a partition, and named windows with the name of a stream yet
     --> app.siddhi:2:40
      |
    2 | define stream X (n int); define window X (n int) length(2);
      |                                        ^ not there yet
    "
}

pub(crate) fn named_window(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
