use riddhi_batch::Type;
use riddhi_ql::{Diagnostic, Span};

code! {
    R0812, "`aggregate by` takes long or string",
    "define aggregation A from S select sum(n) as t aggregate by n every sec;",
    @"
    error[R0812]: `aggregate by` takes long or string, not int
     --> app.siddhi:2:61
      |
    2 | define aggregation A from S select sum(n) as t aggregate by n every sec;
      |                                                             ^ no time
      |
      = help: give milliseconds as long, or a text such as '2024-06-01 04:05:50'
    "
}

pub(crate) fn aggregate_by_type(ty: Type, span: Span) -> Diagnostic {
    CODE.error(format!("`aggregate by` takes long or string, not {ty}"), span)
        .label("no time")
        .help("give milliseconds as long, or a text such as '2024-06-01 04:05:50'")
}
