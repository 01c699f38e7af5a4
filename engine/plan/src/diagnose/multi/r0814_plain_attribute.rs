use riddhi_ql::{Diagnostic, Span};

code! {
    R0814, "an aggregator of something else than an attribute",
    "define aggregation A from S select sum(n + 1) as t aggregate every sec;",
    @"
    error[R0814]: in an aggregation `sum` takes a plain attribute
     --> app.siddhi:2:36
      |
    2 | define aggregation A from S select sum(n + 1) as t aggregate every sec;
      |                                    ^^^^^^^^^^
      |
      = help: compute it in a query before, and aggregate that query's stream
    "
}

pub(crate) fn plain_attribute(name: &str, span: Span) -> Diagnostic {
    CODE.error(format!("in an aggregation `{name}` takes a plain attribute"), span)
        .help("compute it in a query before, and aggregate that query's stream")
}
