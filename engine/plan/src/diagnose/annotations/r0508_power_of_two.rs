use riddhi_ql::{Diagnostic, Span};

code! {
    R0508, "`buffer.size` is no power of two",
    "@async(buffer.size='100') define stream A (n int);",
    @"
    error[R0508]: `buffer.size` must be a power of two
     --> app.siddhi:2:20
      |
    2 | @async(buffer.size='100') define stream A (n int);
      |                    ^^^^^ 100 is not
      |
      = help: for example '256' or '1024'
    "
}

pub(crate) fn power_of_two(value: &str, span: Span) -> Diagnostic {
    CODE.error("`buffer.size` must be a power of two", span)
        .label(format!("{value} is not"))
        .help("for example '256' or '1024'")
}
