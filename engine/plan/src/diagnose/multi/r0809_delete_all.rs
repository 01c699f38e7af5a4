use riddhi_ql::{Diagnostic, Span};

code! {
    R0809, "`delete` without a condition",
    "define table T (n int); from S select n delete T;",
    @"
    error[R0809]: `delete` needs a condition
     --> app.siddhi:2:41
      |
    2 | define table T (n int); from S select n delete T;
      |                                         ^^^^^^^^ which rows?
      |
      = help: write `on true` to delete all rows
    "
}

pub(crate) fn delete_all(span: Span) -> Diagnostic {
    CODE.error("`delete` needs a condition", span).label("which rows?").help("write `on true` to delete all rows")
}
