use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0024, "`limit` or `offset` of a number that is not whole",
    "from S select n limit 1.5 insert into Out;",
    @"
    error[S0024]: `limit` needs a whole number
     --> app.siddhi:2:23
      |
    2 | from S select n limit 1.5 insert into Out;
      |                       ^^^ not a whole number
      |
      = help: for example `limit 10`
    "
}

pub(crate) fn limit_type(clause: &str, span: Span) -> Diagnostic {
    CODE.error(format!("`{clause}` needs a whole number"), span)
        .label("not a whole number")
        .help(format!("for example `{clause} 10`"))
}
