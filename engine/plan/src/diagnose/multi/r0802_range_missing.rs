use riddhi_ql::{Diagnostic, Span};

code! {
    R0802, "a join with an aggregation lacks `within` and `per`",
    "define aggregation A from S select sum(n) as t aggregate every sec; from S join A select S.n insert into Out;",
    @"
    error[R0802]: a join with an aggregation needs `within` and `per`
     --> app.siddhi:2:74
      |
    2 | define aggregation A from S select sum(n) as t aggregate every sec; from S join A select S.n insert into Out;
      |                                                                          ^^^^^^^^ which buckets?
      |
      = help: for example: within '2024-06-** **:**:**' per 'days'
    "
}

pub(crate) fn range_missing(span: Span) -> Diagnostic {
    CODE.error("a join with an aggregation needs `within` and `per`", span)
        .label("which buckets?")
        .help("for example: within '2024-06-** **:**:**' per 'days'")
}
