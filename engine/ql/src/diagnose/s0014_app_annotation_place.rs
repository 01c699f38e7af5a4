use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0014, "an app annotation after a definition",
    "define stream R (n int); @app:name('Late') define stream T (n int);",
    @"
    error[S0014]: app annotations stand before all definitions
     --> app.siddhi:2:26
      |
    2 | define stream R (n int); @app:name('Late') define stream T (n int);
      |                          ^ app annotation
      |
      = help: move it to the start of the text
    "
}

pub(crate) fn app_annotation_place(span: Span) -> Diagnostic {
    CODE.error("app annotations stand before all definitions", span)
        .label("app annotation")
        .help("move it to the start of the text")
}
