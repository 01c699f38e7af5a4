use riddhi_ql::{Diagnostic, Span};

code! {
    R0730, "`@async`: Siddhi joins events that wait in the buffer",
    "@async(buffer.size='256') define stream A (n int);",
    @"
    note[R0730]: `@async` changes no answer here
     --> app.siddhi:2:1
      |
    2 | @async(buffer.size='256') define stream A (n int);
      | ^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = note: Siddhi hands on together what waits in the buffer, so a query with aggregates may put out fewer rows, as it happens
    "
}

pub(crate) fn async_chunks(span: Span) -> Diagnostic {
    CODE.note("`@async` changes no answer here", span).note(
        "Siddhi hands on together what waits in the buffer, so a query with aggregates may put out fewer rows, as it happens",
    )
}
