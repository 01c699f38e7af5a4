use riddhi_ql::{Diagnostic, Span};

code! {
    R0102, "a stream is read by a query that stands before the one that fills it",
    "from Mid select n insert into Out; from S select n insert into Mid;",
    @"
    error[R0102]: stream `Mid` is read before a query fills it
     --> app.siddhi:2:6
      |
    2 | from Mid select n insert into Out; from S select n insert into Mid;
      |      ^^^ not defined up to here                                --- first filled here
      |
      = help: put the query that fills it first, or define the stream
    "
}

pub(crate) fn read_before_filled(name: &str, span: Span, later: Span) -> Diagnostic {
    CODE.error(format!("stream `{name}` is read before a query fills it"), span)
        .label("not defined up to here")
        .also(later, "first filled here")
        .help("put the query that fills it first, or define the stream")
}
