use riddhi_ql::{Diagnostic, Ident, Span};

use crate::bind::catalog::Class;

code! {
    R0109, "what is selected does not fit the stream, table or window it goes into",
    "define stream Out (n long); from S select n insert into Out;",
    @"
    error[R0109]: what is selected does not fit stream `Out`
     --> app.siddhi:2:57
      |
    2 | define stream Out (n long); from S select n insert into Out;
      |               --- defined, or first filled, here        ^^^ gives `n int` where `n long` is expected
      |
      = note: `Out` has (n long)
      = note: the query gives (n int)
      = help: names, types and order must be the same; `convert(x, 'type')` changes a type
    "
}

pub(crate) fn other_shape(
    target: &Ident,
    class: Class,
    expected: &str,
    found: &str,
    what: String,
    at: Span,
    before: Span,
) -> Diagnostic {
    let defined = if class == Class::Stream { "defined, or first filled, here" } else { "defined here" };
    CODE.error(format!("what is selected does not fit {} `{target}`", class.text()), at)
        .label(what)
        .also(before, defined)
        .note(format!("`{target}` has ({expected})"))
        .note(format!("the query gives ({found})"))
        .help("names, types and order must be the same; `convert(x, 'type')` changes a type")
}

also! {
    does_not_fit_type,
    "define stream Out (a int, b long);\nfrom S select n as a, n as b insert into Out;",
    @"
    error[R0109]: what is selected does not fit stream `Out`
     --> app.siddhi:3:42
      |
    2 | define stream Out (a int, b long);
      |               --- defined, or first filled, here
    3 | from S select n as a, n as b insert into Out;
      |                                          ^^^ gives `b int` where `b long` is expected
      |
      = note: `Out` has (a int, b long)
      = note: the query gives (a int, b int)
      = help: names, types and order must be the same; `convert(x, 'type')` changes a type
    "
}

also! {
    does_not_fit_number,
    "from S select n insert into Out;\nfrom S select n, on insert into Out;",
    @"
    error[R0109]: what is selected does not fit stream `Out`
     --> app.siddhi:3:33
      |
    2 | from S select n insert into Out;
      |                             --- defined, or first filled, here
    3 | from S select n, on insert into Out;
      |                                 ^^^ gives 2 attributes instead of 1
      |
      = note: `Out` has (n int)
      = note: the query gives (n int, on bool)
      = help: names, types and order must be the same; `convert(x, 'type')` changes a type
    "
}
