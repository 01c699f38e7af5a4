use riddhi_ql::{Diagnostic, Span};

code! {
    R0402, "`output snapshot` gives out all events, not some",
    "from S#window.length(2) select n output snapshot every 1 sec insert current events into Out;",
    @"
    error[R0402]: `output snapshot` gives out all events
     --> app.siddhi:2:69
      |
    2 | from S#window.length(2) select n output snapshot every 1 sec insert current events into Out;
      |                                                                     ^^^^^^^^^^^^^^ current events alone are not possible
      |
      = help: write `insert into` or `insert all events into`
    "
}

pub(crate) fn snapshot_kind(span: Span, events: &str) -> Diagnostic {
    CODE.error("`output snapshot` gives out all events", span)
        .label(format!("{events} events alone are not possible"))
        .help("write `insert into` or `insert all events into`")
}
