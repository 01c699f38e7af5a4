use riddhi_ql::{Diagnostic, Span};

use super::not_yet;

code! {
    U0104, "an extension",
    "from S select stats:median(n) as x insert into Out;",
    @"
    error[U0104]: Riddhi does not have the extension `stats` yet
     --> app.siddhi:2:15
      |
    2 | from S select stats:median(n) as x insert into Out;
      |               ^^^^^^^^^^^^^^^ `stats:median` is part of it
    "
}

pub(crate) fn extension(name: &str, namespace: &str, span: Span) -> Diagnostic {
    not_yet(&CODE, format_args!("the extension `{namespace}`"), span).label(format!("`{name}` is part of it"))
}
