use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0030, "a count where none can be",
    "from e1=S+ -> e2=S select e2.n insert into Out;",
    @"
    error[S0030]: `*`, `+` and `?` are for sequences
     --> app.siddhi:2:6
      |
    2 | from e1=S+ -> e2=S select e2.n insert into Out;
      |      ^^^^^ counted
      |
      = help: in a pattern write `<0:>`, `<1:>` or `<0:1>`
    "
}

/// `*`, `+` or `?` in a pattern; `alone` if it is the only state.
pub(crate) fn count_of_sequence(alone: bool, span: Span) -> Diagnostic {
    let (message, help) = match alone {
        true => ("a sequence needs two states", "one state alone is a pattern, and collects with `<1:>`"),
        false => ("`*`, `+` and `?` are for sequences", "in a pattern write `<0:>`, `<1:>` or `<0:1>`"),
    };
    CODE.error(message, span).label("counted").help(help)
}

pub(crate) fn count_of_logical(span: Span) -> Diagnostic {
    CODE.error("a state of `and` or `or` cannot be counted", span).label("counted").help("leave the count out")
}

pub(crate) fn count_of_absent(span: Span) -> Diagnostic {
    CODE.error("an absent state cannot be counted", span).label("counted").help("leave the count out")
}

also! {
    alone,
    "from every e1=S+ select e1.n insert into Out;",
    @"
    error[S0030]: a sequence needs two states
     --> app.siddhi:2:12
      |
    2 | from every e1=S+ select e1.n insert into Out;
      |            ^^^^^ counted
      |
      = help: one state alone is a pattern, and collects with `<1:>`
    "
}

also! {
    logical,
    "from e1=S<2> and e2=S select e1.n insert into Out;",
    @"
    error[S0030]: a state of `and` or `or` cannot be counted
     --> app.siddhi:2:6
      |
    2 | from e1=S<2> and e2=S select e1.n insert into Out;
      |      ^^^^^^^ counted
      |
      = help: leave the count out
    "
}

also! {
    absent,
    "from not S<2> for 1 sec select 1 as x insert into Out;",
    @"
    error[S0030]: an absent state cannot be counted
     --> app.siddhi:2:11
      |
    2 | from not S<2> for 1 sec select 1 as x insert into Out;
      |           ^ counted
      |
      = help: leave the count out
    "
}
