use riddhi_ql::{Diagnostic, Span};

use crate::diagnose::with_nearest;

code! {
    R0521, "`ref` names nothing that the configuration has",
    "@sink(ref='c') define stream A (n int);",
    @"
    error[R0521]: the configuration has no `c` for `ref`
     --> app.siddhi:2:11
      |
    2 | @sink(ref='c') define stream A (n int);
      |           ^^^ not there
      |
      = help: give the file that has it under `siddhi: refs` by --config, or write the options here
    "
}

pub(crate) fn no_reference<'a>(name: &str, span: Span, known: impl Iterator<Item = &'a str>) -> Diagnostic {
    let diagnostic = CODE.error(format!("the configuration has no `{name}` for `ref`"), span).label("not there");
    let otherwise = "give the file that has it under `siddhi: refs` by --config, or write the options here".to_owned();
    with_nearest(diagnostic, name, span, known, Some(otherwise), |s| format!("'{s}'"))
}
