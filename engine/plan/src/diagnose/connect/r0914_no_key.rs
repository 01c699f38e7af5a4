use riddhi_ql::{Diagnostic, Span};

code! {
    R0914, "an option without a name",
    "@source('line', type='file', @map(type='text')) define stream A (n int);",
    @"
    error[R0914]: an option of `@source` lacks its name
     --> app.siddhi:2:9
      |
    2 | @source('line', type='file', @map(type='text')) define stream A (n int);
      |         ^^^^^^
      |
      = help: write name='value'
    "
}

pub(crate) fn no_key(annotation: &str, span: Span) -> Diagnostic {
    CODE.error(format!("an option of `@{annotation}` lacks its name"), span).help("write name='value'")
}
