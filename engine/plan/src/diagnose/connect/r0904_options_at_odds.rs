use riddhi_ql::{Diagnostic, Span};

use crate::diagnose::unsupported::option;
use crate::registry::OptionProblem;

code! {
    R0904, "options that do not go together",
    "@source(type='file', mode='whole', @map(type='text')) define stream A (n int);",
    @"
    error[R0904]: `whole` is only for folders
     --> app.siddhi:2:27
      |
    2 | @source(type='file', mode='whole', @map(type='text')) define stream A (n int);
      |                           ^^^^^^^
      |
      = help: give a folder
    "
}

pub(crate) fn options_at_odds(problem: &OptionProblem, span: Span) -> Diagnostic {
    if problem.missing {
        return option(&problem.message, span);
    }
    CODE.error(&problem.message, span).help(&problem.help)
}
