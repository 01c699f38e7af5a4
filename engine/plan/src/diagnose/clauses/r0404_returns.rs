use riddhi_ql::{Diagnostic, Span};

code! {
    R0404, "a query of an app ends in `return`",
    "from S select n return;",
    @"
    error[R0404]: a query of an app has to put its result somewhere
     --> app.siddhi:2:17
      |
    2 | from S select n return;
      |                 ^^^^^^ `return` is for queries asked on demand
      |
      = help: write `insert into` and a stream
    "
}

pub(crate) fn returns(span: Span) -> Diagnostic {
    CODE.error("a query of an app has to put its result somewhere", span)
        .label("`return` is for queries asked on demand")
        .help("write `insert into` and a stream")
}
