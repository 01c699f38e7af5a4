use riddhi_ql::{Diagnostic, Span};

code! {
    R0507, "a value is no positive whole number",
    "@async(buffer.size='256', workers='0') define stream A (n int);",
    @"
    error[R0507]: `workers` must be a positive whole number
     --> app.siddhi:2:35
      |
    2 | @async(buffer.size='256', workers='0') define stream A (n int);
      |                                   ^^^ `0` is not
      |
      = help: for example workers='5'
    "
}

pub(crate) fn number(key: &str, value: &str, span: Span) -> Diagnostic {
    CODE.error(format!("`{key}` must be a positive whole number"), span)
        .label(format!("`{value}` is not"))
        .help(format!("for example {key}='5'"))
}
