use crate::diagnostic::Diagnostic;
use crate::span::Span;

use super::NO_ESCAPES;

code! {
    S0003, "a string or quoted name without its end",
    "from S[symbol == 'abc] select n insert into Out;",
    @"
    error[S0003]: this string has no end
     --> app.siddhi:2:18
      |
    2 | from S[symbol == 'abc] select n insert into Out;
      |                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `'` missing at the end
      |
      = help: a string of several lines stands in three double quotes
    "
}

/// `escaped`: there is a quote with a backslash before.
pub(crate) fn not_closed(what: &str, quote: &str, escaped: bool, span: Span) -> Diagnostic {
    let error = CODE.error(format!("this {what} has no end"), span).label(format!("{quote} missing at the end"));
    match what {
        _ if escaped => error.help(NO_ESCAPES),
        "string" => error.help("a string of several lines stands in three double quotes"),
        _ => error.help("put the same quote at the end"),
    }
}

also! {
    name,
    "from `S select n insert into Out;",
    @"
    error[S0003]: this name has no end
     --> app.siddhi:2:6
      |
    2 | from `S select n insert into Out;
      |      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ a back-quote missing at the end
      |
      = help: put the same quote at the end
    "
}
