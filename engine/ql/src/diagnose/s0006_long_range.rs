use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0006, "a long number outside of 64 bits",
    "from S[n > 9223372036854775808L] select n insert into Out;",
    @"
    error[S0006]: `9223372036854775808L` is outside of the range of long
     --> app.siddhi:2:12
      |
    2 | from S[n > 9223372036854775808L] select n insert into Out;
      |            ^^^^^^^^^^^^^^^^^^^^ more than 64 bits
      |
      = help: a double holds it approximately: write it with a decimal point and without `L`
    "
}

pub(crate) fn long_range(number: &str, span: Span) -> Diagnostic {
    CODE.error(format!("`{number}` is outside of the range of long"), span)
        .label("more than 64 bits")
        .help("a double holds it approximately: write it with a decimal point and without `L`")
}
