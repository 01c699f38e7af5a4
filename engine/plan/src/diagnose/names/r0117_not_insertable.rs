use riddhi_ql::{Diagnostic, Span};

use crate::bind::catalog::Class;

code! {
    R0117, "nothing can be inserted into an aggregation",
    "define aggregation A from S select sum(n) as t aggregate every sec; from S select n insert into A;",
    @"
    error[R0117]: nothing can be inserted into `A`, an aggregation
     --> app.siddhi:2:97
      |
    2 | define aggregation A from S select sum(n) as t aggregate every sec; from S select n insert into A;
      |                                                                                                 ^ a stream, a table or a window is needed here
      |
      = help: insert into the stream that it reads
    "
}

pub(crate) fn not_insertable(name: &str, span: Span, class: Class) -> Diagnostic {
    let article = if class == Class::Aggregation { "an" } else { "a" };
    CODE.error(format!("nothing can be inserted into `{name}`, {article} {}", class.text()), span)
        .label("a stream, a table or a window is needed here")
        .help("insert into the stream that it reads")
}
