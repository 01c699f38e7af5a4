use riddhi_ql::{Diagnostic, Span};

code! {
    R0713, "`avg` of int or long in an aggregation: Siddhi divides whole numbers",
    "define aggregation A from S select avg(n) as x aggregate every sec...year;",
    @"
    note[R0713]: `avg` of whole numbers in an aggregation answers differently from Siddhi
     --> app.siddhi:2:40
      |
    2 | define aggregation A from S select avg(n) as x aggregate every sec...year;
      |                                        ^
      |
      = note: Siddhi divides whole numbers and drops the rest; here it is the average
    "
}

pub(crate) fn whole_average(span: Span) -> Diagnostic {
    CODE.note("`avg` of whole numbers in an aggregation answers differently from Siddhi", span)
        .note("Siddhi divides whole numbers and drops the rest; here it is the average")
}
