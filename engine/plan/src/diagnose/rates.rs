//! Output rates: mistakes, and where Siddhi's differ.

use riddhi_ql::{Code, Diagnostic, Span};

use super::remarks::note;

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

pub(crate) fn first_of_one(span: Span) -> Diagnostic {
    note("R0720", "`output first every 1 events` answers differently from Siddhi", span)
        .note("Siddhi lets out one event ever, with `group by` one of each group; here each is the first of its one")
        .help("leave the clause out: every event comes out")
}

pub(crate) fn first_after_batch(span: Span) -> Diagnostic {
    note("R0721", "`output first` after a batch window answers differently from Siddhi", span).note(
        "Siddhi counts the mark that begins a batch as an event, so other ones or none come out; here events count",
    )
}

pub(crate) fn snapshot_of_aggregates(span: Span) -> Diagnostic {
    note("R0722", "`output snapshot` of aggregates alone answers differently from Siddhi", span).note(
        "Siddhi shows nothing after an event has left the window; here the latest values as long as it holds events",
    )
}

pub(crate) fn snapshot_expiry(span: Span) -> Diagnostic {
    note("R0723", "`output snapshot` beside aggregates may answer differently from Siddhi", span).note(
        "Siddhi may not find an event that leaves, so that it stays for ever; here it is found by its own attributes",
    )
}

pub(crate) fn playback(span: Span) -> Diagnostic {
    note("R0724", "the rate follows the events' time, unlike Siddhi's", span)
        .note("in playback Siddhi ends intervals by the wall clock, so with events of the past never")
}
