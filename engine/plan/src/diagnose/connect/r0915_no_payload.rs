use riddhi_ql::{Diagnostic, Span};

use crate::connector::Direction;

code! {
    R0915, "source or sink and mapper do not go together",
    "@source(type='file') define stream A (n int);",
    @"
    error[R0915]: the mapper `passThrough` cannot read what a `file` source gives
     --> app.siddhi:2:1
      |
    2 | @source(type='file') define stream A (n int);
      | ^^^^^^^^^^^^^^^^^^^^
      |
      = note: without `@map` the mapper is `passThrough`
      = help: for example @map(type='json')
    "
}

pub(crate) fn no_payload(direction: Direction, ty: &str, mapper: &str, given: bool, span: Span) -> Diagnostic {
    let message = match direction {
        Direction::Source => format!("the mapper `{mapper}` cannot read what a `{ty}` source gives"),
        Direction::Sink => format!("a `{ty}` sink cannot write what the mapper `{mapper}` gives"),
    };
    let diagnostic = CODE.error(message, span).help("for example @map(type='json')");
    if given { diagnostic } else { diagnostic.note("without `@map` the mapper is `passThrough`") }
}

also! {
    sink,
    "@sink(type='file', file.uri='f', @map(type='passThrough')) define stream A (n int);",
    @"
    error[R0915]: a `file` sink cannot write what the mapper `passThrough` gives
     --> app.siddhi:2:34
      |
    2 | @sink(type='file', file.uri='f', @map(type='passThrough')) define stream A (n int);
      |                                  ^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: for example @map(type='json')
    "
}
