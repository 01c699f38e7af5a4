use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0028, "states that cannot stand together in this way",
    "from e1=S -> e2=S, e3=S select e1.n insert into Out;",
    @"
    error[S0028]: `->` and `,` cannot be mixed
     --> app.siddhi:2:18
      |
    2 | from e1=S -> e2=S, e3=S select e1.n insert into Out;
      |                  ^ another separator than before
      |
      = help: `->` lets other events come between, `,` does not
    "
}

pub(crate) fn mixed_separators(span: Span) -> Diagnostic {
    CODE.error("`->` and `,` cannot be mixed", span)
        .label("another separator than before")
        .help("`->` lets other events come between, `,` does not")
}

pub(crate) fn every_twice(span: Span) -> Diagnostic {
    CODE.error("`every` cannot stand twice", span).label("second `every`").help("leave one of them out")
}

pub(crate) fn every_in_every(span: Span) -> Diagnostic {
    CODE.error("`every` cannot stand inside an `every`", span).label("outer `every`").help("leave one of them out")
}

pub(crate) fn every_in_sequence(span: Span) -> Diagnostic {
    CODE.error("`every` can only stand before a sequence", span)
        .label("inside of it")
        .help("`every` at the start begins a new match at each event that fits")
}

pub(crate) fn two_absent(first: Span, second: Span) -> Diagnostic {
    CODE.error("two absent states cannot follow each other", second)
        .label("second absent state")
        .also(first, "first absent state")
        .help("join them with `and`: `not A for 1 sec and not B for 1 sec`")
}

pub(crate) fn absent_reference(span: Span) -> Diagnostic {
    CODE.error("an absent state cannot have a reference", span).label("reference").fix("leave it out", span, "")
}

pub(crate) fn third_state(span: Span) -> Diagnostic {
    CODE.error("`and` and `or` join two states only", span)
        .label("a third")
        .help("let it follow with `->`, or write a second query")
}

pub(crate) fn no_such_chain(span: Span) -> Diagnostic {
    CODE.error("these states cannot stand together in this way", span)
        .label("here")
        .help("try it with fewer parentheses around absent states")
}

also! {
    double_every,
    "from every every e1=S -> e2=S select e1.n insert into Out;",
    @"
    error[S0028]: `every` cannot stand twice
     --> app.siddhi:2:12
      |
    2 | from every every e1=S -> e2=S select e1.n insert into Out;
      |            ^^^^^ second `every`
      |
      = help: leave one of them out
    "
}

also! {
    every_within,
    "from every (every e1=S -> e2=S) select e1.n insert into Out;",
    @"
    error[S0028]: `every` cannot stand inside an `every`
     --> app.siddhi:2:6
      |
    2 | from every (every e1=S -> e2=S) select e1.n insert into Out;
      |      ^^^^^ outer `every`
      |
      = help: leave one of them out
    "
}

also! {
    every_later,
    "from e1=S, every e2=S select e1.n insert into Out;",
    @"
    error[S0028]: `every` can only stand before a sequence
     --> app.siddhi:2:12
      |
    2 | from e1=S, every e2=S select e1.n insert into Out;
      |            ^^^^^ inside of it
      |
      = help: `every` at the start begins a new match at each event that fits
    "
}

also! {
    absent_twice,
    "from e1=S -> not S for 1 sec -> not S for 1 sec select e1.n insert into Out;",
    @"
    error[S0028]: two absent states cannot follow each other
     --> app.siddhi:2:33
      |
    2 | from e1=S -> not S for 1 sec -> not S for 1 sec select e1.n insert into Out;
      |              ---------------    ^^^^^^^^^^^^^^^ second absent state
      |              |
      |              first absent state
      |
      = help: join them with `and`: `not A for 1 sec and not B for 1 sec`
    "
}

also! {
    named_absent,
    "from not e1=S for 1 sec select 1 as x insert into Out;",
    @"
    error[S0028]: an absent state cannot have a reference
     --> app.siddhi:2:10
      |
    2 | from not e1=S for 1 sec select 1 as x insert into Out;
      |          ^^^ reference
      |
      = help: leave it out
    "
}

also! {
    three,
    "from e1=S and e2=S and e3=S select e1.n insert into Out;",
    @"
    error[S0028]: `and` and `or` join two states only
     --> app.siddhi:2:20
      |
    2 | from e1=S and e2=S and e3=S select e1.n insert into Out;
      |                    ^^^ a third
      |
      = help: let it follow with `->`, or write a second query
    "
}

also! {
    absent_in_parentheses,
    "from (not S for 1 sec -> e1=S) -> e2=S select e2.n insert into Out;",
    @"
    error[S0028]: these states cannot stand together in this way
     --> app.siddhi:2:6
      |
    2 | from (not S for 1 sec -> e1=S) -> e2=S select e2.n insert into Out;
      |      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ here
      |
      = help: try it with fewer parentheses around absent states
    "
}
