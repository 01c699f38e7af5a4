use riddhi_ql::{Diagnostic, Span};

code! {
    R0722, "`output snapshot` of aggregates alone: Siddhi shows nothing after an expiry",
    "from S#window.length(2) select sum(n) as t output snapshot every 1 sec insert into Out;",
    @"
    note[R0722]: `output snapshot` of aggregates alone answers differently from Siddhi
     --> app.siddhi:2:44
      |
    2 | from S#window.length(2) select sum(n) as t output snapshot every 1 sec insert into Out;
      |                                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = note: Siddhi shows nothing after an event has left the window; here the latest values as long as it holds events
    "
}

pub(crate) fn snapshot_of_aggregates(span: Span) -> Diagnostic {
    CODE.note("`output snapshot` of aggregates alone answers differently from Siddhi", span).note(
        "Siddhi shows nothing after an event has left the window; here the latest values as long as it holds events",
    )
}
