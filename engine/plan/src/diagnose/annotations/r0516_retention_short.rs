use riddhi_ql::{Diagnostic, Span};

code! {
    R0516, "a retention is too short",
    "@purge(enable='true', @retentionPeriod(sec='1 sec')) define aggregation A from S select sum(n) as t aggregate every sec;",
    @"
    error[R0516]: `sec` are kept too short
     --> app.siddhi:2:44
      |
    2 | @purge(enable='true', @retentionPeriod(sec='1 sec')) define aggregation A from S select sum(n) as t aggregate every sec;
      |                                            ^^^^^^^ the next coarser buckets could not be built
      |
      = help: at least: sec 120 sec, min 120 min, hours 25 h, days 32 days, months 13 months
    "
}

pub(crate) fn retention_short(key: &str, span: Span) -> Diagnostic {
    CODE.error(format!("`{key}` are kept too short"), span)
        .label("the next coarser buckets could not be built")
        .help("at least: sec 120 sec, min 120 min, hours 25 h, days 32 days, months 13 months")
}
