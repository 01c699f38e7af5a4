use riddhi_ql::{Diagnostic, Span};

use super::feature;

code! {
    U0026, "`order by` an input's attribute that is not selected",
    "define stream R (c int); from S join R select S.n order by c insert into Out;",
    @"
    error[U0026]: Riddhi does not have `order by` an input's attribute that is not selected yet
     --> app.siddhi:2:60
      |
    2 | define stream R (c int); from S join R select S.n order by c insert into Out;
      |                                                            ^ not there yet
    "
}

pub(crate) fn order_by_input(span: Span) -> Diagnostic {
    feature(&CODE, span)
}
