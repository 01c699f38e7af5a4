use riddhi_ql::{Diagnostic, Span};

code! {
    R0740, "a pattern or sequence for which Siddhi loses results, gives them late, or ends too early",
    "from e1=S and e2=S select e1.n insert into Out;",
    @"
    note[R0740]: this pattern answers differently from Siddhi
     --> app.siddhi:2:6
      |
    2 | from e1=S and e2=S select e1.n insert into Out;
      |      ^^^^^^^^^^^^^
      |
      = note: in Siddhi a match that the left side completes is lost
    "
}

pub(crate) fn pattern_results(what: &str, span: Span) -> Diagnostic {
    CODE.note("this pattern answers differently from Siddhi", span).note(what)
}
