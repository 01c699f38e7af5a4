use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0020, "`@distribution`",
    "@sink(type='file', file.uri='f', @map(type='text'), @distribution(strategy='broadcast')) define stream A (n int);",
    @"
    error[U0020]: Riddhi does not have `@distribution` yet
     --> app.siddhi:2:53
      |
    2 | @sink(type='file', file.uri='f', @map(type='text'), @distribution(strategy='broadcast')) define stream A (n int);
      |                                                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ not there yet
    "
}

pub(crate) fn distribution(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
