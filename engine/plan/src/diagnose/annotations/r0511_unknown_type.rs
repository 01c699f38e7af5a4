use riddhi_ql::{Diagnostic, Span};

use crate::diagnose::{listed, with_nearest};

code! {
    R0511, "there is no such source, sink, mapper or store",
    "@source(type='nothing') define stream A (n int);",
    @"
    error[R0511]: there is no source of the type `nothing`
     --> app.siddhi:2:14
      |
    2 | @source(type='nothing') define stream A (n int);
      |              ^^^^^^^^^ not known
      |
      = help: known are `cdc`, `email`, `file`, `fileeventlistener`, `googlepubsub`, `grpc`, `grpc-call-response`, `grpc-service`, `hl7`, `http`, `http-call-response`, `http-request` and 21 more
    "
}

pub(crate) fn unknown_type(name: &str, ty: &str, span: Span, known: &[&'static str]) -> Diagnostic {
    let what = match name {
        "map" => "mapper",
        other => other,
    };
    let diagnostic = CODE.error(format!("there is no {what} of the type `{ty}`"), span).label("not known");
    let otherwise = Some(format!("known are {}", listed(known.iter().copied())));
    with_nearest(diagnostic, ty, span, known.iter().copied(), otherwise, |s| format!("'{s}'"))
}
