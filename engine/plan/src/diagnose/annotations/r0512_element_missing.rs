use riddhi_ql::{Diagnostic, Span};

code! {
    R0512, "`@purge` of a partition lacks an element",
    "@purge(enable='true') partition with (n of S) begin from S select n insert into Out; end;",
    @"
    error[R0512]: `@purge` lacks `idle.period`
     --> app.siddhi:2:1
      |
    2 | @purge(enable='true') partition with (n of S) begin from S select n insert into Out; end;
      | ^^^^^^^^^^^^^^^^^^^^^ needed here
      |
      = help: write @purge(enable='true', idle.period='1 hour')
    "
}

pub(crate) fn element_missing(name: &str, key: &str, span: Span) -> Diagnostic {
    CODE.error(format!("`@{name}` lacks `{key}`"), span)
        .label("needed here")
        .help(format!("write @{name}(enable='true', idle.period='1 hour')"))
}
