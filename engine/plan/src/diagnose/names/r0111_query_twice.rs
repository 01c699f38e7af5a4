use riddhi_ql::{Diagnostic, Span};

code! {
    R0111, "two queries or partitions have one name",
    "@info(name='q') from S select n insert into A; @info(name='q') from S select n insert into B;",
    @"
    error[R0111]: two queries or partitions are named `q`
     --> app.siddhi:2:59
      |
    2 | @info(name='q') from S select n insert into A; @info(name='q') from S select n insert into B;
      |            --- first named here                           ^^^ named again
      |
      = help: give each query a name of its own
    "
}

pub(crate) fn query_twice(name: &str, span: Span, first: Option<Span>) -> Diagnostic {
    let diagnostic = CODE
        .error(format!("two queries or partitions are named `{name}`"), span)
        .label("named again")
        .help("give each query a name of its own");
    match first {
        Some(first) => diagnostic.also(first, "first named here"),
        None => diagnostic.note("queries without a name are called `query_1`, `query_2` and so on in text order"),
    }
}

also! {
    default_query_name,
    "@info(name='query_2') from S select n insert into A;\nfrom S select n insert into B;",
    @"
    error[R0111]: two queries or partitions are named `query_2`
     --> app.siddhi:2:12
      |
    2 | @info(name='query_2') from S select n insert into A;
      |            ^^^^^^^^^ named again
      |
      = note: queries without a name are called `query_1`, `query_2` and so on in text order
      = help: give each query a name of its own
    "
}
