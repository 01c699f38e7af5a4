use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0037, "`is null` after something that has no null test",
    "from S[(n + 1) is null] select n insert into Out;",
    @"
    error[S0037]: `is null` follows an attribute, an event or a function only
     --> app.siddhi:2:16
      |
    2 | from S[(n + 1) is null] select n insert into Out;
      |         -----  ^^^^^^^ not after this
      |         |
      |         an expression
      |
      = help: name the expression in a `select` first
    "
}

pub(crate) fn null_test(expression: Span, span: Span) -> Diagnostic {
    CODE.error("`is null` follows an attribute, an event or a function only", span)
        .label("not after this")
        .also(expression, "an expression")
        .help("name the expression in a `select` first")
}
