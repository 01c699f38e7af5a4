use riddhi_ql::{Diagnostic, Span};

code! {
    R0706, "`stdDev` over a sliding window: in Siddhi it may become NaN",
    "from S#window.length(2) select stdDev(n) as x insert into Out;",
    @"
    note[R0706]: `stdDev` over a sliding window may answer differently from Siddhi
     --> app.siddhi:2:32
      |
    2 | from S#window.length(2) select stdDev(n) as x insert into Out;
      |                                ^^^^^^
      |
      = note: in Siddhi what is left of cancelled digits may become NaN; here it is zero
    "
}

pub(crate) fn deviation(span: Span) -> Diagnostic {
    CODE.note("`stdDev` over a sliding window may answer differently from Siddhi", span)
        .note("in Siddhi what is left of cancelled digits may become NaN; here it is zero")
}
