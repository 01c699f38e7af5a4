use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0023, "`limit` or `offset` of something else than a number",
    "from S select n limit 1 + 1 insert into Out;",
    @"
    error[S0023]: `limit` needs a number, not an expression
     --> app.siddhi:2:23
      |
    2 | from S select n limit 1 + 1 insert into Out;
      |                       ^^^^^ not a number
      |
      = help: write the number itself, as in `limit 10`
    "
}

pub(crate) fn limit_expression(clause: &str, span: Span) -> Diagnostic {
    CODE.error(format!("`{clause}` needs a number, not an expression"), span)
        .label("not a number")
        .help(format!("write the number itself, as in `{clause} 10`"))
}
