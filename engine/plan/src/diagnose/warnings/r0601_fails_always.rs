use riddhi_batch::Type;
use riddhi_ql::{Diagnostic, Span};

code! {
    R0601, "arithmetic that fails for every event",
    "from S select 'abc' + n as x insert into Out;",
    @"
    warning[R0601]: `+` fails for every event that has a value here
     --> app.siddhi:2:15
      |
    2 | from S select 'abc' + n as x insert into Out;
      |               ^^^^^ a string is no number
      |
      = note: Siddhi accepts this, and drops the events with an error in the log
    "
}

pub(crate) fn fails_always(op: &str, ty: Type, span: Span) -> Diagnostic {
    CODE.warning(format!("`{op}` fails for every event that has a value here"), span)
        .label(format!("a {ty} is no number"))
        .note("Siddhi accepts this, and drops the events with an error in the log")
}
