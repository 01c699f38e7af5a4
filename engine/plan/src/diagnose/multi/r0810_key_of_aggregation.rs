use riddhi_ql::{Diagnostic, Span};

code! {
    R0810, "a primary key for an aggregation",
    "@primaryKey('n') define aggregation A from S select sum(n) as t aggregate every sec;",
    @"
    error[R0810]: an aggregation has a primary key of its own
     --> app.siddhi:2:1
      |
    2 | @primaryKey('n') define aggregation A from S select sum(n) as t aggregate every sec;
      | ^^^^^^^^^^^^^^^^ cannot be given
      |
      = help: leave it out
    "
}

pub(crate) fn key_of_aggregation(span: Span) -> Diagnostic {
    CODE.error("an aggregation has a primary key of its own", span).label("cannot be given").help("leave it out")
}
