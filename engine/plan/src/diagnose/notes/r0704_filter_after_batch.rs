use riddhi_ql::{Diagnostic, Span};

code! {
    R0704, "a filter after a batch window: in Siddhi it may keep aggregates from starting anew",
    "from S#window.lengthBatch(2)[n > 1] select sum(n) as x insert into Out;",
    @"
    note[R0704]: a filter after a batch window may answer differently from Siddhi
     --> app.siddhi:2:30
      |
    2 | from S#window.lengthBatch(2)[n > 1] select sum(n) as x insert into Out;
      |                              ^^^^^
      |
      = note: in Siddhi a filter that rejects the batch's first event keeps aggregates from starting anew
    "
}

pub(crate) fn filter_after_batch(span: Span) -> Diagnostic {
    CODE.note("a filter after a batch window may answer differently from Siddhi", span)
        .note("in Siddhi a filter that rejects the batch's first event keeps aggregates from starting anew")
}
