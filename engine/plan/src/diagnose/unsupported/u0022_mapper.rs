use riddhi_ql::{Diagnostic, Span};

use super::not_yet;

code! {
    U0022, "a mapper",
    "@sink(type='file', file.uri='f', @map(type='xml')) define stream A (n int);",
    @"
    error[U0022]: Riddhi does not have the mapper `xml` yet
     --> app.siddhi:2:44
      |
    2 | @sink(type='file', file.uri='f', @map(type='xml')) define stream A (n int);
      |                                            ^^^^^ not there yet
    "
}

pub(crate) fn mapper(name: &str, span: Span) -> Diagnostic {
    not_yet(&CODE, format_args!("the mapper `{name}`"), span)
}
