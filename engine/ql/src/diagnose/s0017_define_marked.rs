use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0017, "the definition of an inner or fault element",
    "define stream #R (n int);",
    @"
    error[S0017]: an inner stream cannot be defined
     --> app.siddhi:2:15
      |
    2 | define stream #R (n int);
      |               ^ this mark
      |
      = help: an inner stream is defined by the query that inserts into it
    "
}

pub(crate) fn define_marked(what: &str, inner: bool, span: Span) -> Diagnostic {
    let (kind, advice) = match inner {
        true => ("an inner", "an inner stream is defined by the query that inserts into it"),
        false => ("a fault", "a fault stream is defined by `@OnError(action='stream')` on its stream"),
    };
    CODE.error(format!("{kind} {what} cannot be defined"), span).label("this mark").help(advice)
}

also! {
    fault_stream,
    "define stream !R (n int);",
    @"
    error[S0017]: a fault stream cannot be defined
     --> app.siddhi:2:15
      |
    2 | define stream !R (n int);
      |               ^ this mark
      |
      = help: a fault stream is defined by `@OnError(action='stream')` on its stream
    "
}
