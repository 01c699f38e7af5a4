use riddhi_ql::{Diagnostic, Span};

use super::not_yet;

code! {
    U0104, "an extension",
    "from S select str:length(symbol) as x insert into Out;",
    @"
    error[U0104]: Riddhi does not have the extension `str` yet
     --> app.siddhi:2:15
      |
    2 | from S select str:length(symbol) as x insert into Out;
      |               ^^^^^^^^^^^^^^^^^^ `str:length` is part of it
    "
}

pub(crate) fn extension(name: &str, namespace: &str, span: Span) -> Diagnostic {
    not_yet(&CODE, format_args!("the extension `{namespace}`"), span).label(format!("`{name}` is part of it"))
}
