use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0012, "an app without a definition",
    "@app:name('Empty')",
    @"
    error[S0012]: an app needs a definition before its queries
     --> app.siddhi:1:19
      |
    1 | @app:name('Empty')
      |                   ^ nothing is defined before this
      |
      = help: for example `define stream Trades (symbol string, price double);`
    "
}

pub(crate) fn no_definition(span: Span) -> Diagnostic {
    CODE.error("an app needs a definition before its queries", span)
        .label("nothing is defined before this")
        .help("for example `define stream Trades (symbol string, price double);`")
}
