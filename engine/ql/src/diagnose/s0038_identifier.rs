use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0038, "a keyword where a real identifier is needed",
    "define trigger events at every 1 sec;",
    @"
    error[S0038]: the keyword `events` cannot be a trigger's name
     --> app.siddhi:2:16
      |
    2 | define trigger events at every 1 sec;
      |                ^^^^^^ keyword
      |
      = help: put it in back-quotes: `events`
    "
}

/// `keyword` with its quotes, `what` it should be, and the word as `written`.
pub(crate) fn keyword(keyword: &str, what: &str, written: &str, span: Span) -> Diagnostic {
    CODE.error(format!("the keyword {keyword} cannot be {what}"), span).label("keyword").fix(
        "put it in back-quotes",
        span,
        format!("`{written}`"),
    )
}
