use riddhi_batch::Type;
use riddhi_ql::{Diagnostic, Span};

use super::n;

code! {
    R0301, "a condition is no bool",
    "from S[n + 1] select n insert into Out;",
    @"
    error[R0301]: a filter must be a bool
     --> app.siddhi:2:8
      |
    2 | from S[n + 1] select n insert into Out;
      |        ^^^^^ this is an int
      |
      = help: compare it with something
    "
}

pub(crate) fn condition(what: &str, ty: Type, span: Span) -> Diagnostic {
    CODE.error(format!("{what} must be a bool"), span)
        .label(format!("this is a{} {ty}", n(ty)))
        .help("compare it with something")
}

also! {
    having_of_a_number,
    "from S select n having n insert into Out;",
    @"
    error[R0301]: `having` must be a bool
     --> app.siddhi:2:24
      |
    2 | from S select n having n insert into Out;
      |                        ^ this is an int
      |
      = help: compare it with something
    "
}
