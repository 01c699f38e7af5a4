use riddhi_ql::{Diagnostic, Span};

code! {
    R0705, "`and` and `or` as aggregators: Siddhi fails on null",
    "from S select and(on) as x insert into Out;",
    @"
    note[R0705]: `and` answers differently from Siddhi when an argument is null
     --> app.siddhi:2:15
      |
    2 | from S select and(on) as x insert into Out;
      |               ^^^
      |
      = note: Siddhi drops the event with an error in the log; here a null does not count
    "
}

pub(crate) fn null_argument(name: &str, span: Span) -> Diagnostic {
    CODE.note(format!("`{name}` answers differently from Siddhi when an argument is null"), span)
        .note("Siddhi drops the event with an error in the log; here a null does not count")
}
