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
    let (what, example) = match name {
        "map" => ("which form?", "type='json'"),
        "store" => ("which store?", "type='rdbms'"),
        _ => ("which kind of transport?", "type='inMemory', topic='t'"),
    };
    CODE.error(format!("`@{name}` lacks its `type`"), span).label(what).help(format!("for example @{name}({example})"))
}

also! {
    mapper,
    "@source(type='file', @map(delimiter=',')) define stream A (n int);",
    @"
    error[R0510]: `@map` lacks its `type`
     --> app.siddhi:2:22
      |
    2 | @source(type='file', @map(delimiter=',')) define stream A (n int);
      |                      ^^^^^^^^^^^^^^^^^^^ which form?
      |
      = help: for example @map(type='json')
    "
}
