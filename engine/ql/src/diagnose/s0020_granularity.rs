use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0020, "a granularity that aggregations do not have",
    "define aggregation A from S select sum(n) as t aggregate every week;",
    @"
    error[S0020]: an aggregation cannot be kept by `week`
     --> app.siddhi:2:64
      |
    2 | define aggregation A from S select sum(n) as t aggregate every week;
      |                                                                ^^^^ not a granularity
      |
      = help: use sec, min, hour, day, month or year
    "
}

pub(crate) fn granularity(word: &str, span: Span) -> Diagnostic {
    CODE.error(format!("an aggregation cannot be kept by `{word}`"), span)
        .label("not a granularity")
        .help("use sec, min, hour, day, month or year")
}
