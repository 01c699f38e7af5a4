use riddhi_ql::{Diagnostic, Span};

code! {
    R0813, "an aggregator that buckets cannot keep",
    "define aggregation A from S select stdDev(n) as t aggregate every sec;",
    @"
    error[R0813]: aggregator `stdDev` cannot be used in an aggregation
     --> app.siddhi:2:36
      |
    2 | define aggregation A from S select stdDev(n) as t aggregate every sec;
      |                                    ^^^^^^^^^
      |
      = help: `sum`, `count`, `avg`, `min`, `max` and `distinctCount` can
    "
}

pub(crate) fn not_by_bucket(name: &str, span: Span) -> Diagnostic {
    CODE.error(format!("aggregator `{name}` cannot be used in an aggregation"), span)
        .help("`sum`, `count`, `avg`, `min`, `max` and `distinctCount` can")
}
