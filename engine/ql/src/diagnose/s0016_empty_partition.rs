use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0016, "a partition without queries",
    "partition with (n of S) begin end;",
    @"
    error[S0016]: a partition needs a query
     --> app.siddhi:2:25
      |
    2 | partition with (n of S) begin end;
      |                         ^^^^^^^^^ no query
      |
      = help: put a query between `begin` and `end`
    "
}

pub(crate) fn empty_partition(span: Span) -> Diagnostic {
    CODE.error("a partition needs a query", span).label("no query").help("put a query between `begin` and `end`")
}
