use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0027, "a window at the wrong place",
    "from S#window.length(1)#window.length(2) select n insert into Out;",
    @"
    error[S0027]: an input can go through one window only
     --> app.siddhi:2:24
      |
    2 | from S#window.length(1)#window.length(2) select n insert into Out;
      |       -----------------^^^^^^^^^^^^^^^^^ second window
      |       |
      |       first window
      |
      = help: insert the result of the first window into a stream, and read that
    "
}

pub(crate) fn second_window(first: Span, second: Span) -> Diagnostic {
    CODE.error("an input can go through one window only", second)
        .label("second window")
        .also(first, "first window")
        .help("insert the result of the first window into a stream, and read that")
}

pub(crate) fn after_window(window: Span, span: Span) -> Diagnostic {
    CODE.error("in a join nothing can stand after the window", span)
        .label("after the window")
        .also(window, "the window")
        .help("put filters before the window")
}

pub(crate) fn window_of_state(span: Span) -> Diagnostic {
    CODE.error("a state of a pattern or sequence cannot have a window", span)
        .label("window")
        .help("`within` limits how far apart the events may be")
}

also! {
    join,
    "from S#window.length(1)[n > 1] join S select * insert into Out;",
    @"
    error[S0027]: in a join nothing can stand after the window
     --> app.siddhi:2:24
      |
    2 | from S#window.length(1)[n > 1] join S select * insert into Out;
      |       -----------------^^^^^^^ after the window
      |       |
      |       the window
      |
      = help: put filters before the window
    "
}

also! {
    pattern,
    "from e1=S#window.length(1) -> e2=S select e1.n insert into Out;",
    @"
    error[S0027]: a state of a pattern or sequence cannot have a window
     --> app.siddhi:2:10
      |
    2 | from e1=S#window.length(1) -> e2=S select e1.n insert into Out;
      |          ^^^^^^^^^^^^^^^^^ window
      |
      = help: `within` limits how far apart the events may be
    "
}
