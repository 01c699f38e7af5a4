use riddhi_ql::{Diagnostic, Span};

code! {
    R0517, "`@index` takes one attribute",
    "@index('a', 'b') define table T (a int, b int);",
    @"
    error[R0517]: `@index` takes one attribute
     --> app.siddhi:2:1
      |
    2 | @index('a', 'b') define table T (a int, b int);
      | ^^^^^^^^^^^^^^^^
      |
      = help: give an `@index` for each attribute; `@primaryKey` takes several
    "
}

pub(crate) fn index_size(span: Span) -> Diagnostic {
    CODE.error("`@index` takes one attribute", span)
        .help("give an `@index` for each attribute; `@primaryKey` takes several")
}
