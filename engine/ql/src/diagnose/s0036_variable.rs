use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0036, "a variable without a value",
    "from S[n > ${limit}] select n insert into Out;",
    @"
    error[S0036]: variable `limit` has no value
     --> app.siddhi:2:12
      |
    2 | from S[n > ${limit}] select n insert into Out;
      |            ^^^^^^^^ not set
      |
      = help: set it as a property or in the environment
    "
}

pub(crate) fn variable(name: &str, span: Span) -> Diagnostic {
    CODE.error(format!("variable `{name}` has no value"), span)
        .label("not set")
        .help("set it as a property or in the environment")
}
