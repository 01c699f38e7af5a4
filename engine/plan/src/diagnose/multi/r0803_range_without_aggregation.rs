use riddhi_ql::{Diagnostic, Span};

code! {
    R0803, "`within ... per` without an aggregation",
    "define stream R (n int); from S#window.length(1) join R within 0L, 5L per 'sec' select S.n insert into Out;",
    @"
    error[R0803]: `within ... per` is for joins with an aggregation
     --> app.siddhi:2:57
      |
    2 | define stream R (n int); from S#window.length(1) join R within 0L, 5L per 'sec' select S.n insert into Out;
      |                                                         ^^^^^^^^^^^^^^^^^^^^^^^ no side is one
      |
      = help: leave it out, or compare times in `on`
    "
}

pub(crate) fn range_without_aggregation(span: Span) -> Diagnostic {
    CODE.error("`within ... per` is for joins with an aggregation", span)
        .label("no side is one")
        .help("leave it out, or compare times in `on`")
}
