use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0015, "something else than a query in a partition",
    "partition with (n of S) begin define stream R (n int); from S select n insert into Out; end;",
    @"
    error[S0015]: a definition cannot stand in a partition
     --> app.siddhi:2:31
      |
    2 | partition with (n of S) begin define stream R (n int); from S select n insert into Out; end;
      |                               ^^^^^^ only queries here
      |
      = help: move it before the partition
    "
}

pub(crate) fn in_partition(what: &str, span: Span) -> Diagnostic {
    CODE.error(format!("{what} cannot stand in a partition"), span)
        .label("only queries here")
        .help("move it before the partition")
}
