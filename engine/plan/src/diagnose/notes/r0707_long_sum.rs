use riddhi_ql::{Diagnostic, Span};

code! {
    R0707, "`sum` of longs over a sliding window: Siddhi loses digits beyond 2^53",
    "from S#window.length(2) select sum(volume) as x insert into Out;",
    @"
    note[R0707]: `sum` of longs over a window may answer differently from Siddhi
     --> app.siddhi:2:32
      |
    2 | from S#window.length(2) select sum(volume) as x insert into Out;
      |                                ^^^
      |
      = note: Siddhi takes rows out through a double, and loses digits beyond 2^53; here the sum is exact
    "
}

pub(crate) fn long_sum(span: Span) -> Diagnostic {
    CODE.note("`sum` of longs over a window may answer differently from Siddhi", span)
        .note("Siddhi takes rows out through a double, and loses digits beyond 2^53; here the sum is exact")
}
