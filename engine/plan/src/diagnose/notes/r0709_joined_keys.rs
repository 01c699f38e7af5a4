use riddhi_ql::{Diagnostic, Span};

code! {
    R0709, "groups of several attributes: Siddhi joins their texts",
    "from S select sum(n) as x group by symbol, on insert into Out;",
    @"
    note[R0709]: groups of several attributes may differ from Siddhi's
     --> app.siddhi:2:36
      |
    2 | from S select sum(n) as x group by symbol, on insert into Out;
      |                                    ^^^^^^^^^^
      |
      = note: Siddhi joins the texts with `:-:`, so some keys collide, and null is the text `null`; here parts are compared
    "
}

pub(crate) fn joined_keys(span: Span) -> Diagnostic {
    CODE.note("groups of several attributes may differ from Siddhi's", span).note(
        "Siddhi joins the texts with `:-:`, so some keys collide, and null is the text `null`; here parts are compared",
    )
}
