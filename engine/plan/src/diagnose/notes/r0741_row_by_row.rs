use riddhi_ql::{Diagnostic, Span};

code! {
    R0741, "an aggregating query of an app with `@app:compat('siddhi4')`: a row for each event of an array",
    "@app:compat('siddhi4') define stream P (n int); from P select sum(n) as t insert into Out;",
    @"
    note[R0741]: this query puts out a row for each event of an array, as Siddhi 4 does
     --> app.siddhi:1:54
      |
    1 | @app:compat('siddhi4') define stream P (n int); from P select sum(n) as t insert into Out;
      |                                                      ^
      |
      = note: without compat 'siddhi4' only the last row comes out, or the last of each group, as in Siddhi 5.1
    "
}

pub(crate) fn row_by_row(span: Span) -> Diagnostic {
    CODE.note("this query puts out a row for each event of an array, as Siddhi 4 does", span)
        .note("without compat 'siddhi4' only the last row comes out, or the last of each group, as in Siddhi 5.1")
}
