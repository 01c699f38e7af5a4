use riddhi_ql::{Diagnostic, Span};

use super::not_yet;

code! {
    U0101, "a window",
    "from S#window.sort(5, n) select n insert into Out;",
    @"
    error[U0101]: Riddhi does not have the window `sort` yet
     --> app.siddhi:2:15
      |
    2 | from S#window.sort(5, n) select n insert into Out;
      |               ^^^^ not there yet
    "
}

pub(crate) fn window(name: &str, span: Span) -> Diagnostic {
    not_yet(&CODE, format_args!("the window `{name}`"), span)
}
