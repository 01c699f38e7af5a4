use riddhi_ql::{Diagnostic, Span};

code! {
    R0801, "neither side of a join is a stream or window",
    "define table T (n int); define table U (n int); from T join U select T.n insert into Out;",
    @"
    error[R0801]: a join needs a stream or a window
     --> app.siddhi:2:54
      |
    2 | define table T (n int); define table U (n int); from T join U select T.n insert into Out;
      |                                                      ^^^^^^^^ neither side ever triggers it
      |
      = help: join a stream with one of them, or ask on demand
    "
}

pub(crate) fn both_fixed(span: Span) -> Diagnostic {
    CODE.error("a join needs a stream or a window", span)
        .label("neither side ever triggers it")
        .help("join a stream with one of them, or ask on demand")
}
