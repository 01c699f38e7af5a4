use riddhi_ql::{Diagnostic, Span};

code! {
    R0118, "the filter of a pattern's state names a later state",
    "from e1=S[n > e2.n] -> e2=S select e1.n insert into Out;",
    @"
    error[R0118]: `e2` comes later than this state
     --> app.siddhi:2:15
      |
    2 | from e1=S[n > e2.n] -> e2=S select e1.n insert into Out;
      |               ^^ its event is not there yet
      |
      = note: of `A and B` the right side counts as the earlier one
      = help: put the condition into the filter of `e2`
    "
}

pub(crate) fn later_state(name: &str, span: Span) -> Diagnostic {
    CODE.error(format!("`{name}` comes later than this state"), span)
        .label("its event is not there yet")
        .note("of `A and B` the right side counts as the earlier one")
        .help(format!("put the condition into the filter of `{name}`"))
}
