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
    let elsewhere = ELSEWHERE.iter().find(|(other, _)| call.namespace.is_none() && other.eq_ignore_ascii_case(&name));
    if let Some((_, ours)) = elsewhere {
        return diagnostic.help(format!("did you mean `{ours}`?"));
    }
    with_nearest(diagnostic, &call.name.name, call.name.span, known, None, name_text)
}

/// What functions are called in SQL and elsewhere, and here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("average", "avg"),
    ("mean", "avg"),
    ("total", "sum"),
    ("if", "ifThenElse"),
    ("iff", "ifThenElse"),
    ("case", "ifThenElse"),
    ("ifnull", "default"),
    ("nvl", "default"),
    ("now", "currentTimeMillis"),
    ("timestamp", "eventTimestamp"),
    ("greatest", "maximum"),
    ("least", "minimum"),
    ("len", "str:length"),
    ("length", "str:length"),
    ("upper", "str:upper"),
    ("lower", "str:lower"),
    ("concat", "str:concat"),
    ("abs", "math:abs"),
    ("round", "math:round"),
];

also! {
    called_otherwise_elsewhere,
    "from S select mean(n) as x insert into Out;",
    @"
    error[R0201]: there is no function `mean`
     --> app.siddhi:2:15
      |
    2 | from S select mean(n) as x insert into Out;
      |               ^^^^ not known
      |
      = help: did you mean `avg`?
    "
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
