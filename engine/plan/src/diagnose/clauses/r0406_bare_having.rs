use riddhi_ql::{Diagnostic, Span};

code! {
    R0406, "`having` is a bare attribute, constant or aggregator",
    "from S select on having on insert into Out;",
    @"
    error[R0406]: `having` takes no bare attribute, constant or aggregator
     --> app.siddhi:2:25
      |
    2 | from S select on having on insert into Out;
      |                         ^^ Siddhi refuses it as well
      |
      = help: compare it: `x == true`
    "
}

pub(crate) fn bare_having(span: Span) -> Diagnostic {
    CODE.error("`having` takes no bare attribute, constant or aggregator", span)
        .label("Siddhi refuses it as well")
        .help("compare it: `x == true`")
}
