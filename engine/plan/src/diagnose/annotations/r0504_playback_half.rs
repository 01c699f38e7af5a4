use riddhi_ql::{Diagnostic, Span};

code! {
    R0504, "`@app:playback` takes both elements or none",
    "@app:playback(idle.time='1 sec') define stream S (n int);",
    @"
    error[R0504]: `@app:playback` lacks `increment`
     --> app.siddhi:1:1
      |
    1 | @app:playback(idle.time='1 sec') define stream S (n int);
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ one without the other
      |
      = help: give both `idle.time` and `increment`, or neither
    "
}

pub(crate) fn playback_half(missing: &str, span: Span) -> Diagnostic {
    CODE.error(format!("`@app:playback` lacks `{missing}`"), span)
        .label("one without the other")
        .help("give both `idle.time` and `increment`, or neither")
}
