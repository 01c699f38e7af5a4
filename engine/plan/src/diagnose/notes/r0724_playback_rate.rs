use riddhi_ql::{Diagnostic, Span};

code! {
    R0724, "a rate in playback: Siddhi's follows the wall clock",
    "@app:playback define stream P (n int); from P select n output every 1 sec insert into Out;",
    @"
    note[R0724]: the rate follows the events' time, unlike Siddhi's
     --> app.siddhi:1:56
      |
    1 | @app:playback define stream P (n int); from P select n output every 1 sec insert into Out;
      |                                                        ^^^^^^^^^^^^^^^^^^
      |
      = note: in playback Siddhi ends intervals by the wall clock, so with events of the past never
    "
}

pub(crate) fn playback_rate(span: Span) -> Diagnostic {
    CODE.note("the rate follows the events' time, unlike Siddhi's", span)
        .note("in playback Siddhi ends intervals by the wall clock, so with events of the past never")
}
