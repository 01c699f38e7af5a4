use riddhi_ql::{Diagnostic, Span};

code! {
    R0742, "`order by` or `offset` beside `group by` in an app with `@app:compat('siddhi4')`: they count for nothing",
    "@app:compat('siddhi4') define stream P (k string, n int); from P select k, n group by k order by n insert into Out;",
    @"
    note[R0742]: `order by` counts for nothing beside `group by`, as in Siddhi 4
     --> app.siddhi:1:98
      |
    1 | @app:compat('siddhi4') define stream P (k string, n int); from P select k, n group by k order by n insert into Out;
      |                                                                                                  ^
      |
      = note: without compat 'siddhi4' it is obeyed, as in Siddhi 5.1 and, in both, behind batch windows
    "
}

pub(crate) fn no_order_in_groups(clause: &str, span: Span) -> Diagnostic {
    CODE.note(format!("`{clause}` counts for nothing beside `group by`, as in Siddhi 4"), span)
        .note("without compat 'siddhi4' it is obeyed, as in Siddhi 5.1 and, in both, behind batch windows")
}
