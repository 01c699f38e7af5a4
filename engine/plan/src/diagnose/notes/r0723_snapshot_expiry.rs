use riddhi_ql::{Diagnostic, Span};

code! {
    R0723, "`output snapshot` beside aggregates: Siddhi may not find what leaves",
    "from S#window.length(2) select n, sum(n) as t output snapshot every 1 sec insert into Out;",
    @"
    note[R0723]: `output snapshot` beside aggregates may answer differently from Siddhi
     --> app.siddhi:2:47
      |
    2 | from S#window.length(2) select n, sum(n) as t output snapshot every 1 sec insert into Out;
      |                                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = note: Siddhi may not find an event that leaves, so that it stays for ever; here it is found by its own attributes
    "
}

pub(crate) fn snapshot_expiry(span: Span) -> Diagnostic {
    CODE.note("`output snapshot` beside aggregates may answer differently from Siddhi", span).note(
        "Siddhi may not find an event that leaves, so that it stays for ever; here it is found by its own attributes",
    )
}
