use riddhi_ql::{Diagnostic, Span};

code! {
    R0605, "a schedule without an instant",
    "from S#window.cron('0 0 0 31 2 ?') select n insert into Out;",
    @"
    warning[R0605]: nothing will ever come out
     --> app.siddhi:2:20
      |
    2 | from S#window.cron('0 0 0 31 2 ?') select n insert into Out;
      |                    ^^^^^^^^^^^^^^ there is no such time
      |
      = help: give days that the months have, and years from 1970 to 2299
    "
}

pub(crate) fn never_due(span: Span) -> Diagnostic {
    CODE.warning("nothing will ever come out", span)
        .label("there is no such time")
        .help("give days that the months have, and years from 1970 to 2299")
}
