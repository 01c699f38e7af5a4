use riddhi_ql::{Diagnostic, Span};

code! {
    U0023, "an option of a source, sink or mapper, or a value of it",
    "@source(type='file', mode='binary.full', @map(type='text')) define stream A (n int);",
    @"
    error[U0023]: Riddhi does not have the mode `binary.full` yet
     --> app.siddhi:2:27
      |
    2 | @source(type='file', mode='binary.full', @map(type='text')) define stream A (n int);
      |                           ^^^^^^^^^^^^^ not there yet
    "
}

pub(crate) fn option(message: &str, span: Span) -> Diagnostic {
    CODE.error(message, span).label("not there yet")
}
