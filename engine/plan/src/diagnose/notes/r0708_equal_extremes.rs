use riddhi_ql::{Diagnostic, Span};

code! {
    R0708, "`min` and `max` over a window: Siddhi may take out the wrong one of two equal values",
    "from S#window.length(2) select max(n) as x insert into Out;",
    @"
    note[R0708]: `max` over a window may answer differently from Siddhi
     --> app.siddhi:2:32
      |
    2 | from S#window.length(2) select max(n) as x insert into Out;
      |                                ^^^
      |
      = note: of two equal values Siddhi may take out the wrong one; here the true value comes out
    "
}

pub(crate) fn equal_extremes(name: &str, span: Span) -> Diagnostic {
    CODE.note(format!("`{name}` over a window may answer differently from Siddhi"), span)
        .note("of two equal values Siddhi may take out the wrong one; here the true value comes out")
}
