use riddhi_ql::{Diagnostic, Span};

use crate::registry::ArgError;

code! {
    R0205, "the arguments do not fit",
    "from S#window.length(5L) select n insert into Out;",
    @"
    error[R0205]: window `length`: cannot be a long
     --> app.siddhi:2:22
      |
    2 | from S#window.length(5L) select n insert into Out;
      |                      ^^
      |
      = help: give a number
    "
}

/// Arguments that the called one does not take; `spans` are those of the arguments.
pub(crate) fn arguments(what: &str, error: ArgError, call: Span, spans: &[Span]) -> Diagnostic {
    let at = error.arg.and_then(|i| spans.get(i)).copied().unwrap_or(call);
    let diagnostic = CODE.error(format!("{what}: {}", error.message), at);
    match error.help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

also! {
    window_argument_computed,
    "from S#window.length(2 + 3) select n insert into Out;",
    @"
    error[R0205]: window `length`: must be a constant
     --> app.siddhi:2:22
      |
    2 | from S#window.length(2 + 3) select n insert into Out;
      |                      ^^^^^
      |
      = help: give one number
    "
}

also! {
    function_argument,
    "from S select ifThenElse(n, 1, 2) as x insert into Out;",
    @"
    error[R0205]: `ifThenElse`: the condition must be bool, not int
     --> app.siddhi:2:26
      |
    2 | from S select ifThenElse(n, 1, 2) as x insert into Out;
      |                          ^
      |
      = help: compare it
    "
}

also! {
    function_arguments_missing,
    "from S select cast(n) as x insert into Out;",
    @"
    error[R0205]: `cast`: takes 2 arguments, not 1
     --> app.siddhi:2:15
      |
    2 | from S select cast(n) as x insert into Out;
      |               ^^^^^^^
      |
      = help: leave out or add some
    "
}

also! {
    aggregate_of_a_string,
    "from S select sum(symbol) as x insert into Out;",
    @"
    error[R0205]: `sum`: takes a number, not string
     --> app.siddhi:2:19
      |
    2 | from S select sum(symbol) as x insert into Out;
      |                   ^^^^^^
      |
      = help: convert it
    "
}
