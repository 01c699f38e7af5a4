use riddhi_ql::{Diagnostic, Span};

code! {
    R0607, "a deletion by a key or index and another column: it deletes nothing",
    "@PrimaryKey('k') define table T (k int, n int); from S select n delete T on T.k == n and T.n < 5;",
    @"
    warning[R0607]: this deletes no row of `T`, as in Siddhi
     --> app.siddhi:2:77
      |
    2 | @PrimaryKey('k') define table T (k int, n int); from S select n delete T on T.k == n and T.n < 5;
      |                                                                             ^^^^^^^^^^^^^^^^^^^^ a key or index, and a column that has none
      |
      = help: give the other column an `@index` as well, or mark the rows with `update` and delete by the mark
    "
}

pub(crate) fn deletes_nothing(table: &str, span: Span) -> Diagnostic {
    CODE.warning(format!("this deletes no row of `{table}`, as in Siddhi"), span)
        .label("a key or index, and a column that has none")
        .help("give the other column an `@index` as well, or mark the rows with `update` and delete by the mark")
}
