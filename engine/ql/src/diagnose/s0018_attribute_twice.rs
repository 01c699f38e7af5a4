use crate::diagnostic::Diagnostic;
use crate::span::{Ident, Span};

code! {
    S0018, "an attribute twice in a definition",
    "define stream R (a int, b int, a string);",
    @"
    error[S0018]: attribute `a` is defined twice
     --> app.siddhi:2:32
      |
    2 | define stream R (a int, b int, a string);
      |                  -             ^ second definition
      |                  |
      |                  first definition
      |
      = help: give one of them another name
    "
}

pub(crate) fn attribute_twice(name: &Ident, first: Span) -> Diagnostic {
    CODE.error(format!("attribute `{name}` is defined twice"), name.span)
        .label("second definition")
        .also(first, "first definition")
        .help("give one of them another name")
}
