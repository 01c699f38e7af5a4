//! Output rates.

use riddhi_ql::{Code, Diagnostic, Span};

pub(crate) fn snapshot_kind(span: Span, events: &str) -> Diagnostic {
    Diagnostic::error(Code("R0402"), "`output snapshot` gives out all events", span)
        .label(format!("{events} events alone are not possible"))
        .help("write `insert into` or `insert all events into`")
}

pub(crate) fn no_events(span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0403"), "`output ... every` needs at least one event", span)
        .label("nothing would ever come out")
        .help("give a positive number")
}

pub(crate) fn no_time(span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0407"), "`output ... every` needs some time", span)
        .label("one interval would follow the other without end")
        .help("give at least one millisecond")
}
