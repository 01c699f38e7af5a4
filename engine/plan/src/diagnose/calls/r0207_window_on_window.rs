use riddhi_ql::{Diagnostic, Span};

code! {
    R0207, "a window is put on a window",
    "define window W (n int) length(2); from W#window.length(2) select n insert into Out;",
    @"
    error[R0207]: `W` is a window already
     --> app.siddhi:2:42
      |
    2 | define window W (n int) length(2); from W#window.length(2) select n insert into Out;
      |                                          ^^^^^^^^^^^^^^^^^ a second window
      |
      = help: insert its rows into a stream and put the window on that
    "
}

pub(crate) fn window_on_window(span: Span, name: &str) -> Diagnostic {
    CODE.error(format!("`{name}` is a window already"), span)
        .label("a second window")
        .help("insert its rows into a stream and put the window on that")
}
