use riddhi_ql::{Diagnostic, Span};

code! {
    R0902, "an option is missing",
    "@sink(type='file', @map(type='text')) define stream A (n int);",
    @"
    error[R0902]: `file` lacks its option `file.uri`
     --> app.siddhi:2:1
      |
    2 | @sink(type='file', @map(type='text')) define stream A (n int);
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ needed here
      |
      = help: give file.uri='...'
    "
}

pub(crate) fn option_missing(ty: &str, name: &str, span: Span) -> Diagnostic {
    CODE.error(format!("`{ty}` lacks its option `{name}`"), span)
        .label("needed here")
        .help(format!("give {name}='...'"))
}
