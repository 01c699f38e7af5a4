use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0013, "fault streams",
    "@OnError(action='stream') define stream A (n int); from !A select n insert into Out;",
    @"
    error[U0013]: Riddhi does not have fault streams yet
     --> app.siddhi:2:57
      |
    2 | @OnError(action='stream') define stream A (n int); from !A select n insert into Out;
      |                                                         ^^ not there yet
    "
}

pub(crate) fn fault_stream(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
