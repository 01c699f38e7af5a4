use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0022, "an expression without a name in `select`",
    "from S select n + 1 insert into Out;",
    @"
    error[S0022]: an expression in `select` needs a name
     --> app.siddhi:2:15
      |
    2 | from S select n + 1 insert into Out;
      |               ^^^^^ no `as` after it
      |
      = help: name it with `as`: `as name`
    "
}

/// The name belongs at `end`.
pub(crate) fn alias_missing(name: &str, end: Span, span: Span) -> Diagnostic {
    CODE.error("an expression in `select` needs a name", span).label("no `as` after it").fix(
        "name it with `as`",
        end,
        format!(" as {name}"),
    )
}
