use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0018, "aggregators in arguments of stream functions",
    "from S#log(convert(count(), 'string')) select n insert into Out;",
    @"
    error[U0018]: Riddhi does not have aggregators in arguments of stream functions yet
     --> app.siddhi:2:20
      |
    2 | from S#log(convert(count(), 'string')) select n insert into Out;
      |                    ^^^^^^^ not there yet
    "
}

pub(crate) fn aggregate_argument(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
