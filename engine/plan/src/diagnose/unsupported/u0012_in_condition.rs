use riddhi_ql::{Diagnostic, Span};

use super::{feature, not_yet};

code! {
    U0012, "`in` inside the condition of a table",
    "define table T (n int); from S select n delete T on (T.n == n) in T;",
    @"
    error[U0012]: Riddhi does not have `in` inside the condition of a table yet
     --> app.siddhi:2:67
      |
    2 | define table T (n int); from S select n delete T on (T.n == n) in T;
      |                                                                   ^ not there yet
    "
}

pub(crate) fn in_condition(span: Span) -> Diagnostic {
    feature(&CODE, span)
}

/// A table that runs takes no values of other types than it was made for.
pub(crate) fn cast_on_demand(span: Span) -> Diagnostic {
    not_yet(&CODE, "values made by `cast` for a table in an on-demand query", span)
}
