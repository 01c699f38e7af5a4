use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0029, "an absent state without its time",
    "from not S -> e2=S select e2.n insert into Out;",
    @"
    error[S0029]: this absent state needs a time
     --> app.siddhi:2:6
      |
    2 | from not S -> e2=S select e2.n insert into Out;
      |      ^^^^^ how long must it be absent?
      |
      = help: add `for` and a time, or join it with `and` to a present state
    "
}

pub(crate) fn absent_time(span: Span) -> Diagnostic {
    CODE.error("this absent state needs a time", span)
        .label("how long must it be absent?")
        .help("add `for` and a time, or join it with `and` to a present state")
}
