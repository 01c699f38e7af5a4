use riddhi_ql::{Diagnostic, Span};

code! {
    R0805, "`per` does not know the duration",
    "define aggregation A from S select sum(n) as t aggregate every sec; from S join A within 0L, 5L per 'eons' select S.n insert into Out;",
    @"
    error[R0805]: `eons` is no duration of an aggregation
     --> app.siddhi:2:101
      |
    2 | define aggregation A from S select sum(n) as t aggregate every sec; from S join A within 0L, 5L per 'eons' select S.n insert into Out;
      |                                                                                                     ^^^^^^
      |
      = help: give 'seconds', 'minutes', 'hours', 'days', 'months' or 'years'
    "
}

pub(crate) fn per_unknown(text: &str, span: Span) -> Diagnostic {
    CODE.error(format!("`{text}` is no duration of an aggregation"), span)
        .help("give 'seconds', 'minutes', 'hours', 'days', 'months' or 'years'")
}
