use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0010, "statements without a semicolon between them",
    "from S select n insert into Out from S select n insert into More;",
    @"
    error[S0010]: expected `;` before `from`
     --> app.siddhi:2:33
      |
    2 | from S select n insert into Out from S select n insert into More;
      |                                 ^^^^ a new statement
      |
      = help: statements are separated by `;`
    "
}

/// The semicolon belongs at `after`.
pub(crate) fn semicolon_missing(before: &str, after: Span, span: Span) -> Diagnostic {
    CODE.error(format!("expected `;` before `{before}`"), span).label("a new statement").fix(
        "statements are separated by `;`",
        after,
        ";",
    )
}
