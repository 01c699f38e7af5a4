use riddhi_ql::{Diagnostic, Span};

code! {
    R0518, "an attribute has two indexes",
    "@index('a') @index('a') define table T (a int);",
    @"
    error[R0518]: `a` has two indexes
     --> app.siddhi:2:20
      |
    2 | @index('a') @index('a') define table T (a int);
      |        ---         ^^^ indexed again
      |        |
      |        indexed first
      |
      = help: leave one of them out
    "
}

pub(crate) fn index_twice(attribute: &str, span: Span, first: Span) -> Diagnostic {
    CODE.error(format!("`{attribute}` has two indexes"), span)
        .label("indexed again")
        .also(first, "indexed first")
        .help("leave one of them out")
}
