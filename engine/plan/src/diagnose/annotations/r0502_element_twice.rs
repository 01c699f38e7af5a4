use riddhi_ql::{Diagnostic, Span};

code! {
    R0502, "an element of an annotation is given twice",
    "@app:name('a', 'b') define stream S (n int);",
    @"
    error[R0502]: the annotation has two values without a key
     --> app.siddhi:1:16
      |
    1 | @app:name('a', 'b') define stream S (n int);
      |           ---  ^^^ given again
      |           |
      |           first given here
      |
      = help: keep one of them
    "
}

pub(crate) fn element_twice(key: &str, span: Span, first: Span) -> Diagnostic {
    let what = if key.is_empty() { "two values without a key".to_owned() } else { format!("`{key}` twice") };
    CODE.error(format!("the annotation has {what}"), span)
        .label("given again")
        .also(first, "first given here")
        .help("keep one of them")
}

also! {
    with_a_key,
    "@info(name='q', name='r') from S select n insert into Out;",
    @"
    error[R0502]: the annotation has `name` twice
     --> app.siddhi:2:17
      |
    2 | @info(name='q', name='r') from S select n insert into Out;
      |       --------  ^^^^^^^^ given again
      |       |
      |       first given here
      |
      = help: keep one of them
    "
}
