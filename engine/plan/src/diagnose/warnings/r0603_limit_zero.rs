use riddhi_ql::{Diagnostic, Span};

code! {
    R0603, "`limit 0` lets nothing out",
    "from S select n limit 0 insert into Out;",
    @"
    warning[R0603]: nothing will ever come out
     --> app.siddhi:2:23
      |
    2 | from S select n limit 0 insert into Out;
      |                       ^ no row passes
    "
}

pub(crate) fn limit_zero(span: Span) -> Diagnostic {
    CODE.warning("nothing will ever come out", span).label("no row passes")
}
