use riddhi_ql::{Diagnostic, Span};

code! {
    R0815, "a window on the input of an aggregation",
    "define aggregation A from S#window.length(2) select sum(n) as t aggregate every sec;",
    @"
    error[R0815]: the input of an aggregation cannot have a window
     --> app.siddhi:2:28
      |
    2 | define aggregation A from S#window.length(2) select sum(n) as t aggregate every sec;
      |                            ^^^^^^^^^^^^^^^^^ buckets are its windows
      |
      = help: leave the window out
    "
}

pub(crate) fn window_of_aggregation(span: Span) -> Diagnostic {
    CODE.error("the input of an aggregation cannot have a window", span)
        .label("buckets are its windows")
        .help("leave the window out")
}
