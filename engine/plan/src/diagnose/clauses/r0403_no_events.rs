use riddhi_ql::{Diagnostic, Span};

code! {
    R0403, "`output ... every 0 events`",
    "from S select n output every 0 events insert into Out;",
    @"
    error[R0403]: `output ... every` needs at least one event
     --> app.siddhi:2:30
      |
    2 | from S select n output every 0 events insert into Out;
      |                              ^ nothing would ever come out
      |
      = help: give a positive number
    "
}

pub(crate) fn no_events(span: Span) -> Diagnostic {
    CODE.error("`output ... every` needs at least one event", span)
        .label("nothing would ever come out")
        .help("give a positive number")
}
