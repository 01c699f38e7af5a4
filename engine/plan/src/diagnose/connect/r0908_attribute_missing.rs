use riddhi_ql::{Diagnostic, Span};

code! {
    R0908, "`@attributes` does not map all attributes",
    "@source(type='file', @map(type='csv', @attributes('0', '1'))) define stream A (n int);",
    @"
    error[R0908]: the stream has 1 attributes, `@attributes` 2
     --> app.siddhi:2:39
      |
    2 | @source(type='file', @map(type='csv', @attributes('0', '1'))) define stream A (n int);
      |                                       ^^^^^^^^^^^^^^^^^^^^^
      |
      = help: give one value for each, in order, or name them
    "
}

pub(crate) fn attribute_missing(name: &str, span: Span) -> Diagnostic {
    CODE.error(format!("`@attributes` does not say where `{name}` comes from"), span)
        .help("map each attribute of the stream, or none")
}

pub(crate) fn attributes_count(expected: usize, found: usize, span: Span) -> Diagnostic {
    CODE.error(format!("the stream has {expected} attributes, `@attributes` {found}"), span)
        .help("give one value for each, in order, or name them")
}

also! {
    one_is_missing,
    "@source(type='file', @map(type='csv', @attributes(n='0'))) define stream A (n int, m int);",
    @"
    error[R0908]: `@attributes` does not say where `m` comes from
     --> app.siddhi:2:39
      |
    2 | @source(type='file', @map(type='csv', @attributes(n='0'))) define stream A (n int, m int);
      |                                       ^^^^^^^^^^^^^^^^^^
      |
      = help: map each attribute of the stream, or none
    "
}
