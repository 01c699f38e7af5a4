use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0006, "partitions",
    "partition with (n of S) begin from S select n insert into Out; end;",
    @"
    error[U0006]: Riddhi does not have partitions yet
     --> app.siddhi:2:1
      |
    2 | partition with (n of S) begin from S select n insert into Out; end;
      | ^^^^^^^^^^^^^^^^^^^^^^ not there yet
    "
}

pub(crate) fn partition(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
