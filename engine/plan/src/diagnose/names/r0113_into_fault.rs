use riddhi_ql::{Diagnostic, Span};

code! {
    R0113, "a query inserts into a fault stream",
    "from S select n insert into !S;",
    @"
    error[R0113]: nothing can be inserted into fault stream `!S`
     --> app.siddhi:2:29
      |
    2 | from S select n insert into !S;
      |                             ^^ filled by error handling only
      |
      = note: Siddhi ignores the `!` here and writes `S` itself
      = help: insert into `S`, or into a stream of your own
    "
}

pub(crate) fn into_fault(name: &str, span: Span) -> Diagnostic {
    CODE.error(format!("nothing can be inserted into fault stream `!{name}`"), span)
        .label("filled by error handling only")
        .note(format!("Siddhi ignores the `!` here and writes `{name}` itself"))
        .help(format!("insert into `{name}`, or into a stream of your own"))
}
