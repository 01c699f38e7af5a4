use riddhi_ql::{Diagnostic, Span};

code! {
    R0513, "a value is neither true nor false",
    "@purge(enable='yes', idle.period='1 sec') partition with (n of S) begin from S select n insert into Out; end;",
    @"
    error[R0513]: `yes` is neither 'true' nor 'false'
     --> app.siddhi:2:15
      |
    2 | @purge(enable='yes', idle.period='1 sec') partition with (n of S) begin from S select n insert into Out; end;
      |               ^^^^^ a switch is needed here
      |
      = help: give 'true' or 'false'
    "
}

pub(crate) fn no_switch(value: &str, span: Span) -> Diagnostic {
    CODE.error(format!("`{value}` is neither 'true' nor 'false'"), span)
        .label("a switch is needed here")
        .help("give 'true' or 'false'")
}
