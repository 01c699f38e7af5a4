use riddhi_ql::{Diagnostic, Span};

code! {
    R0602, "expired events of a query without a window",
    "from S select n insert expired events into Out;",
    @"
    warning[R0602]: nothing will ever come out
     --> app.siddhi:2:17
      |
    2 | from S select n insert expired events into Out;
      |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ without a window no event expires
      |
      = help: insert current events, or put a window on the input
    "
}

pub(crate) fn never_expires(span: Span) -> Diagnostic {
    CODE.warning("nothing will ever come out", span)
        .label("without a window no event expires")
        .help("insert current events, or put a window on the input")
}
