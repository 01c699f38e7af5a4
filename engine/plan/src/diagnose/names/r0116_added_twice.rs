use riddhi_ql::{Diagnostic, Span};

code! {
    R0116, "a stream function adds an attribute that is there already",
    "define stream P (x double, r double); from P#pol2Cart(x, r) select x insert into Out;",
    @"
    error[R0116]: `#pol2Cart` adds an attribute `x`, which is there already
     --> app.siddhi:2:45
      |
    2 | define stream P (x double, r double); from P#pol2Cart(x, r) select x insert into Out;
      |                                             ^^^^^^^^^^^^^^^ two attributes of one name
      |
      = help: rename the attribute in an earlier query
    "
}

pub(crate) fn added_twice(function: &str, attribute: &str, span: Span) -> Diagnostic {
    CODE.error(format!("`#{function}` adds an attribute `{attribute}`, which is there already"), span)
        .label("two attributes of one name")
        .help("rename the attribute in an earlier query")
}
