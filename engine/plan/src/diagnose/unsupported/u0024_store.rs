use riddhi_ql::{Diagnostic, Span};

use super::not_yet;

code! {
    U0024, "a store of tables",
    "@store(type='rdbms') define table T (n int);",
    @"
    error[U0024]: Riddhi does not have the store `rdbms` yet
     --> app.siddhi:2:13
      |
    2 | @store(type='rdbms') define table T (n int);
      |             ^^^^^^^ not there yet
    "
}

pub(crate) fn store(name: &str, span: Span) -> Diagnostic {
    not_yet(&CODE, format_args!("the store `{name}`"), span)
}
