use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0013, "a definition after a query",
    "from S select n insert into Out; define stream R (n int);",
    @"
    error[S0013]: a definition cannot stand after a query or partition
     --> app.siddhi:2:34
      |
    2 | from S select n insert into Out; define stream R (n int);
      | -----                            ^^^^^^ definition
      | |
      | the first query or partition
      |
      = help: move it before the queries
    "
}

pub(crate) fn definition_after_query(element: Span, span: Span) -> Diagnostic {
    CODE.error("a definition cannot stand after a query or partition", span)
        .label("definition")
        .also(element, "the first query or partition")
        .help("move it before the queries")
}
