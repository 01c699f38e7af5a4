use riddhi_ql::{Diagnostic, Span};

use super::not_yet;

code! {
    U0016, "a sink",
    "@sink(type='kafka') define stream A (n int);",
    @"
    error[U0016]: Riddhi does not have the sink `kafka` yet
     --> app.siddhi:2:12
      |
    2 | @sink(type='kafka') define stream A (n int);
      |            ^^^^^^^ not there yet
    "
}

pub(crate) fn sink(name: &str, span: Span) -> Diagnostic {
    not_yet(&CODE, format_args!("the sink `{name}`"), span)
}
