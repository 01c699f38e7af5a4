use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0004, "script functions",
    "define function f[javascript] return int { return 1; };",
    @"
    error[U0004]: Riddhi does not have script functions yet
     --> app.siddhi:2:17
      |
    2 | define function f[javascript] return int { return 1; };
      |                 ^ not there yet
    "
}

pub(crate) fn script(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
