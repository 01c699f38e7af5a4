use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0025, "an inner or fault stream where a table is needed",
    "from S select n update !T on n == 1;",
    @"
    error[S0025]: `update` needs a table, not a fault stream
     --> app.siddhi:2:24
      |
    2 | from S select n update !T on n == 1;
      |                        ^^ not a table
      |
      = help: name a table that `define table` defines
    "
}

pub(crate) fn marked_table(what: &str, inner: bool, span: Span) -> Diagnostic {
    let kind = if inner { "an inner" } else { "a fault" };
    CODE.error(format!("`{what}` needs a table, not {kind} stream"), span)
        .label("not a table")
        .help("name a table that `define table` defines")
}

pub(crate) fn on_demand_target(span: Span) -> Diagnostic {
    CODE.error("an on-demand query inserts into a table only", span)
        .label("not a table")
        .help("name a table that `define table` defines")
}
