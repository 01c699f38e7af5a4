use riddhi_ql::{Diagnostic, Ident};

use super::feature;

code! {
    U0004, "script functions in other languages than JavaScript",
    "define function f[scala] return int { return 1; };",
    @"
    error[U0004]: Riddhi does not have script functions in other languages than JavaScript yet
     --> app.siddhi:2:19
      |
    2 | define function f[scala] return int { return 1; };
      |                   ^^^^^ not there yet
    "
}

pub(crate) fn script(language: &Ident) -> Diagnostic {
    feature(&CODE, language.span)
}
