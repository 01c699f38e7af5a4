use riddhi_ql::{Diagnostic, Span};

code! {
    R0909, "`@attributes` mixes values with and without names",
    "@source(type='file', @map(type='csv', @attributes(n='0', '1'))) define stream A (n int);",
    @"
    error[R0909]: `@attributes` mixes values with and without a name
     --> app.siddhi:2:39
      |
    2 | @source(type='file', @map(type='csv', @attributes(n='0', '1'))) define stream A (n int);
      |                                       ^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: name all of them or none
    "
}

pub(crate) fn mixed_attributes(span: Span) -> Diagnostic {
    CODE.error("`@attributes` mixes values with and without a name", span).help("name all of them or none")
}
