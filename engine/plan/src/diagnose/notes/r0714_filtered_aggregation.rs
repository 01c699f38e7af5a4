use riddhi_ql::{Diagnostic, Span};

code! {
    R0714, "an aggregation of a filtered input: in Siddhi it never gets an event",
    "define aggregation A from S[n > 1] select sum(n) as x aggregate every sec...year;",
    @"
    note[R0714]: in Siddhi an aggregation with a filter or a function behind its input never gets an event
     --> app.siddhi:2:27
      |
    2 | define aggregation A from S[n > 1] select sum(n) as x aggregate every sec...year;
      |                           ^
      |
      = note: here it gets those that pass
    "
}

pub(crate) fn filtered_aggregation(span: Span) -> Diagnostic {
    CODE.note("in Siddhi an aggregation with a filter or a function behind its input never gets an event", span)
        .note("here it gets those that pass")
}
