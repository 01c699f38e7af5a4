use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0003, "triggers",
    "define trigger G at every 1 sec;",
    @"
    error[U0003]: Riddhi does not have triggers yet
     --> app.siddhi:2:16
      |
    2 | define trigger G at every 1 sec;
      |                ^ not there yet
    "
}

pub(crate) fn trigger(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
