use riddhi_ql::{Diagnostic, Span};

code! {
    R0514, "`@retentionPeriod` does not know the key",
    "@purge(enable='true', @retentionPeriod(weeks='2 week')) define aggregation A from S select sum(n) as t aggregate every sec;",
    @"
    error[R0514]: `@retentionPeriod` does not know `weeks`
     --> app.siddhi:2:40
      |
    2 | @purge(enable='true', @retentionPeriod(weeks='2 week')) define aggregation A from S select sum(n) as t aggregate every sec;
      |                                        ^^^^^^^^^^^^^^
      |
      = help: it takes `sec`, `min`, `hours`, `days`, `months` and `years`
    "
}

pub(crate) fn retention_key(key: &str, span: Span) -> Diagnostic {
    CODE.error(format!("`@retentionPeriod` does not know `{key}`"), span)
        .help("it takes `sec`, `min`, `hours`, `days`, `months` and `years`")
}
