use riddhi_ql::{Diagnostic, Span};

code! {
    R0519, "`@indexBy` does not exist",
    "@indexBy('a') define table T (a int);",
    @"
    error[R0519]: `@indexBy` does not exist
     --> app.siddhi:2:1
      |
    2 | @indexBy('a') define table T (a int);
      | ^^^^^^^^^^^^^
      |
      = help: write `@index('attribute')`
    "
}

pub(crate) fn index_by(span: Span) -> Diagnostic {
    CODE.error("`@indexBy` does not exist", span).help("write `@index('attribute')`")
}
