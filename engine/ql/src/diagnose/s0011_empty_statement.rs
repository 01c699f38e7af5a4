use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0011, "a semicolon without a statement",
    "from S select n insert into Out;;",
    @"
    error[S0011]: a statement is missing before this `;`
     --> app.siddhi:2:33
      |
    2 | from S select n insert into Out;;
      |                                 ^ one too many
      |
      = help: remove it
    "
}

pub(crate) fn empty_statement(span: Span) -> Diagnostic {
    CODE.error("a statement is missing before this `;`", span).label("one too many").fix("remove it", span, "")
}
