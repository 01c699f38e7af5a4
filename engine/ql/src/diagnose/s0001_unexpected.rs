use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0001, "something else was expected here",
    "from S selct n insert into Out;",
    @"
    error[S0001]: expected `select`, `output`, `insert`, `update` or `delete`, found `selct`
     --> app.siddhi:2:8
      |
    2 | from S selct n insert into Out;
      |        ^^^^^ expected `select`, `output`, `insert`, `update` or `delete`
      |
      = help: did you mean `select`?
    "
}

/// Says what should stand here; the parser may add advice.
pub(crate) fn unexpected(what: &str, found: &str, span: Span) -> Diagnostic {
    let diagnostic = CODE.error(format!("expected {what}, found {found}"), span).label(format!("expected {what}"));
    match found.to_ascii_lowercase().as_str() {
        "`where`" => diagnostic.help("a filter stands in brackets behind the stream: `from S[n > 1]`"),
        "`select`" if what.contains("`from`") => diagnostic.help("a query begins with `from`: `from S select n ...`"),
        "`create`" if what.contains("`define`") => diagnostic.help("a stream is defined: `define stream S (n int)`"),
        _ => diagnostic,
    }
}

also! {
    filter_as_in_sql,
    "from S where n > 1 select n insert into Out;",
    @"
    error[S0001]: expected `select`, `output`, `insert`, `update` or `delete`, found `where`
     --> app.siddhi:2:8
      |
    2 | from S where n > 1 select n insert into Out;
      |        ^^^^^ expected `select`, `output`, `insert`, `update` or `delete`
      |
      = help: a filter stands in brackets behind the stream: `from S[n > 1]`
    "
}

pub(crate) fn return_on_demand(span: Span) -> Diagnostic {
    CODE.error("an on-demand query has no `return`", span)
        .label("not here")
        .help("leave it out: the rows are returned in any case")
}

pub(crate) fn events_on_demand(span: Span) -> Diagnostic {
    CODE.error("an on-demand query has no kinds of events", span)
        .label("leave this out")
        .help("rows of a table are neither current nor expired")
}

pub(crate) fn both_unidirectional(first: Span, second: Span) -> Diagnostic {
    CODE.error("only one side of a join can be unidirectional", second)
        .label("second mark")
        .also(first, "first mark")
        .help("leave one of them out")
}

pub(crate) fn third_side(span: Span) -> Diagnostic {
    CODE.error("a join has two sides", span)
        .label("a third side")
        .help("insert this join's result into a stream, and join that")
}

pub(crate) fn beside_star(star: Span, span: Span) -> Diagnostic {
    CODE.error("`*` stands alone in a `select`", span)
        .label("one more")
        .also(star, "all attributes")
        .help("name the attributes one by one")
}

pub(crate) fn misspelt_insert(word: &str, span: Span) -> Diagnostic {
    CODE.error(format!("expected `insert`, found `{word}`"), span).label("expected `insert`").fix(
        "did you mean `insert`?",
        span,
        "insert",
    )
}

pub(crate) fn call_for_attribute(span: Span) -> Diagnostic {
    CODE.error("expected an attribute, found a call", span)
        .label("call")
        .help("only attributes can stand here; name the expression in `select`")
}

also! {
    misspelt_into,
    "from S select n insrt into Out;",
    @"
    error[S0001]: expected `,`, `as` or the next clause, found `insrt`
     --> app.siddhi:2:17
      |
    2 | from S select n insrt into Out;
      |                 ^^^^^ expected `,`, `as` or the next clause
      |
      = help: did you mean `insert`?
    "
}

also! {
    two_unidirectional,
    "from S unidirectional join S unidirectional select * insert into Out;",
    @"
    error[S0001]: only one side of a join can be unidirectional
     --> app.siddhi:2:30
      |
    2 | from S unidirectional join S unidirectional select * insert into Out;
      |        --------------        ^^^^^^^^^^^^^^ second mark
      |        |
      |        first mark
      |
      = help: leave one of them out
    "
}

also! {
    three_sides,
    "from S join S join S select * insert into Out;",
    @"
    error[S0001]: a join has two sides
     --> app.siddhi:2:15
      |
    2 | from S join S join S select * insert into Out;
      |               ^^^^ a third side
      |
      = help: insert this join's result into a stream, and join that
    "
}

also! {
    star_and_more,
    "from S select *, n insert into Out;",
    @"
    error[S0001]: `*` stands alone in a `select`
     --> app.siddhi:2:16
      |
    2 | from S select *, n insert into Out;
      |               -^ one more
      |               |
      |               all attributes
      |
      = help: name the attributes one by one
    "
}

also! {
    group_by_call,
    "from S select n group by f(n) insert into Out;",
    @"
    error[S0001]: expected an attribute, found a call
     --> app.siddhi:2:26
      |
    2 | from S select n group by f(n) insert into Out;
      |                          ^^^^ call
      |
      = help: only attributes can stand here; name the expression in `select`
    "
}
