use riddhi_ql::{Diagnostic, Span};

code! {
    R0206, "an aggregator stands where it cannot be computed",
    "from S#window.length(count()) select n insert into Out;",
    @"
    error[R0206]: aggregator `count` cannot be used in the arguments of a window
     --> app.siddhi:2:22
      |
    2 | from S#window.length(count()) select n insert into Out;
      |                      ^^^^^^^ works on many rows
      |
      = help: compute it in the `select` of an earlier query
    "
}

pub(crate) fn aggregate_here(name: &str, place: &str, span: Span) -> Diagnostic {
    CODE.error(format!("aggregator `{name}` cannot be used in {place}"), span)
        .label("works on many rows")
        .help("compute it in the `select` of an earlier query")
}
