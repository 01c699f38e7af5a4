use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0014, "`@OnError` actions other than 'log'",
    "@OnError(action='stream') define stream A (n int);",
    @"
    error[U0014]: Riddhi does not have `@OnError` actions other than 'log' yet
     --> app.siddhi:2:1
      |
    2 | @OnError(action='stream') define stream A (n int);
      | ^^^^^^^^^^^^^^^^^^^^^^^^^ not there yet
    "
}

pub(crate) fn on_error(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
