use riddhi_ql::Diagnostic;
use riddhi_ql::ast::AttrRef;

use crate::diagnose::listed;

code! {
    R0107, "several inputs have the attribute",
    "define stream R (n int); from S#window.length(1) join R#window.length(1) select n insert into Out;",
    @"
    error[R0107]: `n` may be an attribute of `S` and `R`
     --> app.siddhi:2:81
      |
    2 | define stream R (n int); from S#window.length(1) join R#window.length(1) select n insert into Out;
      |                                                                                 ^ of which?
      |
      = help: write the input's name and a dot before it
    "
}

pub(crate) fn ambiguous<'a>(attr: &AttrRef, inputs: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let name = &attr.attr.name;
    CODE.error(format!("`{name}` may be an attribute of {}", listed(inputs)), attr.span)
        .label("of which?")
        .help("write the input's name and a dot before it")
}
