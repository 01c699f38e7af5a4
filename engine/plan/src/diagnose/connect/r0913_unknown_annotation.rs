use riddhi_ql::{Diagnostic, Span};

code! {
    R0913, "an annotation that has no effect there (warning)",
    "@source(type='file', @map(type='text'), @other(a='b')) define stream A (n int);",
    @"
    warning[R0913]: a source has no `@other`
     --> app.siddhi:2:42
      |
    2 | @source(type='file', @map(type='text'), @other(a='b')) define stream A (n int);
      |                                          ^^^^^ has no effect
    "
}

pub(crate) fn unknown_annotation(name: &str, of: &str, span: Span) -> Diagnostic {
    CODE.warning(format!("a {of} has no `@{name}`"), span).label("has no effect")
}
