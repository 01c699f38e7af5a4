use riddhi_ql::{Diagnostic, Ident, Span};

code! {
    R0108, "the output has two attributes of one name",
    "from S select n, volume as n insert into Out;",
    @"
    error[R0108]: the output has two attributes `n`
     --> app.siddhi:2:28
      |
    2 | from S select n, volume as n insert into Out;
      |               -            ^ selected again
      |               |
      |               selected first
      |
      = help: give one of them another name with `as`
    "
}

pub(crate) fn output_twice(name: &Ident, span: Span, first: Span) -> Diagnostic {
    CODE.error(format!("the output has two attributes `{name}`"), span)
        .label("selected again")
        .also(first, "selected first")
        .help("give one of them another name with `as`")
}

pub(crate) fn star_twice(name: &str, span: Span) -> Diagnostic {
    CODE.error(format!("the output has two attributes `{name}`"), span)
        .label("several inputs have it")
        .help("select the attributes one by one and rename with `as`")
}

also! {
    star_of_a_join,
    "define stream R (n int); from S#window.length(1) join R#window.length(1) select * insert into Out;",
    @"
    error[R0108]: the output has two attributes `n`
     --> app.siddhi:2:81
      |
    2 | define stream R (n int); from S#window.length(1) join R#window.length(1) select * insert into Out;
      |                                                                                 ^ several inputs have it
      |
      = help: select the attributes one by one and rename with `as`
    "
}
