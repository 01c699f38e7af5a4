use riddhi_ql::{Diagnostic, Span};

code! {
    R0731, "`@app:statistics` reports nothing yet",
    "@app:statistics('true') define stream P (n int);",
    @"
    note[R0731]: `@app:statistics` reports nothing yet
     --> app.siddhi:1:1
      |
    1 | @app:statistics('true') define stream P (n int);
      | ^^^^^^^^^^^^^^^^^^^^^^^
      |
      = note: Siddhi measures throughput, latency and memory of the app; no command of Riddhi publishes them today
    "
}

pub(crate) fn no_statistics(span: Span) -> Diagnostic {
    CODE.note("`@app:statistics` reports nothing yet", span)
        .note("Siddhi measures throughput, latency and memory of the app; no command of Riddhi publishes them today")
}
