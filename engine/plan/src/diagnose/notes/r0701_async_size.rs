use riddhi_ql::{Diagnostic, Span};

code! {
    R0701, "`@async` without `buffer.size`: Siddhi fails at the start",
    "@async define stream A (n int);",
    @"
    note[R0701]: `@async` without `buffer.size` uses a default
     --> app.siddhi:2:1
      |
    2 | @async define stream A (n int);
      | ^^^^^^
      |
      = note: Siddhi fails when such an app starts
      = help: give buffer.size='1024'
    "
}

pub(crate) fn async_size(span: Span) -> Diagnostic {
    CODE.note("`@async` without `buffer.size` uses a default", span)
        .note("Siddhi fails when such an app starts")
        .help("give buffer.size='1024'")
}
