use riddhi_ql::{Diagnostic, Span};

code! {
    R0710, "`#pol2Cart`: Siddhi fails on null",
    "define stream P (t double, r double); from P#pol2Cart(t, r) select x insert into Out;",
    @"
    note[R0710]: `#pol2Cart` answers differently from Siddhi when an argument is null
     --> app.siddhi:2:46
      |
    2 | define stream P (t double, r double); from P#pol2Cart(t, r) select x insert into Out;
      |                                              ^^^^^^^^
      |
      = note: Siddhi drops the event with an error in the log; here what it adds is null
    "
}

pub(crate) fn null_coordinate(name: &str, span: Span) -> Diagnostic {
    CODE.note(format!("`#{name}` answers differently from Siddhi when an argument is null"), span)
        .note("Siddhi drops the event with an error in the log; here what it adds is null")
}
