use riddhi_ql::{Diagnostic, Span};

code! {
    R0520, "`@app:compat` names no line of Siddhi that Riddhi can answer as",
    "@app:compat('siddhi3') define stream P (n int);",
    @"
    error[R0520]: there is no line of Siddhi called `siddhi3` to answer as
     --> app.siddhi:1:13
      |
    1 | @app:compat('siddhi3') define stream P (n int);
      |             ^^^^^^^^^ not known
      |
      = help: give 'siddhi4' or 'siddhi5'
    "
}

pub(crate) fn compat(value: &str, span: Span) -> Diagnostic {
    CODE.error(format!("there is no line of Siddhi called `{value}` to answer as"), span)
        .label("not known")
        .help("give 'siddhi4' or 'siddhi5'")
}
