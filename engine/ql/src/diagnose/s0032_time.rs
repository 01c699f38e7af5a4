use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0032, "a time value that is none",
    "from S#window.time(5 ms) select n insert into Out;",
    @"
    error[S0032]: expected a unit of time, found `ms`
     --> app.siddhi:2:22
      |
    2 | from S#window.time(5 ms) select n insert into Out;
      |                      ^^ expected a unit of time
      |
      = help: did you mean `millisec`?
    "
}

/// A word that is no unit was not expected.
pub(crate) fn unit(unexpected: Diagnostic) -> Diagnostic {
    Diagnostic { code: CODE.code, ..unexpected }
}

pub(crate) fn unit_order(span: Span) -> Diagnostic {
    CODE.error("the units of a time go from the largest to the smallest, each once", span)
        .label("not after this")
        .help("for example `1 hour 20 min`")
}

/// `5days`, read as `5d` and a word; `number` is the `5d`.
pub(crate) fn glued_unit(number: &str, span: Span) -> Diagnostic {
    let digits = &number[..number.len() - 1];
    CODE.error("a blank is missing between the number and its unit", span)
        .label("read as a double number")
        .fix("put a blank", Span::at(span.end - 1), " ")
        .note(format!("`{number}` is the double {digits}.0"))
}

pub(crate) fn long_count(number: &str, span: Span) -> Diagnostic {
    CODE.error("the number of a time value is an int", span).label("long").fix(
        "leave the letter out",
        span,
        number.trim_end_matches(['l', 'L']),
    )
}

also! {
    order,
    "from S#window.time(1 sec 2 min) select n insert into Out;",
    @"
    error[S0032]: the units of a time go from the largest to the smallest, each once
     --> app.siddhi:2:26
      |
    2 | from S#window.time(1 sec 2 min) select n insert into Out;
      |                          ^^^^^ not after this
      |
      = help: for example `1 hour 20 min`
    "
}

also! {
    glued,
    "from S#window.time(5days) select n insert into Out;",
    @"
    error[S0032]: a blank is missing between the number and its unit
     --> app.siddhi:2:20
      |
    2 | from S#window.time(5days) select n insert into Out;
      |                    ^^ read as a double number
      |
      = note: `5d` is the double 5.0
      = help: put a blank
    "
}

also! {
    long,
    "from S#window.time(5L sec) select n insert into Out;",
    @"
    error[S0032]: the number of a time value is an int
     --> app.siddhi:2:20
      |
    2 | from S#window.time(5L sec) select n insert into Out;
      |                    ^^ long
      |
      = help: leave the letter out: `5`
    "
}
