use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0005, "an int number outside of 32 bits",
    "from S[n > 2147483648] select n insert into Out;",
    @"
    error[S0005]: `2147483648` is outside of the range of int
     --> app.siddhi:2:12
      |
    2 | from S[n > 2147483648] select n insert into Out;
      |            ^^^^^^^^^^ more than 32 bits
      |
      = help: make it a long: `L`
    "
}

pub(crate) fn int_range(number: &str, fits_long: bool, span: Span) -> Diagnostic {
    let error = CODE.error(format!("`{number}` is outside of the range of int"), span).label("more than 32 bits");
    if fits_long {
        error.fix("make it a long", Span::at(span.end), "L")
    } else {
        error.help("a double holds it approximately: write it with a decimal point")
    }
}

also! {
    no_long_either,
    "from S[n > 9223372036854775808] select n insert into Out;",
    @"
    error[S0005]: `9223372036854775808` is outside of the range of int
     --> app.siddhi:2:12
      |
    2 | from S[n > 9223372036854775808] select n insert into Out;
      |            ^^^^^^^^^^^^^^^^^^^ more than 32 bits
      |
      = help: a double holds it approximately: write it with a decimal point
    "
}
