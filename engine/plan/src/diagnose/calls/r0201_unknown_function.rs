use riddhi_ql::Diagnostic;
use riddhi_ql::ast::Call;

use super::call_name;
use crate::diagnose::with_nearest;
use crate::text::name_text;

code! {
    R0201, "there is no such function",
    "from S select coalese(n, 1) as x insert into Out;",
    @"
    error[R0201]: there is no function `coalese`
     --> app.siddhi:2:15
      |
    2 | from S select coalese(n, 1) as x insert into Out;
      |               ^^^^^^^ not known
      |
      = help: did you mean `coalesce`?
    "
}

pub(crate) fn unknown_function<'a>(call: &Call, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let name = call_name(call);
    let diagnostic = CODE.error(format!("there is no function `{name}`"), call.name.span).label("not known");
    with_nearest(diagnostic, &call.name.name, call.name.span, known, None, name_text)
}

also! {
    unknown_extension_function,
    "from S select str:lenght(symbol) as x insert into Out;",
    @"
    error[R0201]: there is no function `str:lenght`
     --> app.siddhi:2:19
      |
    2 | from S select str:lenght(symbol) as x insert into Out;
      |                   ^^^^^^ not known
      |
      = help: did you mean `length`?
    "
}
