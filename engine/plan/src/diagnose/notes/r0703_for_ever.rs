use riddhi_ql::{Diagnostic, Span};

code! {
    R0703, "`minForever` and `maxForever` over a batch window: Siddhi forgets with every batch",
    "from S#window.lengthBatch(2) select minForever(n) as x insert into Out;",
    @"
    note[R0703]: `minForever` answers differently from Siddhi over a batch window
     --> app.siddhi:2:37
      |
    2 | from S#window.lengthBatch(2) select minForever(n) as x insert into Out;
      |                                     ^^^^^^^^^^
      |
      = note: Siddhi forgets the value with every batch; here it is kept for ever
    "
}

pub(crate) fn for_ever(name: &str, span: Span) -> Diagnostic {
    CODE.note(format!("`{name}` answers differently from Siddhi over a batch window"), span)
        .note("Siddhi forgets the value with every batch; here it is kept for ever")
}
