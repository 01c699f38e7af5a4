use riddhi_ql::{Diagnostic, Span};

code! {
    R0506, "`@app:async` does not exist",
    "@app:async define stream S (n int);",
    @"
    error[R0506]: `@app:async` does not exist
     --> app.siddhi:1:1
      |
    1 | @app:async define stream S (n int);
      | ^^^^^^^^^^ not for a whole app
      |
      = help: put `@async(buffer.size='1024')` before the definition of a stream
    "
}

pub(crate) fn app_async(span: Span) -> Diagnostic {
    CODE.error("`@app:async` does not exist", span)
        .label("not for a whole app")
        .help("put `@async(buffer.size='1024')` before the definition of a stream")
}
