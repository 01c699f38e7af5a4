use riddhi_ql::{Diagnostic, Span};

code! {
    R0715, "an aggregation whose longest duration is purged, or whose durations have a gap: Siddhi hardly ever purges",
    "define aggregation A from S select sum(n) as x aggregate every sec...day;",
    @"
    note[R0715]: old rows of this aggregation go sooner than in Siddhi
     --> app.siddhi:2:20
      |
    2 | define aggregation A from S select sum(n) as x aggregate every sec...day;
      |                    ^
      |
      = note: Siddhi hardly ever purges the longest duration, and stops at a gap between durations; here each table is purged by its own retention
      = help: @purge(enable='false') keeps all rows
    "
}

pub(crate) fn purged(span: Span) -> Diagnostic {
    CODE.note("old rows of this aggregation go sooner than in Siddhi", span)
        .note(
            "Siddhi hardly ever purges the longest duration, and stops at a gap between durations; here each table is \
             purged by its own retention",
        )
        .help("@purge(enable='false') keeps all rows")
}
