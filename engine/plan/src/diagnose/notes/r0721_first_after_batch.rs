use riddhi_ql::{Diagnostic, Span};

code! {
    R0721, "`output first` after a batch window: Siddhi counts the mark between batches",
    "from S#window.lengthBatch(2) select n output first every 2 events insert into Out;",
    @"
    note[R0721]: `output first` after a batch window answers differently from Siddhi
     --> app.siddhi:2:39
      |
    2 | from S#window.lengthBatch(2) select n output first every 2 events insert into Out;
      |                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = note: Siddhi counts the mark that begins a batch as an event, so other ones or none come out; here events count
    "
}

pub(crate) fn first_after_batch(span: Span) -> Diagnostic {
    CODE.note("`output first` after a batch window answers differently from Siddhi", span).note(
        "Siddhi counts the mark that begins a batch as an event, so other ones or none come out; here events count",
    )
}
