use riddhi_ql::{Diagnostic, Span};

code! {
    R0401, "`limit` or `offset` is negative",
    "from S select n limit -1 insert into Out;",
    @"
    error[R0401]: `limit` is negative
     --> app.siddhi:2:23
      |
    2 | from S select n limit -1 insert into Out;
      |                       ^^ -1 rows cannot be counted off
      |
      = help: give zero or a positive number
    "
}

pub(crate) fn negative_limit(clause: &str, value: i64, span: Span) -> Diagnostic {
    CODE.error(format!("`{clause}` is negative"), span)
        .label(format!("{value} rows cannot be counted off"))
        .help("give zero or a positive number")
}

also! {
    and_offset,
    "from S select n limit -1 offset -2 insert into Out;",
    @"
    error[R0401]: `limit` is negative
     --> app.siddhi:2:23
      |
    2 | from S select n limit -1 offset -2 insert into Out;
      |                       ^^ -1 rows cannot be counted off
      |
      = help: give zero or a positive number

    error[R0401]: `offset` is negative
     --> app.siddhi:2:33
      |
    2 | from S select n limit -1 offset -2 insert into Out;
      |                                 ^^ -2 rows cannot be counted off
      |
      = help: give zero or a positive number
    "
}
