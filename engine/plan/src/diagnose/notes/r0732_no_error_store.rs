use riddhi_ql::{Diagnostic, Span};

code! {
    R0732, "there is no error store: `@OnError(action='store')` logs and drops",
    "@OnError(action='store') define stream A (n int);",
    @"
    note[R0732]: there is no error store: events that fail are logged and dropped
     --> app.siddhi:2:17
      |
    2 | @OnError(action='store') define stream A (n int);
      |                 ^^^^^^^
      |
      = note: so does Siddhi without a store, except that it fails for single events that the host sends
    "
}

pub(crate) fn no_error_store(span: Span) -> Diagnostic {
    CODE.note("there is no error store: events that fail are logged and dropped", span)
        .note("so does Siddhi without a store, except that it fails for single events that the host sends")
}
