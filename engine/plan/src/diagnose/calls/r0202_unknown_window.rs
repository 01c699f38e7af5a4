use riddhi_ql::Diagnostic;
use riddhi_ql::ast::Call;

use super::call_name;
use crate::diagnose::with_nearest;
use crate::text::name_text;

code! {
    R0202, "there is no such window",
    "from S#window.lenght(5) select n insert into Out;",
    @"
    error[R0202]: there is no window `lenght`
     --> app.siddhi:2:15
      |
    2 | from S#window.lenght(5) select n insert into Out;
      |               ^^^^^^ not known
      |
      = help: did you mean `length`?
    "
}

pub(crate) fn unknown_window<'a>(call: &Call, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let name = call_name(call);
    let diagnostic = CODE.error(format!("there is no window `{name}`"), call.name.span).label("not known");
    with_nearest(diagnostic, &call.name.name, call.name.span, known, None, name_text)
}
