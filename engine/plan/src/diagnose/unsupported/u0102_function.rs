use riddhi_ql::{Diagnostic, Span};

use super::not_yet;

code! {
    U0102, "a function",
    "from S select UUID() as x insert into Out;",
    @"
    error[U0102]: Riddhi does not have the function `UUID` yet
     --> app.siddhi:2:15
      |
    2 | from S select UUID() as x insert into Out;
      |               ^^^^ not there yet
    "
}

pub(crate) fn function(name: &str, span: Span) -> Diagnostic {
    not_yet(&CODE, format_args!("the function `{name}`"), span)
}
