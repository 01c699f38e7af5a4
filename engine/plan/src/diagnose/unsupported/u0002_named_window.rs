use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0002, "named windows that have the name of a stream, or are read in a partition",
    "define stream X (n int); define window X (n int) length(2);",
    @"
    error[U0002]: Riddhi does not have named windows that have the name of a stream, or are read in a partition yet
     --> app.siddhi:2:40
      |
    2 | define stream X (n int); define window X (n int) length(2);
      |                                        ^ not there yet
    "
}

pub(crate) fn named_window(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
