use riddhi_ql::{Diagnostic, Span};

use crate::bind::catalog::Class;

code! {
    R0104, "a table or an aggregation is read like a stream",
    "define table T (n int); from T select n insert into Out;",
    @"
    error[R0104]: `T` is a table and cannot be read like a stream
     --> app.siddhi:2:30
      |
    2 | define table T (n int); from T select n insert into Out;
      |                              ^ a stream is needed here
      |
      = help: join a stream with it instead
    "
}

pub(crate) fn not_readable(name: &str, span: Span, class: Class) -> Diagnostic {
    let article = if class == Class::Aggregation { "an" } else { "a" };
    CODE.error(format!("`{name}` is {article} {} and cannot be read like a stream", class.text()), span)
        .label("a stream is needed here")
        .help("join a stream with it instead")
}

also! {
    table_read_like_a_stream,
    "define table T (n int);\nfrom T select n insert into Out;",
    @"
    error[R0104]: `T` is a table and cannot be read like a stream
     --> app.siddhi:3:6
      |
    3 | from T select n insert into Out;
      |      ^ a stream is needed here
      |
      = help: join a stream with it instead
    "
}

also! {
    aggregation,
    "define aggregation A from S select sum(n) as t aggregate every sec...year; from A select t insert into Out;",
    @"
    error[R0104]: `A` is an aggregation and cannot be read like a stream
     --> app.siddhi:2:81
      |
    2 | define aggregation A from S select sum(n) as t aggregate every sec...year; from A select t insert into Out;
      |                                                                                 ^ a stream is needed here
      |
      = help: join a stream with it instead
    "
}
