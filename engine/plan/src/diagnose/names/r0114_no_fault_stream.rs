use riddhi_ql::{Diagnostic, Span};

code! {
    R0114, "the stream has no fault stream",
    "from !S select n insert into Out;",
    @"
    error[R0114]: stream `S` has no fault stream
     --> app.siddhi:2:6
      |
    2 | from !S select n insert into Out;
      |      ^^ not kept
      |
      = help: put `@OnError(action='stream')` before the definition of `S`
    "
}

pub(crate) fn no_fault_stream(name: &str, span: Span) -> Diagnostic {
    CODE.error(format!("stream `{name}` has no fault stream"), span)
        .label("not kept")
        .help(format!("put `@OnError(action='stream')` before the definition of `{name}`"))
}
