use riddhi_ql::{Diagnostic, Span};

code! {
    R0905, "an option that takes no attribute",
    "@sink(type='file', file.uri='f', append='{{n}}', @map(type='text')) define stream A (n int);",
    @"
    error[R0905]: `append` takes no attribute
     --> app.siddhi:2:41
      |
    2 | @sink(type='file', file.uri='f', append='{{n}}', @map(type='text')) define stream A (n int);
      |                                         ^^^^^^^ is the same for all events
      |
      = help: write its value without `{{` and `}}`
    "
}

pub(crate) fn not_dynamic(name: &str, span: Span) -> Diagnostic {
    CODE.error(format!("`{name}` takes no attribute"), span)
        .label("is the same for all events")
        .help("write its value without `{{` and `}}`")
}
