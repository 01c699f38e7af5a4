use riddhi_ql::{Diagnostic, Span};

code! {
    R0720, "`output first every 1 events`: Siddhi lets out one ever",
    "from S select n output first every 1 events insert into Out;",
    @"
    note[R0720]: `output first every 1 events` answers differently from Siddhi
     --> app.siddhi:2:17
      |
    2 | from S select n output first every 1 events insert into Out;
      |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = note: Siddhi lets out one event ever, with `group by` one of each group; here each is the first of its one
      = help: leave the clause out: every event comes out
    "
}

pub(crate) fn first_of_one(span: Span) -> Diagnostic {
    CODE.note("`output first every 1 events` answers differently from Siddhi", span)
        .note("Siddhi lets out one event ever, with `group by` one of each group; here each is the first of its one")
        .help("leave the clause out: every event comes out")
}
