use riddhi_ql::{Diagnostic, Span};

code! {
    R0510, "a source, sink, mapper or store lacks its type",
    "@source(topic='t') define stream A (n int);",
    @"
    error[R0510]: `@source` lacks its `type`
     --> app.siddhi:2:1
      |
    2 | @source(topic='t') define stream A (n int);
      | ^^^^^^^^^^^^^^^^^^ which kind of transport?
      |
      = help: for example @source(type='inMemory', topic='t')
    "
}

pub(crate) fn no_type(name: &str, span: Span) -> Diagnostic {
    CODE.error(format!("`@{name}` lacks its `type`"), span)
        .label("which kind of transport?")
        .help(format!("for example @{name}(type='inMemory', topic='t')"))
}
