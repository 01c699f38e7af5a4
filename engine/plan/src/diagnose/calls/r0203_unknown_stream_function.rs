use riddhi_ql::Diagnostic;
use riddhi_ql::ast::Call;

use super::call_name;
use crate::diagnose::with_nearest;
use crate::known;
use crate::text::name_text;

code! {
    R0203, "there is no such stream function",
    "from S#logg('x') select n insert into Out;",
    @"
    error[R0203]: there is no stream function `#logg`
     --> app.siddhi:2:8
      |
    2 | from S#logg('x') select n insert into Out;
      |        ^^^^ not known
      |
      = help: did you mean `log`?
    "
}

pub(crate) fn unknown_stream_function<'a>(call: &Call, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let name = call_name(call);
    let diagnostic = CODE.error(format!("there is no stream function `#{name}`"), call.name.span).label("not known");
    let window = call.namespace.is_none() && known::WINDOWS.contains(&call.name.name.as_str());
    let otherwise = window.then(|| format!("`{name}` is a window: write `#window.{name}`"));
    with_nearest(diagnostic, &call.name.name, call.name.span, known, otherwise, name_text)
}

also! {
    a_window,
    "from S#time(1 min) select n insert into Out;",
    @"
    error[R0203]: there is no stream function `#time`
     --> app.siddhi:2:8
      |
    2 | from S#time(1 min) select n insert into Out;
      |        ^^^^ not known
      |
      = help: `time` is a window: write `#window.time`
    "
}
