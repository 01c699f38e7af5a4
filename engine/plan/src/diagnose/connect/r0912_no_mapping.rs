use riddhi_ql::{Diagnostic, Span};

code! {
    R0912, "a mapper that looks at no mapping (warning)",
    "@source(type='file', @map(type='passThrough', @attributes(n='0'))) define stream A (n int);",
    @"
    warning[R0912]: `passThrough` does not look at `@attributes`
     --> app.siddhi:2:47
      |
    2 | @source(type='file', @map(type='passThrough', @attributes(n='0'))) define stream A (n int);
      |                                               ^^^^^^^^^^^^^^^^^^ has no effect
      |
      = note: Siddhi ignores it as well
      = help: leave it out, or choose another mapper
    "
}

pub(crate) fn no_mapping(mapper: &str, annotation: &str, span: Span) -> Diagnostic {
    CODE.warning(format!("`{mapper}` does not look at `@{annotation}`"), span)
        .label("has no effect")
        .note("Siddhi ignores it as well")
        .help("leave it out, or choose another mapper")
}
