use riddhi_ql::{Diagnostic, Span};

code! {
    R0910, "a place of a column is a number from 0",
    "@source(type='file', @map(type='csv', @attributes(n='first'))) define stream A (n int);",
    @"
    error[R0910]: `first` is no place of a column
     --> app.siddhi:2:53
      |
    2 | @source(type='file', @map(type='csv', @attributes(n='first'))) define stream A (n int);
      |                                                     ^^^^^^^
      |
      = help: columns are counted from 0
    "
}

pub(crate) fn no_column(text: &str, span: Span) -> Diagnostic {
    CODE.error(format!("`{text}` is no place of a column"), span).help("columns are counted from 0")
}

pub(crate) fn columns_by_name(span: Span) -> Diagnostic {
    CODE.error("a column lacks its attribute", span).help("for example @payload(symbol='0', price='1')")
}

also! {
    payload_without_a_name,
    "@sink(type='file', file.uri='f', @map(type='csv', @payload('0'))) define stream A (n int);",
    @"
    error[R0910]: a column lacks its attribute
     --> app.siddhi:2:60
      |
    2 | @sink(type='file', file.uri='f', @map(type='csv', @payload('0'))) define stream A (n int);
      |                                                            ^^^
      |
      = help: for example @payload(symbol='0', price='1')
    "
}
