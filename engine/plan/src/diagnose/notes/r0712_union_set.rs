use riddhi_ql::{Diagnostic, Span};

code! {
    R0712, "`unionSet` over a window: Siddhi miscounts members",
    "from S#window.length(2) select unionSet(createSet(n)) as x insert into Out;",
    @"
    note[R0712]: `unionSet` over a window may answer differently from Siddhi
     --> app.siddhi:2:32
      |
    2 | from S#window.length(2) select unionSet(createSet(n)) as x insert into Out;
      |                                ^^^^^^^^
      |
      = note: Siddhi miscounts members that left and came back; here a member stays as long as a set that has it
    "
}

pub(crate) fn union_set(span: Span) -> Diagnostic {
    CODE.note("`unionSet` over a window may answer differently from Siddhi", span)
        .note("Siddhi miscounts members that left and came back; here a member stays as long as a set that has it")
}
