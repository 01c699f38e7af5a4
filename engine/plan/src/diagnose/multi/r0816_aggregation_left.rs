use riddhi_ql::{Diagnostic, Span};

code! {
    R0816, "an aggregation on the left of a join",
    "define aggregation A from S select sum(n) as t aggregate every sec; from A join S within 0L, 5L per 'sec' select S.n insert into Out;",
    @"
    error[R0816]: an aggregation has to be the right side of a join
     --> app.siddhi:2:74
      |
    2 | define aggregation A from S select sum(n) as t aggregate every sec; from A join S within 0L, 5L per 'sec' select S.n insert into Out;
      |                                                                          ^ stands left
      |
      = help: write the stream first: `from S join A ...`
    "
}

pub(crate) fn aggregation_left(span: Span) -> Diagnostic {
    CODE.error("an aggregation has to be the right side of a join", span)
        .label("stands left")
        .help("write the stream first: `from S join A ...`")
}
