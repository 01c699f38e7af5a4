use riddhi_ql::{Diagnostic, Span};

code! {
    R0515, "a retention is given for a granularity that is not kept",
    "@purge(enable='true', @retentionPeriod(days='40 days')) define aggregation A from S select sum(n) as t aggregate every sec;",
    @"
    error[R0515]: the aggregation does not keep `days`
     --> app.siddhi:2:40
      |
    2 | @purge(enable='true', @retentionPeriod(days='40 days')) define aggregation A from S select sum(n) as t aggregate every sec;
      |                                        ^^^^^^^^^^^^^^
      |
      = help: leave it out, or add it to `aggregate every`
    "
}

pub(crate) fn retention_unit(key: &str, span: Span) -> Diagnostic {
    CODE.error(format!("the aggregation does not keep `{key}`"), span)
        .help("leave it out, or add it to `aggregate every`")
}
