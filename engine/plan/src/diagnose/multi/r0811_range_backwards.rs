use riddhi_ql::{Diagnostic, Span};

code! {
    R0811, "granularities from the larger to the smaller",
    "define aggregation A from S select sum(n) as t aggregate every year ... sec;",
    @"
    error[R0811]: the range of granularities is backwards
     --> app.siddhi:2:64
      |
    2 | define aggregation A from S select sum(n) as t aggregate every year ... sec;
      |                                                                ^^^^^^^^^^^^
      |
      = help: begin with the smaller unit: sec ... year
    "
}

pub(crate) fn range_backwards(span: Span) -> Diagnostic {
    CODE.error("the range of granularities is backwards", span).help("begin with the smaller unit: sec ... year")
}
