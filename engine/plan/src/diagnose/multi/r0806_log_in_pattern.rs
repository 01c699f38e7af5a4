use riddhi_ql::{Diagnostic, Span};

code! {
    R0806, "`#log` in a pattern",
    "from e1=S#log() -> e2=S select e1.n insert into Out;",
    @"
    error[R0806]: `#log` cannot be used in a pattern
     --> app.siddhi:2:10
      |
    2 | from e1=S#log() -> e2=S select e1.n insert into Out;
      |          ^^^^^^ only functions that give one event for one event
      |
      = help: log in an earlier query
    "
}

pub(crate) fn log_in_pattern(span: Span) -> Diagnostic {
    CODE.error("`#log` cannot be used in a pattern", span)
        .label("only functions that give one event for one event")
        .help("log in an earlier query")
}
