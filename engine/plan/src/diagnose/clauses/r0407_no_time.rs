use riddhi_ql::{Diagnostic, Span};

code! {
    R0407, "`output ... every 0 sec`",
    "from S select n output every 0 sec insert into Out;",
    @"
    error[R0407]: `output ... every` needs some time
     --> app.siddhi:2:30
      |
    2 | from S select n output every 0 sec insert into Out;
      |                              ^^^^^ one interval would follow the other without end
      |
      = help: give at least one millisecond
    "
}

pub(crate) fn no_time(span: Span) -> Diagnostic {
    CODE.error("`output ... every` needs some time", span)
        .label("one interval would follow the other without end")
        .help("give at least one millisecond")
}

also! {
    every_zero_seconds,
    "from S select n output every 0 sec insert into A;\nfrom S select n output snapshot every 0 sec insert into B;",
    @"
    error[R0407]: `output ... every` needs some time
     --> app.siddhi:2:30
      |
    2 | from S select n output every 0 sec insert into A;
      |                              ^^^^^ one interval would follow the other without end
      |
      = help: give at least one millisecond

    error[R0407]: `output ... every` needs some time
     --> app.siddhi:3:39
      |
    3 | from S select n output snapshot every 0 sec insert into B;
      |                                       ^^^^^ one interval would follow the other without end
      |
      = help: give at least one millisecond
    "
}
