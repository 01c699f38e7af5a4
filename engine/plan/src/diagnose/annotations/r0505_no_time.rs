use riddhi_ql::{Diagnostic, Span};

code! {
    R0505, "a value is no time",
    "@app:playback(idle.time='soon', increment='1 sec') define stream S (n int);",
    @"
    error[R0505]: `soon` is no time
     --> app.siddhi:1:25
      |
    1 | @app:playback(idle.time='soon', increment='1 sec') define stream S (n int);
      |                         ^^^^^^ expected a number and a unit
      |
      = help: for example '100 millisecond' or '1 min 30 sec'
    "
}

pub(crate) fn no_time(value: &str, span: Span) -> Diagnostic {
    CODE.error(format!("`{value}` is no time"), span)
        .label("expected a number and a unit")
        .help("for example '100 millisecond' or '1 min 30 sec'")
}

pub(crate) fn no_time_for(key: &str, value: &str, span: Span) -> Diagnostic {
    CODE.error(format!("`{value}` is no time"), span)
        .label(format!("for `{key}`"))
        .help("for example '5 min' or '30 days'")
}

also! {
    idle_period,
    "@purge(enable='true', idle.period='soon') partition with (n of S) begin from S select n insert into Out; end;",
    @"
    error[R0505]: `soon` is no time
     --> app.siddhi:2:35
      |
    2 | @purge(enable='true', idle.period='soon') partition with (n of S) begin from S select n insert into Out; end;
      |                                   ^^^^^^ for `idle.period`
      |
      = help: for example '5 min' or '30 days'
    "
}
