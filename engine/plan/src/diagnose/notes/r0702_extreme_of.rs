use riddhi_ql::{Diagnostic, Span};

code! {
    R0702, "`maximum` and `minimum`: Siddhi starts from a value of its own",
    "from S select maximum(n, 1) as x insert into Out;",
    @"
    note[R0702]: `maximum` may answer differently from Siddhi
     --> app.siddhi:2:15
      |
    2 | from S select maximum(n, 1) as x insert into Out;
      |               ^^^^^^^
      |
      = note: Siddhi starts from a value of its own, so it is wrong when no argument passes that or all are null
    "
}

pub(crate) fn extreme_of(name: &str, span: Span) -> Diagnostic {
    CODE.note(format!("`{name}` may answer differently from Siddhi"), span)
        .note("Siddhi starts from a value of its own, so it is wrong when no argument passes that or all are null")
}
