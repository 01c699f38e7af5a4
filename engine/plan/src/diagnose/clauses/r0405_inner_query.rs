use riddhi_ql::{Diagnostic, Span};

code! {
    R0405, "a query reads an inner query",
    "from (from S select n return) select n insert into Out;",
    @"
    error[R0405]: a query cannot read an inner query
     --> app.siddhi:2:7
      |
    2 | from (from S select n return) select n insert into Out;
      |       ^^^^^^^^^^^^^^^^^^^^^^ Siddhi refuses it as well
      |
      = help: give the inner query a stream of its own with `insert into`, and read that
    "
}

pub(crate) fn inner_query(span: Span) -> Diagnostic {
    CODE.error("a query cannot read an inner query", span)
        .label("Siddhi refuses it as well")
        .help("give the inner query a stream of its own with `insert into`, and read that")
}
