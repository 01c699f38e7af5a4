use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0007, "joins with aggregations and in partitions",
    "define aggregation A from S select sum(n) as t aggregate every sec; from S join A within '2020-**-** **:**:**' per 'sec' select S.n insert into Out;",
    @"
    error[U0007]: Riddhi does not have joins with aggregations and in partitions yet
     --> app.siddhi:2:76
      |
    2 | define aggregation A from S select sum(n) as t aggregate every sec; from S join A within '2020-**-** **:**:**' per 'sec' select S.n insert into Out;
      |                                                                            ^^^^ not there yet
    "
}

pub(crate) fn join(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
