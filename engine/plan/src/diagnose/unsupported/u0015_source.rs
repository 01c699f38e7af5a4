use riddhi_ql::{Diagnostic, Span};

use super::not_yet;

code! {
    U0015, "a source",
    "@source(type='kafka') define stream A (n int);",
    @"
    error[U0015]: Riddhi does not have the source `kafka` yet
     --> app.siddhi:2:14
      |
    2 | @source(type='kafka') define stream A (n int);
      |              ^^^^^^^ not there yet
    "
}

pub(crate) fn source(name: &str, span: Span) -> Diagnostic {
    not_yet(&CODE, format_args!("the source `{name}`"), span)
}
