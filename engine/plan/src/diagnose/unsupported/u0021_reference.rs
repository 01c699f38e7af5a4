use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0021, "`ref` to a configuration",
    "@sink(ref='c') define stream A (n int);",
    @"
    error[U0021]: Riddhi does not have `ref` to a configuration yet
     --> app.siddhi:2:7
      |
    2 | @sink(ref='c') define stream A (n int);
      |       ^^^^^^^ not there yet
    "
}

pub(crate) fn reference(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
