use riddhi_ql::{Diagnostic, Ident, Span};

code! {
    R0808, "a table has no such attribute",
    "define table T (n int); from S select n update T set T.m = n on T.n == n;",
    @"
    error[R0808]: table `T` has no attribute `m`
     --> app.siddhi:2:54
      |
    2 | define table T (n int); from S select n update T set T.m = n on T.n == n;
      |                                                      ^^^ would have nowhere to go
      |
      = help: select attributes as the table has them, or say with `set` what changes
    "
}

pub(crate) fn no_column(table: &Ident, column: &str, span: Span) -> Diagnostic {
    CODE.error(format!("table `{table}` has no attribute `{column}`"), span)
        .label("would have nowhere to go")
        .help("select attributes as the table has them, or say with `set` what changes")
}
