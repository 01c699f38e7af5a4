use riddhi_ql::{Diagnostic, Span};

code! {
    R0501, "an annotation is given twice",
    "@info(name='a') @info(name='b') from S select n insert into Out;",
    @"
    error[R0501]: `@info` is given twice
     --> app.siddhi:2:18
      |
    2 | @info(name='a') @info(name='b') from S select n insert into Out;
      |  ----            ^^^^ given again
      |  |
      |  first given here
      |
      = help: keep one of them, with the elements of both
    "
}

pub(crate) fn twice(name: &str, span: Span, first: Span) -> Diagnostic {
    CODE.error(format!("`@{name}` is given twice"), span)
        .label("given again")
        .also(first, "first given here")
        .help("keep one of them, with the elements of both")
}

also! {
    and_annotation,
    "@app:name('a', 'b') @app:name('c')\ndefine stream S (n int);",
    @"
    error[R0502]: the annotation has two values without a key
     --> app.siddhi:1:16
      |
    1 | @app:name('a', 'b') @app:name('c')
      |           ---  ^^^ given again
      |           |
      |           first given here
      |
      = help: keep one of them

    error[R0501]: `@app:name` is given twice
     --> app.siddhi:1:26
      |
    1 | @app:name('a', 'b') @app:name('c')
      |      ----                ^^^^ given again
      |      |
      |      first given here
      |
      = help: keep one of them, with the elements of both
    "
}
