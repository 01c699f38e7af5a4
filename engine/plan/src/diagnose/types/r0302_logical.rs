use riddhi_batch::Type;
use riddhi_ql::{Diagnostic, Span};

use super::n;

code! {
    R0302, "`and`, `or` and `not` take bool",
    "from S[not n == 1] select n insert into Out;",
    @"
    error[R0302]: `not` takes bool, not int
     --> app.siddhi:2:12
      |
    2 | from S[not n == 1] select n insert into Out;
      |            ^ this is an int
      |
      = note: `not` binds more tightly than comparisons: `not a == b` means `(not a) == b`
      = help: put the comparison in parentheses: `not (a == b)`
    "
}

pub(crate) fn logical(op: &str, ty: Type, span: Span, comparison_below: bool) -> Diagnostic {
    let diagnostic = CODE.error(format!("`{op}` takes bool, not {ty}"), span).label(format!("this is a{} {ty}", n(ty)));
    if comparison_below {
        return diagnostic
            .note("`not` binds more tightly than comparisons: `not a == b` means `(not a) == b`")
            .help("put the comparison in parentheses: `not (a == b)`");
    }
    diagnostic.help("compare it with something")
}

also! {
    and_of_a_number,
    "from S[n and on or symbol] select n insert into Out;",
    @"
    error[R0302]: `and` takes bool, not int
     --> app.siddhi:2:8
      |
    2 | from S[n and on or symbol] select n insert into Out;
      |        ^ this is an int
      |
      = help: compare it with something

    error[R0302]: `or` takes bool, not string
     --> app.siddhi:2:20
      |
    2 | from S[n and on or symbol] select n insert into Out;
      |                    ^^^^^^ this is a string
      |
      = help: compare it with something
    "
}
